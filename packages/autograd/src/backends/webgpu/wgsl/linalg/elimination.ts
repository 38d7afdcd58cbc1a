/** @file Elimination, and systems solved by it: one thread per matrix, for many small matrices in parallel. */
import { sizeOf } from '../../../../graph/shape.js';
import type { OperatorSite } from '../../special.js';
import type { Shader } from '../shader.js';
import { ShaderWriter } from '../shaderWriter.js';
import { at, read, write } from './matrix.js';

/**
 * A writer with sizes `m` and `n`, a copy of each matrix at `a` that may be overwritten, and the order of its rows. `step` is
 * the distance of the matrices.
 */
function overCopies(
  site: Pick<OperatorSite, 'inputs' | 'scratch'>,
  turned: boolean,
  step: number | null = null,
): { w: ShaderWriter; count: number } {
  const w = new ShaderWriter();
  const { place, shape } = site.inputs[0]!;
  const [m, n] = shape.slice(-2) as [number, number];
  const count = sizeOf(shape) / (m * n);
  const scratch = site.scratch(count * (m * n + m));
  w.line(`let m = ${w.word(m)}; let n = ${w.word(n)};`);
  w.line(`let x = ${w.address(place)} + row * ${w.word(step ?? m * n)};`);
  w.line(`let a = ${w.address(scratch)} + row * (m * n + m); let order = a + m * n;`);
  w.line('for (var r = 0u; r < m; r++) { h[order + r] = r; for (var c = 0u; c < n; c++) {');
  w.line(`${at('a', 'r', 'c')} = ${turned ? at('x', 'c', 'r') : at('x', 'r', 'c')}; } }`);
  return { w, count };
}

/** Elimination with partial pivoting, in place; `chosen` are statements for each pivot. */
function eliminate(w: ShaderWriter, chosen = ''): void {
  w.line(`var sign = 1.0;
for (var k = 0u; k < min(m, n); k++) {
  var best = k;
  for (var i = k + 1u; i < m; i++) { if (abs(${read('a', 'i', 'k')}) > abs(${read('a', 'best', 'k')})) { best = i; } }
  ${chosen}
  if (best != k) {
    sign = -sign; let o = h[order + k]; h[order + k] = h[order + best]; h[order + best] = o;
    for (var j = 0u; j < n; j++) { let t = ${at('a', 'k', 'j')}; ${at('a', 'k', 'j')} = ${at('a', 'best', 'j')}; ${at('a', 'best', 'j')} = t; }
  }
  let pivot = ${read('a', 'k', 'k')};
  if (pivot == 0.0) { continue; }
  for (var i = k + 1u; i < m; i++) {
    let f = ${read('a', 'i', 'k')} / pivot; ${write('a', 'i', 'k', 'f')}
    for (var j = k + 1u; j < n; j++) { ${write('a', 'i', 'j', `fma(-f, ${read('a', 'k', 'j')}, ${read('a', 'i', 'j')})`)} }
  }
}`);
}

/** Solves a system with a triangle of `m`, in place, for the `k` columns at `y`. */
function substitute(
  w: ShaderWriter,
  m: string,
  upper: boolean,
  unit: boolean,
  turned: boolean,
): void {
  const element = turned ? read(m, 'j', 'i') : read(m, 'i', 'j');
  const y = (r: string): string => `h[y + (${r}) * k + c]`;
  // The transpose of an upper triangle is a lower one.
  w.line(`for (var c = 0u; c < k; c++) { for (var s = 0u; s < n; s++) {
  let i = ${upper ? 'n - 1u - s' : 's'}; var v = bitcast<f32>(${y('i')});
  for (var j = ${upper ? 'i + 1u; j < n' : '0u; j < i'}; j++) { v = fma(-${element}, bitcast<f32>(${y('j')}), v); }
  ${unit ? '' : `v = v / ${read(m, 'i', 'i')};`}
  ${y('i')} = bitcast<u32>(v);
} }`);
}

