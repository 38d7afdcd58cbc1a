/** @file Differences between neighbours, and areas under sampled curves. */
import { byPosition, defineOptions, plural } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { toFloat } from '../../graph/dtype.js';
import { normalizeDim, show } from '../../graph/shape.js';
import { Tensor } from '../../graph/tensor.js';
import { expandNode, reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, operand, type Operand } from '../build/define.js';
import { add, castNode } from '../build/element.js';
import { div, mul, sub } from '../build/fieldOperations.js';
import { logicalXor } from '../build/relations.js';
import { cat } from '../shape/joining.js';
import { concatNode, narrowNode } from '../shape/movement.js';
import { cumsumOf } from '../reductions/recurrence.js';

/** Options of `diff`. */
export interface DiffOptions {
  /** How many times differences are taken. Default 1. */
  readonly n?: number;
  /** The dimension. Default: the last. */
  readonly dim?: number;
  /** Elements to put before `x` along `dim`. */
  readonly prepend?: Tensor | null;
  /** Elements to put after `x` along `dim`. */
  readonly append?: Tensor | null;
}

const diffOptions = defineOptions<DiffOptions>({
  n: kinds.size,
  dim: kinds.dim,
  prepend: kinds.orNull(kinds.tensor),
  append: kinds.orNull(kinds.tensor),
});

/**
 * Differences between neighbours, `x[i + 1] − x[i]`, along `dim`, taken `n` times; for booleans, whether they
 * differ. The result is empty if there are not enough elements. PyTorch: `torch.diff`.
 * @example diff(tensor([1, 4, 9])) // [3, 5]
 */
export const diff = composite('diff', (x: Operand, options?: DiffOptions): Tensor => {
  const { n = 1, dim = -1, prepend, append } = diffOptions('diff', options);
  const given = operand('diff', x);
  if (given.ndim === 0) throw new ShapeError('diff: expected at least one dimension, got a number');
  const d = normalizeDim('diff', dim, given.ndim);
  const around = [prepend ?? null, given, append ?? null].filter((part) => part !== null);
  let y = around.length === 1 ? given : cat(around, d);
  for (let k = 0; k < n && y.sizes[d] !== 0; k++)
    y = step(y, d, y.dtype === 'bool' ? logicalXor : sub);
  return y;
});

/** Applies an operation to each element and the one before it. */
function step(x: Tensor, dim: number, f: (x: Tensor, y: Tensor) => Tensor): Tensor {
  const n = x.sizes[dim] as number;
  if (n === 0) return x;
  return f(narrowNode(x, dim, 1, n - 1), narrowNode(x, dim, 0, n - 1));
}

/** Options of `trapezoid` and `cumulativeTrapezoid`. */
export interface TrapezoidOptions {
  /** The positions of the samples: a vector along `dim`, or in the shape of `y`. */
  readonly x?: Tensor | null;
  /** The distance between samples, if `x` is not given. Default 1. */
  readonly dx?: number;
  /** The dimension. Default: the last. */
  readonly dim?: number;
}

const trapezoidOptions = byPosition(
  defineOptions<TrapezoidOptions>({
    x: kinds.orNull(kinds.tensor),
    dx: kinds.number,
    dim: kinds.dim,
  }),
  'x',
);

type Trapezoid = (
  y: Operand,
  x?: Tensor | null | TrapezoidOptions,
  options?: TrapezoidOptions,
) => Tensor;

/**
 * The area under samples `y` along `dim` by the trapezoidal rule, `Σ (xᵢ₊₁ − xᵢ)(yᵢ + yᵢ₊₁)/2`, at positions `x` or
 * distances `dx`. PyTorch: `torch.trapezoid`. @throws {ShapeError} unless there is a position for each sample.
 * @example trapezoid(tensor([1, 5, 10])) // 10.5
 */
