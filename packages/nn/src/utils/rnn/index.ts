/** @file `nn.utils.rnn`: sequences of different lengths. */
export type { Lengths } from './lengths.js';
export {
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  type PackedSequence,
  type PackOptions,
  type PackPaddedOptions,
  type PadPackedOptions,
} from './packedSequence.js';
export {
  padSequence,
  unpadSequence,
  type PadSequenceOptions,
  type UnpadOptions,
} from './padSequence.js';
