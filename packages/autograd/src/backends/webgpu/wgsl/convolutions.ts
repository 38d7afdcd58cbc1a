/**
 * @file Convolutions and their gradients: a thread a result, over channels and taps in loops. The gradient of the weight, whose few
 * results are sums over all places of all examples, is split into parts which are added in a tree.
 */
import type { ConvKernel, Place } from '../../../engine/compile/kernel.js';
import { sumOfParts } from './longProducts.js';
import { loopShader } from './loop.js';
import type { Parts } from './products.js';
import { coordinates, product, ShaderWriter, type Shader } from './text.js';

/** A part of a sum has at least so many terms. */
const PART = 256;
/** So many sums of parts at most. */
const MOST_SUMS = 2 ** 18;

export function convShaders(kernel: ConvKernel, scratch: (words: number) => Place): Shader[] {
  const parts = kernel.direction === 'gradWeight' ? partsOf(kernel) : null;
  if (parts === null) return [convShader(kernel)];
  const results = product(sizesOf(kernel));
  const place = { ...scratch(parts.count * results), dtype: 'float32' as const };
  return [
    convShader(kernel, parts, place),
    loopShader(sumOfParts([results], parts.count, place, { ...kernel.out, strides: [1] })),
  ];
}

/** How the sum over examples and places of a weight's gradient is split: by the shapes alone. Null leaves it whole. */
function partsOf(kernel: ConvKernel): Parts | null {
  const { batch, places } = kernel;
  const lines = batch * places[0]!;
  const terms = product(places.slice(1));
  const most = Math.floor(MOST_SUMS / product(sizesOf(kernel)));
  const length = Math.max(Math.ceil(PART / terms), Math.ceil(lines / most));
  const count = Math.ceil(lines / length);
  return count < 2 ? null : { count, length };
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

/** A convolution, or one of its gradients: a thread a result, or one a part of a result. */
function convShader(k: ConvKernel, parts: Parts | null = null, out: Place = k.out): Shader {
  const w = new ShaderWriter();
  const { batch: N, groups: G, inChannels: C, outChannels: O, direction } = k;
  const dims = k.size.map((_, d) => d);
  const sizes = sizesOf(k);
  const results = product(sizes);
  if (parts === null) coordinates(w, 'row', sizes, 'i');
  else {
    w.line(`let results = ${w.word(results)}; let length = ${w.word(parts.length)};`);
    w.line('let part = row / results; let result = row % results;');
    coordinates(w, 'result', sizes, 'i');
  }
  const name = (size: number): string => {
    const own = w.fresh('k');
    w.line(`let ${own} = ${w.word(size)};`);
    return own;
  };
  const signed = (x: number): string => {
    const own = w.fresh('k');
    w.line(`let ${own} = bitcast<i32>(${w.word(x)});`);
    return own;
  };
  const [stride, low, dilation] = [k.stride, k.padLow, k.dilation].map((xs) => xs.map(signed)) as [
    string[],
    string[],
    string[],
  ];
  const [size, window, places] = [k.size, k.window, k.places].map((xs) => xs.map(name)) as [
    string[],
    string[],
    string[],
  ];
  const [n, g, c, o] = [N, G, C, O].map(name) as [string, string, string, string];
  const flat = (of: readonly string[], at: readonly string[]): string =>
    at.reduce((e, x, d) => (d === 0 ? x : `(${e}) * ${of[d]!} + ${x}`), '');
  const X = [n, g, c, ...size];
  const W = [g, o, c, ...window];
  const Y = [n, g, o, ...places];
  const [p, q] = k.inputs;
  w.line(`let pa = ${w.address(p)}; let pb = ${w.address(q)}; var acc = 0.0;`);
  let ends = 0;
  const open = (variable: string, to: string): void => {
    w.line(`for (var ${variable} = 0u; ${variable} < ${to}; ${variable}++) {`);
    ends++;
  };
  const inside = (d: number, place: string, tap: string): void =>
    w.line(
      `let q${d} = i32(${place}) * ${stride[d]!} - ${low[d]!} + i32(${tap}) * ${dilation[d]!}; if (q${d} < 0 || q${d} >= i32(${size[d]!})) { continue; } let x${d} = u32(q${d});`,
    );
  let [a, b] = ['', ''];
  if (direction === 'forward') {
    open('c', c);
    for (const d of dims) {
      open(`t${d}`, window[d]!);
      inside(d, `i${3 + d}`, `t${d}`);
    }
    a = flat(X, ['i0', 'i1', 'c', ...dims.map((d) => `x${d}`)]);
    b = flat(W, ['i1', 'i2', 'c', ...dims.map((d) => `t${d}`)]);
  } else if (direction === 'gradInput') {
    open('o', o);
    for (const d of dims) {
      open(`t${d}`, window[d]!);
      w.line(
        `let q${d} = i32(i${3 + d}) + ${low[d]!} - i32(t${d}) * ${dilation[d]!}; if (q${d} < 0 || q${d} % ${stride[d]!} != 0 || q${d} / ${stride[d]!} >= i32(${places[d]!})) { continue; } let y${d} = u32(q${d} / ${stride[d]!});`,
      );
    }
    a = flat(Y, ['i0', 'i1', 'o', ...dims.map((d) => `y${d}`)]);
    b = flat(W, ['i1', 'o', 'i2', ...dims.map((d) => `t${d}`)]);
  } else {
    // Examples and the first dimension of places in one.
    const lines = `${n} * ${places[0]!}`;
    const [from, to] =
      parts === null ? ['0u', lines] : ['part * length', `min(${lines}, (part + 1u) * length)`];
    w.line(`let ends = ${to};`);
    w.line(`for (var line = ${from}; line < ends; line++) {`);
    w.line(`let n = line / ${places[0]!}; let y0 = line % ${places[0]!};`);
    ends++;
    for (const d of dims) {
      if (d > 0) open(`y${d}`, places[d]!);
      inside(d, `y${d}`, `i${3 + d}`);
    }
    a = flat(X, ['n', 'i0', 'i2', ...dims.map((d) => `x${d}`)]);
    b = flat(Y, ['n', 'i0', 'i1', ...dims.map((d) => `y${d}`)]);
  }
  w.line(`acc = fma(bitcast<f32>(h[pa + ${a}]), bitcast<f32>(h[pb + ${b}]), acc);`);
  w.line('}'.repeat(ends));
  w.line(`h[${w.address(out)} + row] = bitcast<u32>(acc);`);
  return w.threads(results * (parts?.count ?? 1));
}
