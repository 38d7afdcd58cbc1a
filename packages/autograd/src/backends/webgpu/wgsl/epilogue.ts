/** @file A loop over the results of a product, run where the product would store them. */
import type { LoopKernel, MatmulKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Access, BufferRef } from '../../../engine/compile/bufferRef.js';
import { stridesOf } from '../../../graph/shape.js';
import { BodyWriter } from './body.js';
import { collapse, coordinates, offsetOf, product } from './coordinates.js';
import { cast } from './elements.js';
import type { ShaderWriter } from './shaderWriter.js';
import { fromWord, toWord } from './values.js';

export interface Epilogue {
  /** The dimensions of the loop, in the order of the product's results. */
  readonly sizes: readonly number[];
  /** Strides over these dimensions, like those of the outputs. */
  readonly inputs: readonly Access[];
  /** The input after the last one is the result of the product. */
  readonly body: readonly Scalar[];
  readonly outputs: readonly (Access & { readonly value: number })[];
}

/** Writes the lines of the loop for a variable `result`. */
export class EpilogueWriter {
  private readonly w: ShaderWriter;
  private readonly epilogue: Epilogue;
  private readonly sizes: readonly number[];
  private readonly strides: readonly (readonly number[])[];
  private readonly body: BodyWriter;

  /** `vectors` says whether the heap is read in vectors; then four results are stored together. */
  constructor(w: ShaderWriter, epilogue: Epilogue, vectors = false) {
    this.w = w;
    this.epilogue = epilogue;
    const { inputs, outputs, sizes, body } = epilogue;
    const accesses = [...inputs, ...outputs];
    ({ sizes: this.sizes, strides: this.strides } = collapse(
      sizes,
      accesses.map(({ strides }) => strides),
    ));
    this.body = new BodyWriter(w, body, {
      isPoint: () => true,
      load: ({ input, dtype }) => {
        if (input === inputs.length) return 'result';
        const at = this.placeOf(input);
        return fromWord(dtype, vectors ? `h[(${at}) >> 2u][(${at}) & 3u]` : `h[${at}]`);
      },
      index: () => '0u',
      position: () => '0u',
    });
  }

  /** Lines for the result at a flat index. */
  each(flat: string): void {
    this.values(flat, (n, word) => this.w.line(`h[${this.placeOf(n)}] = ${word};`));
  }

  /** Lines for four results, the elements of `results`, from a flat index on. */
  eachFour(flat: string): void {
    const { w, epilogue } = this;
    epilogue.outputs.forEach((_, k) => w.line(`var four${k}: vec4<u32>; var to${k} = 0u;`));
    w.line(`for (var i = 0u; i < 4u; i++) { let result = results[i];`);
    this.values(`(${flat} + i)`, (n, word) => {
      const k = n - epilogue.inputs.length;
      w.line(`four${k}[i] = ${word}; if (i == 0u) { to${k} = (${this.placeOf(n)}) >> 2u; }`);
    });
    w.line('}');
    epilogue.outputs.forEach((_, k) => w.line(`h[to${k}] = four${k};`));
  }

  private values(flat: string, store: (n: number, word: string) => void): void {
    const { inputs, outputs, body } = this.epilogue;
    coordinates(this.w, flat, this.sizes, 'at');
    const scope = new Set<number>();
    outputs.forEach((o, k) => {
      this.body.emit(o.value, scope);
      store(
        inputs.length + k,
        toWord(o.dtype, cast(this.w, `s${o.value}`, body[o.value]!.dtype, o.dtype)),
      );
    });
  }

  /** The position of an element of an input, or of an output. */
  private placeOf(n: number): string {
    const { inputs, outputs } = this.epilogue;
    const access = n < inputs.length ? inputs[n]! : outputs[n - inputs.length]!;
    return `${this.w.address(access)}${offsetOf(this.w, this.strides[n]!, 'at')}`;
  }
}

