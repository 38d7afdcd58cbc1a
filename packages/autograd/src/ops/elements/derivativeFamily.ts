/** @file Families of functions in which the derivative of each is the next one, numbered by an order: polygamma, sinc. */
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import type { VectorForm } from '../../kernels/elements/vectorForms.js';
import { primitive, unary } from '../build/define.js';
import { strongMul } from '../build/element.js';

/**
 * A family whose member of order 0 has a vector form and is an operation of that name; the others are called `…Slope`. Takes
 * and returns float tensors.
 */
export function vectorFamily(
  name: string,
  f: (order: number, x: number) => number,
  vector: VectorForm,
): (x: Tensor) => Tensor {
  const slope = derivativeFamily(`${name}Slope`, f);
  return unary(name, { reference: (x) => f(0, x), vector, derivative: (x) => slope(x, 1) });
}

/**
 * An element-wise operation whose order is part of its structure; its derivative is the same operation with the next order.
 * Takes and returns float tensors.
 */
export function derivativeFamily(
  name: string,
  f: (order: number, x: number) => number,
): (x: Tensor, order: number) => Tensor {
  const apply = (x: Tensor, order: number): Tensor => op([x], { order });
  const op = primitive<{ order: number }>(name, {
    lowering: { kind: 'reference' },
    shape: ([x]) => (x as Tensor).sizes,
    vjp: (_i, ct, [x], _out, { order }) => strongMul(ct, apply(x as Tensor, order + 1)),
    jvp: ([t], [x], _out, { order }) => strongMul(t as Tensor, apply(x as Tensor, order + 1)),
    batch: ([x], _batched, { order }) => apply(x as Tensor, order),
    reference: ([x], out, { order }) => {
      const { data } = x as Value;
      for (let i = 0; i < data.length; i++) out.data[i] = f(order, data[i]!);
    },
  });
  return apply;
}
