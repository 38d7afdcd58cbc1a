/**
 * @file Loops over few long rows: as many workgroups as keep a device busy fold the parts of each row, then the results of the
 * parts are folded; the outputs of each point are a loop of their own. The split depends on the shape alone, so that the same
 * loop has the same bits.
 */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Access, BufferRef } from '../../../engine/compile/bufferRef.js';
import { stridesOf } from '../../../graph/shape.js';
import { DIVISIONS, levelsOf } from './body.js';
import { isAlong, loopShader, WORKGROUP_SIZE } from './loop.js';
import { product } from './coordinates.js';
import type { Parts } from './parts.js';
import type { Shader } from './shader.js';

/** This many workgroups keep a device busy. */
const FULL_WORKGROUPS = 2048;
/** With this many workgroups a split gains nothing. */
const MAX_SPLIT_WORKGROUPS = 512;
/** The fewest points of a part: for a workgroup, and for a thread. */
const MIN_PART = { along: 1024, across: 32 };

export function loopShaders(kernel: LoopKernel, scratch: (words: number) => BufferRef): Shader[] {
  const parts = partsOf(kernel);
  return parts === null ? [loopShader(kernel)] : new LongLoop(kernel, parts, scratch).write();
}

/** Null means that rows are not split. */
function partsOf(kernel: LoopKernel): Parts | null {
  const { outer, inner, body } = kernel;
  const [rows, width] = [product(outer), product(inner)];
  if (inner.length === 0 || !body.some(({ kind }) => kind === 'reduce')) return null;
  // A division by 0 is reported by its position in the whole.
  if (body.some((s) => s.kind === 'op' && s.dtype === 'int32' && DIVISIONS.has(s.op))) return null;
  const along = isAlong(kernel);
  const groups = along ? rows : Math.ceil(rows / WORKGROUP_SIZE);
  if (groups >= MAX_SPLIT_WORKGROUPS) return null;
  const most = Math.floor(width / (along ? MIN_PART.along : MIN_PART.across));
  const count = Math.min(Math.floor(FULL_WORKGROUPS / groups), most);
  if (count < 4) return null;
  const length = Math.ceil(width / count);
  return { count: Math.ceil(width / length), length };
}

class LongLoop {
  private readonly kernel: LoopKernel;
  private readonly parts: Parts;
  private readonly rows: number;
  private readonly rowStrides: readonly number[];
  private readonly level: readonly number[];
  /** The locations of folds: of rows, and of their parts. */
  private readonly whole = new Map<number, BufferRef>();
  private readonly inParts = new Map<number, BufferRef>();

  constructor(kernel: LoopKernel, parts: Parts, scratch: (words: number) => BufferRef) {
    this.kernel = kernel;
    this.parts = parts;
    this.rows = product(kernel.outer);
    this.rowStrides = stridesOf(kernel.outer);
    this.level = levelsOf(kernel.body);
    const folds = kernel.body.flatMap((s, i) => (s.kind === 'reduce' ? [i] : []));
    const each = this.rows * (parts.count + 1);
    const first = scratch(folds.length * each);
    folds.forEach((i, n) => {
      const at = { ...first, dtype: kernel.body[i]!.dtype, offset: first.offset + n * each };
      this.whole.set(i, at);
      this.inParts.set(i, { ...at, offset: at.offset + this.rows });
    });
  }

  write(): Shader[] {
    const depth = Math.max(...this.level);
    const shaders: Shader[] = [];
    for (let level = 1; level <= depth; level++) {
      const folds = [...this.whole.keys()].filter((i) => this.level[i] === level);
      shaders.push(this.foldParts(folds), this.foldWhole(folds, level === depth));
    }
    const points = this.pointOutputs();
    if (points.length > 0) shaders.push(this.eachPoint(points));
    return shaders;
  }

  private pointOutputs(): LoopKernel['outputs'] {
    const { outer, outputs } = this.kernel;
    return outputs.filter(({ strides }) => strides.length > outer.length);
  }

