/** @file Doubles made of singles are computed again by the loops that read them, and not stored. */
import { expect, it } from 'vitest';
import { grad, linalg, randn, tensor, type Tensor } from '../../../src/index.js';
import { kernelsOf, programsOf } from './planning.js';

const kernels = (f: () => Tensor): string[] =>
  programsOf(() => void f().dataSync()).flatMap(({ program }) => kernelsOf(program).split('\n'));

it('the gradient of norms reads singles twice', () => {
  const x = tensor(randn([40, 30]).dataSync(), { shape: [40, 30] });
  const slopes = grad((a: Tensor) => linalg.vectorNorm(a, 2, { dim: 0 }).sum());
  const lines = kernels(() => slopes(x)).filter((line) => line.startsWith('loop ['));
  expect(lines.filter((line) => line.includes('40') && line.includes('cast'))).toHaveLength(2);
  // The first loop writes one number for each column only.
  expect(lines[0]).toMatch(/^loop \[30\] over \[40\]: cast mul sum/);
  const norms = linalg.vectorNorm(x, 2, { dim: 0 });
  const expected = x.div(norms).dataSync();
  slopes(x)
    .dataSync()
    .forEach((y, i) => expect(y).toBeCloseTo(expected[i]!, 5));
});

it('in parts, transposed, and of more than one cast', () => {
  const x = tensor(randn([6, 5]).dataSync(), { shape: [6, 5] });
  const wide = (a: Tensor): Tensor => a.cast('float64');
  const y = wide(x);
  const total = y.sum(0);
  const found = y
    .t()
    .mul(total.reshape([5, 1]))
    .narrow(0, 1, 3)
    .narrow(1, 2, 4)
    .cast('float32');
  const columns = [...x.dataSync()];
  const sums = [0, 1, 2, 3, 4].map((j) =>
    columns.reduce((s, v, i) => s + (i % 5 === j ? v : 0), 0),
  );
  const expected = [1, 2, 3].flatMap((j) =>
    [2, 3, 4, 5].map((i) => columns[i * 5 + j]! * sums[j]!),
  );
  found.dataSync().forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 5));
});
