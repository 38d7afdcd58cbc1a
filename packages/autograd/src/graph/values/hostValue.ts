/** @file The one place that reads the elements of a node without computing or waiting for them. */
import type { TypedArray } from '../dtype.js';
import { isHost } from './storage.js';
import type { Tensor } from '../tensor.js';

/** The elements of a node if they are known and in a JavaScript array; else null. Callers must not write or keep them. */
export function hostValue(node: Tensor): TypedArray | null {
  const { value } = node;
  return value !== null && isHost(value) ? value : null;
}
