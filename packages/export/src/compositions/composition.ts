/** @file What a composition is: an operation as a function of others. */
import { fullLike, type Tensor } from '@chainrule/autograd';
import type { OperationAttributes, OperationName } from '@chainrule/autograd/graph';

/** An operation as a function of others. */
export type Composition<K extends OperationName> = (
  inputs: readonly Tensor[],
  attributes: OperationAttributes[K],
) => Tensor;

export type Compositions = { readonly [K in OperationName]?: Composition<K> };

/** Of one, two or more elements at each place, by a function of doubles. */
export function elements<A>(
  f: (xs: readonly [Tensor, Tensor], attributes: A) => Tensor,
): (inputs: readonly Tensor[], attributes: A) => Tensor {
  return (inputs, attributes) => {
    const [first] = inputs as readonly [Tensor];
    const doubles = inputs.map((x) => x.cast('float64'));
    return f(doubles as never, attributes).cast(first.dtype);
  };
}

/** `c[0] xⁿ + … + c[n]` */
export function polynomial(coefficients: readonly number[], x: Tensor): Tensor {
  const [first = 0, ...rest] = coefficients;
  return rest.reduce<Tensor>((y, c) => y.mul(x).add(c), fullLike(x, first));
}
