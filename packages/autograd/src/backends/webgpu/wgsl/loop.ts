/**
 * @file Fused loops: a thread a point, or a row where the inner space is short; else 64 threads a row, which fold their
 * parts in a tree. Each level of reductions is a pass over the row, and the outputs of each point are a last one.
 */
import type { Access, LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import { cast, expression, fold, identity } from './elements.js';
import {
  collapse,
  coordinates,
  literal,
  load,
  offsetOf,
  product,
  ShaderWriter,
  store,
  typeOf,
  type Shader,
} from './text.js';

const TEAM = 64;
/** What refuses an integer 0 as its second operand. */
const DIVISIONS = new Set(['floorDivide', 'remainder', 'fmod']);

export function loopShader(kernel: LoopKernel): Shader {
  return new LoopShader(kernel).write();
}

class LoopShader {
  private readonly w = new ShaderWriter();
  private readonly kernel: LoopKernel;
  private readonly accesses: readonly Access[];
  private readonly outer: ReturnType<typeof collapse>;
  private readonly inner: ReturnType<typeof collapse>;
  private readonly team: boolean;
  /** How many reductions stand before each value, and whether it differs from point to point of a row. */
  private readonly level: number[] = [];
  private readonly point: boolean[] = [];
  private readonly row = new Set<number>();
  /** The name of how many points a row has. */
  private width = '';

  constructor(kernel: LoopKernel) {
    this.kernel = kernel;
    const { inputs, outputs, body } = kernel;
    this.accesses = [...inputs, ...outputs];
    const rank = kernel.outer.length;
    const sizes = [...kernel.outer, ...kernel.inner];
    const strides = this.accesses.map((a) => sizes.map((_, d) => a.strides[d] ?? 0));
    const indexed = body.some(({ kind }) => kind === 'index');
    const plain = (sizes: readonly number[], strides: readonly (readonly number[])[]) =>
      indexed ? { sizes, strides } : collapse(sizes, strides);
    this.outer = plain(
      kernel.outer,
      strides.map((s) => s.slice(0, rank)),
    );
    this.inner = plain(
      kernel.inner,
      strides.map((s) => s.slice(rank)),
    );
    const width = product(kernel.inner);
    this.team = kernel.inner.length > 0 && width >= TEAM && product(kernel.outer) < 4096;
    body.forEach((scalar, i) => this.classify(scalar, i, rank, strides));
  }

  private classify(
    scalar: Scalar,
    i: number,
    rank: number,
    strides: readonly (readonly number[])[],
  ): void {
    const { level, point } = this;
    if (scalar.kind === 'op') {
      level[i] = Math.max(0, ...scalar.args.map((a) => level[a]!));
      point[i] = scalar.args.some((a) => point[a]!);
    } else if (scalar.kind === 'reduce') {
      level[i] = level[scalar.arg]! + 1;
      point[i] = false;
    } else {
      level[i] = 0;
      point[i] =
        scalar.kind === 'load'
          ? strides[scalar.input]!.slice(rank).some((s) => s !== 0)
          : scalar.kind === 'index' && scalar.dim >= rank;
    }
  }

  write(): Shader {
    const { w, kernel, accesses, team } = this;
    const { body, inputs } = kernel;
    const rank = kernel.outer.length;
    coordinates(w, 'row', this.outer.sizes, 'i');
    accesses.forEach((a, n) =>
      w.line(`let o${n} = ${w.address(a)}${offsetOf(w, this.outer.strides[n]!, 'i')};`),
    );
    const folds = kernel.inner.length > 0;
    const width = (this.width = w.fresh('width'));
    if (folds) w.line(`let ${width} = ${w.word(product(kernel.inner))};`);
    const depth = Math.max(0, ...this.level);
    for (let pass = 0; pass < depth; pass++) this.reduce(pass, width);
    this.rowValues(depth);
    const perPoint = kernel.outputs.map((o) => folds && o.strides.length > rank);
    const each = (points: boolean, scope: Set<number>): void => {
      kernel.outputs.forEach((o, k) => {
        if (perPoint[k] !== points) return;
        const n = inputs.length + k;
        this.emit(o.value, scope);
        const at = points ? `o${n}${offsetOf(w, this.inner.strides[n]!, 'j')}` : `o${n}`;
        w.line(store(o.dtype, at, cast(w, `s${o.value}`, body[o.value]!.dtype, o.dtype)));
      });
    };
    if (perPoint.includes(false)) {
      if (team) w.line('if (live && lid == 0u) {');
      each(false, new Set());
      if (team) w.line('}');
    }
    if (perPoint.includes(true)) {
      if (team) w.line('if (live) {');
      this.overRow(width, (scope) => each(true, scope));
      if (team) w.line('}');
    }
    const rows = product(kernel.outer);
    return team ? w.teams(rows, TEAM) : w.threads(rows);
  }

  /** The reductions of one level: a pass over the row. */
  private reduce(pass: number, width: string): void {
    const { w, kernel, team } = this;
    this.rowValues(pass);
    const mine = kernel.body.flatMap((s, i) =>
      s.kind === 'reduce' && this.level[i] === pass + 1 ? [{ s, i }] : [],
    );
    for (const { s, i } of mine)
      w.line(`var a${i}: ${typeOf(s.dtype)} = ${identity(w, s.op, s.dtype)};`);
    this.overRow(width, (scope) => {
      for (const { s, i } of mine) {
        this.emit(s.arg, scope);
        w.line(`a${i} = ${fold(w, s.op, s.dtype, `a${i}`, `s${s.arg}`)};`);
      }
    });
    for (const { s, i } of mine) {
      if (team) this.tree(s, i);
      else w.line(`let s${i} = a${i};`);
      this.row.add(i);
    }
  }

  /** The parts of 64 threads as one, in an order that never changes. */
  private tree({ op, dtype }: Scalar & { kind: 'reduce' }, i: number): void {
    const { w } = this;
    w.declarations += `var<workgroup> w${i}: array<${typeOf(dtype)}, ${TEAM}>;\n`;
    w.line(`w${i}[lid] = a${i}; workgroupBarrier();`);
    for (let half = TEAM / 2; half >= 1; half /= 2) {
      const sum = fold(w, op, dtype, `w${i}[lid]`, `w${i}[lid + ${half}u]`);
      w.line(`if (lid < ${half}u) { w${i}[lid] = ${sum}; } workgroupBarrier();`);
    }
    w.line(`let s${i} = w${i}[0];`);
  }

  private overRow(width: string, body: (scope: Set<number>) => void): void {
    const { w } = this;
    w.line(
      this.team
        ? `for (var j = lid; j < ${width}; j += ${TEAM}u) {`
        : `for (var j = 0u; j < ${width}; j++) {`,
    );
    coordinates(w, 'j', this.inner.sizes, 'j');
    body(new Set());
    w.line('}');
  }

  /** What is the same for all points of a row, as far as so many levels of reductions. */
  private rowValues(upTo: number): void {
    this.kernel.body.forEach((s, i) => {
      if (!this.point[i] && s.kind !== 'reduce' && this.level[i]! <= upTo) this.emit(i, this.row);
    });
  }

  /** The lines of a value and of what it is made of, unless they are there. */
  private emit(i: number, scope: Set<number>): void {
    if (this.row.has(i) || scope.has(i)) return;
    const { w, kernel } = this;
    const s = kernel.body[i]!;
    if (s.kind === 'op') for (const a of s.args) this.emit(a, scope);
    scope.add(i);
    if (s.kind === 'op' && s.dtype === 'int32' && DIVISIONS.has(s.op)) {
      const divisor = s.args[1]!;
      const at = this.point[i]! ? `row * ${this.width} + j` : 'row';
      const y = cast(w, `s${divisor}`, kernel.body[divisor]!.dtype, 'int32');
      const refused = w.refuse(at, { kind: 'divisor', op: s.op, place: null, limit: 0 });
      w.line(`if (${y} == 0) { ${refused} }`);
    }
    w.line(`let s${i}: ${typeOf(s.dtype)} = ${this.textOf(s, this.point[i]!)};`);
  }

  private textOf(s: Scalar, point: boolean): string {
    const { w, kernel } = this;
    switch (s.kind) {
      case 'load':
        return load(
          s.dtype,
          `o${s.input}${point ? offsetOf(w, this.inner.strides[s.input]!, 'j') : ''}`,
        );
      case 'const':
        // A compiler that sees the 0 makes 0 of its product with NaN.
        if (s.value === 0 && s.dtype === 'float32')
          return `bitcast<f32>(${w.word(Object.is(s.value, -0) ? 0x80000000 : 0)})`;
        return literal(w, s.value, s.dtype);
      case 'index': {
        const rank = kernel.outer.length;
        return `i32(${s.dim < rank ? `i${s.dim}` : `j${s.dim - rank}`})`;
      }
      case 'op':
        return expression(
          w,
          s,
          s.args.map((a) => `s${a}`),
          s.args.map((a) => kernel.body[a]!.dtype),
        );
      case 'reduce':
        throw new Error('webgpu: a reduction was read before its pass');
    }
  }
}