export const trapezoid: Trapezoid = composite('trapezoid', (y, x, options) => {
  const { areas, dim } = areasOf('trapezoid', y, trapezoidOptions('trapezoid', x, options));
  return sumOver([areas], { dims: [dim], keepdim: false });
});

/**
 * As `trapezoid`: the area up to each sample but the first. PyTorch: `torch.cumulative_trapezoid`.
 * @example cumulativeTrapezoid(tensor([1, 5, 10])) // [3, 10.5]
 */
export const cumulativeTrapezoid: Trapezoid = composite('cumulativeTrapezoid', (y, x, options) => {
  const op = 'cumulativeTrapezoid';
  const { areas, dim } = areasOf(op, y, trapezoidOptions(op, x, options));
  return cumsumOf([areas], { dim, reverse: false });
});

function areasOf(
  op: string,
  y: Operand,
  { x, dx = 1, dim = -1 }: TrapezoidOptions,
): { areas: Tensor; dim: number } {
  const given = operand(op, y);
  if (given.dtype === 'bool')
    throw new DTypeError(`${op}: not defined for booleans; cast them: y.cast('float32')`);
  if (given.ndim === 0) throw new ShapeError(`${op}: expected at least one dimension`);
  const samples = castNode(given, toFloat(given.dtype));
  const d = normalizeDim(op, dim, given.ndim);
  const pairs = step(samples, d, add);
  if (x === undefined || x === null) return { areas: mul(pairs, dx / 2), dim: d };
  const places = placesOf(op, operand(op, x), given, d);
  const widths = castNode(
    step(places, d, sub),
    samples.dtype === 'float64' ? 'float64' : toFloat(places.dtype),
  );
  return { areas: div(mul(widths, pairs), 2), dim: d };
}

/** The positions with as many dimensions as the samples. */
function placesOf(op: string, x: Tensor, y: Tensor, dim: number): Tensor {
  const n = y.sizes[dim] as number;
  const along = x.ndim === 1 && y.ndim !== 1;
  const shape = along
    ? y.sizes.map((_, d) => (d === dim ? x.size : 1))
    : [...new Array<number>(Math.max(0, y.ndim - x.ndim)).fill(1), ...x.sizes];
  const fits =
    shape.length === y.ndim &&
    shape.every((s, d) => (d === dim ? s === n : s === 1 || s === y.sizes[d] || y.sizes[d] === 1));
  if (!fits) {
    throw new ShapeError(
      `${op}: y ${show(y.sizes)} needs one position for each sample along dimension ${dim}, ` +
        `[${n}] or ${show(y.sizes)}; x has shape ${show(x.sizes)}`,
    );
  }
  return reshapeNode(x, shape);
}

/** Options of `gradient`. */
export interface GradientOptions {
  /** The distance between samples, or for each of `dim` a distance or a vector of positions. Default 1. */
  readonly spacing?: number | readonly (number | Tensor)[] | Tensor;
  /** The dimensions. Default: all. */
  readonly dim?: number | readonly number[];
  /** The order of the formula at the first and last sample. Default 1. */
  readonly edgeOrder?: 1 | 2;
}

const gradientOptions = defineOptions<GradientOptions>({
  spacing: kinds.either(
    kinds.either(kinds.number, kinds.tensor),
    kinds.listOf(kinds.either(kinds.number, kinds.tensor)),
  ),
  dim: kinds.oneOrMore(kinds.dim),
  edgeOrder: kinds.oneOf(1, 2),
});

/**
 * The derivative of a sampled function along each dimension, one tensor for each: by central differences of second
 * order, at the ends by `edgeOrder`. PyTorch: `torch.gradient`.
 * @throws {ShapeError} unless each dimension has more samples than `edgeOrder`.
 * @example gradient(tensor([1, 4, 9]))[0] // [3, 4, 5]
 */