/** Whether the values from four adjacent results can be stored as one vector. */
export function storesVectors(
  { sizes, inputs, outputs }: Epilogue,
  startsVector: (buffer: number) => boolean,
): boolean {
  const walked = collapse(
    sizes,
    [...inputs, ...outputs].map(({ strides }) => strides),
  );
  return (
    walked.sizes.at(-1)! % 4 === 0 &&
    outputs.every(({ buffer, offset }, k) => {
      const strides = walked.strides[inputs.length + k]!;
      const others = strides.slice(0, -1);
      return (
        startsVector(buffer) &&
        offset % 4 === 0 &&
        strides.at(-1) === 1 &&
        others.every((x) => x % 4 === 0)
      );
    })
  );
}

/** A loop over results that it sums from `count` parts, which are stored one after the other. */
export function ofParts(epilogue: Epilogue, count: number, parts: BufferRef): LoopKernel {
  const { sizes } = epilogue;
  const access = { ...parts, strides: [...stridesOf(sizes), product(sizes)] };
  return folding(epilogue, [count], [access], [{ kind: 'load', input: 0, dtype: 'float32' }]);
}

/**
 * A loop over results, each of which is the product of a row and a column, summed by its threads; null if its dimensions
 * differ.
 */
export function ofProducts(epilogue: Epilogue, kernel: MatmulKernel): LoopKernel | null {
  const { a, b, batch, m, n, k } = kernel;
  const rank = batch.length;
  const axes = split(epilogue.sizes, [...batch, m, n]);
  if (axes === null) return null;
  const along = (strides: readonly number[], last: number): number[] => [
    ...axes.flatMap((sizes, d) => stridesOf(sizes).map((s) => s * strides[d]!)),
    last,
  ];
  const [x, y] = [a.strides, b.strides];
  const inputs = [
    { ...a, strides: along([...x.slice(0, rank + 1), 0], x[rank + 1]!) },
    { ...b, strides: along([...y.slice(0, rank), 0, y[rank + 1]!], y[rank]!) },
  ];
  return folding(epilogue, [k], inputs, [
    { kind: 'load', input: 0, dtype: 'float32' },
    { kind: 'load', input: 1, dtype: 'float32' },
    { kind: 'op', op: 'mul', args: [0, 1], dtype: 'float32' },
  ]);
}

/** The loop after a sum over `inner` of the last value of `terms`, whose inputs are `folded`. */
function folding(
  { sizes, inputs, body, outputs }: Epilogue,
  inner: readonly number[],
  folded: readonly Access[],
  terms: readonly Scalar[],
): LoopKernel {
  const made: Scalar[] = [...terms];
  const sum = made.push({ kind: 'reduce', op: 'sum', arg: terms.length - 1, dtype: 'float32' }) - 1;
  const now: number[] = [];
  for (const s of body) {
    if (s.kind === 'load' && s.input === inputs.length) now.push(sum);
    else if (s.kind === 'load') now.push(made.push({ ...s, input: s.input + folded.length }) - 1);
    else if (s.kind === 'op') now.push(made.push({ ...s, args: s.args.map((x) => now[x]!) }) - 1);
    else now.push(made.push(s) - 1);
  }
  const others = inputs.map((x) => ({ ...x, strides: [...x.strides, ...inner.map(() => 0)] }));
  return {
    kind: 'loop',
    outer: sizes,
    inner,
    inputs: [...folded, ...others],
    body: made,
    outputs: outputs.map((o) => ({ ...o, value: now[o.value]! })),
  };
}

/** Sizes divided among some axes, several for each; null if that is not possible. */
function split(sizes: readonly number[], axes: readonly number[]): number[][] | null {
  let at = 0;
  const found = axes.map((axis) => {
    const own: number[] = [];
    for (let size = 1; size < axis && at < sizes.length; size *= own.at(-1)!)
      own.push(sizes[at++]!);
    return own;
  });
  return found.every((own, d) => product(own) === axes[d]) ? found : null;
}
