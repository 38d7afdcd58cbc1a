/** @file Attention, embeddings and dropout: the building blocks of networks for sequences. */
import { byPosition, defineOptions, plural } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { valueOf } from '../../graph/values/reading.js';
import { hostValue } from '../../graph/values/hostValue.js';
import { checkInteger, show, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, mul } from '../elements/arithmetic.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import { eq, ge, lt, where } from '../elements/comparison.js';
import { detach } from '../build/detach.js';
import { composite, floatOperand, operand } from '../build/define.js';
import { maxOver } from '../reductions/fold.js';
import { checkIndices } from '../indexing/gather.js';
import { takeOf } from '../indexing/take.js';
import { matmulOf } from '../linalg/products/matmul.js';
import { iotaAlong } from '../shape/movement.js';
import { dropoutOptions, type DropoutOptions } from './dropoutOptions.js';
import { softmax } from './normalization/normalization.js';
import { oneHotOf } from '../indexing/oneHot.js';
import { zerosOf } from '../build/primitive.js';
import { rand } from '../creation/random.js';

export type { DropoutOptions } from './dropoutOptions.js';

/**
 * Sets each element to 0 with probability `p` (default 0.5) and divides the others by `1 − p`. PyTorch:
 * `nn.functional.dropout`.
 * @throws {ChainruleError} unless p is from 0 to 1.
 * @example dropout(ones([1000]), 0.2).mean() // about 1
 */
export const dropout: (x: Tensor, p?: number | DropoutOptions, options?: DropoutOptions) => Tensor =
  composite('dropout', (input, probability, options): Tensor => {
    const { p = 0.5, training = true } = dropoutOptions('dropout', probability, options);
    const x = floatOperand('dropout', input);
    if (!training || p === 0) return x;
    const kept = lt(rand(x.sizes), 1 - p);
    return where(kept, p === 1 ? x : mul(x, 1 / (1 - p)), zerosOf(x));
  });

/** Options of `embedding`. */
export interface EmbeddingOptions {
  /** A row that gets no gradient. Negative numbers count from the end. */
  readonly paddingIdx?: number | null | undefined;
}

const embeddingOptions = defineOptions<EmbeddingOptions>({ paddingIdx: kinds.orNull(kinds.whole) });

/**
 * Rows of `weight [n, d]`, chosen by an int32 tensor of any shape `[…]`: `[…, d]`. PyTorch: `nn.functional.embedding`.
 *
 * @throws {IndexError} for an index out of range: at the call for known values, otherwise when evaluated.
 * @throws {DTypeError} if the indices are not int32. @throws {ShapeError} if the weight is not a matrix.
 * @example embedding(tensor([2, 0], { dtype: 'int32' }), tensor([[1, 1], [2, 2], [3, 3]])) // [[3, 3], [1, 1]]
 */
export const embedding: (indices: Tensor, weight: Tensor, options?: EmbeddingOptions) => Tensor =
  composite('embedding', (indices, weight, options): Tensor => {
    const { paddingIdx } = embeddingOptions('embedding', options);
    const index = integers('embedding', indices);
    const w = operand('embedding', weight);
    if (w.ndim !== 2)
      throw new ShapeError(`embedding: the weight must be [rows, features], got ${show(w.sizes)}`);
    const rows = w.sizes[0] as number;
    const known = hostValue(index);
    if (known !== null) checkIndices('embedding: index', known, rows, 0);
    const y = takeOf([w, index], { dim: 0, what: 'embedding: index' });
    if (paddingIdx === undefined || paddingIdx === null) return y;
    checkInteger('embedding', 'paddingIdx', paddingIdx, -rows);
    if (paddingIdx >= rows) {
      throw new ChainruleError(
        `embedding: paddingIdx ${paddingIdx} is not a row of a weight with ${plural(rows, 'row')}`,
      );
    }
    const padding = eq(index, paddingIdx < 0 ? paddingIdx + rows : paddingIdx);
    return where(reshapeNode(padding, [...index.sizes, 1]), detach(y), y);
  });

/** Options of `oneHot`. */
export interface OneHotOptions {
  /** The number of classes. Default −1: as many as the largest class needs. */
  readonly numClasses?: number;
}

