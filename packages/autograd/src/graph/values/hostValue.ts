/** @file The one place that looks at the numbers of a node without computing or waiting for them. */
import type { TypedArray } from '../dtype.js';
import { isHost } from './storage.js';
import type { Tensor } from '../tensor.js';

/** The elements of a node where they are known and lie in an array of JavaScript; else null. Read, never written or kept. */
export function hostValue(node: Tensor): TypedArray | null {
  const { value } = node;
  return value !== null && isHost(value) ? value : null;
}
