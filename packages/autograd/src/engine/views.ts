/**
 * @file What a view leaves behind when it is read: its elements in order, and what it is a view of. To what is made from it
 * later it stays a view, so that a sum over it is taken in the same order whether it has been read or not.
 */
import { runtime } from '../graph/runtime.js';
import type { Tensor } from '../graph/tensor.js';
import { isNumber } from '../graph/version.js';

/** Whether a node reads elements of its input in another order. */
export function isLook({ op }: Tensor): boolean {
  const kind = op?.lowering.kind;
  return kind === 'view' || kind === 'alias' || kind === 'placedView';
}

export function hasValue(node: Tensor): boolean {
  return node.value !== null || isNumber(node);
}

/** What a view reads, where its own elements in order would be walked in another way; null for any other node. */
export function baseOf(node: Tensor): Tensor | null {
  if (runtime.viewedBy === null || node.size < 2 || node.home === 'webgpu') return null;
  return isLook(node) ? runtime.viewedBy(node) : null;
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
