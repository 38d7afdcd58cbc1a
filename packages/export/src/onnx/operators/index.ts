/** @file The table of operators: to add one, add its entry to a family here. */
import { ARITHMETIC } from './arithmetic.js';
import { ATTENTION } from './attention.js';
import { CONTROL } from './control.js';
import { CONVOLUTION } from './convolution.js';
import { DETECTION } from './detection.js';
import { ELEMENTS } from './elements.js';
import { INDEXING } from './indexing.js';
import { LOSSES } from './losses.js';
import { MATRICES } from './matrices.js';
import { FEATURES } from './ml/features.js';
import { LINEAR } from './ml/linear.js';
import { TREES } from './ml/trees.js';
import { NORMALIZATION } from './normalization.js';
import type { Operator } from './operator.js';
import { POOLING } from './pooling.js';
import { QUANTIZATION } from './quantization.js';
import { RANDOM } from './random.js';
import { RECURRENT } from './recurrent.js';
import { REDUCTIONS } from './reductions.js';
import { RESIZING } from './resizing.js';
import { SEQUENCES } from './sequences.js';
import { SHAPES } from './shapes.js';
import { SIGNALS } from './signals.js';
import { TEXTS } from './texts.js';

/** The operators, by the families that documents show. */
export const FAMILIES: readonly (readonly [family: string, operators: readonly Operator[]])[] = [
  ['Elements', ELEMENTS],
  ['Arithmetic', ARITHMETIC],
  ['Reductions and order', REDUCTIONS],
  ['Shapes', SHAPES],
  ['Indexing', INDEXING],
  ['Matrices', MATRICES],
  ['Convolution', CONVOLUTION],
  ['Pooling', POOLING],
  ['Normalization', NORMALIZATION],
  ['Attention', ATTENTION],
  ['Recurrent networks', RECURRENT],
  ['Resizing', RESIZING],
  ['Losses', LOSSES],
  ['Quantization', QUANTIZATION],
  ['Control flow', CONTROL],
  ['Sequences', SEQUENCES],
  ['Random numbers', RANDOM],
  ['Signals', SIGNALS],
  ['Detection', DETECTION],
  ['Texts', TEXTS],
  ['Linear models', LINEAR],
  ['Trees', TREES],
  ['Features', FEATURES],
];

const BY_NAME: ReadonlyMap<string, Operator> = new Map(
  FAMILIES.flatMap(([, operators]) => operators.map((o) => [`${o.domain}:${o.name}`, o])),
);

/** The operator with a name; null where there is none here. */
export function findOperator(domain: string, name: string): Operator | null {
  return BY_NAME.get(`${domain}:${name}`) ?? null;
}
