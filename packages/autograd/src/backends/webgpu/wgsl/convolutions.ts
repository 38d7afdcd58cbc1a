/**
 * @file Convolutions and their gradients. Where there are channels enough they are products whose operands are never put
 * together: of places and taps, in tiles; else a thread has a result. The gradient of the weight, whose few results are sums over all
 * places of all examples, is split into parts which are added in a tree.
 */
import type { ConvKernel } from '../../../engine/compile/operators.js';
import type { Place } from '../../../engine/compile/place.js';
import { ConvText } from './convText.js';
import { loopShader } from './loop.js';
import { coordinates, product } from './coordinates.js';
import { sumOfParts, type Parts } from './parts.js';
import type { Shader } from './shader.js';
import { ShaderWriter } from './shaderWriter.js';
import { DEPTH, groupsOf, tiledShader, tileOf } from './tiles.js';

/** A part of a sum has at least so many terms. */
const PART = 256;
/** So many sums of parts at most, */
const MOST_SUMS = 2 ** 22;
/** and no more parts than so many workgroups in tiles have. */
const BUSY = 1024;

export function convShaders(kernel: ConvKernel, scratch: (words: number) => Place): Shader[] {
  const { m, n, k } = productOf(kernel);
  const inTiles = m >= 8 && n >= 8 && k >= 8;
  const shader = (parts: Parts | null, out: Place): Shader =>
    inTiles ? tiledConv(kernel, parts, out) : plainConv(kernel, parts, out);
  const { direction, batch, places, out } = kernel;
  if (direction !== 'gradWeight') return [shader(null, out)];
  // Without tiles a thread goes over whole lines of places.
  const lines = inTiles ? k : batch * places[0]!;
  const results = product(sizesOf(kernel));
  const most = inTiles
    ? Math.ceil(BUSY / groupsOf(kernel.groups, m, n, { rows: 64, columns: 64 }))
    : 2 ** 18 / results;
  const parts = partsOf(lines, k / lines, Math.min(most, MOST_SUMS / results));
  if (parts === null) return [shader(null, out)];
  const place = { ...scratch(parts.count * results), dtype: 'float32' as const };
  const sum = sumOfParts([results], parts.count, place, { ...out, strides: [1] });
  return [shader(parts, place), loopShader(sum)];
}

/** How a sum of so many lines of terms is split: by the shapes alone. Null leaves it whole. */
function partsOf(lines: number, terms: number, most: number): Parts | null {
  const shortest = Math.max(Math.ceil(PART / terms), Math.ceil(lines / Math.max(1, most)));
  // Whole tiles of steps, where it is split into steps.
  const length = terms === 1 ? Math.ceil(shortest / DEPTH) * DEPTH : shortest;
  const count = Math.ceil(lines / length);
  return count < 2 ? null : { count, length };
}

/** A convolution as the product of each group: rows, columns, and terms of a sum. */
function productOf({ batch, inChannels, outChannels, direction, ...k }: ConvKernel): {
  readonly m: number;
  readonly n: number;
  readonly k: number;
} {
  const [size, window, places] = [k.size, k.window, k.places].map(product) as [
    number,
    number,
    number,
  ];
  switch (direction) {
    case 'forward':
      return { m: batch * places, n: outChannels, k: inChannels * window };
    case 'gradInput':
      return { m: batch * size, n: inChannels, k: outChannels * window };
    case 'gradWeight':
      return { m: inChannels * window, n: outChannels, k: batch * places };
  }
}

/** `prefix1`, `prefix2`, … of so many dimensions, from a number on. */
function names(prefix: string, count: number, from: number): string[] {
  return Array.from({ length: count }, (_, d) => `${prefix}${from + d}`);
}

