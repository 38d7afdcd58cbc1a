/** @file The width chosen is one that the engine can compile. */
import { expect, test } from 'vitest';
import { compileKernels } from './compile.js';
import { bestVectorWidth } from './vectorWidth.js';

test('what is chosen compiles', () => {
  const access = { dtype: 'float32', offset: 0, strides: [32, 1] } as const;
  const [a, b, out] = [0, 1, 2].map((buffer) => ({ ...access, buffer }));
  if (a === undefined || b === undefined || out === undefined) throw new Error('three accesses');
  const kernel = { kind: 'matmul', batch: [], m: 32, n: 32, k: 32, a, b, out } as const;
  const { bytes } = compileKernels([kernel], { shared: false, threads: 1, ...bestVectorWidth() });
  expect(WebAssembly.validate(bytes)).toBe(true);
});
