/** @file Counting elements in intervals. Nothing here has a gradient. */
import { defineOptions, kinds } from '../../arguments/index.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { isFloat } from '../../graph/dtype.js';
import { checkInteger, sameShape, show } from '../../graph/shape.js';
import { Tensor } from '../../graph/tensor.js';
import { constant } from '../../graph/version.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, floatOperand, operand, type Operand } from '../build/define.js';
import { add, castNode, choose } from '../build/element.js';
import { div, mul, sub } from '../build/fieldOperations.js';
import { filled } from '../build/primitive.js';
import { eq, ge, le, logicalAnd } from '../build/relations.js';
import { clamp } from '../elements/arithmetic.js';
import { detach } from '../elements/comparison.js';
import { indexAddOf } from '../indexing/gather.js';
import { searchPositions } from '../indexing/search.js';
import { maxOver, minOver } from '../reductions/fold.js';
import { iotaOf, narrowNode } from '../shape/movement.js';

export interface HistcOptions {
  /** How many intervals. Default 100. */
  readonly bins?: number;
  /** Where the first begins. Default 0. */
  readonly min?: number;
  /** Where the last ends, itself included. Equal to `min`, as by default: from the smallest to the largest element. */
  readonly max?: number;
}

const histcOptions = defineOptions<HistcOptions>({
  bins: kinds.count,
  min: kinds.finite,
  max: kinds.finite,
});

/**
 * How many elements lie in each of `bins` intervals of one length from `min` to `max`; others, and NaN, do not count. In
 * the dtype of `x`. PyTorch: `torch.histc`.
 * @example histc(tensor([1, 2, 1]), { bins: 4, min: 0, max: 3 }) // [0, 2, 1, 0]
 */
export const histc = composite('histc', (x: Operand, options?: HistcOptions): Tensor => {
  const { bins = 100, min = 0, max = 0 } = histcOptions('histc', options);
  if (min > max) throw new ChainruleError(`histc: max must be at least min, got ${min} and ${max}`);
  const node = detach(floatOperand('histc', x));
  return counted(node, edgesOf(node, bins, min, max), null);
});

/** Edges of `bins` intervals between two numbers, or between the extremes of `x` where these are equal. */
function edgesOf(x: Tensor, bins: number, min: number, max: number): Tensor {
  const flat = reshapeNode(x, [x.size]);
  const fold = { dims: [0], keepdim: true };
  const given = min !== max || x.size === 0;
  const [low, high] = given
    ? [constant(min, x.dtype), constant(max, x.dtype)]
    : [minOver([flat], fold), maxOver([flat], fold)];
  const none = eq(low, high);
  const [from, to] = [choose(none, sub(low, 1), low), choose(none, add(high, 1), high)];
  const share = div(castNode(iotaOf([], { size: bins + 1 }), x.dtype), bins);
  // From both ends, so that both are exact.
  return add(mul(from, sub(1, share)), mul(to, share));
}

/** The sum of weights, or the number of elements, in each interval. */
function counted(x: Tensor, edges: Tensor, weight: Tensor | null): Tensor {
  const bins = edges.size - 1;
  const flat = reshapeNode(x, [x.size]);
  const [first, last] = [narrowNode(edges, 0, 0, 1), narrowNode(edges, 0, bins, 1)];
  const inside = castNode(logicalAnd(ge(flat, first), le(flat, last)), x.dtype);
  const place = clamp(sub(searchPositions([edges, flat], { right: true }), 1), 0, bins - 1);
  const one = weight === null ? inside : mul(inside, reshapeNode(weight, [x.size]));
  return indexAddOf([filled(0, [bins], x.dtype), place, one], { dim: 0 });
}

export interface HistogramOptions {
  /** From where to where; the extremes of `x` by default. Not with edges. */
  readonly range?: readonly [number, number] | null;
  /** What each element counts, in the shape of `x`. */
  readonly weight?: Tensor | null;
  /** The density, whose integral is 1, instead of counts. Default false. */
  readonly density?: boolean;
}

