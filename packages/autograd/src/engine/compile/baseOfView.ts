/** @file Finds the tensor that a view views, for backends whose sums take the order in which a view is traversed. */
import type { Tensor } from '../../graph/tensor.js';
import type { Instruction } from '../program.js';
import { hasValue, isViewOperation } from '../views.js';
import { isContiguous, ownView, viewOf, type View } from './view.js';
import { viewOfWindow } from './windows.js';

/** The tensor that a view reads, if it is traversed in another order than the view's own elements; else null. */
export function baseOfView(node: Tensor): Tensor | null {
  const chain: Tensor[] = [];
  let base = node;
  for (; isViewOperation(base) && base.inputs.length > 0; base = base.inputs[0] as Tensor)
    chain.push(base);
  let view = ownView(0, base.sizes);
  let from = base;
  for (let x = chain.pop(); x !== undefined; x = chain.pop()) {
    const next = composeView(view, from, x);
    const isOwn =
      x !== node && x.value !== null && !(hasValue(base) && next !== null && isReordered(next, x));
    // Elements that strides cannot describe are copied, in order; so are those of a view whose base is gone.
    if (next === null || isOwn) base = x;
    view = next === null || isOwn ? ownView(0, x.sizes) : next;
    from = x;
  }
  return base !== node && isReordered(view, node) ? base : null;
}

/** Whether elements are traversed in another order than their own. */
function isReordered(view: View, { sizes }: Tensor): boolean {
  return !isContiguous({ ...view, offset: 0 }, sizes, sizes);
}

function composeView(view: View, from: Tensor, { op, attrs, sizes, dtype }: Tensor): View | null {
  if (op?.lowering.kind === 'dynamicView')
    return viewOfWindow(0, op.lowering.dynamic(attrs ?? {}), view);
  const instruction: Instruction = { op, attrs, inputs: [], shape: sizes, dtype };
  return viewOf(instruction, view, from.sizes);
}
