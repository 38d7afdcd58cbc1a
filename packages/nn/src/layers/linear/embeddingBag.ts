/** @file Rows of a table, looked up and combined bag by bag: the function behind `EmbeddingBag`. */
import {
  arange,
  assertBetween,
  cat,
  ChainruleError,
  checkArgument,
  clamp,
  defineOptions,
  display,
  embedding,
  indexAdd,
  IndexError,
  indexReduce,
  kinds,
  ones,
  peek,
  plural,
  searchsorted,
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
 * all indices in a row, `[n]`, with the offset at which each bag starts. An empty bag gives zeros. The
 * gradient of a maximum is split evenly among equal rows. PyTorch: `nn.functional.embedding_bag`, without `max_norm` (use
 * the module) and `sparse`.
 *
 * @throws {IndexError} for an index out of range, or offsets that decrease: at the call where they are known, else when
 * evaluated. @throws {ShapeError} for other shapes.
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

/** The rows of `weight`; with `scaled`, their gradients are divided by the number of times that each is looked up. */
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
  const noCounts = zeros([weight.shape[0] ?? 0], { dtype });
  const counts = indexAdd(noCounts, 0, flat, ones([flat.size], { dtype }));
  const share = take(counts, indices).reciprocal().unsqueeze(-1);
  return vectors.detach().add(vectors.sub(vectors.detach()).mul(share));
}

/** Looks up rows with `rows`, and combines them bag by bag. */
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
  const n = indices.size;
  if (indices.ndim === 2 && offsets === null && n > 0)
    return combinedRows(indices, rows(indices), { mode, paddingIdx, perSampleWeights });
  const { bags, bagOf } = bagsOf(op, indices, offsets, options.includeLastOffset ?? false);
  const flat = indices.flatten();
  const embedded = rows(flat);
  const { dtype } = embedded;
  const counts = (present: Tensor): Tensor => indexAdd(zeros([bags], { dtype }), 0, bagOf, present);
  const present = paddingIdx === null ? ones([n], { dtype }) : flat.ne(paddingIdx).cast(dtype);
  const isPresent = present.gt(0).unsqueeze(-1);
  const empty = zeros([bags, embedded.shape[1] ?? 0], { dtype });
  let bag: Tensor;
  if (mode === 'max') {
    const vectors = where(isPresent, embedded, -Infinity);
    const best = indexReduce(empty, 0, bagOf, vectors, 'amax', { includeSelf: false });
    bag = where(counts(present).gt(0).unsqueeze(-1), best, 0);
  } else {
    const factor = perSampleWeights === null ? 1 : perSampleWeights.flatten().unsqueeze(-1);
    bag = indexAdd(empty, 0, bagOf, where(isPresent, embedded.mul(factor), 0));
    if (mode === 'mean') bag = bag.div(clamp(counts(present), 1).unsqueeze(-1));
  }
  // Indices after the last offset are in no bag.
  return options.includeLastOffset === true && indices.ndim === 1
    ? bag.narrow(0, 0, bags - 1)
    : bag;
}

/** Bags of one size: the vectors `embedded [bags, n, size]` combined along the second dimension. */
function combinedRows(
  indices: Tensor,
  embedded: Tensor,
  { mode, paddingIdx, perSampleWeights }: EmbeddingBagCall,
): Tensor {
  const present = paddingIdx == null ? null : indices.ne(paddingIdx);
  const chosen = (vectors: Tensor, rest: number): Tensor =>
    present === null ? vectors : where(present.unsqueeze(-1), vectors, rest);
  if (mode === 'max') {
    const best = chosen(embedded, -Infinity).amax(1);
    return present === null ? best : where(present.any(1).unsqueeze(-1), best, 0);
  }
  const weighted =
    perSampleWeights == null ? embedded : embedded.mul(perSampleWeights.unsqueeze(-1));
  const bag = chosen(weighted, 0).sum(1);
  if (mode === 'sum') return bag;
  if (present === null) return bag.div(indices.shape[1] as number);
  return bag.div(clamp(present.sum(1), 1).cast(embedded.dtype).unsqueeze(-1));
}

/** How many bags there are, and the bag of each index. */
function bagsOf(
  op: string,
  indices: Tensor,
  offsets: Tensor | null,
  includeLastOffset: boolean,
): { bags: number; bagOf: Tensor } {
  if (indices.ndim === 2) {
    if (offsets !== null)
      throw new ChainruleError(`${op}: indices in a matrix take no offsets: each row is a bag`);
    const [bags = 0, m = 0] = indices.shape;
    return { bags, bagOf: arange(bags).unsqueeze(1).expand([bags, m]).flatten() };
  }
  if (indices.ndim !== 1 || offsets?.ndim !== 1) {
    throw new ShapeError(
      `${op}: expected [bags, n], or [n] and a vector of offsets, got [${indices.shape.join(', ')}]` +
        (offsets === null ? '' : ` and [${offsets.shape.join(', ')}]`),
    );
  }
  const n = indices.size;
  const bags = offsets.size;
  if (bags === 0 && (n > 0 || includeLastOffset))
    throw new IndexError(`${op}: offsets must not be empty for ${plural(n, 'index', 'indices')}`);
  const positions = arange(n);
  const search = (starts: Tensor): Tensor =>
    searchsorted(starts, positions, { right: true }).sub(1);
  const known = peek(offsets);
  if (known === null) {
    const ends = cat([offsets, tensor([n], { dtype: offsets.dtype })]).narrow(0, 1, bags);
    const sizes = assertBetween(ends.sub(offsets), 0, n, `${op}: the size of a bag`);
    return { bags, bagOf: search(ends.sub(sizes)) };
  }
  if (known.some((s, i) => (i === 0 ? s !== 0 : s < (known[i - 1] as number)) || s > n)) {
    throw new IndexError(
      `${op}: offsets must be nondecreasing, from 0 to at most ${n}, got ${display([...known])}`,
    );
  }
  return { bags, bagOf: search(offsets) };
}
