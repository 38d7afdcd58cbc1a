/** @file Reads and checks the options that convolutions and poolings share, one value per dimension. */
import { display, passes, copyList } from '../../../arguments/index.js';
import { isArray } from '../../../arguments/kinds.js';
import * as kinds from '../../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../../errors.js';
import { range, show } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { reshapeNode } from '../../build/broadcast.js';
import { windowCounts, type Sliding } from './windows.js';

/** One whole number for every dimension, or one for each. */
export type PerDim = number | readonly number[];

const wholeNumbers = kinds.oneOrMore(kinds.whole);

/** The whole numbers of an option, one for each of `rank` dimensions. */
export function perDim(
  op: string,
  name: string,
  value: PerDim,
  rank: number,
  min: number,
): number[] {
  const right = passes(wholeNumbers, value);
  // The copy is checked again: the values that are used must be those that were checked.
  const copy = right && isArray(value) ? copyList(op, name, value) : value;
  const given = right && passes(wholeNumbers, copy) ? copy : [];
  const list = typeof given === 'number' ? [given] : given;
  const all = list.length === 1 ? range(rank).map(() => list[0] as number) : [...list];
  if (all.length !== rank || all.some((n) => n < min)) {
    throw new ChainruleError(
      `${op}: ${name} must be a whole number ≥ ${min}, or ${rank} of them, got ${display(copy)}`,
    );
  }
  return all;
}

/** `x` with a leading batch dimension, and whether it had none. */
export function batchedInput(op: string, x: Tensor, rank: number): { x: Tensor; single: boolean } {
  if (x.ndim === rank + 2) return { x, single: false };
  if (x.ndim === rank + 1) return { x: reshapeNode(x, [1, ...x.sizes]), single: true };
  const spatial = ['', 'length', 'height, width', 'depth, height, width'][rank] ?? '…';
  throw new ShapeError(
    `${op}: expected x [batch, channels, ${spatial}], or without the batch, got ${show(x.sizes)}`,
  );
}

/** Removes the batch dimension again. */
export function unbatched(y: Tensor, single: boolean): Tensor {
  return single ? reshapeNode(y, y.sizes.slice(1)) : y;
}

/** Refuses a kernel that is larger than the padded input. */
export function checkFits(op: string, g: Sliding): void {
  if (windowCounts(g).every((n) => n > 0)) return;
  const padded = g.size.map((n, d) => n + g.padLow[d]! + g.padHigh[d]!);
  const extent = g.kernel.map((k, d) => g.dilation[d]! * (k - 1) + 1);
  throw new ShapeError(
    `${op}: the kernel is larger than the input: it spans ${show(extent)}, the input with its padding ${show(padded)}`,
  );
}
