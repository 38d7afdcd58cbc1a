/** @file The table of operators: to add one, add its entry to a family here. */
import { ARITHMETIC } from './elements/arithmetic.js';
import { ATTENTION } from './neural/attention.js';
import { CONTROL } from './values/control.js';
import { CONTRIBUTED_ATTENTION } from './contributed/attention.js';
import { EMBEDDING } from './contributed/embedding.js';
import { FUSED } from './contributed/fused.js';
import { GROUP_QUERY } from './contributed/groupQuery.js';
import { QUANTIZED_CONTRIBUTED } from './contributed/quantized.js';
import { CONVOLUTION } from './neural/convolution.js';
import { DEFORMABLE } from './neural/deformable.js';
import { DETECTION } from './neural/detection.js';
import { ELEMENTS } from './elements/elements.js';
import { INDEXING } from './arrays/indexing.js';
import { LOSSES } from './neural/losses.js';
import { MATRICES } from './arrays/matrices.js';
import { FEATURES } from './ml/features.js';
import { LINEAR } from './ml/linear.js';
import { TREES } from './ml/trees.js';
import { NORMALIZATION } from './neural/normalization.js';
import type { Operator } from './operator.js';
import { OPTIMIZERS } from './elements/optimizers.js';
import { POOLING } from './neural/pooling.js';
import { QUANTIZATION } from './elements/quantization.js';
import { RANDOM } from './elements/random.js';
import { RECURRENT } from './neural/recurrent.js';
import { RECURRENT_MIXING } from './neural/recurrentMixing.js';
import { REDUCTIONS } from './arrays/reductions.js';
import { RESIZING } from './neural/resizing.js';
import { SEQUENCES } from './values/sequences.js';
import { SHAPES } from './arrays/shapes.js';
import { JOINING } from './arrays/joining.js';
import { PADDING } from './arrays/padding.js';
import { MAKING } from './arrays/making.js';
import { BLOCKS } from './arrays/blocks.js';
import { BITS } from './elements/bits.js';
import { CASTING } from './elements/casting.js';
import { SIGNALS } from './arrays/signals.js';
import { TEXTS } from './values/texts.js';

/** The operators, grouped into the families that the documents show. */
export const FAMILIES: readonly (readonly [family: string, operators: readonly Operator[]])[] = [
  ['Elements', ELEMENTS],
  ['Arithmetic', ARITHMETIC],
  ['Reductions and order', REDUCTIONS],
  ['Shapes', [...SHAPES, ...JOINING, ...PADDING, ...BLOCKS]],
  ['Casts and constants', [...CASTING, ...BITS, ...MAKING]],
  ['Indexing', INDEXING],
  ['Matrices', MATRICES],
  ['Convolution', [...CONVOLUTION, ...DEFORMABLE]],
  ['Pooling', POOLING],
  ['Normalization', NORMALIZATION],
  ['Attention', [...ATTENTION, ...RECURRENT_MIXING]],
  ['Recurrent networks', RECURRENT],
  ['Resizing', RESIZING],
  ['Losses', LOSSES],
  ['Quantization', QUANTIZATION],
  ['Control flow', CONTROL],
  ['Steps of optimizers', OPTIMIZERS],
  ['Sequences', SEQUENCES],
  ['Random numbers', RANDOM],
  ['Signals', SIGNALS],
  ['Detection', DETECTION],
  ['Strings', TEXTS],
  ['Linear models', LINEAR],
  ['Trees', TREES],
  ['Features', FEATURES],
  ["ONNX Runtime's", [...FUSED, ...EMBEDDING, ...CONTRIBUTED_ATTENTION, ...GROUP_QUERY]],
  ["ONNX Runtime's, quantized", QUANTIZED_CONTRIBUTED],
];

const BY_NAME: ReadonlyMap<string, Operator> = new Map(
  FAMILIES.flatMap(([, operators]) => operators.map((o) => [`${o.domain}:${o.name}`, o])),
);

/** The operator with a name; null if it is not supported. */
export function findOperator(domain: string, name: string): Operator | null {
  return BY_NAME.get(`${domain}:${name}`) ?? null;
}
