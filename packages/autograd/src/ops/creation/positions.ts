/** @file Sequences so long that they are computed only when something reads them. */
import { placement } from '../../graph/device.js';
import type { DType } from '../../graph/dtype.js';
import type { Tensor } from '../../graph/tensor.js';
import { castNode } from '../build/element.js';
import { iotaOf } from '../shape/movement.js';
import type { CreationOptions } from '../build/leaves.js';

/** From this length on, filling a sequence takes tens of milliseconds, and it may never be read. */
const MIN_LAZY_LENGTH = 2 ** 24;

/**
 * A long sequence of `n` elements as an expression of the positions 0 … n − 1, in float64. Null for a short one, which is
 * quicker to fill immediately, and on a device, which has no float64.
 */
export function longSequence(
  n: number,
  dtype: DType,
  at: (positions: Tensor) => Tensor,
  { device = placement.chosen }: CreationOptions = {},
): Tensor<[number]> | null {
  if (n < MIN_LAZY_LENGTH || device !== 'cpu') return null;
  return castNode(at(castNode(iotaOf([], { size: n }), 'float64')), dtype) as Tensor<[number]>;
}
