/**
 * @file Decides where the values of a run go. Roots keep their values in arrays that the garbage collector owns (large ones
 * that nobody has read stay in the backend's memory: `loans.ts`); cells take their new versions; values that require grad,
 * computed without their backward pass, keep what that pass will read, until the next such run.
 */
import type { Cell } from '../graph/cells/cell.js';
import { allocate, type TypedArray } from '../graph/dtype.js';
import { isHost, type Storage } from '../graph/values/storage.js';
import type { Tensor } from '../graph/tensor.js';
import { isNumber, numberOf } from '../graph/version.js';
import type { Collected } from './collect.js';
import { borrowMemory, lend } from './loans.js';
import type { Plan } from './plan.js';
import type { Backend } from './program.js';
import { rowsOf } from './rows.js';
import { baseOf, dropInputs } from './views.js';

/** Nodes that hold a value only until the next run of values that require grad, and those values. */
let savedForBackward: { readonly node: Tensor; readonly value: Storage }[] = [];

/** The cell of which a root is the current version; null if none. */
export function cellOf(root: Tensor): Cell | null {
  return root.cell !== null && root.cell.current === root ? root.cell : null;
}

/** Gives the values of a run to their nodes. */
export function commitValues(
  { nodes, roots }: Collected,
  plan: Plan,
  held: readonly number[],
  cells: readonly (Cell | null)[],
  given: readonly (Storage | null)[],
  values: readonly Storage[],
  more: number,
  backend: Backend,
): void {
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as Tensor;
    if (node.value !== null || plan.instructions[i]?.op === null) continue;
    node.plan = plan;
    node.planIndex = i;
  }
  for (let k = 0; k < roots.length; k++) {
    const cell = cells[k] as Cell | null;
    const value = values[k] as Storage;
    if (cell === null && given[k] !== null) lend(roots[k] as Tensor, value, backend);
    else if (cell === null) setValue(roots[k] as Tensor, value);
    else cell.commit(value, given[k] !== null);
  }
  let k = roots.length + more;
  for (const index of plan.pinned) {
    const value = values[k++] as Storage;
    if (index < nodes.length) setValue(nodes[index] as Tensor, value);
  }
  for (const index of held) {
    const node = nodes[index] as Tensor;
    const value = values[k++] as Storage;
    if (node.value !== null) continue; // kept for good
    node.value = value;
    savedForBackward.push({ node, value });
  }
}

function setValue(node: Tensor, value: Storage): void {
  node.value = value;
  if (!isHost(value)) node.home = value.device;
  dropInputs(node);
}

/** Drops what the last run held for its backward pass, except values that the roots of this run are views of. */
export function releaseSaved(roots: readonly Tensor[]): void {
  const viewed = savedForBackward.length === 0 ? [] : roots.map(baseOf);
  for (const { node, value } of savedForBackward) {
    if (node.value === value && !viewed.includes(node)) node.value = null;
  }
  savedForBackward = [];
}

/** Memory for a root that is computed before anyone reads it; null for an array of its own. */
export function rootOutput(
  root: Tensor,
  why: string,
  backend: Backend,
  leaves: readonly Tensor[],
): Storage | null {
  return why === 'evaluate' && root.plan === null ? borrowMemory(root, backend, leaves) : null;
}

/** The array for a cell's new version: that of the version before last, or at first one that the backend keeps for it. */
export function cellOutput(cell: Cell | null, backend: Backend): Storage | null {
  if (cell === null) return null;
  return spareArray(cell, backend) ?? (cell.isNew ? null : backend.allocate(cell.dtype, cell.size));
}

/** @internal The array to which a cell's next version may be written, if the backend can write it. */
export function spareArray(cell: Cell, backend: Backend): Storage | null {
  const array = cell.spare();
  if (array === null) return null;
  // Scalars stay on the host, whatever the device.
  if (isHost(array)) return backend.device === 'cpu' || array.length === 1 ? array : null;
  return array.device === backend.device ? array : null;
}

export function leafValue(leaf: Tensor): Storage {
  return leaf.value ?? (isNumber(leaf) ? numberArray(leaf, numberOf(leaf)) : rowsOf(leaf));
}

/** @internal A number as the value of a leaf: an array of one element. */
export function numberArray({ dtype }: Tensor, x: number): TypedArray {
  const array = allocate(dtype, 1);
  array[0] = x;
  return array;
}
