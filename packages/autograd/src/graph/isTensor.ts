/** @file What makes a value a tensor: a brand on the global symbol registry, the same in every copy of the package. */
import type { Tensor } from './tensor.js';

export const TENSOR_BRAND: unique symbol = Symbol.for('chainrule.tensor') as never;

/** Whether `value` is a tensor. False for a value that throws when it is asked. */
export function isTensor(value: unknown): value is Tensor {
  try {
    return typeof value === 'object' && value !== null && TENSOR_BRAND in value;
  } catch {
    return false;
  }
}
