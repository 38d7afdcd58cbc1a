/**
 * @file The scalars of a loop's body as lines of WGSL: which are the same for all points of a row, and how many reductions come
 * before each.
 */
import type { Scalar } from '../../../engine/compile/kernel.js';
import { cast, expression } from './elements.js';
import type { ShaderWriter } from './shaderWriter.js';
import { literal, typeOf } from './values.js';

/** Operations that refuse an integer 0 as their second operand. */
export const DIVISIONS: ReadonlySet<string> = new Set(['floorDivide', 'remainder', 'fmod']);

const PRODUCTS: ReadonlySet<string> = new Set(['mul', 'square']);

/** The inputs of a body. */
export interface Reading {
  /** Whether a load or a coordinate differs between points of a row. */
  isPoint(scalar: Scalar & { kind: 'load' | 'index' }): boolean;
  /** The element of an input, for the row or the point. */
  load(scalar: Scalar & { kind: 'load' }, point: boolean): string;
  /** A coordinate, of type u32. */
  index(dim: number): string;
  /** The position of the current element, for errors. */
  position(point: boolean): string;
}

/** How many reductions come before each value, including itself. */
export function levelsOf(body: readonly Scalar[]): readonly number[] {
  const level: number[] = [];
  for (const s of body) {
    if (s.kind === 'op') level.push(Math.max(0, ...s.args.map((a) => level[a]!)));
    else level.push(s.kind === 'reduce' ? level[s.arg]! + 1 : 0);
  }
  return level;
}

export class BodyWriter {
  /** How many reductions come before each value, and whether it differs between points of a row. */
  readonly level: readonly number[];
  readonly point: boolean[] = [];
  /** The values of the row whose lines have been written. */
  readonly row = new Set<number>();
  private readonly w: ShaderWriter;
  private readonly body: readonly Scalar[];
  private readonly reading: Reading;

  constructor(w: ShaderWriter, body: readonly Scalar[], reading: Reading) {
    this.w = w;
    this.body = body;
    this.reading = reading;
    this.level = levelsOf(body);
    const { point } = this;
    body.forEach((scalar, i) => {
      if (scalar.kind === 'op') point[i] = scalar.args.some((a) => point[a]!);
      else if (scalar.kind === 'reduce' || scalar.kind === 'const') point[i] = false;
      else point[i] = reading.isPoint(scalar);
    });
  }

  /** The number of levels of reductions. */
  get depth(): number {
    return Math.max(0, ...this.level);
  }

  /** The reductions with `pass` others before them. */
  reductions(pass: number): { readonly s: Scalar & { kind: 'reduce' }; readonly i: number }[] {
    return this.body.flatMap((s, i) =>
      s.kind === 'reduce' && this.level[i] === pass + 1 ? [{ s, i }] : [],
    );
  }

  /** Writes the values that are the same for all points of a row, up to this many levels of reductions. */
  rowValues(upTo: number): void {
    this.body.forEach((s, i) => {
      if (!this.point[i] && s.kind !== 'reduce' && this.level[i]! <= upTo) this.emit(i, this.row);
    });
  }

  /** Writes the lines of a value and of those it depends on, unless they were written before. */
  emit(i: number, scope: Set<number>): void {
    if (this.row.has(i) || scope.has(i)) return;
    const { w, body, reading } = this;
    const s = body[i]!;
    if (s.kind === 'op') for (const a of s.args) this.emit(a, scope);
    scope.add(i);
    if (s.kind === 'op' && s.dtype === 'int32' && DIVISIONS.has(s.op)) {
      const divisor = s.args[1]!;
      const y = cast(w, `s${divisor}`, body[divisor]!.dtype, 'int32');
      const at = reading.position(this.point[i]!);
      const refused = w.refuse(at, { kind: 'divisor', op: s.op, place: null, limit: 0 });
      w.line(`if (${y} == 0) { ${refused} }`);
    }
    w.line(`let s${i}: ${typeOf(s.dtype)} = ${this.textOf(s, this.point[i]!)};`);
  }

  /**
   * Whether a compiler might fuse a sum with this term of it into one instruction, or replace `x - x` by 0 and `x / x` by 1.
   */
  private isOpen({ op, args, dtype }: Scalar & { kind: 'op' }, k: number): boolean {
    if (dtype !== 'float32') return false;
    if (k === 1 && args[0] === args[1] && (op === 'sub' || op === 'div')) return true;
    return (op === 'add' || op === 'sub') && this.isProduct(args[k]!);
  }

  private isProduct(i: number): boolean {
    const s = this.body[i]!;
    if (s.kind !== 'op') return false;
    return s.op === 'neg' ? this.isProduct(s.args[0]!) : PRODUCTS.has(s.op);
  }

  private textOf(s: Scalar, point: boolean): string {
    const { w, body, reading } = this;
    switch (s.kind) {
      case 'load':
        return reading.load(s, point);
      case 'const':
        // A compiler that sees the 0 replaces its product with NaN by 0.
        if (s.value === 0 && s.dtype === 'float32')
          return `bitcast<f32>(${w.word(Object.is(s.value, -0) ? 0x80000000 : 0)})`;
        return literal(w, s.value, s.dtype);
      case 'index':
        return `i32(${reading.index(s.dim)})`;
      case 'op':
        return expression(
          w,
          s,
          s.args.map((a, k) => (this.isOpen(s, k) ? `${w.use('rounded')}(s${a})` : `s${a}`)),
          s.args.map((a) => body[a]!.dtype),
        );
      case 'reduce':
        throw new Error('webgpu: a reduction was read before its pass');
    }
  }
}
