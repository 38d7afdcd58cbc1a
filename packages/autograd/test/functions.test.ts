/** @file The entry point with functions only: tensors have no methods for operations, and everything works without them. */
import { expect, test } from 'vitest';
import * as F from '@chainrule/autograd/functions';

const x = F.tensor([
  [0.5, -1],
  [2, 0.25],
]);

test('there are no methods, and JavaScript computes until WebAssembly is imported', async () => {
  expect('add' in F.Tensor.prototype).toBe(false);
  expect(F.tensor([1]).toArray()).toEqual([1]);
  const wasm = await import('@chainrule/autograd/wasm');
  expect(wasm.backend()).toBe('wasm');
  expect(F.add(x, 1).toArray()).toEqual([
    [1.5, 0],
    [3, 1.25],
  ]);
});

const uses: Record<string, () => unknown> = {
  softmax: () => F.softmax(x, 1),
  layerNorm: () => F.layerNorm(x, [2]),
  einsum: () => F.einsum('ij,jk->ik', x, x),
  conv2d: () => F.conv2d(F.ones([1, 1, 4, 4]), F.ones([1, 1, 3, 3])),
  attention: () => F.scaledDotProductAttention(x, x, x),
  svd: () => F.linalg.svd(x).S,
  fft: () => F.fft.rfft(x).real,
  rearrange: () => F.rearrange(x, 'a b -> (a b)'),
  sort: () => F.sort(x, 0).values,
  quantile: () => F.quantile(x, 0.5),
  where: () => F.where(F.gt(x, 0), x, 0),
  lgamma: () => F.lgamma(F.add(x, 2)),
  vmap: () => F.vmap((row: F.Tensor) => F.sum(F.mul(row, row)))(x),
  hessian: () => F.hessian((v: F.Tensor) => F.sum(F.pow(v, 3)))(x),
  jvp: () => F.jvp((v: F.Tensor) => F.gelu(v), [x], [F.onesLike(x)])[1],
  scan: () => F.scan((c: F.Tensor, v: F.Tensor) => [F.add(c, v), c], F.zeros([2]), x)[1],
  compile: () => F.compile((v: F.Tensor) => F.logsumexp(v, 1))(x),
};

test.each(Object.keys(uses))('%s needs no method', (name) => {
  const value = uses[name]?.() as F.Tensor;
  const data = Array.from(value.dataSync());
  expect(data.length).toBeGreaterThan(0);
  for (const element of data) expect(Number.isFinite(element)).toBe(true);
});
