/** @file Counting elements in intervals. None of these has a gradient. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { isFloat } from '../../graph/dtype.js';
import { checkInteger, sameShape, show } from '../../graph/shape.js';
import { Tensor } from '../../graph/tensor.js';
import { constant } from '../../graph/version.js';
import { withinBounds } from '../build/between.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, floatOperand, operand, type Operand } from '../build/define.js';
import { add, castNode, choose } from '../build/element.js';
import { div, mul, sub } from '../build/fieldOperations.js';
import { filled } from '../build/primitive.js';
import { eq, ge, le, logicalAnd, lt } from '../build/relations.js';
import { floor } from '../build/wholeNumbers.js';
import { clamp } from '../elements/arithmetic.js';
import { detach } from '../build/detach.js';
import { gatherOf } from '../indexing/gather.js';
import { indexAddOf } from '../indexing/take.js';
import { searchPositions } from '../indexing/search.js';
import { maxOver, minOver } from '../reductions/fold.js';
import { iotaOf, narrowNode } from '../shape/movement.js';

/** Options of `histc`. */
export interface HistcOptions {
  /** The number of intervals. Default 100. */
  readonly bins?: number;
  /** The start of the first interval. Default 0. */
  readonly min?: number;
  /**
   * The end of the last interval, included. If `max` equals `min`, as by default, the intervals span the elements.
   * Default 0.
   */
  readonly max?: number;
}

const histcOptions = defineOptions<HistcOptions>({
  bins: kinds.count,
  min: kinds.finite,
  max: kinds.finite,
});

/**
 * How many elements lie in each of `bins` intervals of equal length from `min` to `max`; others, and NaN, do not
 * count. In the dtype of `x`. PyTorch: `torch.histc`.
 * @throws {ChainruleError} without `min` and `max`, for an element that is not finite, when evaluated at the latest.
 * @example histc(tensor([1, 2, 1]), { bins: 4, min: 0, max: 3 }) // [0, 2, 1, 0]
 */
export const histc = composite('histc', (x: Operand, options?: HistcOptions): Tensor => {
  const { bins = 100, min = 0, max = 0 } = histcOptions('histc', options);
  if (min > max) throw new ChainruleError(`histc: max must be at least min, got ${min} and ${max}`);
  const node = detach(floatOperand('histc', x));
  const { from, to } = endsOf('histc', node, min, max, 1);
  // By a division, as in PyTorch: an element on an edge up to rounding errors falls into the upper interval.
  const place = floor(div(mul(sub(reshapeNode(node, [node.size]), from), bins), sub(to, from)));
  return counted(node, from, to, castNode(clamp(place, 0, bins - 1), 'int32'), bins, null);
});

const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/** Two numbers, or the extremes of `x` if these are equal; moved apart by `margin` if the extremes are equal too. */
function endsOf(
  op: string,
  x: Tensor,
  min: number,
  max: number,
  margin: number,
): { from: Tensor; to: Tensor } {
  const fold = { dims: [0], keepdim: true };
  const given = min !== max || x.size === 0;
  const top = x.dtype === 'float32' ? MAX_FLOAT32 : Number.MAX_VALUE;
  const whole = reshapeNode(x, [x.size]);
  const flat = given ? whole : withinBounds(whole, -top, top, `${op}: without ends, an element`);
  const low = given ? constant(min, x.dtype) : minOver([flat], fold);
  const high = given ? constant(max, x.dtype) : maxOver([flat], fold);
  const none = eq(low, high);
  return { from: choose(none, sub(low, margin), low), to: choose(none, add(high, margin), high) };
}

/** The sum of weights, or the number of elements, in each interval, for elements between two ends. */
function counted(
  x: Tensor,
  from: Tensor,
  to: Tensor,
  place: Tensor,
  bins: number,
  weight: Tensor | null,
): Tensor {
  const flat = reshapeNode(x, [x.size]);
  const inside = castNode(logicalAnd(ge(flat, from), le(flat, to)), x.dtype);
  const one = weight === null ? inside : mul(inside, reshapeNode(weight, [x.size]));
  return indexAddOf([filled(0, [bins], x.dtype), place, one], { dim: 0 });
}

/** Options of `histogram`. */
export interface HistogramOptions {
  /** The range of the intervals. Default: the extremes of `x`. Not with edges. */
  readonly range?: readonly [number, number] | null;
  /** The weight of each element, in the shape of `x`. */
  readonly weight?: Tensor | null;
  /** Whether the result is a density, whose integral is 1, instead of counts. Default false. */
  readonly density?: boolean;
}

const histogramOptions = defineOptions<HistogramOptions>({
  range: kinds.orNull(kinds.tuple(kinds.finite, kinds.finite)),
  weight: kinds.orNull(kinds.tensor),
  density: kinds.flag,
});

/** The result of `histogram`. */
export interface Histogram {
  /** The counts: `[bins]`, in the dtype of `x`. */
  readonly hist: Tensor;
  /** The edges of the intervals: `[bins + 1]`. */
  readonly binEdges: Tensor;
}

