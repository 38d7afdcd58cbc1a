/** @file Sorting rows, and results that need it: the median, and its position. */
import type { SortKernel } from '../../../engine/compile/operators.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import type { Shader } from './shader.js';
import { ShaderWriter } from './shaderWriter.js';
import { load } from './values.js';

/**
 * One thread sorts the positions of a row, by merging runs of doubling length between two tables: equal elements stay in order.
 */
export function sortShader(k: Omit<SortKernel, 'family'>, scratch: BufferRef): Shader {
  const w = new ShaderWriter();
  const [x] = k.inputs;
  const { dtype } = x;
  const float = dtype === 'float32';
  const value = (at: string): string =>
    dtype === 'bool' ? `select(0, 1, ${load('bool', at)})` : load(dtype, at);
  const nan = float ? w.use('isnan') : '';
  w.line(`let inner = ${w.word(k.inner)}; let length = ${w.word(k.length)};`);
  w.line('let base = (row / inner) * length * inner + row % inner;');
  w.line(`let x = ${w.address(x)} + base;`);
  w.line(`var source = ${w.address(scratch)} + row * 2u * length; var other = source + length;`);
  w.line('for (var i = 0u; i < length; i++) { h[source + i] = i; }');
  w.line(`for (var run = 1u; run < length; run = run * 2u) {
for (var lo = 0u; lo < length; lo = lo + 2u * run) {
  let mid = min(lo + run, length); let hi = min(lo + 2u * run, length);
  var a = lo; var b = mid;
  for (var o = lo; o < hi; o++) {
    var second = a >= mid;
    if (!second && b < hi) {
      let u = ${value('x + h[source + a] * inner')}; let v = ${value('x + h[source + b] * inner')};`);
  // Only elements that are strictly before come first, so that equal elements keep their order. NaN comes after all numbers.
  const strictly = k.descending ? 'v > u' : 'v < u';
  w.line(
    float
      ? k.descending
        ? `second = (${nan}(v) && !${nan}(u)) || (!${nan}(v) && !${nan}(u) && ${strictly});`
        : `second = (!${nan}(v) && ${nan}(u)) || (!${nan}(v) && !${nan}(u) && ${strictly});`
      : `second = ${strictly};`,
  );
  w.line(`    }
    if (second) { h[other + o] = h[source + b]; b++; } else { h[other + o] = h[source + a]; a++; }
  }
}
let swap = source; source = other; other = swap;
}`);
  const out = w.address(k.out);
  if (k.result === 'order') {
    w.line(`let out = ${out} + base;`);
    w.line('for (var i = 0u; i < length; i++) { h[out + i * inner] = h[source + i]; }');
    return w.threads(k.outer * k.inner);
  }
  w.line('var at = h[source + (length - 1u) / 2u];');
  if (float) {
    w.line(`var spoilt = false;
for (var i = 0u; i < length; i++) { if (${nan}(bitcast<f32>(h[x + i * inner]))) { at = i; spoilt = true; break; } }`);
  }
  if (float) w.line('if (!spoilt) {');
  w.line(`let middle = ${value('x + at * inner')};
for (var i = 0u; i < length; i++) { if (${value('x + i * inner')} == middle) { at = i; break; } }`);
  if (float) w.line('}');
  w.line(k.result === 'median' ? `h[${out} + row] = h[x + at * inner];` : `h[${out} + row] = at;`);
  return w.threads(k.outer * k.inner);
}

/** The words of scratch memory for sorting. */
export function sortScratch(k: SortKernel): number {
  return 2 * k.outer * k.length * k.inner;
}
