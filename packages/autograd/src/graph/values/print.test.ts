/** @file Printed tensors beside what PyTorch 2 prints for them (bool and grad in JavaScript's words). */
import { describe, expect, it } from 'vitest';
import {
  arange,
  full,
  noGrad,
  ones,
  Parameter,
  scalar,
  tensor,
  vmap,
  zeros,
  type Tensor,
} from '@chainrule/autograd';

/** Without shape and dtype, which PyTorch omits where they are the default. */
const bare = (t: Tensor): string => String(t).replace(/,\s+shape=\[[^\]]*\],\s+dtype=\w+/, '');

describe('String(tensor)', () => {
  it('shows value, shape and dtype', () => {
    expect(String(tensor([[1, 2]]))).toBe('tensor([[1., 2.]], shape=[1, 2], dtype=float32)');
    expect(String(tensor([1, 2], { dtype: 'int32' }))).toBe(
      'tensor([1, 2], shape=[2], dtype=int32)',
    );
    expect(String(tensor(true))).toBe('tensor(true, shape=[], dtype=bool)');
    expect(String(zeros([0, 3]))).toBe('tensor([], shape=[0, 3], dtype=float32)');
    expect(String(arange(0, 1001))).toBe(
      'tensor([   0,    1,    2,  ...,  998,  999, 1000], shape=[1001], dtype=int32)',
    );
  });

  it('writes whole floats with a point, fractions with four decimals, in columns', () => {
    expect(
      bare(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).toBe('tensor([[1., 2.],\n        [3., 4.]])');
    expect(bare(tensor([1.5, -20, 3.14159]))).toBe('tensor([  1.5000, -20.0000,   3.1416])');
    expect(bare(tensor([0.03125, -0.5]))).toBe('tensor([ 0.0312, -0.5000])');
    expect(bare(scalar(3))).toBe('tensor(3.)');
    expect(bare(full([], 2))).toBe('tensor(2.)');
  });

  it('uses scientific notation for elements of very different magnitude', () => {
    expect(bare(tensor([1e-5, 1.5]))).toBe('tensor([1.0000e-05, 1.5000e+00])');
    expect(bare(tensor([1, 10000]))).toBe('tensor([1.0000e+00, 1.0000e+04])');
    expect(bare(tensor([123456789]))).toBe('tensor([1.2346e+08])');
  });

  it('shows NaN and infinities', () => {
    expect(bare(tensor([NaN, Infinity, -Infinity, 1.5]))).toBe(
      'tensor([   nan,    inf,   -inf, 1.5000])',
    );
    expect(bare(tensor([-0, 0]))).toBe('tensor([-0., 0.])');
  });

  it('names the dtype where it is not the usual one, and requiresGrad', () => {
    expect(bare(tensor([1, 2], { dtype: 'int32' }))).toBe('tensor([1, 2])');
    expect(bare(tensor([1, 2.5], { dtype: 'float64' }))).toBe('tensor([1.0000, 2.5000])');
    expect(bare(tensor([true, false]))).toBe('tensor([ true, false])');
    expect(bare(tensor([1], { requiresGrad: true }))).toBe('tensor([1.], requiresGrad=true)');
    expect(bare(new Parameter(tensor([1])))).toBe(
      'Parameter containing:\ntensor([1.], requiresGrad=true)',
    );
  });

  it('leaves a blank line between matrices and breaks long rows', () => {
    expect(bare(zeros([2, 1, 2]))).toBe('tensor([[[0., 0.]],\n\n        [[0., 0.]]])');
    expect(bare(arange(0, 30).cast('float32'))).toBe(
      'tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.,\n' +
        '        14., 15., 16., 17., 18., 19., 20., 21., 22., 23., 24., 25., 26., 27.,\n' +
        '        28., 29.])',
    );
  });

  it('shows the edges of a large tensor, and its shape', () => {
    expect(bare(arange(0, 1001).cast('float32'))).toBe(
      'tensor([   0.,    1.,    2.,  ...,  998.,  999., 1000.])',
    );
    expect(bare(ones([200, 200]))).toBe(
      'tensor([[1., 1., 1.,  ..., 1., 1., 1.],\n        [1., 1., 1.,  ..., 1., 1., 1.],\n        [1., 1., 1.,  ..., 1., 1., 1.],\n' +
        '        ...,\n        [1., 1., 1.,  ..., 1., 1., 1.],\n        [1., 1., 1.,  ..., 1., 1., 1.],\n' +
        '        [1., 1., 1.,  ..., 1., 1., 1.]])',
    );
  });

  it('shows empty tensors and unavailable values', () => {
    expect(bare(zeros([0]))).toBe('tensor([])');
    expect(bare(zeros([0, 3]))).toBe('tensor([])');
    let inside = '';
    noGrad(() =>
      vmap((x: Tensor) => {
        inside = String(x.add(1));
        return x;
      })(ones([2, 3])),
    );
    expect(inside).toBe('tensor(<pending>, shape=[3], dtype=float32)');
  });
});
