/** @file The function behind all tensors that are filled with one number. */
import { checkArgument } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { checkFits } from '../../graph/dtype.js';
import { checkShape, type Shape } from '../../graph/shape.js';
import { type Tensor } from '../../graph/tensor.js';
import { creationOptions, finish, single, type CreationOptions } from '../build/leaves.js';
import { castNode } from '../build/element.js';
import { filled, rules } from '../build/primitive.js';
import { isTensor } from '../../graph/isTensor.js';
import { isNumberPlaceholder } from '../../graph/version.js';

/** The kind of argument that can fill a tensor. */
export const numberOrBoolean = kinds.either(kinds.number, kinds.flag);

/** Whether this is a number that is an argument of a function being recorded: it may differ at each call. */
export function isInputNumber(x: unknown): x is number & Tensor {
  return isTensor(x) && isNumberPlaceholder(x);
}

/** A tensor of `value`s, for the function named `op`. */
export function fullOf(
  op: string,
  shape: Shape,
  value: number | boolean,
  given: CreationOptions | undefined,
): Tensor {
  if (!isInputNumber(value)) checkArgument(op, 'value', value, numberOrBoolean);
  const options = creationOptions(op, given);
  if (isInputNumber(value)) {
    const x = castNode(value, options.dtype ?? 'float32');
    return finish(op, rules.expand(x, checkShape(op, shape)), options);
  }
  const dtype = options.dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32');
  const stored = dtype === 'bool' ? Number(Number(value) !== 0) : Number(value);
  if (dtype === 'int32') checkFits(op, stored);
  const checked = checkShape(op, shape);
  return finish(
    op,
    checked.length === 0 ? single(stored, dtype) : filled(stored, checked, dtype),
    options,
  );
}