const oneHotOptions = byPosition(
  defineOptions<OneHotOptions>({ numClasses: kinds.wholeBetween(-1, Infinity) }),
  'numClasses',
);

/**
 * 1 at the position of each class and 0 elsewhere, int32: `[…] → […, numClasses]`. Without `numClasses`, or with −1,
 * there are as many classes as the largest one needs, and the indices are evaluated. PyTorch: `nn.functional.one_hot`.
 *
 * @throws {IndexError} for a class out of range: at the call for known values, otherwise when evaluated.
 * @example oneHot(tensor([0, 2], { dtype: 'int32' }), 3) // [[1, 0, 0], [0, 0, 1]]
 */
export const oneHot: (indices: Tensor, numClasses?: number | OneHotOptions) => Tensor = composite(
  'oneHot',
  (indices, given, options?: OneHotOptions): Tensor => {
    const { numClasses = -1 } = oneHotOptions('oneHot', given, options);
    const index = integers('oneHot', indices);
    if (numClasses === -1 && index.size === 0) {
      throw new ChainruleError('oneHot: without numClasses there must be at least one index');
    }
    const all = index.sizes.map((_, d) => d);
    const largest = (): number =>
      valueOf(maxOver([index], { dims: all, keepdim: false }), 'oneHot')[0] as number;
    const count = numClasses >= 0 ? numClasses : largest() + 1;
    const known = hostValue(index);
    if (known !== null) checkIndices('oneHot: index', known, count, index.ndim);
    return oneHotOf([index], { count });
  },
);

/** Options of `scaledDotProductAttention`. */
export interface AttentionOptions {
  /** For each query and key, true or a score to add: `[…, l, s]`. May also be given by position. */
  readonly attnMask?: Tensor | null | undefined;
  /** Whether each query attends only to keys up to its own position. Default false. */
  readonly isCausal?: boolean;
  /** The factor of the scores. Default `1 / √e`. */
  readonly scale?: number | null;
  /** The dropout probability of the weights. Default 0. */
  readonly dropoutP?: number;
  /** Whether heads of key and value are repeated to match those of the query. Default false. */
  readonly enableGqa?: boolean;
}

const attentionOptions = byPosition(
  defineOptions<AttentionOptions>(
    {
      attnMask: kinds.orNull(kinds.tensor),
      isCausal: kinds.flag,
      scale: kinds.orNull(kinds.finite),
      dropoutP: kinds.fraction,
      enableGqa: kinds.flag,
    },
    ({ attnMask, isCausal, scale, dropoutP, enableGqa }) => ({
      attnMask,
      isCausal,
      scale,
      dropoutP,
      enableGqa,
    }),
  ),
  'attnMask',
);

/**
 * `softmax(q kᵀ · scale + mask) v` for `query […, l, e]`, `key […, s, e]`, `value […, s, f]`; leading dimensions
 * broadcast. A boolean mask is true where a query may attend; a float mask is added to the scores. A query that may
 * attend to nothing gives 0. PyTorch: `nn.functional.scaled_dot_product_attention`.
 *
 * @throws {DTypeError} for a mask that is neither bool nor of the query's dtype.
 * @throws {ShapeError} if the last dimensions do not fit, or the mask does not broadcast to `[…, l, s]`.
 * @example scaledDotProductAttention(tensor([[0, 0]]), ones([2, 2]), tensor([[1, 2], [3, 4]])) // [[2, 3]]
 */
