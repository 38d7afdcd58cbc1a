/**
 * @file Rows of an existing value: an input of a program like any other, so that where they begin is not part of its
 * structure. A batch of a data set, or the time of a step, is at another position each time.
 */
import { runtime } from '../graph/runtime.js';
import { isHost, type Storage } from '../graph/values/storage.js';
import type { Tensor } from '../graph/tensor.js';

/** Whether a node is a slice whose elements are contiguous in a value that nobody may overwrite. */
export function isRows(node: Tensor): boolean {
  const window = windowOf(node);
  if (window === null || node.needsGrad || node.size === 0) return false;
  const [x] = node.inputs as readonly [Tensor];
  const { value, sizes } = x;
  if (value === null || !isHost(value) || x.cell !== null) return false;
  // One index of each outer dimension, a range of the next, and all of the inner ones.
  let inner = false;
  for (let d = 0; d < sizes.length; d++) {
    const size = node.sizes[d]!;
    if (size === sizes[d] && window.step[d] === 1) inner ||= size !== 1;
    else if (inner || (size !== 1 && window.step[d] !== 1)) return false;
    else inner = size !== 1;
  }
  return true;
}

/** The elements of such a slice: a view into an array that belongs to the sliced value. */
export function rowsOf(node: Tensor): Storage {
  const x = node.inputs[0] as Tensor;
  runtime.onRead?.(x);
  const { sizes, value } = x;
  const { start } = windowOf(node) as Window;
  let [first, stride] = [0, 1];
  for (let d = sizes.length - 1; d >= 0; d--) {
    first += start[d]! * stride;
    stride *= sizes[d]!;
  }
  if (value === null || !isHost(value)) throw new Error('rows: no value to take them from');
  return value.subarray(first, first + node.size);
}

interface Window {
  readonly start: readonly number[];
  readonly step: readonly number[];
}

function windowOf({ op, attrs }: Tensor): Window | null {
  if (op?.lowering.kind !== 'view') return null;
  const view = op.lowering.view(attrs ?? {});
  return view.kind === 'slice' ? view : null;
}