  /** Folds the parts of each row. */
  private foldParts(folds: readonly number[]): Shader {
    const { outer, inner } = this.kernel;
    const zeros = inner.map(() => 0);
    const body = new Rewriting(
      this.kernel,
      ({ strides }) => strides,
      (i) => (folds.includes(i) ? null : this.ofRow(i, zeros)),
    );
    const outputs = folds.map((i) => ({
      ...this.inParts.get(i)!,
      strides: this.rowStrides,
      value: body.value(i),
    }));
    return loopShader({ kind: 'loop', outer, inner, ...body.rewritten, outputs }, this.parts);
  }

  /** Folds the results of the parts; the last such fold also computes the outputs of rows. */
  private foldWhole(folds: readonly number[], last: boolean): Shader {
    const { outer, outputs } = this.kernel;
    const rank = outer.length;
    const body = new Rewriting(
      this.kernel,
      ({ strides }) => [...strides.slice(0, rank), 0],
      (i) => (folds.includes(i) ? null : this.ofRow(i, [0])),
      (i) => ({ ...this.inParts.get(i)!, strides: [...this.rowStrides, this.rows] }),
    );
    const needed = !last || this.pointOutputs().length > 0;
    const made = [
      ...(needed ? folds : []).map((i) => ({
        ...this.whole.get(i)!,
        strides: this.rowStrides,
        value: body.value(i),
      })),
      ...(last ? outputs : []).flatMap((o) =>
        o.strides.length > rank ? [] : [{ ...o, value: body.value(o.value) }],
      ),
    ];
    const inner = [this.parts.count];
    return loopShader({ kind: 'loop', outer, inner, ...body.rewritten, outputs: made });
  }

  private eachPoint(outputs: LoopKernel['outputs']): Shader {
    const { outer, inner } = this.kernel;
    const zeros = inner.map(() => 0);
    const body = new Rewriting(
      this.kernel,
      ({ strides }) => strides,
      (i) => this.ofRow(i, zeros),
    );
    const made = outputs.map((o) => ({ ...o, value: body.value(o.value) }));
    return loopShader({
      kind: 'loop',
      outer: [...outer, ...inner],
      inner: [],
      ...body.rewritten,
      outputs: made,
    });
  }

  private ofRow(i: number, zeros: readonly number[]): Access {
    return { ...this.whole.get(i)!, strides: [...this.rowStrides, ...zeros] };
  }
}

/** The part of a body that some of its values need, with folds read where they are known. */
class Rewriting {
  private readonly kernel: LoopKernel;
  private readonly inputs: Access[] = [];
  private readonly body: Scalar[] = [];
  private readonly done = new Map<number, number>();
  private readonly stridesOf: (x: Access) => readonly number[];
  private readonly foldAt: (i: number) => Access | null;
  private readonly folded: ((i: number) => Access) | null;

  /** `foldAt` returns the location of a known fold; `folded`, if given, that of the values to fold instead of the argument. */
  constructor(
    kernel: LoopKernel,
    stridesOf: (x: Access) => readonly number[],
    foldAt: (i: number) => Access | null,
    folded: ((i: number) => Access) | null = null,
  ) {
    this.kernel = kernel;
    this.stridesOf = stridesOf;
    this.foldAt = foldAt;
    this.folded = folded;
  }

  get rewritten(): { readonly inputs: readonly Access[]; readonly body: readonly Scalar[] } {
    return { inputs: this.inputs, body: this.body };
  }

  /** The index in this body of a value of the kernel. */
  value(i: number): number {
    let made = this.done.get(i);
    if (made === undefined) this.done.set(i, (made = this.make(i, this.kernel.body[i]!)));
    return made;
  }

  private make(i: number, s: Scalar): number {
    switch (s.kind) {
      case 'load': {
        const x = this.kernel.inputs[s.input]!;
        return this.load({ ...x, strides: this.stridesOf(x) }, s.dtype);
      }
      case 'op':
        return this.push({ ...s, args: s.args.map((a) => this.value(a)) });
      case 'reduce': {
        const known = this.foldAt(i);
        if (known !== null) return this.load(known, s.dtype);
        const arg = this.folded === null ? this.value(s.arg) : this.load(this.folded(i), s.dtype);
        return this.push({ ...s, arg });
      }
      default:
        return this.push(s);
    }
  }

  private load(x: Access, dtype: Scalar['dtype']): number {
    return this.push({ kind: 'load', input: this.inputs.push(x) - 1, dtype });
  }

  private push(s: Scalar): number {
    return this.body.push(s) - 1;
  }
}