const histogramOptions = defineOptions<HistogramOptions>({
  range: kinds.orNull(kinds.tuple(kinds.finite, kinds.finite)),
  weight: kinds.orNull(kinds.tensor),
  density: kinds.flag,
});

export interface Histogram {
  /** `[bins]`, in the dtype of `x`. */
  readonly hist: Tensor;
  /** `[bins + 1]`. */
  readonly binEdges: Tensor;
}

/**
 * How many elements lie in each interval, and the intervals' edges: `bins` of one length, or those between given rising
 * edges. The last includes its end; others, and NaN, do not count. PyTorch: `torch.histogram`.
 */
export const histogram = composite(
  'histogram',
  (x: Operand, bins: number | Tensor, options?: HistogramOptions): Histogram => {
    const { range = null, weight = null, density = false } = histogramOptions('histogram', options);
    const node = detach(floatOperand('histogram', x));
    const binEdges =
      bins instanceof Tensor ? givenEdges(node, bins) : evenEdges(node, bins, range);
    const weights = weight === null ? null : operand('histogram', weight);
    if (weights !== null && !sameShape(weights.shape, node.shape)) {
      throw new ShapeError(
        `histogram: the weight has shape ${show(weights.shape)}, x ${show(node.shape)}; they must be equal`,
      );
    }
    const hist = counted(node, binEdges, weights === null ? null : castNode(weights, node.dtype));
    if (!density) return { hist, binEdges };
    const n = hist.size;
    const widths = sub(narrowNode(binEdges, 0, 1, n), narrowNode(binEdges, 0, 0, n));
    const total = sumOver([hist], { dims: [0], keepdim: true });
    return { hist: div(div(hist, total), widths), binEdges };
  },
);

function givenEdges(x: Tensor, bins: Tensor): Tensor {
  const edges = detach(operand('histogram', bins));
  if (edges.ndim !== 1 || edges.size < 2)
    throw new ShapeError(
      `histogram: edges must be a vector of at least 2 numbers, got shape ${show(edges.shape)}`,
    );
  if (edges.dtype !== x.dtype)
    throw new DTypeError(`histogram: the edges are ${edges.dtype}, x ${x.dtype}; they must be equal`);
  return edges;
}

function evenEdges(x: Tensor, bins: number, range: readonly [number, number] | null): Tensor {
  checkInteger('histogram', 'bins', bins, 1);
  if (range !== null && !(range[0] <= range[1]))
    throw new ChainruleError(
      `histogram: range must be two rising numbers, got ${range[0]} and ${range[1]}`,
    );
  // Two equal numbers stand for themselves, one before and one behind.
  if (range !== null && range[0] === range[1])
    return edgesOf(x, bins, range[0] - 1, range[1] + 1);
  return edgesOf(x, bins, ...(range ?? ([0, 0] as const)));
}

export interface BucketizeOptions {
  /** After a boundary equal to the value instead of before it. Default false. */
  readonly right?: boolean;
}

const bucketizeOptions = defineOptions<BucketizeOptions>({ right: kinds.flag });

/**
 * Between which of the rising `boundaries` each value lies: int32, 0 before the first. As `searchsorted`, with the arguments
 * exchanged. PyTorch: `torch.bucketize`.
 * @example bucketize(tensor([3, 6]), tensor([1, 3, 5])) // [1, 3]
 */
export const bucketize = composite(
  'bucketize',
  (x: Operand, boundaries: Tensor, options?: BucketizeOptions): Tensor => {
    const { right = false } = bucketizeOptions('bucketize', options);
    const edges = operand('bucketize', boundaries);
    if (edges.ndim !== 1)
      throw new ShapeError(
        `bucketize: the boundaries must be a vector, got shape ${show(edges.shape)}`,
      );
    const values = operand('bucketize', x, isFloat(edges.dtype) ? edges.dtype : 'float32');
    return searchPositions([edges, values], { right });
  },
);
