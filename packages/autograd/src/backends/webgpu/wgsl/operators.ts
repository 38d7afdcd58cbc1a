/** @file Operator kernels: pooling, positions, scans, searching, distances. */
import type {
  CumulativeKernel,
  DistanceKernel,
  PoolKernel,
  PositionKernel,
  PullKernel,
  SearchKernel,
} from '../../../engine/compile/operators.js';
import { coordinates, product } from './coordinates.js';
import type { Shader } from './shader.js';
import { ShaderWriter } from './shaderWriter.js';
import { load, store, typeOf } from './values.js';

/** The bounds of windows as a table of words: `starts[o]` and `ends[o]` of each dimension. */
function tableOf(w: ShaderWriter, values: readonly number[]): (at: string) => string {
  const name = w.fresh('table');
  const blocks = Math.ceil(values.length / 4);
  const text = Array.from({ length: blocks }, (_, b) => {
    const four = [0, 1, 2, 3].map((i) => values[4 * b + i] ?? 0);
    return `vec4<i32>(${four.join(', ')})`;
  });
  w.declarations += `var<private> ${name}: array<vec4<i32>, ${blocks}> = array<vec4<i32>, ${blocks}>(${text.join(', ')});\n`;
  return (at) => `${name}[(${at}) >> 2u][(${at}) & 3u]`;
}

/** Bounds that are linear, `start + o · step`, need no table: `max(low, …)`, `min(high, …)`. */
function boundsOf(
  w: ShaderWriter,
  values: readonly number[],
  size: number,
): (at: string) => string {
  const n = values.length;
  const inner = values.filter((x) => x > 0 && x < size);
  if (n === 1) {
    const word = w.fresh('b');
    w.line(`let ${word} = bitcast<i32>(${w.word(values[0]!)});`);
    return () => word;
  }
  const first = values.findIndex((x) => x > 0 && x < size);
  const step = inner.length > 1 ? inner[1]! - inner[0]! : null;
  const origin = step === null ? 0 : values[first]! - first * step;
  const line = (o: number): number => Math.min(size, Math.max(0, origin + o * (step ?? 0)));
  if (step === null || values.some((x, o) => x !== line(o))) return tableOf(w, values);
  const [a, b, c] = [w.fresh('b'), w.fresh('b'), w.fresh('b')];
  w.line(
    `let ${a} = bitcast<i32>(${w.word(origin)}); let ${b} = bitcast<i32>(${w.word(step)}); let ${c} = bitcast<i32>(${w.word(size)});`,
  );
  return (at) => `clamp(${a} + i32(${at}) * ${b}, 0, ${c})`;
}

export function poolShader(k: PoolKernel): Shader {
  const w = new ShaderWriter();
  const { spans, mode, planes } = k;
  const sizes = spans.map(({ size }) => size);
  const outs = spans.map(({ starts }) => starts.length);
  const space = [planes, ...(mode === 'spread' ? sizes : outs)];
  const starts = spans.map((s) => boundsOf(w, s.starts, s.size));
  const ends = spans.map((s) => boundsOf(w, s.ends, s.size));
  coordinates(w, 'row', space, 'i');
  const steps = spans.map(({ step }) => `bitcast<i32>(${w.word(step)})`);
  w.line(`let x = ${w.address(k.inputs[0])};`);
  const over = mode === 'spread' ? outs : sizes;
  const at = spans.reduce(
    (e, _, d) => `(${e}) * ${w.word(over[d]!)} + ${mode === 'spread' ? `o${d}` : `u32(x${d})`}`,
    'i0',
  );
  const out = w.address(k.out);
  if (mode === 'spread') {
    w.line('var acc = 0.0;');
    spans.forEach((_, d) => {
      w.line(`for (var o${d} = 0u; o${d} < ${w.word(outs[d]!)}; o${d}++) {`);
      w.line(`let c${d} = i32(i${d + 1}) - ${starts[d]!(`o${d}`)};`);
      w.line(
        `if (c${d} < 0 || i32(i${d + 1}) >= ${ends[d]!(`o${d}`)} || c${d} % ${steps[d]!} != 0) { continue; }`,
      );
    });
    w.line(`acc += bitcast<f32>(h[x + ${at}]);`);
    w.line('}'.repeat(spans.length));
    w.line(`h[${out} + row] = bitcast<u32>(acc);`);
    return w.threads(product(space));
  }
  w.line(mode === 'argmax' ? 'var best = 0.0; var found = -1;' : 'var acc = 0.0;');
  spans.forEach((_, d) =>
    w.line(
      `for (var x${d} = ${starts[d]!(`i${d + 1}`)}; x${d} < ${ends[d]!(`i${d + 1}`)}; x${d} += ${steps[d]!}) {`,
    ),
  );
  w.line(`let at = ${at}; let v = bitcast<f32>(h[x + at]);`);
  if (mode === 'argmax') {
    const plane = w.word(product(sizes));
    w.line(
      `if (found < 0 || v > best || ${w.use('isnan')}(v)) { best = v; found = i32(at - i0 * ${plane}); }`,
    );
  } else w.line('acc += v;');
  w.line('}'.repeat(spans.length));
  w.line(`h[${out} + row] = bitcast<u32>(${mode === 'argmax' ? 'found' : 'acc'});`);
  return w.threads(product(space));
}

