/** @file Images sampled at the points of a grid, and the grids of affine maps (spatial transformers). */
import { checkArgument, defineOptions } from '../../../arguments/index.js';
import * as kinds from '../../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../../errors.js';
import { allocate } from '../../../graph/dtype.js';
import { range, show, sizeOf, stridesOf, type Shape } from '../../../graph/shape.js';
import { makeLeaf, type Tensor } from '../../../graph/tensor.js';
import { add, mul, sub } from '../../elements/arithmetic.js';
import { expandNode, reshapeNode } from '../../build/broadcast.js';
import { composite, floatOperand } from '../../build/define.js';
import { castNode, choose } from '../../build/element.js';
import { floor, roundEven } from '../../build/wholeNumbers.js';
import { gatherOf } from '../../indexing/gather.js';
import { narrowNode } from '../../shape/movement.js';
import { exists, inside, positionsOf, type GridPadding } from './gridCoordinates.js';

/** Options of `gridSample`. */
export interface GridSampleOptions {
  /**
   * How values are interpolated. Default `'bilinear'`, which is trilinear in three dimensions; `'bicubic'` is only
   * for two.
   */
  readonly mode?: 'bilinear' | 'nearest' | 'bicubic' | undefined;
  /** What lies beyond the edges: zeros (the default), the nearest element, or the reflected image. */
  readonly paddingMode?: GridPadding | undefined;
  /** Whether −1 and 1 are the centres of the corner elements, rather than their outer edges. Default false. */
  readonly alignCorners?: boolean | undefined;
}

const readGridSample = defineOptions<GridSampleOptions>({
  mode: kinds.oneOf('bilinear', 'nearest', 'bicubic'),
  paddingMode: kinds.oneOf('zeros', 'border', 'reflection'),
  alignCorners: kinds.flag,
});

/** One element that is read along one dimension: its position and its weight; null means 1. */
interface Reading {
  readonly at: Tensor;
  readonly weight: Tensor | null;
}

/**
 * Samples `x [n, c, h, w]` at the points of `grid [n, h', w', 2]`, to `[n, c, h', w']`; and `[n, c, d, h, w]` with
 * `[n, d', h', w', 3]` likewise. A point is (x, y) or (x, y, z), each from −1 to 1 over the image: x runs along the
 * last dimension. Between elements values are interpolated (Jaderberg et al. 2015, arXiv:1506.02025); both arguments
 * are differentiable, the grid's gradient is 0 with `'nearest'`. A NaN in the grid reads the padding or an edge.
 * PyTorch: `nn.functional.grid_sample`.
 *
 * @throws {ShapeError} if shapes do not fit, or x is empty.
 * @throws {ChainruleError} for an unknown mode, or `'bicubic'` in three dimensions.
 * @example gridSample(image, affineGrid(theta, [1, 3, 32, 32]), { paddingMode: 'border' })
 */
export const gridSample: (x: Tensor, grid: Tensor, options?: GridSampleOptions) => Tensor =
  composite('gridSample', (input, points, options): Tensor => {
    const {
      mode = 'bilinear',
      paddingMode = 'zeros',
      alignCorners = false,
    } = readGridSample('gridSample', options);
    const [x, grid] = [floatOperand('gridSample', input), floatOperand('gridSample', points)];
    check(x, grid, mode);
    const size = x.sizes.slice(2);
    const n = grid.sizes[0] as number;
    const count = sizeOf(grid.sizes.slice(1, -1));
    const readings = size.map((length, d): Reading[] => {
      const coordinate = narrowNode(grid, grid.ndim - 1, size.length - 1 - d, 1);
      const raw = positionsOf(reshapeNode(coordinate, [n, count]), length, alignCorners);
      const clip = (at: Tensor): Tensor => inside(at, length, paddingMode, alignCorners);
      if (mode === 'nearest') return [{ at: roundEven(clip(raw)), weight: null }];
      const list = mode === 'bilinear' ? linearReadings(clip(raw)) : cubicReadings(raw);
      return list.map(({ at, weight }) => ({ at: clip(at), weight }));
    });
    return reshapeNode(read(x, readings, paddingMode), [
      n,
      x.sizes[1] as number,
      ...grid.sizes.slice(1, -1),
    ]);
  });

/** The weighted sum over all combinations of one reading per dimension: `[n, c, points]`. */
function read(x: Tensor, readings: readonly Reading[][], padding: GridPadding): Tensor {
  const size = x.sizes.slice(2);
  const strides = stridesOf(size);
  const [n, c] = x.sizes as readonly [number, number];
  const flat = reshapeNode(x, [n, c, sizeOf(size)]);
  // Along each dimension: its share of the flat index, and the weight, which is 0 where there is no element.
  const sides = readings.map((list, d) =>
    list.map(({ at, weight }) => {
      const present = padding === 'zeros' ? exists(at, size[d]!) : null;
      const index = castNode(present === null ? at : choose(present, at, 0), 'int32');
      return { index: mul(index, strides[d]!), weight: maskedWeight(weight, present, at) };
    }),
  );
  const corners = sides.reduce<{ index: Tensor; weight: Tensor | null }[]>(
    (all, side) =>
      all.length === 0
        ? side
        : all.flatMap((a) =>
            side.map((b) => ({
              index: add(a.index, b.index),
              weight: a.weight === null ? b.weight : b.weight && mul(a.weight, b.weight),
            })),
          ),
    [],
  );
  const count = corners[0]!.index.sizes[1] as number;
  return corners
    .map(({ index, weight }) => {
      const places = expandNode(reshapeNode(index, [n, 1, count]), [n, c, count]);
      const values = gatherOf([flat, places], { dim: 2 });
      return weight === null ? values : mul(values, reshapeNode(weight, [n, 1, count]));
    })
    .reduce((sum, part) => add(sum, part));
}

