/**
 * @file Collects the unevaluated graph behind some roots, in an order in which it can be computed, and its structure as a
 * list of numbers.
 */
import { frozenError } from '../arguments/frozen.js';
import { ChainruleError, GradError } from '../errors.js';
import { DTYPES } from '../graph/dtype.js';
import { mode } from '../graph/mode.js';
import { noDynamicForm } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';
import { checkInside, constantOp, isNumber, placeholderOp, versionOp } from '../graph/version.js';
import { isRows } from './rows.js';
import { Structure } from './structure.js';
import { baseOf, isEvaluatedView } from './views.js';

/** The result of a walk. Valid until the next walk. */
export interface Collected {
  /** Inputs come before the nodes that read them. `node.slot` is a node's index in this list. */
  readonly nodes: Tensor[];
  /** The nodes that are inputs of the program: those with a value, and numbers. */
  readonly leaves: Tensor[];
  /** Roots to compute: those asked for, pending cells found by the walk, and nodes that are needed again. */
  readonly roots: Tensor[];
  /** Nodes needed again after their run had dropped them: their plans should keep them from now on. */
  readonly dropped: Tensor[];
  /** Two graphs with equal structures can be computed by the same program. Valid until the next walk. */
  readonly structure: Structure;
  /** Nodes that require grad and were made by no operation: leaves, and versions of cells. */
  readonly gradLeaves: Tensor[];
  /** Nodes that read or write at a position given by their attributes, and the range of the structure that holds it. */
  readonly slices: readonly SliceNode[];
  /**
   * Pending first versions of cells. They are computed in a run of their own, so that a first step has the same graph as all
   * others.
   */
  readonly initial: Tensor[];
  /** Whether the structure determines the backward pass: no hooks, no rules of the user's own. */
  readonly plain: boolean;
  /** Results of calls that gradients flow through. */
  readonly calls: readonly Tensor[];
}

/** A node whose attributes say where it reads or writes, and the range of the structure that they take up. */
export interface SliceNode {
  readonly node: Tensor;
  readonly from: number;
  readonly to: number;
}

interface CollectOptions {
  readonly stops?: ReadonlySet<Tensor>;
  readonly also?: readonly Tensor[];
  readonly byPosition?: boolean;
  /** Whether views that have been read remain views: then the tensor that they view is a root too. */
  readonly keepsViews?: boolean;
  /** Turns a node whose position is known to change into one whose position is an operand. */
  readonly resolve?: ((node: Tensor) => void) | null;
}

/** Reused by every walk. */
const structure = new Structure();

const UNVISITED = -1;
const LEAF = -1;
const NUMBER = -2;
const LITERAL = -3;
const ON_DEVICE = -6;

/** Numbers that help to simplify a graph, and are part of its structure; any other number may change without a new plan. */
const LITERALS = [-1, 0, 0.5, 1, 2, 3];

/** The slot of each literal in the current walk, by dtype: rules make the same few numbers again and again. */
const literalSlots = new Int32Array(LITERALS.length * DTYPES.length);

let epoch = 0;

/** A number no walk has used before, for `node.mark`. */
export function nextMark(): number {
  return ++epoch;
}

/**
 * Walks the graph behind `requested` without recursion: it may be a million nodes deep. Changes nothing but the marks that walks
 * leave on nodes. `stops` are nodes that are inputs although they have no value, `also` nodes that become part of the graph
 * without being roots. `resolve` makes changing positions operands. With `byPosition`, slices of values stay in the graph
 * instead of becoming inputs of their own; with `keepsViews`, views that have been read remain views.
 */
