/** @file The parameters of random draws: their dtype, their shape, and the intervals that they must lie in. */
import { checkArgument } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { isFloat, toFloat, type DType } from '../../graph/dtype.js';
import { greatest, describeInterval, least } from '../build/interval.js';
import { broadcastShapes, checkShape, show, type Shape } from '../../graph/shape.js';
import { isTensor } from '../../tree.js';
import type { Tensor } from '../../graph/tensor.js';
import { withinBounds } from '../build/between.js';
import { castNode } from '../build/element.js';
import { operand, resultType, type Operand } from '../build/primitive.js';

/** The allowed values of a parameter; the ends are numbers of its dtype. NaN is never allowed. */
const intervals = {
  any: () => [-Infinity, Infinity],
  nonnegative: () => [0, Infinity],
  positive: (dtype) => [least(dtype), Infinity],
  count: (dtype) => [0, greatest(dtype)],
  probability: () => [0, 1],
} satisfies Record<string, (dtype: DType) => [low: number, high: number]>;

export type Interval = keyof typeof intervals;

/** A parameter: its name, its value, and the interval in which it must lie. */
export type Given = readonly [name: string, value: Operand, interval: Interval];

/**
 * Parameters as nodes of one float dtype, and the shape of the draw. Values outside their intervals are errors: immediately if
 * they are known, otherwise when they are computed.
 */
export function parameters(
  op: string,
  given: readonly Given[],
  { shape, dtype }: { readonly shape?: Shape | undefined; readonly dtype?: DType | undefined },
): { nodes: Tensor[]; shape: Shape; dtype: DType } {
  for (const [name, value] of given) checkArgument(op, name, value, kinds.operand);
  const type = dtype ?? toFloat(resultType(...given.map(([, value]) => value)));
  if (!isFloat(type)) throw new DTypeError(`${op}: random numbers are floats, not ${type}`);
  const nodes = given.map((one) => parameter(op, one, type));
  const common = nodes.map((x) => x.sizes).reduce((s, t) => broadcastShapes(op, s, t));
  const wanted = shape === undefined ? common : checkShape(op, shape);
  if (show(broadcastShapes(op, common, wanted)) !== show(wanted))
    throw new ShapeError(
      `${op}: parameters of shape ${show(common)} cannot be expanded to ${show(wanted)}`,
    );
  return { nodes, shape: wanted, dtype: type };
}

function parameter(op: string, [name, value, interval]: Given, dtype: DType): Tensor {
  const [low, high] = intervals[interval](dtype);
  const what = `${op}: ${name}`;
  if (typeof value === 'number' && !(value >= low && value <= high))
    throw new ChainruleError(`${what} must be ${describeInterval(low, high)}, got ${value}`);
  const node = castNode(operand(op, value, isTensor(value) ? undefined : dtype), dtype);
  return interval === 'any' ? node : withinBounds(node, low, high, what);
}
