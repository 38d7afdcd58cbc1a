/** @file The exponential of matrices: one workgroup per matrix. */
import { sizeOf } from '../../../../graph/shape.js';
import type { OperatorSite } from '../../special.js';
import type { Shader } from '../shader.js';
import { ShaderWriter } from '../shaderWriter.js';
import { each, BARRIER, WORKGROUP_SIZE } from './jacobi.js';
import { read } from './matrix.js';

/** The terms of the series for a norm of at most 1: the next one is below 2e-10. */
const TERMS = 12;

/** The Taylor series of the matrix halved until its norm is at most 1, then squared as often. */
export function exponentialShader({ inputs, out, shape, scratch }: OperatorSite): Shader {
  const w = new ShaderWriter();
  const n = shape.at(-1)!;
  const count = sizeOf(shape) / (n * n);
  w.declarations = `var<workgroup> sums: array<f32, ${WORKGROUP_SIZE}>;\nvar<workgroup> halvings: u32;\n`;
  w.line(`let n = ${w.word(n)}; let given = ${w.address(inputs[0]!.place)} + row * n * n;`);
  w.line(`let a = ${w.address(scratch(count * 3 * n * n))} + row * 3u * n * n;`);
  w.line('var x = a + n * n; var y = x + n * n;');
  const product = (first: string, factor: string): string => `var sum = 0.0;
for (var k = 0u; k < n; k++) { sum = fma(${read(first, 'e / n', 'k')}, ${read('x', 'k', 'e % n')}, sum); }
h[y + e] = bitcast<u32>(${factor});`;
  const swap = 'let old = x; x = y; y = old;';
  w.line(`var most = 0.0;
${each('n', `var sum = 0.0; for (var i = 0u; i < n; i++) { sum += abs(${read('given', 'i', 'e')}); } most = max(most, sum); if (sum != sum) { most = 1.0e30f; }`)}
sums[lid] = most; workgroupBarrier();
if (lid == 0u) {
  for (var i = 0u; i < ${WORKGROUP_SIZE}u; i++) { most = max(most, sums[i]); }
  halvings = min(128u, u32(max(0, i32(bitcast<u32>(most) >> 23u) - 126)));
}
let times = workgroupUniformLoad(&halvings);
let part = bitcast<f32>((127u - min(times, 126u)) << 23u);
${each('n * n', `h[a + e] = bitcast<u32>(bitcast<f32>(h[given + e]) * part); h[x + e] = bitcast<u32>(select(0.0, 1.0, e / n == e % n));`)}
${BARRIER}
for (var term = ${TERMS}u; term > 0u; term--) {
  ${each('n * n', product('a', 'sum / f32(term) + select(0.0, 1.0, e / n == e % n)'))} ${swap} ${BARRIER}
}
for (var time = 0u; time < times; time++) {
  ${each('n * n', product('x', 'sum'))} ${swap} ${BARRIER}
}
let y_ = ${w.address(out)} + row * n * n;
if (live) { ${each('n * n', 'h[y_ + e] = h[x + e];')} }`);
  return w.teams(count, WORKGROUP_SIZE);
}