/** The product in tiles. */
function tiledConv(kernel: ConvKernel, parts: Parts | null, out: Place): Shader {
  const w = new ShaderWriter();
  const { batch: N, groups: G, inChannels: C, outChannels: O, direction } = kernel;
  const { m, n, k } = productOf(kernel);
  const rank = kernel.size.length;
  const dims = kernel.size.map((_, d) => d);
  const [first, second] = kernel.inputs;
  const count = parts?.count ?? 1;
  const ofRows = {
    forward: [N, ...kernel.places],
    gradInput: [N, ...kernel.size],
    gradWeight: [C, ...kernel.window],
  }[direction];
  const ofSteps = {
    forward: [C, ...kernel.window],
    gradInput: [O, ...kernel.window],
    gradWeight: [N, ...kernel.places],
  }[direction];
  let text: ConvText;
  const all = (step: string): string => (parts === null ? step : `start + ${step}`);
  const rows = names('i', rank, 1);
  return tiledShader(w, tileOf(count * G, m, n), {
    batch: count * G,
    m,
    n,
    whole: (parts?.length ?? k) % DEPTH === 0 && k % DEPTH === 0,
    begin: () => {
      text = new ConvText(w, kernel);
      w.line(
        `let pa = ${w.address(first)}; let pb = ${w.address(second)}; let to = ${w.address(out)};`,
      );
      coordinates(w, 't0', [count, G], 'g');
      if (parts === null) w.line(`let depth = ${w.word(k)};`);
      else {
        w.line(`let length = ${w.word(parts.length)}; let start = g0 * length;`);
        w.line(`let depth = min(length, ${w.word(k)} - start);`);
        w.line(`let result = to + g0 * ${w.word(product(sizesOf(kernel)))};`);
      }
      w.line(`let taps = ${w.word(product(kernel.window))};`);
      w.line(`let places = ${w.word(product(kernel.places))};`);
    },
    a: {
      stepsAlong: direction === 'gradWeight',
      vectorAt: null,
      row: (row, end) => {
        coordinates(w, row, ofRows, `i${end}_`);
        const at = names(`i${end}_`, rank, 1);
        const channel = `i${end}_0`;
        if (direction === 'gradWeight') w.line(`let c${end} = ${channel};`);
        else w.line(`let c${end} = ${text.channels(channel, 'g1', direction === 'forward')};`);
        for (const d of dims) w.line(`let o${d}${end} = ${text.rowPlace(d, at[d]!)};`);
      },
      step: (step) => {
        w.line(`let all = ${all(step)};`);
        coordinates(w, 'all', ofSteps, 'k');
        w.line(`let c = ${direction === 'gradWeight' ? text.channels('k0', 'g1', true) : 'k0'};`);
        for (const d of dims) w.line(`let s${d} = ${text.stepPlace(d, `k${1 + d}`)};`);
      },
      element: (_, end) => {
        for (const d of dims) text.place(d, `o${d}${end}`, `s${d}`);
        const at = text.flatPlace(`c${end} + c`, names('x', rank, 0));
        // Without a branch all reads are under way at once.
        const isThere = dims.map((d) => `there${d}`).join(' & ');
        w.line(`let there = ${isThere};`);
        w.line(`v = select(0.0, bitcast<f32>(h[pa + select(0u, ${at}, there)]), there);`);
      },
    },
    b: {
      stepsAlong: true,
      vectorAt: null,
      row: (column, end) => {
        const at = {
          forward: `(g1 * ${text.o} + ${column}) * ${text.c} * taps`,
          gradInput: `${column} * taps`,
          gradWeight: `${column} * places`,
        }[direction];
        w.line(`let b${end} = pb + ${at};`);
      },
      step: (step) => {
        w.line(`let all = ${all(step)};`);
        const at = {
          forward: 'all',
          gradInput: `(g1 * ${text.o} + all / taps) * ${text.c} * taps + all % taps`,
          gradWeight: `${text.channels('(all / places)', 'g1', false)} * places + all % places`,
        }[direction];
        w.line(`let stepAt = ${at};`);
      },
      element: (_, end) => w.line(`v = bitcast<f32>(h[b${end} + stepAt]);`),
    },
    store: (row, column, values) => {
      coordinates(w, row, ofRows, 'i');
      const place = (column: string): string =>
        ({
          forward: () => text.y('i0', 'g1', column, ...rows),
          gradInput: () => text.x('i0', 'g1', column, ...rows),
          gradWeight: () => text.weight('g1', column, 'i0', ...rows),
        })[direction]();
      for (let i = 0; i < 4; i++) {
        const to = `${parts === null ? 'to' : 'result'} + ${place(`(${column} + ${i}u)`)}`;
        w.line(`if (${column} + ${i}u < n) { h[${to}] = bitcast<u32>(${values}[${i}]); }`);
      }
    },
  });
}

/** The dimensions of a result. */
function sizesOf(k: ConvKernel): readonly number[] {
  const { batch, groups, inChannels, outChannels } = k;
  switch (k.direction) {
    case 'forward':
      return [batch, groups, outChannels, ...k.places];
    case 'gradInput':
      return [batch, groups, inChannels, ...k.size];
    case 'gradWeight':
      return [groups, outChannels, inChannels, ...k.window];
  }
}

/** A thread a result, or one a part of a result. */
function plainConv(k: ConvKernel, parts: Parts | null, out: Place): Shader {
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
  const { places } = text;
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
    // Examples and the first dimension of places in one.
    const lines = `${text.n} * ${places[0]!}`;
    const [from, to] =
      parts === null ? ['0u', lines] : ['part * length', `min(${lines}, (part + 1u) * length)`];
    w.line(`let ends = ${to};`);
    w.line(`for (var line = ${from}; line < ends; line++) {`);
    w.line(`let n = line / ${places[0]!}; let y0 = line % ${places[0]!};`);
    ends++;
    for (const d of dims) {
      if (d > 0) open(`y${d}`, places[d]!);
      text.read(d, `y${d}`, `i${3 + d}`, 'continue;');
    }
    a = text.x('n', 'i0', 'i2', ...xs);
    b = text.y('n', 'i0', 'i1', ...ys);
  }
  w.line(`acc = fma(bitcast<f32>(h[pa + ${a}]), bitcast<f32>(h[pb + ${b}]), acc);`);
  w.line('}'.repeat(ends));
  w.line(`h[${w.address(out)} + row] = bitcast<u32>(acc);`);
  return w.threads(results * (parts?.count ?? 1));
}
