/** @file Reductions, and where the largest element is. */
import { CODE } from '../emitter.js';
import { flag, int32, type Rule } from './rule.js';

/** A reduction with the dimensions as an input, or up to version 17 as an attribute. */
export function reduction(name: string): Rule<'sum' | 'prod' | 'max' | 'min'> {
  return (e, { node, inputs, attributes: { dims, keepdim } }) => {
    const from = node.inputs[0]?.dtype;
    const x =
      from === 'bool'
        ? e.node('Cast', [inputs[0] as string], { to: CODE.int32 })
        : (inputs[0] as string);
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
  return (e, { inputs, attributes: { dim, keepdim } }) =>
    int32(e, e.node(op, inputs, { axis: dim, keepdims: flag(keepdim) }));
}
