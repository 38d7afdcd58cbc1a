/**
 * @file Shape arithmetic as types: the shape of an operation's result, from those of its operands.
 *
 * A size is a literal or, if it is known only at run time, `number`; a shape of unknown rank is `Shape`. Whatever cannot be
 * determined is `number` or `Shape`, and then nothing is refused: the check at run time decides. A type named `…Result` is a
 * shape or, if operands do not fit, a message, with which `Unless<…Result>` refuses an argument.
 */
export type { IsOpen, Literal, ShapeIn, ShapeOf, Show, Unless } from './message.js';
export type { Broadcast, Broadcast3, BroadcastResult } from './broadcast.js';
export type {
  LinearResult,
  MatmulResult,
  MatmulShape,
  OuterShape,
  ProductResult,
} from './matrix.js';
export type { DimResult, NewDimResult } from './dims.js';
export type { NestedResult, NestedShape } from './nested.js';
export type { CatResult, Concatenated, DimIn, Stacked, StackResult } from './join.js';
export type { Product, Sum } from './product.js';
export type { Reduced } from './reduce.js';
export type {
  Expanded,
  ExpandResult,
  Flattened,
  Given,
  Permuted,
  PermuteResult,
  Reshaped,
  ReshapeResult,
  Squeezed,
  Transposed,
  TransposeResult,
  UnflattenResult,
  Unsqueezed,
} from './reshape.js';
export type { Rearranged } from './pattern.js';
