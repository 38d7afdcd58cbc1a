/**
 * @file Rows of a value that is there: an input of a program like any other, so that where they begin is no part of its
 * structure. A batch of a data set, or the time of a step, is at another position each time.
 */
import { runtime } from '../graph/runtime.js';
import { isHost, type Storage } from '../graph/values/storage.js';
import type { Tensor } from '../graph/tensor.js';

/** Whether a node is a slice whose elements follow each other in a value that is nobody's to write. */
export function isRows(node: Tensor): boolean {
  const window = windowOf(node);
  if (window === null || node.needsGrad || node.size === 0) return false;
  const [x] = node.inputs as readonly [Tensor];
  const { value, sizes } = x;
  if (value === null || !isHost(value) || x.cell !== null) return false;
  // One of each outer dimension, some of the next, and all of the inner ones.
  let inner = false;
  for (let d = 0; d < sizes.length; d++) {
    const size = node.sizes[d]!;
    if (size === sizes[d] && window.step[d] === 1) inner ||= size !== 1;
    else if (inner || (size !== 1 && window.step[d] !== 1)) return false;
    else inner = size !== 1;
  }
  return true;
}

/** The elements of such a slice, where they lie: in an array of the value's own. */
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
