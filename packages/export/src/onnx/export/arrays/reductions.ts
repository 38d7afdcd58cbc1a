/** @file Reductions, and the index of the largest element. */
import { CODE } from '../encoded.js';
import { flag, int32, numeric, type Rule } from './rule.js';

/** A reduction. Its dimensions are an input, or an attribute up to version 17. */
export function reduction(name: string): Rule<'sum' | 'prod' | 'max' | 'min'> {
  return (e, { node, inputs, attributes: { dims, keepdim } }) => {
    const x = numeric(e, node, inputs);
    const y =
      e.opset >= 18 || name === 'ReduceSum'
        ? e.node(name, [x, e.ints(dims)], { keepdims: flag(keepdim), noop_with_empty_axes: 1 })
        : dims.length === 0
          ? e.node('Identity', [x])
          : e.node(name, [x], { axes: dims, keepdims: flag(keepdim) });
    return node.dtype === 'bool' ? e.node('Cast', [y], { to: CODE.bool }) : y;
  };
}

export function place(op: string): Rule<'argmax' | 'argmin'> {
  return (e, { node, inputs, attributes: { dim, keepdim } }) =>
    int32(e, e.node(op, [numeric(e, node, inputs)], { axis: dim, keepdims: flag(keepdim) }));
}

/** The norms of the differences of all pairs of rows. */
export const rowDistances: Rule<'rowDistances'> = (e, { inputs, attributes: { norm } }) => {
  const unsqueeze = (x: string, axis: number): string => e.node('Unsqueeze', [x, e.ints([axis])]);
  const d = e.node('Sub', [unsqueeze(inputs[0] as string, -2), unsqueeze(inputs[1] as string, -3)]);
  const over = (name: string, x: string): string =>
    e.opset >= 18
      ? e.node(name, [x, e.ints([-1])], { keepdims: 0 })
      : e.node(name, [x], { axes: [-1], keepdims: 0 });
  if (norm === 'max') return over('ReduceMax', e.node('Abs', [d]));
  return over(norm === 'l1' ? 'ReduceL1' : 'ReduceL2', d);
};

/** `Σⱼ wᵢⱼ (xᵢ − yⱼ)`, from all differences. */
export const rowPulls: Rule<'rowPulls'> = (e, { node, inputs, attributes: { transposed } }) => {
  const unsqueeze = (x: string, axis: number): string => e.node('Unsqueeze', [x, e.ints([axis])]);
  const [weights, x, y] = inputs as [string, string, string];
  const rank = node.shape.length;
  const perm = Array.from({ length: rank }, (_, d) => d);
  [perm[rank - 1], perm[rank - 2]] = [rank - 2, rank - 1];
  const transposedWeights = transposed ? e.node('Transpose', [weights], { perm }) : weights;
  const d = e.node('Sub', [unsqueeze(x, -2), unsqueeze(y, -3)]);
  return e.node('ReduceSum', [e.node('Mul', [unsqueeze(transposedWeights, -1), d]), e.ints([-2])], {
    keepdims: 0,
  });
};
