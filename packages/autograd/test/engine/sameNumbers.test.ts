/**
 * @file The same numbers everywhere, as the README promises: digests of bits. Sums, arithmetic and uniform draws are equal on
 * every version of Node, machine and number of threads. Functions of float32 and products on plain vectors have two forms,
 * with fused multiply-add where the engine offers it and without. What calls JavaScript's `Math` may differ in the last bits
 * and is no part of it. A change that means to change bits writes the new digests here, and says so in the changelog.
 */
import { describe, expect, test } from 'vitest';
import { findBlas } from '../../src/backends/blas/blas.js';
import { bestVectorWidth } from '../../src/backends/wasm/run/vectorWidth.js';
import * as c from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

/** Numbers without a pattern, made by whole numbers alone. */
function noise(...shape: number[]): Tensor {
  const size = shape.reduce((p, n) => p * n, 1);
  let state = 12345;
  const data = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1103515245) + 12345) | 0;
    return (state >> 8) / 2 ** 22;
  });
  return c.tensor(data, { shape });
}

function bitsOf(roots: readonly Tensor[]): string {
  c.evaluate(...roots);
  let hash = 0x811c9dc5;
  for (const { buffer, byteOffset, byteLength } of roots.map((t) => t.dataSync())) {
    for (const byte of new Uint8Array(buffer, byteOffset, byteLength))
      hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

const { width, fma } = bestVectorWidth();
const plainProducts = typeof findBlas() === 'string' && width === 'simd128' && !fma;

// The interpreter is the plain truth, in float64 where that is plainer.
describe.runIf(c.backend() === 'wasm')('the same bits everywhere', () => {
  test('arithmetic and sums', () => {
    const x = noise(37, 129);
    const roots = [x.sum(), x.sum(0), x.sum(1), x.mean(), x.var(), x.cumsum(1), x.prod(0)];
    expect(bitsOf([...roots, x.div(x.square().add(1).sqrt())])).toBe('31a71bf0');
  });

  test('uniform draws', () => {
    c.manualSeed(3);
    expect(bitsOf([c.rand([1000])])).toBe('d5e47f07');
  });

  test('functions of float32, by whether multiplications and additions are fused', () => {
    const x = noise(1000);
    const names = ['exp', 'tanh', 'sigmoid', 'sin', 'cos', 'erf', 'expm1', 'softplus'] as const;
    const digest = bitsOf(names.map((name) => x[name]()));
    expect(fma ? ['0f8a16f5', 'a3aed336'] : ['a3aed336']).toContain(digest);
  });

  test.runIf(plainProducts)('products that fuse nothing', () => {
    const roots = [noise(33, 65).matmul(noise(65, 17)), noise(300).matmul(noise(300, 20))];
    expect(bitsOf(roots)).toBe('091162c7');
  });
});
