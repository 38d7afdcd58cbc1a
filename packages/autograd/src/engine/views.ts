/**
 * @file What a view leaves behind when it is read: its elements in order, and what it is a view of. To what is made from it
 * later it stays a view, so that a sum over it is taken in the same order whether it has been read or not.
 */
import type { Tensor } from '../graph/tensor.js';
import { isNumber } from '../graph/version.js';
import { isContiguous, ownView, viewOf, type View } from './compile/view.js';
import { viewOfWindow } from './compile/windows.js';
import type { Instruction } from './program.js';

/** Whether a node reads elements of its input in another order. */
function isLook({ op }: Tensor): boolean {
  const kind = op?.lowering.kind;
  return kind === 'view' || kind === 'alias' || kind === 'placedView';
}

/** What a view reads, where its own elements in order would be walked in another way; null for any other node. */
export function baseOf(node: Tensor): Tensor | null {
  if (node.size < 2 || !isLook(node) || node.home === 'webgpu') return null;
  const chain: Tensor[] = [];
  let base = node;
  for (; isLook(base) && base.inputs.length > 0; base = base.inputs[0] as Tensor) chain.push(base);
  let view = ownView(0, base.sizes);
  let from = base;
  for (let x = chain.pop(); x !== undefined; x = chain.pop()) {
    const next = lookFrom(view, from, x);
    const isOwn =
      x !== node && x.value !== null && !(hasValue(base) && next !== null && isOther(next, x));
    // Elements that no strides reach are written out, in order; so are those of a view whose base is gone.
    if (next === null || isOwn) base = x;
    view = next === null || isOwn ? ownView(0, x.sizes) : next;
    from = x;
  }
  return base !== node && isOther(view, node) ? base : null;
}

/** Whether elements are walked in another way than in order. */
function isOther(view: View, { sizes }: Tensor): boolean {
  return !isContiguous({ ...view, offset: 0 }, sizes, sizes);
}

function hasValue(node: Tensor): boolean {
  return node.value !== null || isNumber(node);
}

function lookFrom(view: View, from: Tensor, { op, attrs, sizes, dtype }: Tensor): View | null {
  if (op?.lowering.kind === 'placedView')
    return viewOfWindow(0, op.lowering.placed(attrs ?? {}), view);
  const instruction: Instruction = { op, attrs, inputs: [], shape: sizes, dtype };
  return viewOf(instruction, view, from.sizes);
}

/** Whether a node has a value and stays a view of one nonetheless. */
export function isKeptView(node: Tensor): boolean {
  if (node.inputs.length === 0) return false;
  const base = baseOf(node);
  if (base === null || !hasValue(base)) return false;
  return base.cell === null || base.cell.keeps(base);
}

/** A node that has its value lets go of how it was computed, if no gradient flows through it and it is no view. */
export function letGo(node: Tensor): void {
  const base = baseOf(node);
  // The next version of a cell is not to take the place of the one that is viewed.
  base?.cell?.escape(base);
  if (!node.needsGrad && (base === null || !isKeptView(node))) node.inputs = [];
}