/** The weight, or 0 where there is no element. */
function maskedWeight(weight: Tensor | null, present: Tensor | null, at: Tensor): Tensor | null {
  if (present === null) return weight;
  return weight === null ? castNode(present, at.dtype) : choose(present, weight, 0);
}

function linearReadings(at: Tensor): Reading[] {
  const low = floor(at);
  const t = sub(at, low);
  return [
    { at: low, weight: sub(1, t) },
    { at: add(low, 1), weight: t },
  ];
}

/** Cubic convolution with a = −0.75. */
function cubicReadings(at: Tensor): Reading[] {
  const low = floor(at);
  const t = sub(at, low);
  const near = (x: Tensor): Tensor => add(mul(mul(sub(mul(x, 1.25), 2.25), x), x), 1);
  const far = (x: Tensor): Tensor => mul(add(mul(add(mul(add(x, -5), x), 8), x), -4), -0.75);
  return [
    { at: sub(low, 1), weight: far(add(t, 1)) },
    { at: low, weight: near(t) },
    { at: add(low, 1), weight: near(sub(1, t)) },
    { at: add(low, 2), weight: far(sub(2, t)) },
  ];
}

function check(x: Tensor, grid: Tensor, mode: string): void {
  const rank = x.ndim - 2;
  if (
    (rank !== 2 && rank !== 3) ||
    grid.ndim !== x.ndim ||
    grid.sizes[0] !== x.sizes[0] ||
    grid.sizes.at(-1) !== rank
  ) {
    throw new ShapeError(
      `gridSample: expected x [n, c, h, w] with grid [n, h, w, 2], or x [n, c, d, h, w] with grid [n, d, h, w, 3], ` +
        `got ${show(x.sizes)} and ${show(grid.sizes)}`,
    );
  }
  if (x.sizes.slice(1).includes(0))
    throw new ShapeError(`gridSample: x ${show(x.sizes)} has no elements to read`);
  if (x.dtype !== grid.dtype) {
    throw new DTypeError(
      `gridSample: x is ${x.dtype} and the grid ${grid.dtype}; cast one: grid.cast('${x.dtype}')`,
    );
  }
  if (mode === 'bicubic' && rank === 3)
    throw new ChainruleError("gridSample: mode 'bicubic' is for two dimensions, x has three");
}

/** Options of `affineGrid`. */
export interface AffineGridOptions {
  /** As in `gridSample`. Default false. */
  readonly alignCorners?: boolean | undefined;
}

const readAffineGrid = defineOptions<AffineGridOptions>({ alignCorners: kinds.flag });

/**
 * The grid for `gridSample` of an affine map: `theta [n, 2, 3]` and `size [n, c, h, w]` give `[n, h, w, 2]`, `theta
 * [n, 3, 4]` and `[n, c, d, h, w]` give `[n, d, h, w, 3]`: theta maps each output point (x, y, 1) to the point it
 * samples. PyTorch: `nn.functional.affine_grid`.
 *
 * @throws {ShapeError} if theta and size do not fit, or a size is not positive.
 * @example affineGrid(tensor([[[1, 0, 0], [0, 1, 0]]]), [1, 3, 8, 8]) // the identity
 */
export const affineGrid: (theta: Tensor, size: Shape, options?: AffineGridOptions) => Tensor =
  composite('affineGrid', (given, size, options): Tensor => {
    const { alignCorners = false } = readAffineGrid('affineGrid', options);
    const theta = floatOperand('affineGrid', given);
    checkArgument('affineGrid', 'size', size, kinds.listOf(kinds.count));
    const rank = size.length - 2;
    if (
      (rank !== 2 && rank !== 3) ||
      theta.ndim !== 3 ||
      show(theta.sizes) !== show([size[0]!, rank, rank + 1]) ||
      size.some((n) => !Number.isInteger(n) || n < 1)
    ) {
      throw new ShapeError(
        `affineGrid: expected theta [n, 2, 3] with size [n, c, h, w], or [n, 3, 4] with [n, c, d, h, w], ` +
          `got ${show(theta.sizes)} and [${size.join(', ')}]`,
      );
    }
    const n = size[0]!;
    const spatial = size.slice(2);
    // Coordinate k of a point runs along dimension rank − 1 − k, and multiplies column k of theta.
    const column = (k: number): Tensor =>
      reshapeNode(narrowNode(theta, 2, k, 1), [n, ...spatial.map(() => 1), rank]);
    return range(rank)
      .map((k) => {
        const d = rank - 1 - k;
        const own = [1, ...spatial.map((m, e) => (e === d ? m : 1)), 1];
        return mul(reshapeNode(pointsAlong(spatial[d]!, theta, alignCorners), own), column(k));
      })
      .reduce((sum, part) => add(sum, part), column(rank));
  });

/** Evenly spaced from −1 to 1: the centres of `count` elements, or with both ends included. */
function pointsAlong(count: number, like: Tensor, alignCorners: boolean): Tensor {
  const data = allocate(like.dtype, count);
  for (let i = 0; i < count; i++)
    data[i] = alignCorners
      ? count === 1
        ? 0
        : (2 * i) / (count - 1) - 1
      : (2 * i + 1) / count - 1;
  return makeLeaf(data, [count], like.dtype);
}
