/** @file The primitive that checks values when it runs: for `assertBetween`, and for indices that may count from the end. */
import type { DType, TypedArray } from '../../graph/dtype.js';
import { makeNode } from '../../graph/node.js';
import { outOfBounds, type Bounds } from '../../graph/outOfBounds.js';
import { register, type Primitive, type Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { hostValue } from '../../graph/values/hostValue.js';
import { constant } from '../../graph/version.js';
import { describeInterval } from './interval.js';
import { operations } from './primitive.js';

/** With `dim`, the elements are indices along that dimension, of which negative ones count from the end. */
type BetweenAttrs = { -readonly [K in keyof Bounds]: Bounds[K] };

/** The primitive behind `assertBetween`: x, then the two bounds as numbers. */
const betweenOp: Primitive<BetweenAttrs> = register<BetweenAttrs>({
  name: 'assertBetween',
  lowering: {
    kind: 'element',
    scalar: (x, _low, _high) => x,
    checked: (attrs) => (x, low, high) => {
      if (!(x >= low && x <= high)) throw outOfBounds({ ...attrs, low, high }, x, 0);
      return x;
    },
  },
  differentiable: true,
  vjp: (i, ct) => (i === 0 ? ct : null),
  jvp: ([t]) => t ?? null,
  batch: (inputs, _batched, attrs) => betweenNode(inputs, attrs),
  kernel: ([x, low, high], out, attrs) => {
    const { data } = x as Value;
    checkBetween(data, {
      ...attrs,
      low: (low as Value).data[0]!,
      high: (high as Value).data[0]!,
    });
    out.data.set(data);
  },
});
operations.set('assertBetween', { kind: 'primitive' });

export function betweenNode(inputs: readonly Tensor[], attrs: BetweenAttrs): Tensor {
  const [x] = inputs as readonly [Tensor];
  return makeNode(betweenOp as unknown as Primitive, inputs, attrs, x.sizes, x.dtype);
}

/**
 * The node with a check that its elements are in [low, high]: made now if its value is known, otherwise when it is computed.
 */
export function withinBounds(node: Tensor, low: number, high: number, what: string): Tensor {
  const bounds = boundsIn(node.dtype, low, high);
  const known = node.cell === null ? hostValue(node) : null;
  const attrs = { what, low: bounds[0], high: bounds[1], must: describeInterval(...bounds) };
  if (known !== null) checkBetween(known, attrs);
  return betweenNode([node, ...bounds.map((n) => constant(n, node.dtype))], attrs);
}

/** The bounds in a dtype; for integers, rounded inwards to whole numbers. */
function boundsIn(dtype: DType, low: number, high: number): [number, number] {
  if (dtype === 'float64') return [low, high];
  if (dtype === 'float32') return [Math.fround(low), Math.fround(high)];
  return [Math.max(Math.ceil(low), -2147483648), Math.min(Math.floor(high), 2147483647)];
}

function checkBetween(data: TypedArray, attrs: BetweenAttrs): void {
  const { low, high } = attrs;
  for (let i = 0; i < data.length; i++)
    if (!(data[i]! >= low && data[i]! <= high)) throw outOfBounds(attrs, data[i]!, i);
}

/** An int32 node with a check of indices along a dimension; negative ones count from the end, and errors name them as given. */
export function checkedIndex(index: Tensor, what: string, limit: number, dim: number): Tensor {
  const attrs = { what, low: -limit, high: limit - 1, dim };
  return betweenNode([index, constant(attrs.low, 'int32'), constant(attrs.high, 'int32')], attrs);
}
