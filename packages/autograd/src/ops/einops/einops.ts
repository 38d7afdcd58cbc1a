/**
 * @file Dimensions by name: `rearrange(x, 'b c h w -> b (c h w)')`, `einops.reduce`, `einops.repeat`.
 *
 * A pattern names the axes of a tensor and of the result. Axes in parentheses form one dimension, the last of them
 * fastest; `...` stands for any further dimensions, `1` for one of size 1. Sizes that do not follow from the shape
 * are given by name.
 */
import { display } from '../../arguments/index.js';
import { isArray } from '../../arguments/kinds.js';
import { ChainruleError } from '../../errors.js';
import type { Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Rearranged, ShapeIn } from '../../types/index.js';
import { expandNode, reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, operand, type Operand } from '../build/define.js';
import { all, any, amax, amin, mean, prod } from '../reductions/reductions.js';
import { stack } from '../shape/joining.js';
import { permuteNode } from '../shape/movement.js';
import { planOf, type AxisSizes, type Plan } from './pattern.js';

export type { AxisSizes } from './pattern.js';

/** A tensor, or tensors of one shape, indexed by the first axis. */
type Source = Operand | readonly Operand[];

/** The shape of a tensor, if it is known. */
type ShapeOfSource<X> = X extends Operand ? ShapeIn<X> : Shape;

type Arrangement = <
  X extends Source,
  const P extends string,
  const Z extends AxisSizes = Record<never, never>,
>(
  x: X,
  pattern: P,
  sizes?: Z,
) => Tensor<Rearranged<ShapeOfSource<X>, P, Z>>;

function nodeOf(op: string, x: Source): Tensor {
  return isArray(x) ? stack(x) : operand(op, x);
}

/** The tensor with each of its elementary axes as a dimension. */
function unpacked(x: Tensor, { from, sizes }: Plan): Tensor {
  return reshapeNode(
    x,
    from.map((axis) => sizes.get(axis) as number),
  );
}

function arranged(x: Tensor, axes: readonly string[], to: readonly string[]): Tensor {
  return permuteNode(
    x,
    to.map((axis) => axes.indexOf(axis)),
  );
}

/**
 * Rearranges the elements: permutes, splits and merges axes (A. Rogozhnikov, einops, 2022).
 * @throws {ChainruleError} for a pattern that cannot be read. @throws {ShapeError} if it does not fit the shape.
 * @example rearrange(images, 'b c (h p) (w q) -> b (h w) (c p q)', { p: 16, q: 16 }) // patches
 */
export const rearrange = composite(
  'rearrange',
  (x: Source, pattern: string, sizes?: AxisSizes): Tensor => {
    const node = nodeOf('rearrange', x);
    const plan = planOf('rearrange', pattern, node.sizes, sizes ?? {}, false);
    const droppedAxis = plan.from.find((axis) => !plan.to.includes(axis));
    if (droppedAxis !== undefined)
      throw new ChainruleError(
        `rearrange: the pattern ${display(pattern)} has ${droppedAxis} on the left, but not on the right; see einops.reduce`,
      );
    return reshapeNode(arranged(unpacked(node, plan), plan.from, plan.to), plan.shape);
  },
) as Arrangement;

/** How axes are reduced. */
export type Folding = 'sum' | 'mean' | 'max' | 'min' | 'prod' | 'any' | 'all';

/** A reduction by name, or a function of the tensor and the dimensions. */
type Reducer = Folding | ((x: Tensor, dims: readonly number[]) => Tensor);

const foldings: Readonly<Record<Folding, (x: Tensor, dims: readonly number[]) => Tensor>> = {
  sum: (x, dims) => sumOver([x], { dims, keepdim: false }),
  mean: (x, dims) => mean(x, dims),
  max: (x, dims) => amax(x, dims),
  min: (x, dims) => amin(x, dims),
  prod: (x, dims) => prod(x, dims),
  any: (x, dims) => any(x, dims),
  all: (x, dims) => all(x, dims),
};

/**
 * Like `rearrange`, and reduces axes that are missing on the right: by `'sum'`, `'mean'`, `'max'`, `'min'`, `'prod'`,
 * `'any'`, `'all'`, or a function of the tensor and the dimensions.
 * @example einops.reduce(images, 'b c (h 2) (w 2) -> b c h w', 'max') // pooling
 */
export const reduce = composite(
  'einops.reduce',
  (x: Source, pattern: string, reduction: Reducer, sizes?: AxisSizes): Tensor => {
    const op = 'einops.reduce';
    const node = nodeOf(op, x);
    const plan = planOf(op, pattern, node.sizes, sizes ?? {}, false);
    const fold =
      typeof reduction === 'function'
        ? reduction
        : (foldings as Partial<typeof foldings>)[reduction];
    if (
      fold === undefined ||
      !Object.hasOwn(foldings, typeof reduction === 'string' ? reduction : 'sum')
    ) {
      throw new ChainruleError(
        `${op}: the reduction must be ${Object.keys(foldings).join(', ')} or a function, got ${display(reduction)}`,
      );
    }
    const reducedDims = plan.from.flatMap((axis, d) => (plan.to.includes(axis) ? [] : [d]));
    const keptAxes = plan.from.filter((axis) => plan.to.includes(axis));
    const unpackedAxes = unpacked(node, plan);
    const folded = reducedDims.length === 0 ? unpackedAxes : fold(unpackedAxes, reducedDims);
    return reshapeNode(arranged(folded, keptAxes, plan.to), plan.shape);
  },
) as <X extends Source, const P extends string, const Z extends AxisSizes = Record<never, never>>(
  x: X,
  pattern: P,
  reduction: Reducer,
  sizes?: Z,
) => Tensor<Rearranged<ShapeOfSource<X>, P, Z>>;

/**
 * Like `rearrange`, and repeats the tensor along axes that are only on the right, whose sizes are given.
 * @example einops.repeat(tensor([[1, 2]]), 'h w -> (h 2) (w k)', { k: 2 }) // [[1, 1, 2, 2], [1, 1, 2, 2]]
 */
export const repeat = composite(
  'einops.repeat',
  (x: Source, pattern: string, sizes?: AxisSizes): Tensor => {
    const op = 'einops.repeat';
    const node = nodeOf(op, x);
    const plan = planOf(op, pattern, node.sizes, sizes ?? {}, true);
    const droppedAxis = plan.from.find((axis) => !plan.to.includes(axis));
    if (droppedAxis !== undefined)
      throw new ChainruleError(
        `${op}: the pattern ${display(pattern)} has ${droppedAxis} on the left, but not on the right; see einops.reduce`,
      );
    const keptAxes = plan.to.filter((axis) => plan.from.includes(axis));
    const ordered = arranged(unpacked(node, plan), plan.from, keptAxes);
    const full = plan.to.map((axis) => plan.sizes.get(axis) as number);
    const unpackedAxes = reshapeNode(
      ordered,
      plan.to.map((axis, d) => (plan.from.includes(axis) ? full[d]! : 1)),
    );
    return reshapeNode(expandNode(unpackedAxes, full), plan.shape);
  },
) as Arrangement;
