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

describe('String(tensor)', () => {
  it('writes whole floats with a point, fractions with four decimals, in columns', () => {
    expect(
      String(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).toBe('tensor([[1., 2.],\n        [3., 4.]])');
    expect(String(tensor([1.5, -20, 3.14159]))).toBe('tensor([  1.5000, -20.0000,   3.1416])');
    expect(String(tensor([0.03125, -0.5]))).toBe('tensor([ 0.0312, -0.5000])');
    expect(String(scalar(3))).toBe('tensor(3.)');
    expect(String(full([], 2))).toBe('tensor(2.)');
  });

  it('turns to scientific notation where elements differ a lot', () => {
    expect(String(tensor([1e-5, 1.5]))).toBe('tensor([1.0000e-05, 1.5000e+00])');
    expect(String(tensor([1, 10000]))).toBe('tensor([1.0000e+00, 1.0000e+04])');
    expect(String(tensor([123456789]))).toBe('tensor([1.2346e+08])');
  });

  it('shows what is no number', () => {
    expect(String(tensor([NaN, Infinity, -Infinity, 1.5]))).toBe(
      'tensor([   nan,    inf,   -inf, 1.5000])',
    );
    expect(String(tensor([-0, 0]))).toBe('tensor([-0., 0.])');
  });

  it('names the dtype where it is not the usual one, and requiresGrad', () => {
    expect(String(tensor([1, 2], { dtype: 'int32' }))).toBe('tensor([1, 2], dtype=int32)');
    expect(String(tensor([1, 2.5], { dtype: 'float64' }))).toBe(
      'tensor([1.0000, 2.5000], dtype=float64)',
    );
    expect(String(tensor([true, false]))).toBe('tensor([ true, false])');
    expect(String(tensor([1], { requiresGrad: true }))).toBe('tensor([1.], requiresGrad=true)');
    expect(String(new Parameter(tensor([1])))).toBe(
      'Parameter containing:\ntensor([1.], requiresGrad=true)',
    );
  });

  it('leaves a blank line between matrices and breaks long rows', () => {
    expect(String(zeros([2, 1, 2]))).toBe('tensor([[[0., 0.]],\n\n        [[0., 0.]]])');
    expect(String(arange(0, 30).cast('float32'))).toBe(
      'tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.,\n' +
        '        14., 15., 16., 17., 18., 19., 20., 21., 22., 23., 24., 25., 26., 27.,\n' +
        '        28., 29.])',
    );
  });

  it('shows the edges of a large tensor, and its shape', () => {
    expect(String(arange(0, 1001).cast('float32'))).toBe(
      'tensor([   0.,    1.,    2.,  ...,  998.,  999., 1000.], shape=[1001])',
    );
    expect(String(ones([200, 200]))).toBe(
      'tensor([[1., 1., 1.,  ..., 1., 1., 1.],\n        [1., 1., 1.,  ..., 1., 1., 1.],\n        [1., 1., 1.,  ..., 1., 1., 1.],\n' +
        '        ...,\n        [1., 1., 1.,  ..., 1., 1., 1.],\n        [1., 1., 1.,  ..., 1., 1., 1.],\n' +
        '        [1., 1., 1.,  ..., 1., 1., 1.]], shape=[200, 200])',
    );
  });

  it('shows empty tensors and values that cannot be had', () => {
    expect(String(zeros([0]))).toBe('tensor([])');
    expect(String(zeros([0, 3]))).toBe('tensor([], shape=[0, 3])');
    let inside = '';
    noGrad(() =>
      vmap((x: Tensor) => {
        inside = String(x.add(1));
        return x;
      })(ones([2, 3])),
    );
    expect(inside).toBe('tensor(<pending>, shape=[3])');
  });
});