export function collect(requested: readonly Tensor[], options: CollectOptions = {}): Collected {
  const { stops, also = [], byPosition = false, keepsViews = false, resolve = null } = options;
  const mark = nextMark();
  const nodes: Tensor[] = [];
  const leaves: Tensor[] = [];
  const roots = new Set<Tensor>();
  const dropped: Tensor[] = [];
  const gradLeaves: Tensor[] = [];
  const initial: Tensor[] = [];
  const calls: Tensor[] = [];
  const slices: SliceNode[] = [];
  // In debug mode the backward pass is built each time: what fails in it is a node with a line.
  let plain = mode.debug === 0;
  structure.reset();
  literalSlots.fill(UNVISITED);
  // The path of nodes being visited, and how many inputs of each have been visited.
  const path: Tensor[] = [];
  const visited: number[] = [];

  const enter = (node: Tensor, parent: Tensor | null): void => {
    if (node.mark === mark) return;
    node.mark = mark;
    // A node with a value may have dropped its inputs.
    const rows = node.value === null && parent !== null && !byPosition && isRows(node);
    const isThere =
      node.value !== null && !(keepsViews && parent !== null && isEvaluatedView(node));
    if (isThere || isNumber(node) || rows || stops?.has(node) === true) {
      addLeaf(node, nodes, leaves, structure);
      if (node.needsGrad) {
        if (node.op === null || node.cell !== null) gradLeaves.push(node);
        else plain = false; // computed before, and differentiable: its own graph is not walked
      }
      return;
    }
    checkComputable(node);
    if (resolve !== null && node.op?.dynamic !== noDynamicForm) resolve(node);
    // A view is not kept; the tensor that it views is. With a value of its own it would no longer be a view, and sums over it
    // would be taken in another order than before.
    if (
      node.plan !== null &&
      !isView(node) &&
      (parent === null || parent.plan === null || isView(parent))
    ) {
      dropped.push(node);
      roots.add(node);
    } else if (parent === null || (node.cell !== null && node.cell.current === node)) {
      const base = keepsViews ? baseOf(node) : null;
      if (base !== null && base.value === null && base.cell === null && !isNumber(base))
        roots.add(base);
      roots.add(node);
    }
    path.push(node);
    visited.push(0);
  };

  for (const root of requested) {
    if (root.value !== null || isNumber(root)) continue; // there is nothing to compute
    if (root.mark === mark) {
      roots.add(root);
      continue;
    }
    try {
      enter(root, null);
      walk();
    } catch (error) {
      // A cell that cannot be computed must not make later runs fail too.
      if (root.cell !== null && root.cell.current === root) root.cell.revert();
      const reached = [root, ...path, ...path.flatMap((node) => node.inputs)];
      throw frozenError(error, 'evaluate', reached, 'a tensor');
    }
  }
  for (const node of also) {
    enter(node, node);
    walk();
  }
  structure.push(roots.size);
  for (const root of roots) structure.push(root.slot);
  // One object literal: spreading another into it took a microsecond.
  return {
    nodes,
    leaves,
    roots: [...roots],
    dropped,
    structure,
    gradLeaves,
    slices,
    initial,
    plain,
    calls,
  };

  function walk(): void {
    while (path.length > 0) {
      const top = path.length - 1;
      const node = path[top] as Tensor;
      const { inputs } = node;
      let i = visited[top] as number;
      while (i < inputs.length && (inputs[i] as Tensor).mark === mark) i++;
      if (i < inputs.length) {
        visited[top] = i + 1;
        enter(inputs[i] as Tensor, node);
      } else {
        path.pop();
        visited.pop();
        addNode(node, nodes, structure, slices);
        if (node.needsGrad && node.cell !== null) gradLeaves.push(node);
        if (node.cell !== null && node.cell.first === node && node.cell.startsAlone)
          initial.push(node);
        if (node.needsGrad && node.op?.name === 'call') {
          calls.push(node);
          // Only a function knows how it is differentiated.
          if (node.attrs?.['kind'] === NO_KIND) plain = false;
        }
        if (node.extra !== null) plain = false;
      }
    }
  }
}

/** The kind of a call whose structure does not determine how it is differentiated. */
export const NO_KIND = -1;

/** A view, or a loop on a device: there a loop keeps only its results, from which no other result can be taken later. */
function isView({ op, home }: Tensor): boolean {
  if (op === null) return false;
  const { kind } = op.lowering;
  const isPart = kind === 'view' || kind === 'dynamicView' || kind === 'alias';
  return isPart || (kind === 'loop' && home === 'webgpu');
}

function checkComputable(node: Tensor): void {
  if (node.op === placeholderOp) {
    checkInside(node);
    const by = mode.body ?? (mode.tracing === 'compile' ? mode.recorder : mode.tracing) ?? 'vmap';
    throw new ChainruleError(
      `${by}: values cannot be read inside a function that ${by} records; compute with the tensors themselves ` +
        `(where(cond, a, b) instead of an if on a value)${mode.body === null ? '' : '; a plain loop may read'}`,
    );
  }
  if (node.op === versionOp && node.inputs.length === 0) {
    throw new GradError(
      `this value depends on a version of ${node.cell?.label ? `parameter ${node.cell.label}` : 'a parameter'} that is gone, as it has been updated twice since: ` +
        'read the value (item(), dataSync(), evaluate()), or call backward(), before step()',
    );
  }
  if (node.op === null)
    throw new ChainruleError('a tensor without value or operation cannot be evaluated');
}

function addLeaf(node: Tensor, nodes: Tensor[], leaves: Tensor[], structure: Structure): void {
  const literal = isLiteral(node) ? LITERALS.indexOf((node.attrs as { value: number }).value) : -1;
  if (literal >= 0) {
    const which = literal * DTYPES.length + DTYPES.indexOf(node.dtype);
    const known = literalSlots[which]!;
    literalSlots[which] = node.slot = known === UNVISITED ? nodes.length : known;
    if (known !== UNVISITED) return;
  } else node.slot = nodes.length;
  nodes.push(node);
  if (isNumber(node)) {
    structure.push(literal >= 0 ? LITERAL : NUMBER);
    structure.pushWith(node.dtype, Math.max(0, literal));
    if (literal < 0) leaves.push(node);
    return;
  }
  leaves.push(node);
  structure.push(LEAF);
  structure.pushWith(node.dtype, 2 * node.sizes.length + Number(node.needsGrad));
  if (node.home === 'webgpu') structure.push(ON_DEVICE);
  for (const n of node.sizes) structure.push(n);
}

/** Whether a number is part of the structure of a program rather than an input. */
export function isLiteral(node: Tensor): boolean {
  if (node.op !== constantOp) return false;
  const { value } = node.attrs as { value: number };
  return !Object.is(value, -0) && LITERALS.includes(value);
}

function addNode(node: Tensor, nodes: Tensor[], structure: Structure, slices: SliceNode[]): void {
  const op = node.op as NonNullable<typeof node.op>;
  structure.push((op.id << 1) | Number(node.needsGrad));
  for (const x of node.inputs) structure.push(x.slot);
  const from = structure.length;
  if (node.attrs !== null) structure.pushAttrs(node.attrs);
  if (op.dynamic !== noDynamicForm) slices.push({ node, from, to: structure.length });
  node.slot = nodes.length;
  nodes.push(node);
}
