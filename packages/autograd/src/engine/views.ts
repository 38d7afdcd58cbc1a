/**
 * @file What a view keeps when it is read: its elements in order, and the tensor it views. For nodes made from it later it
 * remains a view, so that a sum over it is taken in the same order whether it has been read or not.
 */
import { runtime } from '../graph/runtime.js';
import type { Tensor } from '../graph/tensor.js';
import { isNumber } from '../graph/version.js';

/** Whether a node only rearranges elements of its input. */
export function isViewOperation({ op }: Tensor): boolean {
  const kind = op?.lowering.kind;
  return kind === 'view' || kind === 'alias' || kind === 'dynamicView';
}

export function hasValue(node: Tensor): boolean {
  return node.value !== null || isNumber(node);
}

/**
 * The tensor that a view reads, if it is traversed in another order than the view's own elements; null for any other node.
 */
export function baseOf(node: Tensor): Tensor | null {
  if (runtime.baseOf === null || node.size < 2 || node.home === 'webgpu') return null;
  return isViewOperation(node) ? runtime.baseOf(node) : null;
}

/** Whether a node has a value and still counts as a view of a tensor that has one. */
export function isEvaluatedView(node: Tensor): boolean {
  if (node.inputs.length === 0) return false;
  const base = baseOf(node);
  if (base === null || !hasValue(base)) return false;
  return base.cell === null || base.cell.isEscaped(base);
}

/** Drops the inputs of a node that has its value, if no gradient flows through it and it is not a view. */
export function dropInputs(node: Tensor): void {
  const base = baseOf(node);
  // The next version of a cell must not overwrite the one that is viewed.
  base?.cell?.escape(base);
  if (!node.needsGrad && (base === null || !isEvaluatedView(node))) node.inputs = [];
}
