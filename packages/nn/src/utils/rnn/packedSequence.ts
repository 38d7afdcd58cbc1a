/** @file Packs sequences of different lengths into one tensor without padding, and unpacks them. */
import {
  ChainruleError,
  checkArgument,
  defineOptions,
  display,
  indexSelect,
  kinds,
  passes,
  plural,
  readList,
  ShapeError,
  Tensor,
  tensor,
  where,
} from '@chainrule/autograd';
import { numbersOf, type Lengths } from './lengths.js';
import { padSequence } from './padSequence.js';

/**
 * A batch of sequences, step by step: first the first steps of all, longest sequence first, then the second steps of
 * those that have one, and so on. Recurrent layers take it in place of a tensor. A plain object, which `grad`, `jvp`
 * and `compile` take as an argument like any tree of tensors. PyTorch: `nn.utils.rnn.PackedSequence`, whose batch
 * sizes and indices are tensors.
 */
export interface PackedSequence {
  /** `[steps of all sequences, …features]`. */
  readonly data: Tensor;
  /** How many sequences have a first step, a second one … */
  readonly batchSizes: readonly number[];
  /** For each position the sequence of the batch in it; null if the sequences were given sorted. */
  readonly sortedIndices: readonly number[] | null;
  /** For each sequence of the batch its position; null if the sequences were given sorted. */
  readonly unsortedIndices: readonly number[] | null;
}

export function isPacked(x: unknown): x is PackedSequence {
  return passes(packed, x);
}

const counts = kinds.listOf(kinds.size);
const order = kinds.orNull(counts);
const packed = kinds.kind<PackedSequence>(
  'be a packed sequence',
  (x) =>
    typeof x === 'object' &&
    x !== null &&
    (x as Partial<PackedSequence>).data instanceof Tensor &&
    counts.test((x as Partial<PackedSequence>).batchSizes) &&
    order.test((x as Partial<PackedSequence>).sortedIndices),
);

/** Options of `packSequence`. */
export interface PackOptions {
  /**
   * Whether lengths must be given in decreasing order; otherwise they are sorted here, and results are returned in the
   * given order. Default true.
   */
  readonly enforceSorted?: boolean | undefined;
}

/** Options of `packPaddedSequence`. */
export interface PackPaddedOptions extends PackOptions {
  /** Whether the input is `[batch, time, …]` instead of `[time, batch, …]`. Default false. */
  readonly batchFirst?: boolean | undefined;
}

const readPack = defineOptions<PackOptions>({ enforceSorted: kinds.flag });
const readPackPadded = defineOptions<PackPaddedOptions>({
  ...readPack.table,
  batchFirst: kinds.flag,
});

/**
 * Padded sequences `[time, batch, …]` without their padding. PyTorch: `nn.utils.rnn.pack_padded_sequence`.
 *
 * @param lengths of each sequence: at least 1, at most `time`.
 * @throws {ShapeError} if there is not one length for each sequence, or one is longer than the input.
 * @throws {ChainruleError} if a length is not positive, or, with `enforceSorted`, they increase.
 * @example
 * const packed = packPaddedSequence(x, [5, 3, 2]);
 * const [output, h] = gru.forward(packed);
 * padPackedSequence(output).output
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: Lengths,
  options?: PackPaddedOptions,
): PackedSequence {
  const op = 'packPaddedSequence';
  const { batchFirst = false, enforceSorted = true } = readPackPadded(op, options);
  checkArgument(op, 'input', input, kinds.tensor);
  if (input.ndim < 2) {
    throw new ShapeError(
      `${op}: expected ${batchFirst ? '[batch, time, …]' : '[time, batch, …]'}, got [${input.shape.join(', ')}]`,
    );
  }
  const [batch = 0, time = 0] = batchFirst ? input.shape : [input.shape[1], input.shape[0]];
  const list = numbersOf(op, lengths);
  if (list.length !== batch || batch === 0) {
    throw new ShapeError(
      `${op}: ${plural(list.length, 'length')} for a batch of ${batch}: each sequence needs one, and there must be a sequence`,
    );
  }
  const longest = list.find((n) => n > time);
  if (longest !== undefined)
    throw new ShapeError(
      `${op}: length ${longest} is more than the input's ${plural(time, 'step')}`,
    );
  const none = list.find((n) => n < 1);
  if (none !== undefined)
    throw new ChainruleError(`${op}: lengths must be at least 1, got ${none}`);
  const order = orderOf(op, list, enforceSorted);
  const sorted = order === null ? list : order.map((b) => list[b] as number);
  const batchSizes = Array.from(
    { length: sorted[0] as number },
    (_, t) => sorted.filter((n) => n > t).length,
  );
  const rows = batchSizes.flatMap((n, t) =>
    Array.from({ length: n }, (_, k) => {
      const b = order === null ? k : (order[k] as number);
      return batchFirst ? b * time + t : t * batch + b;
    }),
  );
  const flat = input.reshape([time * batch, ...input.shape.slice(2)]);
  return {
    data: indexSelect(flat, 0, tensor(rows, { dtype: 'int32' })),
    batchSizes,
    sortedIndices: order,
    unsortedIndices: order === null ? null : inverse(order),
  };
}

/**
 * Sequences `[length, …]` in one packed batch. PyTorch: `nn.utils.rnn.pack_sequence`.
 * @throws {ChainruleError} if there are none, one is empty, or with `enforceSorted` (the default) their lengths
 * increase.
 * @example packSequence([tensor([1, 2, 3]), tensor([4, 5])]).data // [1, 4, 2, 5, 3]
 */
