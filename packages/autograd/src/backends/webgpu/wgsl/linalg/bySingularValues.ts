/** @file Results from singular values: the decomposition itself, and pseudoinverses. */
import type { BufferRef } from '../../../../engine/compile/bufferRef.js';
import { sizeOf, type Shape } from '../../../../graph/shape.js';
import type { OperatorSite } from '../../special.js';
import type { Shader } from '../shader.js';
import { ShaderWriter } from '../shaderWriter.js';
import { singularScratch, singularShader } from './jacobi.js';

export function svdShader({ inputs, out, scratch }: OperatorSite): Shader {
  return singularShader(inputs[0]!, out, scratch(singularScratch(inputs[0]!.shape)));
}

/** The number of words of the factors of all matrices. */
export function factorWords(shape: Shape): number {
  const [m, n] = shape.slice(-2) as [number, number];
  return (sizeOf(shape) / (m * n)) * (m + n + 1) * Math.min(m, n);
}

/** The place `words` words after a place. */
export const after = (place: BufferRef, words: number): BufferRef => ({
  ...place,
  dtype: 'float32',
  offset: place.offset + words,
});

/** Defines names for the parts of the factors: `u`, `s` and `v`, with `k` columns each. */
function nameFactors(w: ShaderWriter, factors: BufferRef, shape: Shape, matrix: string): void {
  const [m, n] = shape.slice(-2) as [number, number];
  w.line(`let m = ${w.word(m)}; let n = ${w.word(n)}; let k = min(m, n);`);
  w.line(`let i = ${matrix}; let u = ${w.address(factors)} + i * (m + n + 1u) * k;`);
  w.line('let s = u + m * k; let v = s + k;');
}

/** `A⁺ = V S⁺ Uᵀ`; singular values up to `max(atol, rtol · largest)` count as 0. */
export function pinvShaders({ inputs, out, shape, scratch, attrs }: OperatorSite): Shader[] {
  const given = inputs[0]!;
  const words = factorWords(given.shape);
  const factors = scratch(words + singularScratch(given.shape));
  const w = new ShaderWriter();
  const [n, m] = shape.slice(-2) as [number, number];
  nameFactors(w, factors, given.shape, `row / ${w.word(m * n)}`);
  const bits = (x: unknown): number => new Uint32Array(Float32Array.of(Number(x)).buffer)[0]!;
  const word = (x: unknown): string => `bitcast<f32>(${w.word(bits(x))})`;
  w.line(`let least = max(${word(attrs['atol'])}, ${word(attrs['rtol'])} * bitcast<f32>(h[s]));
let c = row % m; let r = (row / m) % n; var sum = 0.0;
for (var j = 0u; j < k; j++) {
  let size = bitcast<f32>(h[s + j]);
  if (size > least) { sum = fma(bitcast<f32>(h[v + r * k + j]) / size, bitcast<f32>(h[u + c * k + j]), sum); }
}
h[${w.address(out)} + row] = bitcast<u32>(sum);`);
  return [singularShader(given, factors, after(factors, words)), w.threads(sizeOf(shape))];
}
