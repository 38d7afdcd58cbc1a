/** @file Solvers and `compile`, which cannot record steps that depend on values. */
import { describe, expect, it } from 'vitest';
import { compile, eye, grad, ones, scalar, tensor, type Tensor } from '@chainrule/autograd';
import {
  cg,
  fixedPoint,
  gmres,
  leastSquares,
  minimize,
  odeint,
  root,
} from '../../src/solve/index.js';

describe('a solver inside compile says its name, and what to do', () => {
  const at = tensor([1, 2]);
  const cases: Record<string, (x: Tensor) => Tensor> = {
    fixedPoint: (x) => fixedPoint((v: Tensor) => v.add(x).cos(), ones([2])).x,
    root: (x) => root((v: Tensor) => v.mul(v).sub(x), ones([2])).x,
    minimize: (x) => minimize((v: Tensor) => v.sub(x).square().sum(), ones([2])).x,
    leastSquares: (x) => leastSquares((v: Tensor) => v.sub(x), ones([2])).x,
    odeint: (x) => odeint((_t: Tensor, y: Tensor) => y.mul(x), ones([2]), tensor([0, 1])).y,
    cg: (x) => cg((v: Tensor) => v.mul(x), ones([2])).x,
    gmres: (x) => gmres(eye(2).mul(x), ones([2])).x,
  };
  it.each(Object.entries(cases))('%s', (name, f) => {
    expect(() => compile(f)(at).dataSync()).toThrow(
      new RegExp(`^${name}: its steps depend on values.* call ${name} outside`),
    );
  });
});

it('a solution that is given to a compiled function passes derivatives on', () => {
  const loss = compile((x: Tensor) => x.square().sum());
  const f = (a: Tensor): Tensor =>
    loss(fixedPoint((x: Tensor) => x.mul(0.5).add(a), scalar(0, { dtype: 'float64' })).x);
  // x = 2 a
  expect(grad(f)(scalar(3, { dtype: 'float64' })).item()).toBeCloseTo(24, 9);
});
