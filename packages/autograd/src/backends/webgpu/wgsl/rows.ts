/** @file Results along rows that need their order, or one element after the other: modes, medians without NaN, logcumsumexp. */
import { sizeOf } from '../../../graph/shape.js';
import type { OperatorSite } from '../special.js';
import { sortShader } from './sorting.js';
import type { Shader } from './shader.js';
import { ShaderWriter } from './shaderWriter.js';
import { load } from './values.js';

/** A dimension of an operand as `[outer, length, inner]`. */
function sizesAlong({ attrs, inputs }: OperatorSite): {
  outer: number;
  length: number;
  inner: number;
} {
  const { shape } = inputs[0]!;
  const dim = Number(attrs['dim']);
  return {
    outer: sizeOf(shape.slice(0, dim)),
    length: shape[dim]!,
    inner: sizeOf(shape.slice(dim + 1)),
  };
}

/** Defines the names of a row: `x` is its start, and its elements are `inner` apart. */
function rowOf(w: ShaderWriter, site: OperatorSite): ReturnType<typeof sizesAlong> {
  const sizes = sizesAlong(site);
  w.line(`let inner = ${w.word(sizes.inner)}; let length = ${w.word(sizes.length)};`);
  w.line('let base = (row / inner) * length * inner + row % inner;');
  w.line(`let x = ${w.address(site.inputs[0]!.place)} + base;`);
  return sizes;
}

/** `ln Σ exp` of all elements so far, scaled by the largest so far. */
export function logcumsumexpShader(site: OperatorSite): Shader {
  const w = new ShaderWriter();
  const { outer, inner } = rowOf(w, site);
  const [exp, log, nan, inf] = ['expf', 'logf', 'isnan', 'isinf'].map((f) => w.use(f)) as [
    string,
    string,
    string,
    string,
  ];
  w.line(`let y = ${w.address(site.out)} + base; var top = -${w.use('inf')}(); var total = 0.0;
for (var q = 0u; q < length; q++) {
  let v = bitcast<f32>(h[x + q * inner]);
  if (${nan}(v) || ${nan}(total)) { total = ${w.use('nan')}(); }
  else if (v > top) { total = total * ${exp}(top - v) + 1.0; top = v; }
  else if (!${inf}(v) && !${inf}(top)) { total += ${exp}(v - top); }
  var sum = top; if (${nan}(total)) { sum = total; } else if (total > 0.0 && !${inf}(top)) { sum = top + ${log}(total); }
  h[y + q * inner] = bitcast<u32>(sum);
}`);
  return w.threads(outer * inner);
}

/** Sorts rows, and adds a shader that finds a position in each from `order`, the sorted positions of its elements. */
function ordered(site: OperatorSite, find: (w: ShaderWriter, float: boolean) => string): Shader[] {
  const { outer, length, inner } = sizesAlong(site);
  const x = site.inputs[0]!.place;
  const words = outer * length * inner;
  const order = { ...site.scratch(3 * words), dtype: 'int32' as const };
  const free = { ...order, offset: order.offset + words };
  const sorted = sortShader(
    {
      kind: 'sort',
      result: 'order',
      descending: false,
      outer,
      length,
      inner,
      inputs: [x],
      out: order,
    },
    free,
  );
  const w = new ShaderWriter();
  rowOf(w, site);
  w.line(`let order = ${w.address(order)} + base;`);
  w.line(find(w, x.dtype === 'float32'));
  w.line(`h[${w.address(site.out)} + row] = at;`);
  return [sorted, w.threads(outer * inner)];
}

/**
 * The position of the last of the most frequent elements; of equally frequent ones the smallest counts. Each NaN is an element
 * of its own.
 */
export function modeShaders(site: OperatorSite): Shader[] {
  const { dtype } = site.inputs[0]!.place;
  const value = (q: string): string => load(dtype, `x + h[order + (${q}) * inner] * inner`);
  return ordered(
    site,
    (w, float) => `var at = 0u; var most = 0u; var count = 0u;
for (var q = 0u; q < length; q++) {
  count++;
  if (q + 1u < length) { let u = ${value('q')}; let v = ${value('q + 1u')}; if (${float ? `!${w.use('isnan')}(u) && ` : ''}u == v) { continue; } }
  if (count > most) { at = h[order + q * inner]; most = count; }
  count = 0u;
}`,
  );
}

/** The position of the lower median of the numbers that are not NaN, and 0 if there are none: NaN come last in the order. */
export function nanMedianShaders(site: OperatorSite): Shader[] {
  const { dtype } = site.inputs[0]!.place;
  return ordered(
    site,
    (w, float) => `var numbers = length;
${float ? `for (; numbers > 0u; numbers--) { if (!${w.use('isnan')}(${load(dtype, 'x + h[order + (numbers - 1u) * inner] * inner')})) { break; } }` : ''}
var at = 0u; if (numbers > 0u) { at = h[order + ((numbers - 1u) / 2u) * inner]; }`,
  );
}
