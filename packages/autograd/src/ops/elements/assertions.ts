/** @file Assertions about values, checked when they are evaluated. */
import { checkArgument } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError } from '../../errors.js';
import type { DType, TypedArray } from '../../graph/dtype.js';
import { hostValue } from '../../graph/values/hostValue.js';
import { register, type Primitive, type Value } from '../../graph/primitive.js';
import { makeNode } from '../../graph/node.js';
import { outside } from '../../graph/outside.js';
import type { Tensor } from '../../graph/tensor.js';
import { constant } from '../../graph/version.js';
import { operand, operations, type Operand } from '../build/primitive.js';
import type { ShapeIn } from '../../types/index.js';

/** With `dim`, the elements are indices along that dimension, of which negative ones count from the end. */
type BetweenAttrs = { what: string; low: number; high: number; dim?: number };

/** The primitive behind `assertBetween`: x, then the two bounds as numbers. */
const betweenOp: Primitive<BetweenAttrs> = register<BetweenAttrs>({
  name: 'assertBetween',
  lowering: { kind: 'element', scalar: (x, _low, _high) => x },
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

function betweenNode(inputs: readonly Tensor[], attrs: BetweenAttrs): Tensor {
  const [x] = inputs as readonly [Tensor];
  return makeNode(betweenOp as unknown as Primitive, inputs, attrs, x.sizes, x.dtype);
}

function checkBetween(data: TypedArray, attrs: BetweenAttrs): void {
  const { low, high } = attrs;
  for (let i = 0; i < data.length; i++)
    if (!(data[i]! >= low && data[i]! <= high)) throw outside(attrs, data[i]!, i);
}

/** An int32 node, after a check of indices along a dimension that may count from the end: each is named as it was given. */
export function checkedIndex(index: Tensor, what: string, limit: number, dim: number): Tensor {
  const attrs = { what, low: -limit, high: limit - 1, dim };
  return betweenNode([index, constant(attrs.low, 'int32'), constant(attrs.high, 'int32')], attrs);
}

/**
 * `x` itself, after a check that every element is in [low, high]; NaN is not. For what only values can tell: a
 * probability, an angle. Derivatives pass through. `what` names the value in the error. PyTorch: `torch._assert_async`.
 *
 * @throws {ChainruleError} for an element outside: at once if the values are known, otherwise when evaluated, also
 * compiled and batched.
 * @example assertBetween(prediction, 0, 1, 'my loss: the probability').log()
 */
export function assertBetween<X extends Operand>(
  x: X,
  low: number,
  high: number,
  what = 'assertBetween: x',
): Tensor<ShapeIn<X>> {
  checkArgument('assertBetween', 'low', low, kinds.real);
  checkArgument('assertBetween', 'high', high, kinds.real);
  checkArgument('assertBetween', 'what', what, kinds.text);
  if (!(low <= high)) {
    throw new ChainruleError(`assertBetween: low must not exceed high, got ${low} and ${high}`);
  }
  const node = operand('assertBetween', x);
  const bounds = boundsIn(node.dtype, low, high);
  const known = node.cell === null ? hostValue(node) : null;
  const attrs = { what, low: bounds[0], high: bounds[1] };
  if (known !== null) checkBetween(known, attrs);
  return betweenNode([node, ...bounds.map((n) => constant(n, node.dtype))], attrs) as Tensor<
    ShapeIn<X>
  >;
}

/** The bounds in a dtype; integers are compared with whole numbers. */
function boundsIn(dtype: DType, low: number, high: number): [number, number] {
  if (dtype === 'float64') return [low, high];
  if (dtype === 'float32') return [Math.fround(low), Math.fround(high)];
  return [Math.max(Math.ceil(low), -2147483648), Math.min(Math.floor(high), 2147483647)];
}
