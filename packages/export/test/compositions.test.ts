/** @file Factorizations composed of other operations: the results of the kernels, or another solution of the same equations. */
import { compile, eye, manualSeed, noGrad, randn, tensor, type Tensor } from '@chainrule/autograd';
import type { OperationAttributes, OperationName } from '@chainrule/autograd/graph';
import { primitives } from '@chainrule/autograd/internal';
import { describe, expect, it } from 'vitest';
import type { Composition } from '../src/compositions/composition.js';
import { compositions } from '../src/compositions/recorded.js';

function composed<K extends OperationName>(
  op: K,
  inputs: readonly Tensor[],
  attributes = {} as OperationAttributes[K],
): Tensor {
  const f = compositions[op] as unknown as Composition<K>;
  return noGrad(() => compile((...xs: Tensor[]) => f(xs, attributes))(...inputs));
}

/** What the kernel of a primitive gives. */
function kernel(op: string, inputs: readonly Tensor[], attributes: object, like: Tensor): Tensor {
  const primitive = primitives.find(({ name }) => name === op);
  const data = like.dataSync().slice().fill(0);
  const values = inputs.map((x) => ({ data: x.dataSync(), shape: x.shape, dtype: x.dtype }));
  primitive?.kernel(values, { data, shape: like.shape, dtype: like.dtype }, attributes as never);
  return tensor(data, { shape: like.shape });
}

function close(x: Tensor, y: Tensor, within = 1e-10): void {
  expect(x.shape).toEqual(y.shape);
  const scale = Math.max(1, y.abs().max().item());
  expect(x.sub(y).abs().max().item() / scale).toBeLessThan(within);
}

const normal = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64' });
const symmetric = (x: Tensor): Tensor => x.add(x.mT);
const positive = (x: Tensor): Tensor => x.matmul(x.mT).add(eye(x.shape.at(-1) as number));
const singular = (n: number): Tensor => normal(3, n, 1).matmul(normal(3, 1, n));

describe('factorizations from other operations', () => {
  manualSeed(1);

  it.each([1, 2, 5, 8])('gives what kernels give, of %i rows', (n) => {
    const [a, b] = [normal(3, n, n), normal(3, n, 4)];
    const same = (op: OperationName, inputs: Tensor[], attributes: object = {}): void => {
      const found = composed(op, inputs, attributes as never);
      close(found, kernel(op, inputs, attributes, found));
    };
    for (const x of [a, normal(n + 3, n), singular(n)]) {
      if (x.shape.at(-1) === x.shape.at(-2)) {
        same('det', [x]);
        same('cofactor', [x]);
        same('matrixExp', [x]);
      }
      if (x.ndim === 2 || x === a) same('luPacked', [x]);
    }
    same('matrixExp', [a.mul(9)]);
    same('slogdet', [a]);
    same('cofactorRate', [a, normal(3, n, n)]);
    if (n > 1) same('cofactorRate', [singular(n), normal(3, n, n)]);
    for (const transposed of [false, true]) {
      same('solve', [a, b], { transposed, op: '' });
      for (const upper of [false, true])
        for (const unit of [false, true])
          same('triangularSolve', [a.mul(0.3).add(eye(n)), b], { upper, transposed, unit });
    }
    same('cholesky', [positive(a)]);
    same('qr', [normal(2, 2, n + 2, n)]);
    same('qr', [a]);
    same('orthogonalComplete', [normal(n + 2, n)]);
    same('pinv', [normal(2, n, 3)], { atol: 0, rtol: 1e-12 });
    same('pinv', [singular(n)], { atol: 0, rtol: 1e-12 });
    same('pivotOrder', [tensor([[2, 2, 3]]).cast('int32')], { m: 5 });
  });

  it.each([1, 2, 3, 6, 13])('eigh and svd satisfy their equations: %i', (n) => {
    const ones = tensor(1, { dtype: 'float64' }).expand([2, n, n]);
    for (const x of [symmetric(normal(2, n, n)), ones, ones.mul(0), eye(n, { dtype: 'float64' })]) {
      const packed = composed('eigh', [x], { vectors: true });
      const [values, v] = [packed.at('...', '0:1', ':'), packed.at('...', '1:', ':')];
      close(v.mul(values).matmul(v.mT), x);
      close(v.mT.matmul(v), eye(n, { dtype: 'float64' }).expand(x.shape));
      close(values, kernel('eigh', [x], { vectors: true }, packed).at('...', '0:1', ':'));
    }
    for (const x of [normal(2, n + 2, n), normal(n, n + 1), ones, singular(n), ones.mul(0)]) {
      const [m = 0, k = 0] = x.shape.slice(-2);
      const packed = composed('svd', [x]);
      const least = Math.min(m, k);
      const u = packed.at('...', `0:${m}`, ':');
      const s = packed.at('...', `${m}:${m + 1}`, ':');
      const v = packed.at('...', `${m + 1}:`, ':');
      close(u.mul(s).matmul(v.mT), x);
      const unit = eye(least, { dtype: 'float64' }).expand([...x.shape.slice(0, -2), least, least]);
      close(u.mT.matmul(u), unit);
      close(v.mT.matmul(v), unit);
      close(s, kernel('svd', [x], {}, packed).at('...', `${m}:${m + 1}`, ':'));
    }
  });

  it('computes float32 in double precision', () => {
    const a = normal(2, 6, 6).cast('float32');
    const found = composed('solve', [a, a.mul(3)], { transposed: false, op: '' });
    close(found, eye(6).mul(3).expand(a.shape), 1e-6);
    expect(found.dtype).toBe('float32');
  });
});