export const scaledDotProductAttention: (
  query: Tensor,
  key: Tensor,
  value: Tensor,
  attnMask?: Tensor | null | AttentionOptions,
  options?: AttentionOptions,
) => Tensor = composite('scaledDotProductAttention', (query, key, value, given, more): Tensor => {
  const op = 'scaledDotProductAttention';
  const options = attentionOptions(op, given, more);
  const { attnMask } = options;
  const q = floatOperand(op, query);
  let [k, v] = [floatOperand(op, key), floatOperand(op, value)];
  if (
    [q, k, v].some((x) => x.ndim < 2) ||
    q.sizes.at(-1) !== k.sizes.at(-1) ||
    k.sizes.at(-2) !== v.sizes.at(-2)
  ) {
    throw new ShapeError(
      `${op}: query ${show(q.sizes)}, key ${show(k.sizes)} and value ${show(v.sizes)} must be […, l, e], […, s, e] and […, s, f]`,
    );
  }
  if (k.dtype !== q.dtype || v.dtype !== q.dtype) {
    throw new DTypeError(`${op}: the dtypes differ: ${q.dtype}, ${k.dtype} and ${v.dtype}`);
  }
  if (options.isCausal === true && attnMask !== undefined && attnMask !== null) {
    throw new ChainruleError(`${op}: give an attnMask or isCausal, not both`);
  }
  if (options.enableGqa === true) [k, v] = [repeatHeads(op, k, q), repeatHeads(op, v, q)];
  const [l, s] = [q.sizes.at(-2) as number, k.sizes.at(-2) as number];
  const scale = options.scale ?? 1 / Math.sqrt(q.sizes.at(-1) as number);
  let scores = matmulOf([mul(q, scale), k], { transA: false, transB: true });
  if (options.isCausal === true) {
    scores = where(ge(iotaAlong(l, 0, 2), iotaAlong(s, 1, 2)), scores, -Infinity);
  } else if (attnMask !== undefined && attnMask !== null) {
    const mask = maskFor(op, attnMask, scores);
    scores = mask.dtype === 'bool' ? where(mask, scores, -Infinity) : add(scores, mask);
  }
  if (s === 0) return zerosOf(matmulOf([scores, v], { transA: false, transB: false }));
  const best = maxOver([scores], { dims: [scores.ndim - 1], keepdim: true });
  const weights = where(eq(best, -Infinity), zerosOf(scores), softmax(scores, -1));
  const dropped = dropout(weights, options.dropoutP ?? 0);
  return matmulOf([dropped, v], { transA: false, transB: false });
});

/** A mask of another dtype would widen the scores it is added to, and one of integers is mostly meant as true and false. */
function maskFor(op: string, attnMask: Tensor, scores: Tensor): Tensor {
  const mask = operand(op, attnMask);
  const [own, all] = [mask.sizes, scores.sizes];
  if (mask.dtype !== 'bool' && mask.dtype !== scores.dtype) {
    throw new DTypeError(
      `${op}: attnMask must be bool, true where a query attends to a key, or scores in ${scores.dtype}, got ${mask.dtype}`,
    );
  }
  if (
    own.length > all.length ||
    own.some((n, i) => n !== 1 && n !== all[i + all.length - own.length])
  ) {
    throw new ShapeError(
      `${op}: attnMask must broadcast to ${show(all)}, a score for each query and key, got shape ${show(own)}`,
    );
  }
  return mask;
}

/** `[…, h, s, e]` with each head repeated to match the number of heads of the query. */
function repeatHeads(op: string, x: Tensor, q: Tensor): Tensor {
  const [have, want] = [x.sizes.at(-3) ?? 1, q.sizes.at(-3) ?? 1];
  if (x.ndim < 3 || have === 0 || want % have !== 0) {
    throw new ShapeError(
      `${op}: ${want} heads of the query are not a multiple of the ${have} of ${show(x.sizes)}`,
    );
  }
  const [lead, rest] = [x.sizes.slice(0, -3), x.sizes.slice(-2)];
  const grouped = reshapeNode(x, [...lead, have, 1, ...rest]);
  return reshapeNode(expandNode(grouped, [...lead, have, want / have, ...rest]), [
    ...lead,
    want,
    ...rest,
  ]);
}

function integers(op: string, x: Tensor): Tensor {
  const index = operand(op, x);
  if (index.dtype === 'int32') return index;
  throw new DTypeError(
    `${op}: the indices must be int32, got ${index.dtype}; cast them: x.cast('int32')`,
  );
}

/** The methods of this family. */
export interface AttentionMethods<S extends Shape = Shape> {
  dropout(p?: number | DropoutOptions, options?: DropoutOptions): Tensor<S>;
  embedding(weight: Tensor, options?: EmbeddingOptions): Tensor;
  oneHot(numClasses?: number | OneHotOptions): Tensor;
  scaledDotProductAttention(
    key: Tensor,
    value: Tensor,
    attnMask?: Tensor | null | AttentionOptions,
    options?: AttentionOptions,
  ): Tensor;
}
