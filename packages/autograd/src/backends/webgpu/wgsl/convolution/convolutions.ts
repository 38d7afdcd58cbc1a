/**
 * @file Convolutions and their gradients. With enough channels they are products of places and taps in tiles, whose operands
 * are never assembled in memory; otherwise one thread computes each result. The gradient of the weight, whose few results are
 * sums over all places of all examples, is split into parts that are added in a tree.
 */
import type { ConvKernel } from '../../../../engine/compile/operators.js';
import type { BufferRef } from '../../../../engine/compile/bufferRef.js';
import { names, productOf, sizesOf } from './sizes.js';
import { ConvText } from './text.js';
import { tiledConv } from './tiled.js';
import { EpilogueWriter, ofParts, type Epilogue } from '../epilogue.js';
import { loopShader } from '../loop.js';
import { coordinates, product } from '../coordinates.js';
import { sumOfParts, type Parts } from '../parts.js';
import type { Shader } from '../shader.js';
import { ShaderWriter } from '../shaderWriter.js';
import { DEPTH, groupsOf } from '../tiles.js';

/** The fewest terms of a part of a sum. */
const PART_STEPS = 256;
/** The most sums of parts in all. */
const MAX_SUMS = 2 ** 22;
/** With tiles, the most workgroups after splitting. */
const MAX_WORKGROUPS = 1024;

/** `epilogue` is computed from the results, which are then not stored. */
export function convShaders(
  kernel: ConvKernel,
  scratch: (words: number) => BufferRef,
  epilogue: Epilogue | null = null,
): Shader[] {
  const { m, n, k } = productOf(kernel);
  const inTiles = m >= 8 && n >= 8 && k >= 8;
  const shader = (parts: Parts | null, to: BufferRef | Epilogue): Shader =>
    inTiles ? tiledConv(kernel, parts, to) : plainConv(kernel, parts, to);
  const { direction, batch, outSize, out } = kernel;
  if (direction !== 'gradWeight') return [shader(null, epilogue ?? out)];
  // Without tiles a thread traverses whole lines of places.
  const lines = inTiles ? k : batch * outSize[0]!;
  const results = product(sizesOf(kernel));
  const most = inTiles
    ? Math.ceil(MAX_WORKGROUPS / groupsOf(kernel.groups, m, n, { rows: 64, columns: 64 }))
    : 2 ** 18 / results;
  const parts = partsOf(lines, k / lines, Math.min(most, MAX_SUMS / results));
  if (parts === null) return [shader(null, epilogue ?? out)];
  const place = { ...scratch(parts.count * results), dtype: 'float32' as const };
  const sum =
    epilogue === null
      ? sumOfParts([results], parts.count, place, { ...out, strides: [1] })
      : ofParts(epilogue, parts.count, place);
  return [shader(parts, place), loopShader(sum)];
}

/** How a sum of this many lines of terms is split: depends on the shapes alone. Null means not at all. */
function partsOf(lines: number, terms: number, most: number): Parts | null {
  const shortest = Math.max(Math.ceil(PART_STEPS / terms), Math.ceil(lines / Math.max(1, most)));
  // Whole tiles of steps, if it is split by steps.
  const length = terms === 1 ? Math.ceil(shortest / DEPTH) * DEPTH : shortest;
  const count = Math.ceil(lines / length);
  return count < 2 ? null : { count, length };
}

/** One thread per result, or per part of a result. */
function plainConv(k: ConvKernel, parts: Parts | null, to: BufferRef | Epilogue): Shader {
  const w = new ShaderWriter();
  const { direction } = k;
  const rank = k.size.length;
  const dims = k.size.map((_, d) => d);
  const sizes = sizesOf(k);
  const results = product(sizes);
  if (parts === null) coordinates(w, 'row', sizes, 'i');
  else {
    w.line(`let results = ${w.word(results)}; let length = ${w.word(parts.length)};`);
    w.line('let part = row / results; let result = row % results;');
    coordinates(w, 'result', sizes, 'i');
  }
  const text = new ConvText(w, k);
  const { outSize } = text;
  const [p, q] = k.inputs;
  w.line(`let pa = ${w.address(p)}; let pb = ${w.address(q)}; var acc = 0.0;`);
  let ends = 0;
  const open = (variable: string, to: string): void => {
    w.line(`for (var ${variable} = 0u; ${variable} < ${to}; ${variable}++) {`);
    ends++;
  };
  const [taps, xs, ys] = [names('t', rank, 0), names('x', rank, 0), names('y', rank, 0)];
  let [a, b] = ['', ''];
  if (direction === 'forward') {
    open('c', text.c);
    for (const d of dims) {
      open(`t${d}`, text.window[d]!);
      text.read(d, `i${3 + d}`, `t${d}`, 'continue;');
    }
    a = text.x('i0', 'i1', 'c', ...xs);
    b = text.weight('i1', 'i2', 'c', ...taps);
  } else if (direction === 'gradInput') {
    open('o', text.o);
    for (const d of dims) {
      open(`t${d}`, text.window[d]!);
      text.readBy(d, `i${3 + d}`, `t${d}`, 'continue;');
    }
    a = text.y('i0', 'i1', 'o', ...ys);
    b = text.weight('i1', 'o', 'i2', ...taps);
  } else {
    // Examples and the first dimension of places merged.
    const lines = `${text.n} * ${outSize[0]!}`;
    const [from, to] =
      parts === null ? ['0u', lines] : ['part * length', `min(${lines}, (part + 1u) * length)`];
    w.line(`let ends = ${to};`);
    w.line(`for (var line = ${from}; line < ends; line++) {`);
    w.line(`let n = line / ${outSize[0]!}; let y0 = line % ${outSize[0]!};`);
    ends++;
    for (const d of dims) {
      if (d > 0) open(`y${d}`, outSize[d]!);
      text.read(d, `y${d}`, `i${3 + d}`, 'continue;');
    }
    a = text.x('n', 'i0', 'i2', ...xs);
    b = text.y('n', 'i0', 'i1', ...ys);
  }
  w.line(`acc = fma(bitcast<f32>(h[pa + ${a}]), bitcast<f32>(h[pb + ${b}]), acc);`);
  w.line('}'.repeat(ends));
  if ('buffer' in to) w.line(`h[${w.address(to)} + row] = bitcast<u32>(acc);`);
  else {
    w.line('let result = acc;');
    new EpilogueWriter(w, to).each('row');
  }
  return w.threads(results * (parts?.count ?? 1));
}
