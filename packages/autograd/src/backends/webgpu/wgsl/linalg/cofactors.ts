/**
 * @file Cofactors of a matrix, the first derivative of its determinant, and their derivative along another matrix, the second.
 * Both are computed from singular values, so that they exist for singular matrices too.
 */
import type { BufferRef } from '../../../../engine/compile/bufferRef.js';
import { sizeOf, type Shape } from '../../../../graph/shape.js';
import type { OperatorSite } from '../../special.js';
import type { Shader } from '../shader.js';
import { ShaderWriter } from '../shaderWriter.js';
import { after, factorWords } from './bySingularValues.js';
import { determinantShader } from './elimination.js';
import { singularScratch, singularShader } from './jacobi.js';

/** `det(U) det(V) U (det(S) S⁻¹) Vᵀ`: the products of all singular values but one. */
export function cofactorShaders({ inputs, out, shape, scratch }: OperatorSite): Shader[] {
  const signed = signedFactors(inputs[0]!, scratch, 0);
  const w = elementOf(signed);
  w.line(`let s = u + n * n; let v = s + n; var sum = 0.0;
for (var j = 0u; j < n; j++) {
  var others = way;
  for (var o = 0u; o < n; o++) { if (o != j) { others = others * bitcast<f32>(h[s + o]); } }
  sum = fma(bitcast<f32>(h[u + r * n + j]) * others, bitcast<f32>(h[v + c * n + j]), sum);
}
h[${w.address(out)} + row] = bitcast<u32>(sum);`);
  return [...signed.shaders, w.threads(sizeOf(shape))];
}

/**
 * `U R Vᵀ`, where `R` is computed from `T = Uᵀ t V` and the products of all singular values except two: `R_rc = −T_cr P_rc` off
 * the diagonal, and `R_rr` is the sum of all `T_cc P_rc` with another `c`.
 */
export function cofactorRateShaders({ inputs, out, shape, scratch }: OperatorSite): Shader[] {
  const size = sizeOf(shape);
  const signed = signedFactors(inputs[0]!, scratch, 2 * size);
  const [half, whole] = [signed.free, after(signed.free, size)];
  /** Each element is the sum of `x · y` over `j`; the texts are addresses. */
  const products = (from: BufferRef, to: BufferRef, x: string, y: string): Shader => {
    const w = elementOf(signed);
    w.line(`let v = u + n * n + n; let x = ${w.address(from)} + i * n * n; var sum = 0.0;
for (var j = 0u; j < n; j++) { sum = fma(bitcast<f32>(h[${x}]), bitcast<f32>(h[${y}]), sum); }
h[${w.address(to)} + row] = bitcast<u32>(sum);`);
    return w.threads(size);
  };
  const w = elementOf(signed);
  w.line(`let s = u + n * n; let t = ${w.address(whole)} + i * n * n; var sum = 0.0;
for (var k = 0u; k < n; k++) {
  if (k == r || (c != r && k != c)) { continue; }
  var others = way;
  for (var o = 0u; o < n; o++) { if (o != r && o != k) { others = others * bitcast<f32>(h[s + o]); } }
  if (c == r) { sum = fma(bitcast<f32>(h[t + k * n + k]), others, sum); }
  else { sum = -bitcast<f32>(h[t + c * n + r]) * others; }
}
h[${w.address(half)} + row] = bitcast<u32>(sum);`);
  return [
    ...signed.shaders,
    products(inputs[1]!.place, half, 'u + j * n + r', 'x + j * n + c'),
    products(half, whole, 'x + r * n + j', 'v + j * n + c'),
    w.threads(size),
    products(half, whole, 'u + r * n + j', 'x + j * n + c'),
    products(whole, out, 'x + r * n + j', 'v + c * n + j'),
  ];
}

/** The factors of square matrices, the signs of their determinants, and the shaders that compute them. */
interface Signed {
  readonly shaders: readonly Shader[];
  readonly shape: Shape;
  readonly factors: BufferRef;
  readonly signs: BufferRef;
  /** Free memory after them, of the requested size, once the shaders have run. */
  readonly free: BufferRef;
}

function signedFactors(
  given: OperatorSite['inputs'][number],
  scratch: OperatorSite['scratch'],
  more: number,
): Signed {
  const { shape } = given;
  const n = shape.at(-1)!;
  const count = sizeOf(shape) / (n * n);
  const words = factorWords(shape);
  const inner = Math.max(singularScratch(shape), count * (n * n + n), more);
  const factors = scratch(words + 2 * count + inner);
  const signs = after(factors, words);
  const free = after(signs, 2 * count);
  const sign = (from: number, to: number): Shader =>
    determinantShader(
      {
        inputs: [{ place: after(factors, from), shape }],
        out: after(signs, to),
        scratch: () => free,
      },
      false,
      (2 * n + 1) * n,
    );
  const shaders = [singularShader(given, factors, free), sign(0, 0), sign((n + 1) * n, count)];
  return { shaders, shape, factors, signs, free };
}

/** One thread per element of the result: `c` and `r` of matrix `i`, whose factor `U` begins at `u`; `way` is 1 or −1. */
function elementOf({ shape, factors, signs }: Signed): ShaderWriter {
  const w = new ShaderWriter();
  const n = shape.at(-1)!;
  const count = w.word(sizeOf(shape) / (n * n));
  w.line(`let n = ${w.word(n)}; let i = row / (n * n); let c = row % n; let r = (row / n) % n;
let u = ${w.address(factors)} + i * (2u * n + 1u) * n; let signs = ${w.address(signs)};
let way = sign(bitcast<f32>(h[signs + i])) * sign(bitcast<f32>(h[signs + ${count} + i]));`);
  return w;
}