/** Defines the names of `[outer, length, inner]`, the start of a row, and the distance of its elements. */
function rowOf(w: ShaderWriter, k: { outer: number; length: number; inner: number }): number {
  w.line(`let inner = ${w.word(k.inner)}; let length = ${w.word(k.length)};`);
  w.line('let base = (row / inner) * length * inner + row % inner;');
  return k.outer * k.inner;
}

export function positionShader(k: PositionKernel): Shader {
  const w = new ShaderWriter();
  const [x] = k.inputs;
  const rows = rowOf(w, k);
  w.line(`let x = ${w.address(x)} + base;`);
  const value = (at: string): string =>
    x.dtype === 'bool' ? `select(0, 1, ${load('bool', at)})` : load(x.dtype, at);
  const float = x.dtype === 'float32';
  w.line(`var best = ${value('x')}; var found = 0u;`);
  w.line('for (var q = 1u; q < length; q++) {');
  w.line(`let v = ${value('x + q * inner')};`);
  const better = `v ${k.largest ? '>' : '<'} best`;
  const nan = float ? w.use('isnan') : '';
  w.line(
    float
      ? `if (!${nan}(best) && (${better} || ${nan}(v))) { best = v; found = q; } }`
      : `if (${better}) { best = v; found = q; } }`,
  );
  w.line(`h[${w.address(k.out)} + row] = found;`);
  return w.threads(rows);
}

export function cumulativeShader(k: CumulativeKernel): Shader {
  const w = new ShaderWriter();
  const rows = rowOf(w, k);
  const { op, reverse, out } = k;
  const x = k.inputs[0]!;
  const places = k.inputs.map((place, i) => {
    w.line(`let x${i} = ${w.address(place)} + base;`);
    return `x${i}`;
  });
  w.line(`let out = ${w.address(out)} + base;`);
  const positions = op === 'largest' || op === 'smallest';
  const from = positions ? x.dtype : out.dtype;
  const type = from === 'bool' ? 'i32' : typeOf(from);
  const read = (place: string, dtype: typeof x.dtype): string => {
    const v = load(dtype, place);
    if (dtype === 'bool' && type !== 'bool')
      return type === 'f32' ? `select(0.0, 1.0, ${v})` : `select(0, 1, ${v})`;
    return dtype === 'int32' && type === 'f32' ? `f32(${v})` : v;
  };
  w.line(`var acc: ${type}; var found = 0u;`);
  w.line('for (var q = 0u; q < length; q++) {');
  w.line(`let k = ${reverse ? 'length - 1u - q' : 'q'}; let at = k * inner;`);
  if (op === 'recurrence') {
    const [a, b] = places;
    w.line(`let b = ${read(`${b} + at`, out.dtype)};`);
    w.line(
      `if (q == 0u) { acc = b; } else { acc = fma(${read(`${a} + at`, out.dtype)}, acc, b); }`,
    );
  } else {
    w.line(`let v = ${read(`x0 + at`, x.dtype)};`);
    if (positions) {
      const nan = type === 'f32' ? w.use('isnan') : null;
      const better = `v ${op === 'largest' ? '>=' : '<='} acc`;
      w.line(
        nan === null
          ? `if (q == 0u || ${better}) { acc = v; found = k; }`
          : `if (q == 0u || ${nan}(v) || (!${nan}(acc) && ${better})) { acc = v; found = k; }`,
      );
    } else w.line(`if (q == 0u) { acc = v; } else { acc = acc ${op === 'sum' ? '+' : '*'} v; }`);
  }
  w.line(
    positions
      ? 'h[out + at] = found; }'
      : `${store(out.dtype, 'out + at', out.dtype === 'bool' ? '(acc != 0)' : 'acc')} }`,
  );
  return w.threads(rows);
}

