/** @file Factorizations and what is solved by them: a thread a matrix, for many small ones side by side. */
import { sizeOf } from '../../../graph/shape.js';
import type { Site } from '../special.js';
import { ShaderWriter, type Shader } from './text.js';

const at = (name: string, r: string, c: string): string => `h[${name} + (${r}) * n + (${c})]`;
const read = (name: string, r: string, c: string): string => `bitcast<f32>(${at(name, r, c)})`;
const write = (name: string, r: string, c: string, x: string): string =>
  `${at(name, r, c)} = bitcast<u32>(${x});`;

/** A writer, with `n` and a copy of each matrix at `a` that may be overwritten. */
function overCopies(site: Site, turned: boolean): { w: ShaderWriter; n: number; count: number } {
  const w = new ShaderWriter();
  const { place, shape } = site.inputs[0]!;
  const n = shape.at(-1)!;
  const count = sizeOf(shape) / (n * n);
  const scratch = site.scratch(count * (n * n + n));
  w.line(`let n = ${w.word(n)}; let x = ${w.address(place)} + row * n * n;`);
  w.line(`let a = ${w.address(scratch)} + row * (n * n + n); let order = a + n * n;`);
  w.line('for (var r = 0u; r < n; r++) { h[order + r] = r; for (var c = 0u; c < n; c++) {');
  w.line(`${at('a', 'r', 'c')} = ${turned ? at('x', 'c', 'r') : at('x', 'r', 'c')}; } }`);
  return { w, n, count };
}

/** Elimination with partial pivoting, in place. */
function eliminate(w: ShaderWriter): void {
  w.line(`var sign = 1.0;
for (var k = 0u; k < n; k++) {
  var best = k;
  for (var i = k + 1u; i < n; i++) { if (abs(${read('a', 'i', 'k')}) > abs(${read('a', 'best', 'k')})) { best = i; } }
  if (best != k) {
    sign = -sign; let o = h[order + k]; h[order + k] = h[order + best]; h[order + best] = o;
    for (var j = 0u; j < n; j++) { let t = ${at('a', 'k', 'j')}; ${at('a', 'k', 'j')} = ${at('a', 'best', 'j')}; ${at('a', 'best', 'j')} = t; }
  }
  let pivot = ${read('a', 'k', 'k')};
  if (pivot == 0.0) { continue; }
  for (var i = k + 1u; i < n; i++) {
    let f = ${read('a', 'i', 'k')} / pivot; ${write('a', 'i', 'k', 'f')}
    for (var j = k + 1u; j < n; j++) { ${write('a', 'i', 'j', `fma(-f, ${read('a', 'k', 'j')}, ${read('a', 'i', 'j')})`)} }
  }
}`);
}

/** Solves with a triangle of `m` in place, for the `k` columns at `y`. */
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

