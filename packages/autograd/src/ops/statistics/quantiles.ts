/** @file Quantiles: elements of sorted rows at fractions of their length, with interpolation between neighbours. */
import {
  checkArgument,
  defineOptions,
  display,
  type OptionsReader,
} from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { hostValue } from '../../graph/values/hostValue.js';
import { normalizeDim, reducedShape, show } from '../../graph/shape.js';
import { Tensor } from '../../graph/tensor.js';
import { constant } from '../../graph/version.js';
import { expandNode, reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, floatOperand, operand, type Operand } from '../build/define.js';
import { add, castNode, choose } from '../build/element.js';
import { mul, sub } from '../build/fieldOperations.js';
import { gt, isInf, isNan, logicalNot, logicalOr } from '../build/relations.js';
import { floor, roundEven } from '../build/wholeNumbers.js';
import { lerp, maximum, minimum } from '../elements/arithmetic.js';
import { detach } from '../build/detach.js';
import { ceil } from '../build/wholeNumbers.js';
import { argsortOf } from '../indexing/argsort.js';
import { gatherOf } from '../indexing/gather.js';
import { maxOver } from '../reductions/fold.js';
import type { ReduceOptions } from '../reductions/reduction.js';
import { concatNode, moveDim } from '../shape/movement.js';

/** Options of `quantile` and `nanquantile`. */
export interface QuantileOptions extends ReduceOptions {
  /** How to interpolate between two elements. Default `'linear'`. */
  readonly interpolation?: 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';
}

const quantileOptions: OptionsReader<QuantileOptions> = defineOptions<QuantileOptions>({
  keepdim: kinds.flag,
  interpolation: kinds.oneOf('linear', 'lower', 'higher', 'midpoint', 'nearest'),
});

type Quantile = (
  x: Operand,
  q: number | readonly number[] | Tensor,
  dim?: number | null,
  options?: QuantileOptions,
) => Tensor;

/**
 * The value below which the fraction `q` of the elements lies, along `dim` or of all; NaN if one is NaN. Several
 * fractions give the result a first dimension. Between a number and ±Inf it is ±Inf, between −Inf and Inf NaN.
 * PyTorch: `torch.quantile`.
 *
 * @throws {ChainruleError} for a fraction outside of [0, 1]. @throws {DTypeError} unless x is a float tensor.
 * @example quantile(tensor([1, 2, 3, 4]), [0.5, 1]) // [2.5, 4]
 */
export const quantile: Quantile = composite('quantile', (x, q, dim, options) =>
  quantileOf('quantile', x, q, dim, options),
);

/**
 * Like `quantile`, without NaN; NaN if there are no other elements. PyTorch: `torch.nanquantile`.
 * @example nanquantile(tensor([1, NaN, 3]), 0.5) // 2
 */
export const nanquantile: Quantile = composite('nanquantile', (x, q, dim, options) =>
  quantileOf('nanquantile', x, q, dim, options),
);

function quantileOf(
  op: 'quantile' | 'nanquantile',
  x: Operand,
  q: number | readonly number[] | Tensor,
  dim: number | null | undefined,
  options: QuantileOptions | undefined,
): Tensor {
  const { keepdim = false, interpolation = 'linear' } = quantileOptions(op, options);
  const node = floatOperand(op, x);
  const fractions = fractionsOf(op, q, node);
  const whole = dim === undefined || dim === null;
  const d = whole ? 0 : normalizeDim(op, dim, node.ndim);
  const rows =
    whole || node.ndim === 0 ? reshapeNode(node, [node.size]) : moveDim(node, d, node.ndim - 1);
  const n = rows.sizes.at(-1) as number;
  if (n === 0)
    throw new ShapeError(`${op}: shape ${show(node.sizes)} has no elements to choose from`);
  const at = elementsAt(rows, reshapeNode(fractions, [fractions.size]), op, interpolation);
  const kept = whole
    ? node.sizes.map(() => (keepdim ? 1 : 0)).filter((s) => s > 0)
    : node.ndim === 0
      ? []
      : reducedShape(node.sizes, [d], keepdim);
  return reshapeNode(moveDim(at, at.ndim - 1, 0), [...fractions.sizes, ...kept]);
}

function fractionsOf(op: string, q: number | readonly number[] | Tensor, x: Tensor): Tensor {
  if (q instanceof Tensor) {
    const node = operand(op, q);
    if (node.dtype !== x.dtype)
      throw new DTypeError(`${op}: q is ${node.dtype}, x ${x.dtype}; they must be equal`);
    if (node.ndim > 1)
      throw new ShapeError(`${op}: q must be a number or a vector, got shape ${show(node.sizes)}`);
    for (const f of hostValue(node) ?? []) checkFraction(op, f);
    return node;
  }
  if (typeof q === 'number') return constant(checkFraction(op, q), x.dtype);
  checkArgument(op, 'q', q, FRACTIONS);
  const each = q.map((f) => reshapeNode(constant(checkFraction(op, f), x.dtype), [1]));
  return each.length === 1 ? (each[0] as Tensor) : concatNode(each, 0);
}

const FRACTIONS = kinds.kind<readonly number[]>(
  'be a number, an array of numbers or a tensor',
  (x) => kinds.listOf(kinds.number).test(x) && x.length > 0,
);

function checkFraction(op: string, q: number): number {
  if (q >= 0 && q <= 1) return q;
  throw new ChainruleError(`${op}: q must be in [0, 1], got ${display(q)}`);
}

/** The elements of each row at the given fractions, `[…, n]` and `[q]` to `[…, q]`. */
function elementsAt(
  rows: Tensor,
  fractions: Tensor,
  op: 'quantile' | 'nanquantile',
  interpolation: NonNullable<QuantileOptions['interpolation']>,
): Tensor {
  const last = rows.ndim - 1;
  const n = rows.sizes[last] as number;
  const lead = rows.sizes.slice(0, -1);
  const missing = isNan(detach(rows));
  const fold = { dims: [last], keepdim: true };
  // NaN are sorted to the end: if there is one, the last element is NaN.
  const order = argsortOf([rows], { dim: last, descending: false });
  const sorted = gatherOf([rows, order], { dim: last });
  const top =
    op === 'quantile'
      ? constant(n - 1, rows.dtype)
      : maximum(sub(sumOver([castNode(logicalNot(missing), rows.dtype)], fold), 1), 0);
  const ranks = expandNode(mul(fractions, top), [...lead, fractions.size]);
  const place =
    op === 'quantile'
      ? choose(
          expandNode(gt(maxOver([castNode(missing, 'float32')], fold), 0), ranks.sizes),
          constant(n - 1, rows.dtype),
          ranks,
        )
      : ranks;
  const element = (position: Tensor): Tensor =>
    gatherOf([sorted, castNode(minimum(detach(position), n - 1), 'int32')], { dim: last });
  switch (interpolation) {
    case 'lower':
      return element(floor(place));
    case 'higher':
      return element(ceil(place));
    case 'nearest':
      return element(roundEven(place));
    case 'midpoint':
      return between(element(floor(place)), element(ceil(place)), 0.5);
    case 'linear':
      return between(element(floor(place)), element(ceil(place)), sub(place, detach(floor(place))));
  }
}

/** `lerp` with a weight below 1, between elements of which either may be infinite: the sum of both is the limit. */
function between(low: Tensor, high: Tensor, weight: Tensor | number): Tensor {
  const infinite = logicalOr(isInf(low), isInf(high));
  return choose(infinite, add(low, high), lerp(low, high, weight));
}
