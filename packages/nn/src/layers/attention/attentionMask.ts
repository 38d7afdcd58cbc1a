/** @file Masks of attention, as numbers that are added to the scores. */
import {
  cat,
  checkArgument,
  kinds,
  ones,
  ShapeError,
  type Tensor,
  triu,
  where,
  zeros,
} from '@chainrule/autograd';
import type { AttentionCallOptions } from './attention.js';

/**
 * The mask that is added to the scores `[batch, heads, queries, keys]`, or null. The last `added` keys are not part of the
 * given masks.
 */
export function maskOf(
  q: Tensor,
  k: Tensor,
  { attnMask, keyPaddingMask, isCausal = false }: AttentionCallOptions,
  { added, batched }: { readonly added: number; readonly batched: boolean },
): Tensor | null {
  const [n = 0, h = 0, l = 0] = q.shape;
  const s = (k.shape[2] as number) - added;
  const asNumbers = (m: Tensor): Tensor =>
    m.dtype === 'bool' ? where(m, -Infinity, zeros([], { dtype: q.dtype })) : m;
  // Added keys are never masked.
  const extended = (m: Tensor): Tensor =>
    added === 0 ? m : cat([m, zeros([...m.shape.slice(0, -1), added], { dtype: m.dtype })], -1);
  const masks: Tensor[] = [];
  if (attnMask != null) {
    const perHead = attnMask.ndim === 3;
    expectShape('attnMask', attnMask, perHead ? [n * h, l, s] : [l, s]);
    masks.push(extended(asNumbers(perHead ? attnMask.reshape([n, h, l, s]) : attnMask)));
  } else if (isCausal) {
    masks.push(extended(causalMask(l, s, q.dtype)));
  }
  if (keyPaddingMask != null) {
    expectShape('keyPaddingMask', keyPaddingMask, batched ? [n, s] : [s]);
    masks.push(extended(asNumbers(keyPaddingMask.reshape([n, 1, 1, s]))));
  }
  return masks.length === 0 ? null : masks.reduce((a, b) => a.add(b));
}

/**
 * −∞ above the diagonal: `[queries, keys]`.
 * @example causalMask(2) // [[0, -Infinity], [0, 0]]
 */
export function causalMask(
  queries: number,
  keys: number = queries,
  dtype: Tensor['dtype'] = 'float32',
): Tensor {
  checkArgument('causalMask', 'queries', queries, kinds.size);
  checkArgument('causalMask', 'keys', keys, kinds.size);
  const later = triu(ones([queries, keys]), 1).gt(0);
  return where(later, -Infinity, zeros([], { dtype }));
}

function expectShape(what: string, mask: Tensor, shape: readonly number[]): void {
  if (String(mask.shape) !== String(shape)) {
    throw new ShapeError(
      `MultiheadAttention: ${what} must have shape [${shape.join(', ')}], got [${mask.shape.join(', ')}]`,
    );
  }
}