export const gradient = composite('gradient', (x: Operand, options?: GradientOptions): Tensor[] => {
  const { spacing = 1, dim, edgeOrder = 1 } = gradientOptions('gradient', options);
  const given = operand('gradient', x);
  const node = castNode(given, toFloat(given.dtype));
  const dims =
    dim === undefined
      ? node.sizes.map((_, d) => d)
      : (typeof dim === 'number' ? [dim] : dim).map((d) => normalizeDim('gradient', d, node.ndim));
  const list: readonly (number | Tensor)[] =
    typeof spacing === 'number' || spacing instanceof Tensor ? dims.map(() => spacing) : spacing;
  if (list.length !== dims.length) {
    throw new ChainruleError(
      `gradient: spacing has ${plural(list.length, 'entry', 'entries')} for ${plural(dims.length, 'dimension')}; give one for each, or a number`,
    );
  }
  return dims.map((d, i) => slope(node, d, list[i] as number | Tensor, edgeOrder));
});

/** The derivative along one dimension. */
function slope(x: Tensor, dim: number, spacing: number | Tensor, edgeOrder: 1 | 2): Tensor {
  const n = x.sizes[dim] ?? 0;
  if (n < edgeOrder + 1) {
    throw new ShapeError(
      `gradient: dimension ${dim} of shape ${show(x.sizes)} has ${plural(n, 'sample')}; edgeOrder ${edgeOrder} needs ${edgeOrder + 1}`,
    );
  }
  const widths = widthsOf(x, dim, spacing, n);
  const part = (t: Tensor, from: number, size: number): Tensor => narrowNode(t, dim, from, size);
  const steps = div(step(x, dim, sub), widths);
  // The slope at the end of a parabola through the three outermost samples.
  const end = (a: Tensor, b: Tensor, wa: Tensor, wb: Tensor): Tensor =>
    add(a, mul(sub(a, b), div(wa, add(wa, wb))));
  const first = part(steps, 0, 1);
  const last = part(steps, n - 2, 1);
  const edges =
    edgeOrder === 1
      ? [first, last]
      : [
          end(first, part(steps, 1, 1), part(widths, 0, 1), part(widths, 1, 1)),
          end(last, part(steps, n - 3, 1), part(widths, n - 2, 1), part(widths, n - 3, 1)),
        ];
  if (n === 2) return concatNode([edges[0] as Tensor, edges[1] as Tensor], dim);
  const inner = isDistance(spacing)
    ? // With equal distances a sample cancels out of its own slope.
      div(sub(part(x, 2, n - 2), part(x, 0, n - 2)), mul(part(widths, 0, n - 2), 2))
    : weighted(
        part(steps, 0, n - 2),
        part(steps, 1, n - 2),
        part(widths, 0, n - 2),
        part(widths, 1, n - 2),
      );
  return concatNode([edges[0] as Tensor, inner, edges[1] as Tensor], dim);
}

/** The mean of the slopes on both sides, each weighted with the width of the other. */
function weighted(a: Tensor, b: Tensor, wa: Tensor, wb: Tensor): Tensor {
  return div(add(mul(a, wb), mul(b, wa)), add(wa, wb));
}

function isDistance(spacing: number | Tensor): boolean {
  return typeof spacing === 'number' || spacing.ndim === 0;
}

/** The distances between neighbours along a dimension; the other dimensions have size 1. */
function widthsOf(x: Tensor, dim: number, spacing: number | Tensor, n: number): Tensor {
  const shape = x.sizes.map((_, d) => (d === dim ? n - 1 : 1));
  if (isDistance(spacing)) {
    const one = castNode(operand('gradient', spacing), x.dtype);
    return expandNode(
      reshapeNode(
        one,
        shape.map(() => 1),
      ),
      shape,
    );
  }
  const places = operand('gradient', spacing);
  if (places.ndim !== 1 || places.size !== n) {
    throw new ShapeError(
      `gradient: the positions along dimension ${dim} must be a vector of size ${n}, got shape ${show(places.sizes)}`,
    );
  }
  return reshapeNode(castNode(step(places, 0, sub), x.dtype), shape);
}
