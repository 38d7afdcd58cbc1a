/** @file The Cholesky factor and Householder's QR: one thread per matrix. */
import { sizeOf } from '../../../../graph/shape.js';
import type { OperatorSite } from '../../special.js';
import type { Shader } from '../shader.js';
import { ShaderWriter } from '../shaderWriter.js';
import { at, read, write } from './matrix.js';

export function choleskyShader({ inputs, out, shape }: OperatorSite): Shader {
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

/** Householder's QR of `[m, n]`, m ≥ n: Q above, and Rᵀ below it; or all m columns of Q alone. */
export function qrShader(site: OperatorSite, complete: boolean): Shader {
  const w = new ShaderWriter();
  const { place, shape } = site.inputs[0]!;
  const [m, n] = shape.slice(-2) as [number, number];
  const count = sizeOf(shape) / (m * n);
  const scratch = site.scratch(count * (2 * m * n + n));
  w.line(`let m = ${w.word(m)}; let n = ${w.word(n)}; let x = ${w.address(place)} + row * m * n;`);
  w.line(
    `let a = ${w.address(scratch)} + row * (2u * m * n + n); let v = a + m * n; let beta = v + m * n;`,
  );
  w.line(`let c = ${w.word(complete ? m : n)};`);
  w.line(`let q = ${w.address(site.out)} + row * ${complete ? 'm * m' : '(m + n) * n'};`);
  const reflect = (
    name: string,
    columns: string,
  ): string => `for (var j = 0u; j < ${columns}; j++) {
    var s = 0.0;
    for (var i = k; i < m; i++) { s = fma(${read('v', 'i', 'k')}, ${read(name, 'i', 'j', columns)}, s); }
    s = s * b;
    for (var i = k; i < m; i++) { ${write(name, 'i', 'j', `fma(-s, ${read('v', 'i', 'k')}, ${read(name, 'i', 'j', columns)})`, columns)} }
  }`;
  w.line(`for (var i = 0u; i < m * n; i++) { h[a + i] = h[x + i]; }
for (var i = 0u; i < m * c; i++) { h[q + i] = 0u; }
for (var k = 0u; k < n; k++) {
  var square = 0.0;
  for (var i = k; i < m; i++) { let e = ${read('a', 'i', 'k')}; ${write('v', 'i', 'k', 'e')} if (i > k) { square = fma(e, e, square); } }
  if (square == 0.0) { h[beta + k] = 0u; continue; }
  let head = ${read('a', 'k', 'k')}; let length = sqrt(head * head + square);
  let alpha = select(length, -length, head > 0.0);
  ${write('v', 'k', 'k', 'head - alpha')}
  let b = 2.0 / (square + (head - alpha) * (head - alpha)); h[beta + k] = bitcast<u32>(b);
  ${reflect('a', 'n')}
  for (var i = k + 1u; i < m; i++) { ${at('a', 'i', 'k')} = 0u; }
}
for (var i = 0u; i < c; i++) { ${write('q', 'i', 'i', '1.0', 'c')} }
for (var t = 0u; t < n; t++) {
  let k = n - 1u - t; let b = bitcast<f32>(h[beta + k]);
  if (b != 0.0) { ${reflect('q', 'c')} }
}`);
  if (!complete)
    w.line(`let low = q + m * n;
for (var i = 0u; i < n; i++) { for (var j = 0u; j < n; j++) { ${at('low', 'i', 'j')} = select(0u, ${at('a', 'j', 'i')}, j <= i); } }`);
  return w.threads(count);
}
