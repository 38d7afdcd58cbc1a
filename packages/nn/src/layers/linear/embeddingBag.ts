/** @file Rows of a table, looked up and combined bag by bag: the function behind `EmbeddingBag`. */
import {
  amax,
  any,
  arange,
  ChainruleError,
  checkArgument,
  clamp,
  defineOptions,
  display,
  embedding,
  full,
  indexAdd,
  IndexError,
  indexSelect,
  kinds,
  ones,
  ShapeError,
  take,
  tensor,
  type Tensor,
  where,
  zeros,
} from '@chainrule/autograd';

/** How the vectors of a bag are combined. */
export type BagMode = 'sum' | 'mean' | 'max';

/** Options of `embeddingBag`. */
export interface EmbeddingBagCall {
  /** How the rows of a bag are combined. Default `'mean'`. */
  readonly mode?: BagMode;
  /** A weight for each index, in the shape of the indices; only with mode `'sum'`. */
  readonly perSampleWeights?: Tensor | null;
  /** Whether the last offset is the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean;
  /** An index that does not count and gets no gradient. */
  readonly paddingIdx?: number | null;
  /** Whether a row's gradient is divided by how often the call looks it up. Default false. */
  readonly scaleGradByFreq?: boolean;
}

const callOptions = defineOptions<EmbeddingBagCall>({
  mode: kinds.oneOf('sum', 'mean', 'max'),
  perSampleWeights: kinds.orNull(kinds.tensor),
  includeLastOffset: kinds.flag,
  paddingIdx: kinds.orNull(kinds.whole),
  scaleGradByFreq: kinds.flag,
});

/**
 * The sum, mean or maximum of the rows of `weight [count, size]` in each bag: `indices [bags, n] → [bags, size]`, or
 * all indices in a row, `[n]`, with the offset at which each bag starts. An empty bag gives zeros. Offsets are read
 * at the call. PyTorch: `nn.functional.embedding_bag`, without `max_norm` (use the module) and `sparse`.
 *
 * @throws {IndexError} for an index out of range, or offsets that do not rise. @throws {ShapeError} for other
 * shapes.
 * @example
 * const table = tensor([[1, 2], [3, 4], [5, 6]]);
 * nn.functional.embeddingBag(tensor([0, 1, 2], { dtype: 'int32' }), table, tensor([0, 2], { dtype: 'int32' })) // [[2, 3], [5, 6]]
 */
export function embeddingBag(
  indices: Tensor,
  weight: Tensor,
  offsets?: Tensor | null,
  options?: EmbeddingBagCall,
): Tensor {
  const op = 'embeddingBag';
  const { paddingIdx = null, scaleGradByFreq = false, ...rest } = callOptions(op, options);
  checkArgument(op, 'indices', indices, kinds.tensor);
  checkArgument(op, 'offsets', offsets ?? null, kinds.orNull(kinds.tensor));
  const count = checkArgument(op, 'weight', weight, kinds.tensor).shape[0] ?? 0;
  if (weight.ndim !== 2)
    throw new ShapeError(`${op}: expected weight [count, size], got [${weight.shape.join(', ')}]`);
  if (paddingIdx !== null && (paddingIdx < -count || paddingIdx >= count))
    throw new IndexError(`${op}: paddingIdx ${paddingIdx} is outside of ${count} embeddings`);
  const padding = paddingIdx === null || paddingIdx >= 0 ? paddingIdx : paddingIdx + count;
  const rows = (ids: Tensor): Tensor => lookedUp(ids, weight, padding, scaleGradByFreq);
  return reduceBags(op, indices, offsets ?? null, rows, { ...rest, paddingIdx: padding });
}

/** The rows of `weight`; with `scaled`, their gradients are divided by how often each is looked up. */
export function lookedUp(
  indices: Tensor,
  weight: Tensor,
  paddingIdx: number | null,
  scaled: boolean,
): Tensor {
  const vectors = embedding(indices, weight, paddingIdx === null ? {} : { paddingIdx });
  if (!scaled) return vectors;
  const flat = indices.flatten();
  const { dtype } = weight;
  const none = zeros([weight.shape[0] ?? 0], { dtype });
  const counts = indexAdd(none, 0, flat, ones([flat.size], { dtype }));
  const share = take(counts, indices).reciprocal().unsqueeze(-1);
  return vectors.detach().add(vectors.sub(vectors.detach()).mul(share));
}