export function solveShader(site: OperatorSite): Shader {
  const { attrs, inputs, out, shape } = site;
  const { w, count } = overCopies(site, attrs['transposed'] === true);
  eliminate(w);
  if (attrs['op'] !== '') {
    const refused = w.refuse('row', { kind: 'singular', place: null, limit: 0 });
    // A pivot that is only rounding error counts as 0.
    w.line(
      `var most = 0.0; for (var i = 0u; i < n; i++) { most = max(most, abs(${read('a', 'i', 'i')})); }`,
    );
    w.line(
      `for (var i = 0u; i < n; i++) { if (!(abs(${read('a', 'i', 'i')}) > 0.0)) { ${refused} return; } }`,
    );
  }
  w.line(`let k = ${w.word(shape.at(-1)!)}; let b = ${w.address(inputs[1]!.place)} + row * n * k;`);
  w.line(`let y = ${w.address(out)} + row * n * k;`);
  w.line(
    'for (var r = 0u; r < n; r++) { for (var c = 0u; c < k; c++) { h[y + r * k + c] = h[b + h[order + r] * k + c]; } }',
  );
  substitute(w, 'a', false, true, false);
  substitute(w, 'a', true, false, false);
  return w.threads(count);
}

export function triangularShader({ attrs, inputs, out, shape }: OperatorSite): Shader {
  const w = new ShaderWriter();
  const [n, k] = shape.slice(-2) as [number, number];
  const turned = attrs['transposed'] === true;
  const upper = (attrs['upper'] === true) !== turned;
  w.line(`let n = ${w.word(n)}; let k = ${w.word(k)};`);
  w.line(`let m = ${w.address(inputs[0]!.place)} + row * n * n;`);
  w.line(
    `let b = ${w.address(inputs[1]!.place)} + row * n * k; let y = ${w.address(out)} + row * n * k;`,
  );
  w.line('for (var i = 0u; i < n * k; i++) { h[y + i] = h[b + i]; }');
  substitute(w, 'm', upper, attrs['unit'] === true, turned);
  return w.threads(sizeOf(shape) / (n * k));
}

/** The determinant, or its sign and the logarithm of its absolute value next to each other. */
export function determinantShader(
  site: Pick<OperatorSite, 'inputs' | 'scratch' | 'out'>,
  logarithm: boolean,
  step: number | null = null,
): Shader {
  const { w, count } = overCopies(site, false, step);
  eliminate(w);
  if (logarithm) {
    const log = w.use('logf');
    w.line(`var size = 0.0;
for (var i = 0u; i < n; i++) { let d = ${read('a', 'i', 'i')}; size = size + ${log}(abs(d)); if (d < 0.0) { sign = -sign; } if (d == 0.0) { sign = 0.0; } }
let o = ${w.address(site.out)} + 2u * row; h[o] = bitcast<u32>(sign); h[o + 1u] = bitcast<u32>(size);`);
  } else {
    w.line(`for (var i = 0u; i < n; i++) { sign = sign * ${read('a', 'i', 'i')}; }`);
    w.line(`h[${w.address(site.out)} + row] = bitcast<u32>(sign);`);
  }
  return w.threads(count);
}

/** L below the diagonal and U on and above it, then a column with the order of the rows and one with LAPACK's pivots. */
export function luShader(site: OperatorSite): Shader {
  const { w, count } = overCopies(site, false);
  w.line(`let y = ${w.address(site.out)} + row * m * (n + 2u);`);
  w.line('for (var i = 0u; i < m; i++) { h[y + i * (n + 2u) + n + 1u] = 0u; }');
  eliminate(w, 'h[y + k * (n + 2u) + n + 1u] = bitcast<u32>(f32(best + 1u));');
  w.line(`for (var i = 0u; i < m; i++) { let to = y + i * (n + 2u);
  for (var j = 0u; j < n; j++) { h[to + j] = ${at('a', 'i', 'j')}; }
  h[to + n] = bitcast<u32>(f32(h[order + i]));
}`);
  return w.threads(count);
}

/** The order of rows that results from exchanges. */
export function pivotOrderShader({ inputs, out, shape }: OperatorSite): Shader {
  const w = new ShaderWriter();
  const { place, shape: given } = inputs[0]!;
  w.line(`let k = ${w.word(given.at(-1)!)}; let m = ${w.word(shape.at(-1)!)};`);
  w.line(`let x = ${w.address(place)} + row * k; let y = ${w.address(out)} + row * m;`);
  w.line(`for (var i = 0u; i < m; i++) { h[y + i] = i; }
for (var i = 0u; i < k; i++) { let o = y + h[x + i] - 1u; let t = h[y + i]; h[y + i] = h[o]; h[o] = t; }`);
  return w.threads(sizeOf(shape) / shape.at(-1)!);
}
