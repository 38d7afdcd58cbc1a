/** @file How a tensor looks when printed. */
import type { Tensor } from './tensor.js';
import { runtime } from './runtime.js';

/** The text of `console.log(t)`. Never throws: a value that cannot be had shows as `<pending>`. */
export function format(t: Tensor): string {
  try {
    if (t.current.value === null) runtime.evaluate([t.current], 'print');
  } catch {
    return `tensor(<pending>, shape=[${t.shape.join(', ')}], dtype=${t.dtype})`;
  }
  return `tensor(${JSON.stringify(t.toArray())}, dtype=${t.dtype})`;
}