/** The rows that `rows` finds for indices, combined bag by bag. */
export function reduceBags(
  op: string,
  indices: Tensor,
  offsets: Tensor | null,
  rows: (ids: Tensor) => Tensor,
  options: EmbeddingBagCall,
): Tensor {
  const { mode = 'mean', paddingIdx = null, perSampleWeights = null } = options;
  if (perSampleWeights !== null && mode !== 'sum')
    throw new ChainruleError(`${op}: perSampleWeights need mode 'sum', this is '${mode}'`);
  if (perSampleWeights !== null && perSampleWeights.shape.join() !== indices.shape.join())
    throw new ShapeError(
      `${op}: perSampleWeights [${perSampleWeights.shape.join(', ')}] must have the shape of the indices, [${indices.shape.join(', ')}]`,
    );
  const { places, present } = bagsOf(op, indices, offsets, options.includeLastOffset ?? false);
  // Each index is looked up once, so that what fills the places of short bags counts nowhere.
  const found = rows(indices.flatten());
  if (indices.size === 0)
    return zeros([places.shape[0] ?? 0, found.shape[1] ?? 0], { dtype: found.dtype });
  const flat = places.flatten();
  const vectors = indexSelect(found, 0, flat).reshape([...places.shape, found.shape[1] ?? 0]);
  const ids = take(indices.flatten(), flat).reshape(places.shape);
  const counted = paddingIdx === null ? present : present.logicalAnd(ids.ne(paddingIdx));
  const mask = counted.unsqueeze(-1);
  if (mode === 'max') {
    const best = amax(where(mask, vectors, -Infinity), 1);
    return where(any(counted, 1, { keepdim: true }), best, 0);
  }
  const factor =
    perSampleWeights === null
      ? 1
      : take(perSampleWeights.flatten(), flat).reshape([...places.shape, 1]);
  const total = where(mask, vectors.mul(factor), 0).sum(1);
  if (mode === 'sum') return total;
  return total.div(clamp(counted.cast(total.dtype).sum(1, { keepdim: true }), 1));
}

/** The positions of each bag's indices, as a matrix, and which of its entries are in use. */
function bagsOf(
  op: string,
  indices: Tensor,
  offsets: Tensor | null,
  includeLastOffset: boolean,
): { places: Tensor; present: Tensor } {
  if (indices.ndim === 2) {
    if (offsets !== null)
      throw new ChainruleError(`${op}: indices in a matrix take no offsets: each row is a bag`);
    const [n = 0, m = 0] = indices.shape;
    return { places: arange(n * m).reshape([n, m]), present: full([n, m], true) };
  }
  if (indices.ndim !== 1 || offsets === null) {
    throw new ShapeError(
      `${op}: expected [bags, n], or [n] and offsets, got [${indices.shape.join(', ')}]`,
    );
  }
  const starts = [...offsets.dataSync()];
  if (!includeLastOffset) starts.push(indices.size);
  if (starts[0] !== 0 || starts.some((s, i) => s > indices.size || s < (starts[i - 1] ?? 0))) {
    throw new IndexError(
      `${op}: offsets must rise from 0 to at most ${indices.size}, got ${display(starts)}`,
    );
  }
  const sizes = starts.slice(1).map((end, i) => end - (starts[i] as number));
  const longest = sizes.reduce((most, n) => Math.max(most, n), 1);
  const place = (i: number, j: number): number =>
    j < (sizes[i] as number) ? (starts[i] as number) + j : 0;
  const rows = sizes.map((_, i) => Array.from({ length: longest }, (_, j) => place(i, j)));
  const used = sizes.map((n) => Array.from({ length: longest }, (_, j) => j < n));
  return {
    places: tensor(rows, { dtype: 'int32' }).reshape([sizes.length, longest]),
    present: tensor(used).reshape([sizes.length, longest]),
  };
}