/** Whether `x` comes before `y`, where NaN counts as larger than all numbers. */
export function before(w: ShaderWriter, float: boolean, x: string, y: string): string {
  if (!float) return `(${x} < ${y})`;
  const nan = w.use('isnan');
  return `(!${nan}(${x}) && (${nan}(${y}) || ${x} < ${y}))`;
}

export function searchShader(k: SearchKernel): Shader {
  const w = new ShaderWriter();
  const [rows, values] = k.inputs;
  const float = rows.dtype === 'float32';
  const value = (at: string): string =>
    rows.dtype === 'bool' ? `select(0, 1, ${load('bool', at)})` : load(rows.dtype, at);
  w.line(`let v = ${value(`${w.address(values)} + row`)};`);
  w.line(`let length = ${w.word(k.length)};`);
  w.line(`let x = ${w.address(rows)} + (row / ${w.word(k.each)}) * length;`);
  w.line('var low = 0u; var high = length;');
  w.line('while (low < high) { let middle = (low + high) / 2u;');
  w.line(`let e = ${value('x + middle')};`);
  const goesOn = k.right ? `!${before(w, float, 'v', 'e')}` : before(w, float, 'e', 'v');
  w.line(`if (${goesOn}) { low = middle + 1u; } else { high = middle; } }`);
  w.line(`h[${w.address(k.out)} + row] = low;`);
  return w.threads(k.rows * k.each);
}

/** A row of differences whose squares overflow, or underflow, is traversed again, divided by the largest of them. */
export function distanceShader(k: DistanceKernel): Shader {
  const w = new ShaderWriter();
  w.line(`let m = ${w.word(k.length)}; let others = ${w.word(k.columns)}; let i = row / others;`);
  w.line(`let x = ${w.address(k.inputs[0])} + i * m;`);
  w.line(
    `let y = ${w.address(k.inputs[1])} + (i / ${w.word(k.rows)} * others + row % others) * m;`,
  );
  const difference = `abs(${load('float32', 'x + q')} - ${load('float32', 'y + q')})`;
  const each = (body: string): void =>
    w.line(`for (var q = 0u; q < m; q++) { let d = ${difference}; ${body} }`);
  w.line('var s = 0.0;');
  if (k.norm === 'max') each('s = select(max(s, d), d, d != d || s != s);');
  else each(k.norm === 'l1' ? 's += d;' : 's += d * d;');
  if (k.norm === 'l2') {
    w.line('if (s < 1e-30 || s > 1e37) { var most = 0.0;');
    each('most = max(most, d);');
    w.line('if (most > 0.0 && most < 3e38) { s = 0.0;');
    each('s += (d / most) * (d / most);');
    w.line('s = most * sqrt(s); } else { s = sqrt(s); } } else { s = sqrt(s); }');
  }
  w.line(store('float32', `${w.address(k.out)} + row`, 's'));
  return w.threads(k.batch * k.rows * k.columns);
}

/** One thread per element of a sum. */
export function pullShader(k: PullKernel): Shader {
  const w = new ShaderWriter();
  const [weights, x, y] = k.inputs.map((place) => w.address(place)) as [string, string, string];
  w.line(
    `let m = ${w.word(k.length)}; let rows = ${w.word(k.rows)}; let others = ${w.word(k.columns)};`,
  );
  w.line('let i = row / m; let q = row % m; let b = i / rows; var s = 0.0;');
  const place = k.transposed ? '(b * others + j) * rows + i % rows' : 'i * others + j';
  w.line(`let own = ${load('float32', `${x} + row`)};`);
  w.line('for (var j = 0u; j < others; j++) {');
  w.line(`let d = own - ${load('float32', `${y} + (b * others + j) * m + q`)};`);
  w.line(`s += ${load('float32', `${weights} + ${place}`)} * d; }`);
  w.line(store('float32', `${w.address(k.out)} + row`, 's'));
  return w.threads(k.batch * k.rows * k.length);
}
