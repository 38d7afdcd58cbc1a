/** @file The builders that define an operation: all that a new one needs to import. */
export {
  composite,
  floatOperand,
  operand,
  operandsOf,
  primitive,
  resultType,
  type Operand,
} from './primitive.js';
export { binary, unary, type BinaryOp, type UnaryOp } from './element.js';
export type {
  Along,
  AlongMethod,
  Broadcasting,
  BroadcastingMethod,
  SameShape,
  DimOr,
  Having,
  SameShapeAlong,
  SameShapeAlongMethod,
} from './signatures.js';
