/**
 * @file Fused loops: one thread per point, or per row if the inner space is short; otherwise 64 threads per row, which combine
 * their partial results in a tree. Each level of reductions is a pass over the row, and the outputs of each point are a last
 * one.
 */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Access } from '../../../engine/compile/bufferRef.js';
import { BodyWriter } from './body.js';
import { cast, fold, identity } from './elements.js';
import { collapse, coordinates, offsetOf, product } from './coordinates.js';
import type { Parts } from './parts.js';
import type { Shader } from './shader.js';
import { ShaderWriter } from './shaderWriter.js';
import { load, store, typeOf } from './values.js';

/** Threads of a workgroup. */
export const WORKGROUP_SIZE = 64;
/** From this many rows of few points on, one thread per row is enough. */
const MANY_ROWS = 4096;
const FEW_POINTS = 256;

/**
 * With `parts`, the outputs have one element per part of a row: those of the first part of all rows, then those of the second.
 */
export function loopShader(kernel: LoopKernel, parts: Parts | null = null): Shader {
  return new LoopShader(kernel, parts).write();
}

/** Whether the points of a row are adjacent in memory, so that neighbouring threads should take them. */
export function isAlong({ outer, inputs, body, inner }: LoopKernel): boolean {
  const last = outer.length + inner.length - 1;
  const read = body.flatMap((s) => (s.kind === 'load' ? [inputs[s.input]!.strides] : []));
  const count = (d: number): number => read.filter((strides) => strides[d] === 1).length;
  return count(last) >= count(outer.length - 1);
}

class LoopShader {
  private readonly w = new ShaderWriter();
  private readonly kernel: LoopKernel;
  private readonly accesses: readonly Access[];
  private readonly outer: ReturnType<typeof collapse>;
  private readonly inner: ReturnType<typeof collapse>;
  private readonly team: boolean;
  private readonly parts: Parts | null;
  private readonly body: BodyWriter;
  /** The name of the number of points in a row. */
  private width = '';

  constructor(kernel: LoopKernel, parts: Parts | null) {
    this.kernel = kernel;
    this.parts = parts;
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
    const width = parts?.length ?? product(kernel.inner);
    const along = isAlong(kernel);
    this.team =
      kernel.inner.length > 0 &&
      width >= WORKGROUP_SIZE &&
      (parts === null
        ? product(kernel.outer) < MANY_ROWS || (along && width >= FEW_POINTS)
        : along);
    this.body = new BodyWriter(this.w, body, {
      isPoint: (s) =>
        s.kind === 'load' ? strides[s.input]!.slice(rank).some((x) => x !== 0) : s.dim >= rank,
      load: ({ input, dtype }, point) =>
        load(dtype, `o${input}${point ? offsetOf(this.w, this.inner.strides[input]!, 'j') : ''}`),
      index: (dim) => (dim < rank ? `i${dim}` : `j${dim - rank}`),
      position: (point) => (point ? `row * ${this.width} + j` : 'row'),
    });
  }

  write(): Shader {
    const { w, kernel, accesses, team } = this;
    const { body, inputs } = kernel;
    const rank = kernel.outer.length;
    const rows = product(kernel.outer);
    const { parts } = this;
    if (parts !== null) {
      w.line(`let rows = ${w.word(rows)}; let length = ${w.word(parts.length)};`);
      w.line('let part = row / rows; let ownRow = row % rows;');
    }
    coordinates(w, parts === null ? 'row' : 'ownRow', this.outer.sizes, 'i');
    accesses.forEach((a, n) => {
      const result = parts !== null && n >= inputs.length ? ' + part * rows' : '';
      w.line(`let o${n} = ${w.address(a)}${offsetOf(w, this.outer.strides[n]!, 'i')}${result};`);
    });
    const folds = kernel.inner.length > 0;
    const width = (this.width = w.fresh('width'));
    if (folds) w.line(`let ${width} = ${w.word(product(kernel.inner))};`);
    if (parts !== null)
      w.line(`let first = part * length; let end = min(first + length, ${width});`);
    const { depth } = this.body;
    for (let pass = 0; pass < depth; pass++) this.reduce(pass, width);
    this.body.rowValues(depth);
    const perPoint = kernel.outputs.map((o) => folds && o.strides.length > rank);
    const each = (points: boolean, scope: Set<number>): void => {
      kernel.outputs.forEach((o, k) => {
        if (perPoint[k] !== points) return;
        const n = inputs.length + k;
        this.body.emit(o.value, scope);
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
    const count = rows * (parts?.count ?? 1);
    return team ? w.teams(count, WORKGROUP_SIZE) : w.threads(count);
  }

  /** The reductions of one level: a pass over the row. */
  private reduce(pass: number, width: string): void {
    const { w, team } = this;
    this.body.rowValues(pass);
    const mine = this.body.reductions(pass);
    for (const { s, i } of mine)
      w.line(`var a${i}: ${typeOf(s.dtype)} = ${identity(w, s.op, s.dtype)};`);
    this.overRow(width, (scope) => {
      for (const { s, i } of mine) {
        this.body.emit(s.arg, scope);
        w.line(`a${i} = ${fold(w, s.op, s.dtype, `a${i}`, `s${s.arg}`)};`);
      }
    });
    for (const { s, i } of mine) {
      if (team) this.tree(s, i);
      else w.line(`let s${i} = a${i};`);
      this.body.row.add(i);
    }
  }

  /** Combines the partial results of 64 threads, always in the same order. */
  private tree({ op, dtype }: Scalar & { kind: 'reduce' }, i: number): void {
    const { w } = this;
    w.declarations += `var<workgroup> w${i}: array<${typeOf(dtype)}, ${WORKGROUP_SIZE}>;\n`;
    w.line(`w${i}[lid] = a${i}; workgroupBarrier();`);
    for (let half = WORKGROUP_SIZE / 2; half >= 1; half /= 2) {
      const sum = fold(w, op, dtype, `w${i}[lid]`, `w${i}[lid + ${half}u]`);
      w.line(`if (lid < ${half}u) { w${i}[lid] = ${sum}; } workgroupBarrier();`);
    }
    w.line(`let s${i} = w${i}[0];`);
  }

  private overRow(width: string, body: (scope: Set<number>) => void): void {
    const { w } = this;
    const [first, end] = this.parts === null ? ['', width] : ['first', 'end'];
    const from = this.team ? (first === '' ? 'lid' : `${first} + lid`) : first || '0u';
    w.line(`for (var j = ${from}; j < ${end}; j += ${this.team ? WORKGROUP_SIZE : 1}u) {`);
    coordinates(w, 'j', this.inner.sizes, 'j');
    body(new Set());
    w.line('}');
  }
}