export function solveShader(site: Site): Shader {
  const { attrs, inputs, out, shape } = site;
  const { w, count } = overCopies(site, attrs['transposed'] === true);
  eliminate(w);
  if (attrs['op'] !== '') {
    const refused = w.refuse('row', { kind: 'singular', place: null, limit: 0 });
    // A pivot of nothing but rounding counts as 0.
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

export function triangularShader({ attrs, inputs, out, shape }: Site): Shader {
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

/** The determinant, or its sign and the logarithm of its size side by side. */
export function determinantShader(site: Site, logarithm: boolean): Shader {
  const { w, count } = overCopies(site, false);
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

export function choleskyShader({ inputs, out, shape }: Site): Shader {
  const w = new ShaderWriter();
  const n = shape.at(-1)!;
  const refused = w.refuse('row', { kind: 'notPositive', place: null, limit: 0 });
  w.line(`let n = ${w.word(n)}; let x = ${w.address(inputs[0]!.place)} + row * n * n;`);
  w.line(`let a = ${w.address(out)} + row * n * n;`);
  w.line(`for (var j = 0u; j < n; j++) {
  for (var i = 0u; i < j; i++) { ${at('a', 'i', 'j')} = 0u; }
  for (var i = j; i < n; i++) {
    var s = ${read('x', 'i', 'j')};
    for (var k = 0u; k < j; k++) { s = fma(-${read('a', 'i', 'k')}, ${read('a', 'j', 'k')}, s); }
    if (i == j) { if (!(s > 0.0)) { ${refused} return; } ${write('a', 'j', 'j', 'sqrt(s)')} }
    else { ${write('a', 'i', 'j', `s / ${read('a', 'j', 'j')}`)} }
  }
}`);
  return w.threads(sizeOf(shape) / (n * n));
}

/** L below the diagonal and U on and above, of rows that are in order. */
export function luShader({ inputs, out, shape }: Site): Shader {
  const w = new ShaderWriter();
  const n = shape.at(-1)!;
  w.line(`let n = ${w.word(n)}; let x = ${w.address(inputs[0]!.place)} + row * n * n;`);
  w.line(`let a = ${w.address(out)} + row * n * n;`);
  w.line(`for (var i = 0u; i < n * n; i++) { h[a + i] = h[x + i]; }
for (var k = 0u; k < n; k++) {
  let pivot = ${read('a', 'k', 'k')};
  if (pivot == 0.0) { continue; }
  for (var i = k + 1u; i < n; i++) {
    let f = ${read('a', 'i', 'k')} / pivot; ${write('a', 'i', 'k', 'f')}
    for (var j = k + 1u; j < n; j++) { ${write('a', 'i', 'j', `fma(-f, ${read('a', 'k', 'j')}, ${read('a', 'i', 'j')})`)} }
  }
}`);
  return w.threads(sizeOf(shape) / (n * n));
}

/** Householder's QR of `[m, n]`, m ≥ n: Q above, and Rᵀ below it. */
export function qrShader(site: Site): Shader {
  const w = new ShaderWriter();
  const { place, shape } = site.inputs[0]!;
  const [m, n] = shape.slice(-2) as [number, number];
  const count = sizeOf(shape) / (m * n);
  const scratch = site.scratch(count * (2 * m * n + n));
  w.line(`let m = ${w.word(m)}; let n = ${w.word(n)}; let x = ${w.address(place)} + row * m * n;`);
  w.line(
    `let a = ${w.address(scratch)} + row * (2u * m * n + n); let v = a + m * n; let beta = v + m * n;`,
  );
  w.line(`let q = ${w.address(site.out)} + row * (m + n) * n; let low = q + m * n;`);
  const reflect = (name: string): string => `for (var j = 0u; j < n; j++) {
    var s = 0.0;
    for (var i = k; i < m; i++) { s = fma(${read('v', 'i', 'k')}, ${read(name, 'i', 'j')}, s); }
    s = s * b;
    for (var i = k; i < m; i++) { ${write(name, 'i', 'j', `fma(-s, ${read('v', 'i', 'k')}, ${read(name, 'i', 'j')})`)} }
  }`;
  w.line(`for (var i = 0u; i < m * n; i++) { h[a + i] = h[x + i]; h[q + i] = 0u; }
for (var k = 0u; k < n; k++) {
  var square = 0.0;
  for (var i = k; i < m; i++) { let e = ${read('a', 'i', 'k')}; ${write('v', 'i', 'k', 'e')} if (i > k) { square = fma(e, e, square); } }
  if (square == 0.0) { h[beta + k] = 0u; continue; }
  let head = ${read('a', 'k', 'k')}; let length = sqrt(head * head + square);
  let alpha = select(length, -length, head > 0.0);
  ${write('v', 'k', 'k', 'head - alpha')}
  let b = 2.0 / (square + (head - alpha) * (head - alpha)); h[beta + k] = bitcast<u32>(b);
  ${reflect('a')}
  for (var i = k + 1u; i < m; i++) { ${at('a', 'i', 'k')} = 0u; }
}
for (var i = 0u; i < n; i++) { ${write('q', 'i', 'i', '1.0')} }
for (var t = 0u; t < n; t++) {
  let k = n - 1u - t; let b = bitcast<f32>(h[beta + k]);
  if (b != 0.0) { ${reflect('q')} }
}
for (var i = 0u; i < n; i++) { for (var j = 0u; j < n; j++) { ${at('low', 'i', 'j')} = select(0u, ${at('a', 'j', 'i')}, j <= i); } }`);
  return w.threads(count);
}
