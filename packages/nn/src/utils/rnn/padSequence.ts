/** @file Sequences of different lengths as one tensor with padding, and back. */
import {
  checkArgument,
  defineOptions,
  display,
  kinds,
  pad,
  ShapeError,
  stack,
  type Tensor,
} from '@chainrule/autograd';
import { numbersOf, type Lengths } from './lengths.js';

/** Options of `padSequence`. */
export interface PadSequenceOptions {
  /** Whether the result is `[batch, time, …]` instead of `[time, batch, …]`. Default false. */
  readonly batchFirst?: boolean | undefined;
  /** Default 0. */
  readonly paddingValue?: number | undefined;
  /** Where shorter sequences are filled up. Default `'right'`, after their end. */
  readonly paddingSide?: 'right' | 'left' | undefined;
}

const readPadSequence = defineOptions<PadSequenceOptions>({
  batchFirst: kinds.flag,
  paddingValue: kinds.number,
  paddingSide: kinds.oneOf('right', 'left'),
});

/**
 * Sequences `[length, …]`, whose other dimensions are equal, stacked to `[longest, batch, …]` with `paddingValue` where
 * they are shorter. PyTorch: `nn.utils.rnn.pad_sequence`.
 *
 * @throws {ShapeError} if there are none, or they differ in their other dimensions.
 * @example padSequence([tensor([1, 2, 3]), tensor([4])], { batchFirst: true }) // [[1, 2, 3], [4, 0, 0]]
 */
export function padSequence(sequences: readonly Tensor[], options?: PadSequenceOptions): Tensor {
  const op = 'padSequence';
  const {
    batchFirst = false,
    paddingValue = 0,
    paddingSide = 'right',
  } = readPadSequence(op, options);
  checkArgument(op, 'sequences', sequences, kinds.listOf(kinds.tensor));
  const [first] = sequences;
  if (first === undefined) throw new ShapeError(`${op}: expected at least one sequence`);
  const features = first.shape.slice(1);
  const other = sequences.find(
    (s) => s.ndim === 0 || s.ndim !== first.ndim || String(s.shape.slice(1)) !== String(features),
  );
  if (other !== undefined) {
    throw new ShapeError(
      `${op}: sequences must be [length, …] with the other dimensions equal, got [${first.shape.join(', ')}] ` +
        `and [${other.shape.join(', ')}]`,
    );
  }
  const longest = sequences.reduce((most, s) => Math.max(most, s.shape[0] as number), 0);
  const filled = sequences.map((s) => {
    const missing = longest - (s.shape[0] as number);
    if (missing === 0) return s;
    const sides = paddingSide === 'right' ? [0, missing] : [missing, 0];
    return pad(s, [...features.flatMap(() => [0, 0]), ...sides], { value: paddingValue });
  });
  return stack(filled, batchFirst ? 0 : 1);
}

/** Options of `unpadSequence`. */
export interface UnpadOptions {
  /** Whether the input is `[batch, time, …]` instead of `[time, batch, …]`. Default false. */
  readonly batchFirst?: boolean | undefined;
}

const readUnpad = defineOptions<UnpadOptions>({ batchFirst: kinds.flag });

/**
 * The sequences of a padded batch, each `[length, …]`. PyTorch: `nn.utils.rnn.unpad_sequence`.
 * @throws {ShapeError} if there is not one length for each sequence, or one is longer than the input.
 * @example unpadSequence(tensor([[1, 3], [2, 0]]), [2, 1]) // [[1, 2], [3]]
 */
export function unpadSequence(padded: Tensor, lengths: Lengths, options?: UnpadOptions): Tensor[] {
  const op = 'unpadSequence';
  const { batchFirst = false } = readUnpad(op, options);
  checkArgument(op, 'padded', padded, kinds.tensor);
  const list = numbersOf(op, lengths);
  const [batch = 0, time = 0] = batchFirst ? padded.shape : [padded.shape[1], padded.shape[0]];
  if (padded.ndim < 2 || list.length !== batch || list.some((n) => n < 0 || n > time)) {
    throw new ShapeError(
      `${op}: lengths ${display(list)} do not fit ${batchFirst ? '[batch, time, …]' : '[time, batch, …]'}: ` +
        `[${padded.shape.join(', ')}]; each sequence needs one, of at most ${time}`,
    );
  }
  return list.map((n, b) => padded.select(batchFirst ? 0 : 1, b).narrow(0, 0, n));
}
