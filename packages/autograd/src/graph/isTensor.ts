/**
 * @file The brand that makes a value a tensor: a key in the global symbol registry, whose value names the copy of the
 * package.
 */
import { COPY, foreignCopy } from './copy.js';
import type { Tensor } from './tensor.js';

export const TENSOR_BRAND: unique symbol = Symbol.for('chainrule.tensor') as never;

/**
 * Whether `value` is a tensor. False for a value whose properties cannot be read.
 * @throws {ChainruleError} for a tensor of another copy of the package.
 */
export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null) return false;
  let brand: unknown;
  try {
    brand = (value as { readonly [TENSOR_BRAND]?: unknown })[TENSOR_BRAND];
  } catch {
    return false;
  }
  // A tensor has a shape; an object that merely inherits from its prototype has none.
  if (brand === COPY) return (value as { readonly sizes?: unknown }).sizes !== undefined;
  if (brand === undefined) return false;
  throw foreignCopy('a tensor', COPY, brand);
}