/**
 * How many elements lie in each interval, and the edges of the intervals: `bins` of equal length, or those between
 * given ascending edges. The last includes its end; others, and NaN, do not count. PyTorch: `torch.histogram`.
 * @throws {ChainruleError} without edges or `range`, for an element that is not finite, when evaluated at the latest.
 * @example histogram(tensor([1, 2, 1]), 2).hist // [2, 1]
 */
export const histogram = composite(
  'histogram',
  (x: Operand, given: number | Tensor, options?: HistogramOptions): Histogram => {
    const { range = null, weight = null, density = false } = histogramOptions('histogram', options);
    const node = detach(floatOperand('histogram', x));
    const binEdges =
      given instanceof Tensor ? givenEdges(node, given) : evenEdges(node, given, range);
    const weights = weight === null ? null : operand('histogram', weight);
    if (weights !== null && !sameShape(weights.sizes, node.sizes)) {
      throw new ShapeError(
        `histogram: the weight has shape ${show(weights.sizes)}, x ${show(node.sizes)}; they must be equal`,
      );
    }
    const bins = binEdges.size - 1;
    const flat = reshapeNode(node, [node.size]);
    const even = !(given instanceof Tensor) && bins <= MAX_EVEN_BINS;
    const place = even
      ? evenBin(flat, binEdges)
      : sub(searchPositions([binEdges, flat], { right: true }), 1);
    const hist = counted(
      node,
      narrowNode(binEdges, 0, 0, 1),
      narrowNode(binEdges, 0, bins, 1),
      clamp(place, 0, bins - 1),
      bins,
      weights === null ? null : castNode(weights, node.dtype),
    );
    if (!density) return { hist, binEdges };
    const n = hist.size;
    const widths = sub(narrowNode(binEdges, 0, 1, n), narrowNode(binEdges, 0, 0, n));
    const total = sumOver([hist], { dims: [0], keepdim: true });
    return { hist: div(div(hist, total), widths), binEdges };
  },
);

/** Up to this many intervals, a quotient in float32 is off by at most one. */
const MAX_EVEN_BINS = 2 ** 16;

/** The same result as a search among even edges: a quotient finds it within one. */
function evenBin(x: Tensor, edges: Tensor): Tensor {
  const bins = edges.size - 1;
  const [from, to] = [narrowNode(edges, 0, 0, 1), narrowNode(edges, 0, bins, 1)];
  const share = div(sub(x, from), sub(to, from));
  // If rounding has made both ends equal, everything falls into the last interval.
  const guess = choose(eq(from, to), bins - 1, clamp(floor(mul(share, bins)), 0, bins - 1));
  const place = castNode(guess, 'int32');
  const edge = (i: Tensor): Tensor => gatherOf([edges, i], { dim: 0 });
  const above = castNode(ge(x, edge(add(place, 1))), 'int32');
  return sub(add(place, above), castNode(lt(x, edge(place)), 'int32'));
}

function givenEdges(x: Tensor, bins: Tensor): Tensor {
  const edges = detach(operand('histogram', bins));
  if (edges.ndim !== 1 || edges.size < 2)
    throw new ShapeError(
      `histogram: edges must be a vector of at least 2 numbers, got shape ${show(edges.sizes)}`,
    );
  if (edges.dtype !== x.dtype)
    throw new DTypeError(
      `histogram: the edges are ${edges.dtype}, x ${x.dtype}; they must be equal`,
    );
  return edges;
}

function evenEdges(x: Tensor, bins: number, range: readonly [number, number] | null): Tensor {
  checkInteger('histogram', 'bins', bins, 1);
  if (range !== null && !(range[0] <= range[1]))
    throw new ChainruleError(
      `histogram: range must be two increasing numbers, got ${range[0]} and ${range[1]}`,
    );
  const [low, high] = range ?? [0, 0];
  const apart = range !== null && low === high ? 0.5 : 0;
  const { from, to } = endsOf('histogram', x, low - apart, high + apart, 0.5);
  const step = div(sub(to, from), bins);
  const i = castNode(iotaOf([], { size: bins + 1 }), x.dtype);
  // From both ends, so that both are exact.
  const [up, down] = [add(from, mul(i, step)), sub(to, mul(sub(bins, i), step))];
  return choose(le(i, bins / 2), up, down);
}

/** Options of `bucketize`. */
export interface BucketizeOptions {
  /** Whether a value equal to a boundary counts as above it. Default false. */
  readonly right?: boolean;
}

const bucketizeOptions = defineOptions<BucketizeOptions>({ right: kinds.flag });

/**
 * The interval between the ascending `boundaries` that each value lies in: int32, 0 before the first. As `searchsorted`
 * with the arguments exchanged. PyTorch: `torch.bucketize`.
 * @example bucketize(tensor([3, 6]), tensor([1, 3, 5])) // [1, 3]
 */
export const bucketize = composite(
  'bucketize',
  (x: Operand, boundaries: Tensor, options?: BucketizeOptions): Tensor => {
    const { right = false } = bucketizeOptions('bucketize', options);
    const edges = operand('bucketize', boundaries);
    if (edges.ndim !== 1)
      throw new ShapeError(
        `bucketize: the boundaries must be a vector, got shape ${show(edges.sizes)}`,
      );
    const values = operand('bucketize', x, isFloat(edges.dtype) ? edges.dtype : 'float32');
    return searchPositions([edges, values], { right });
  },
);
