/** @file The common steps of filling a parameter. */
import { noGrad, rand, type Cell, type Tensor } from '@chainrule/autograd';
import * as autograd from '@chainrule/autograd';
import { checkFillable } from '../utils/computed.js';

type Shape = readonly number[];

/** Writes values into a parameter and returns it; errors are those of `op`. */
export function fill<C extends Cell>(op: string, parameter: C, values: () => Tensor | number): C {
  checkFillable(op, parameter);
  noGrad(() => {
    const v = values();
    parameter.assign(
      typeof v === 'number' ? autograd.full(parameter.shape, v, { dtype: parameter.dtype }) : v,
    );
  });
  return parameter;
}

/** A tensor of `shape` drawn uniformly from [a, b). */
export function uniformOf(shape: Shape, a: number, b: number, dtype: Tensor['dtype']): Tensor {
  return rand(shape, { dtype })
    .mul(b - a)
    .add(a);
}