export function packSequence(sequences: readonly Tensor[], options?: PackOptions): PackedSequence {
  const given = readPack('packSequence', options);
  const list = readList('packSequence', 'sequences', sequences, kinds.tensor);
  const lengths = list.map((s) => s.shape[0] ?? 0);
  return packPaddedSequence(padSequence(list), lengths, given);
}

/** Options of `padPackedSequence`. */
export interface PadPackedOptions {
  /** Whether the output is `[batch, time, …]` instead of `[time, batch, …]`. Default false. */
  readonly batchFirst?: boolean | undefined;
  /** The value after the end of a sequence. Default 0. */
  readonly paddingValue?: number | undefined;
  /** The number of steps of the output; at least that of the longest sequence, which is the default. */
  readonly totalLength?: number | null | undefined;
}

const readPadPacked = defineOptions<PadPackedOptions>({
  batchFirst: kinds.flag,
  paddingValue: kinds.number,
  totalLength: kinds.orNull(kinds.size),
});

/**
 * The inverse of `packPaddedSequence`: the output, padded, and the int32 lengths of its sequences.
 * PyTorch: `nn.utils.rnn.pad_packed_sequence`.
 * @throws {ChainruleError} if `totalLength` is less than the longest sequence.
 * @example padPackedSequence(packSequence([tensor([1, 2]), tensor([3])])).output // [[1, 3], [2, 0]]
 */
export function padPackedSequence(
  packed: PackedSequence,
  options?: PadPackedOptions,
): { output: Tensor; lengths: Tensor } {
  const op = 'padPackedSequence';
  const { batchFirst = false, paddingValue = 0, totalLength = null } = readPadPacked(op, options);
  if (!isPacked(packed)) {
    throw new ChainruleError(
      `${op}: expected a packed sequence, as packPaddedSequence and recurrent layers give it`,
    );
  }
  const { data, batchSizes, sortedIndices } = packed;
  const [steps, batch] = [batchSizes.length, batchSizes[0] ?? 0];
  const time = totalLength ?? steps;
  if (time < steps) {
    throw new ChainruleError(
      `${op}: totalLength ${time} is less than the longest sequence's ${plural(steps, 'step')}`,
    );
  }
  // The position of each sequence, and the row at which each step begins.
  const place = sortedIndices === null ? null : inverse(sortedIndices);
  const at: number[] = [];
  let sum = 0;
  for (const n of batchSizes) at.push((sum += n) - n);
  const lengths = Array.from({ length: batch }, (_, b) => {
    const k = place === null ? b : (place[b] as number);
    return batchSizes.filter((n) => n > k).length;
  });
  const row = (t: number, b: number): number =>
    t < (lengths[b] as number)
      ? (at[t] as number) + (place === null ? b : (place[b] as number))
      : -1;
  const [outer, inner] = batchFirst ? [batch, time] : [time, batch];
  const rows = Int32Array.from({ length: outer * inner }, (_, i) => {
    const [o, k] = [Math.floor(i / inner), i % inner];
    return batchFirst ? row(k, o) : row(o, k);
  });
  const chosen = indexSelect(data, 0, tensor(rows.map((r) => Math.max(r, 0))));
  const present = tensor([...rows].map((r) => r >= 0)).reshape([
    rows.length,
    ...data.shape.slice(1).map(() => 1),
  ]);
  const complete = rows.every((r) => r >= 0);
  const output = complete ? chosen : where(present, chosen, paddingValue).cast(data.dtype);
  return {
    output: output.reshape([outer, inner, ...data.shape.slice(1)]),
    lengths: tensor(Int32Array.from(lengths)),
  };
}

/** The sequences in order of falling length; null if they had to be given in this order. */
function orderOf(op: string, lengths: readonly number[], enforceSorted: boolean): number[] | null {
  if (!enforceSorted) {
    return lengths.map((_, b) => b).sort((a, b) => (lengths[b] as number) - (lengths[a] as number));
  }
  if (lengths.some((n, b) => b > 0 && n > (lengths[b - 1] as number))) {
    throw new ChainruleError(
      `${op}: lengths ${display(lengths)} must not increase; sort the batch, or give { enforceSorted: false }`,
    );
  }
  return null;
}

function inverse(order: readonly number[]): number[] {
  const inverted = new Array<number>(order.length);
  order.forEach((b, k) => (inverted[b] = k));
  return inverted;
}
