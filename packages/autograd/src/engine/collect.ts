/** @file The unevaluated graph behind some roots, in the order it can be computed, and its structure as a list of numbers. */
import { ChainruleError, GradError } from '../errors.js';
import { allocate, DTYPES, type DType } from '../graph/dtype.js';
import { mode } from '../graph/mode.js';
import type { Attrs, AttrValue } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';
import { constantOp, counterOp, placeholderOp, versionOp } from '../graph/version.js';

/** What a walk found. Valid until the next walk. */
export interface Collected {
  /** Inputs before what is made from them. `node.slot` is its place here. */
  readonly nodes: Tensor[];
  /** The nodes that are inputs of the program: those with a value, and numbers. */
  readonly leaves: Tensor[];
  /** Roots to compute: those asked for, pending cells met on the way, and values needed again (see `evaluate.ts`). */
  readonly roots: Tensor[];
  /** Two graphs with equal structures can be computed by the same program. Valid until the next walk. */
  readonly structure: Structure;
  /** What requires grad and was made by no operation: leaves, and versions of cells. */
  readonly gradLeaves: Tensor[];
  /** Pending first versions of cells: computed by themselves, so that a first step is the same graph as all others. */
  readonly initial: Tensor[];
  /** Whether the structure says all there is to know of the backward pass: no hooks, no rules of the user's own. */
  readonly plain: boolean;
}

/** A growing list of 32-bit numbers and their hash. */
export class Structure {
  ints = new Int32Array(1024);
  length = 0;

  push(x: number): void {
    if (this.length === this.ints.length) {
      const grown = new Int32Array(2 * this.length);
      grown.set(this.ints);
      this.ints = grown;
    }
    this.ints[this.length++] = x;
  }

  copy(): Int32Array {
    return this.ints.slice(0, this.length);
  }

  equals(other: Int32Array): boolean {
    if (other.length !== this.length) return false;
    for (let i = 0; i < this.length; i++) if (this.ints[i] !== other[i]) return false;
    return true;
  }
}

export function hashOf(ints: Int32Array, length: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < length; i++) {
    h = Math.imul(h ^ ints[i]!, 0x01000193);
    h ^= h >>> 15;
  }
  return h;
}

/** Reused by every walk. */
const structure = new Structure();

const LEAF = -1;
const NUMBER = -2;
const LITERAL = -3;

/** Numbers worth knowing when a graph is simplified; any other may change without a new plan. */
const LITERALS = [-1, 0, 0.5, 1, 2, 3];

const dtypeCode = Object.fromEntries(DTYPES.map((d, i) => [d, i])) as Record<DType, number>;
const strings = new Map<string, number>();
const float = new Float64Array(1);
const bits = new Int32Array(float.buffer);
let epoch = 0;

/** A number no walk has used before, for `node.mark`. */
export function nextMark(): number {
  return ++epoch;
}

/**
 * Walks the graph behind `asked` without recursion: it may be a million nodes deep. `stops` are nodes that are inputs
 * although they have no value.
 */
export function collect(asked: readonly Tensor[], stops?: ReadonlySet<Tensor>): Collected {
  const mark = nextMark();
  const nodes: Tensor[] = [];
  const leaves: Tensor[] = [];
  const roots: Tensor[] = [];
  const gradLeaves: Tensor[] = [];
  const initial: Tensor[] = [];
  let plain = true;
  structure.length = 0;
  // A path of nodes being visited, and how many inputs of each have been.
  const path: Tensor[] = [];
  const visited: number[] = [];

  const enter = (node: Tensor, parent: Tensor | null): void => {
    if (node.mark === mark) return;
    node.mark = mark;
    if (
      node.value !== null ||
      node.op === constantOp ||
      node.op === counterOp ||
      stops?.has(node) === true
    ) {
      addLeaf(node, nodes, leaves, structure);
      if (node.needsGrad) {
        if (node.op === null || node.cell !== null) gradLeaves.push(node);
        else plain = false; // computed before, and differentiable: its own graph is not walked
      }
      return;
    }
    checkComputable(node);
    if (node.plan !== null && (parent === null || parent.plan === null)) {
      // Needed again after its run dropped it: keep it now, and let that plan keep it from now on.
      node.plan.remember(node.planIndex);
      roots.push(node);
    } else if (parent === null || (node.cell !== null && node.cell.current === node)) {
      roots.push(node);
    }
    path.push(node);
    visited.push(0);
  };

  for (const root of asked) {
    if (root.value !== null) continue;
    if (root.op === constantOp || root.op === counterOp) {
      root.value = allocate(root.dtype, 1).fill((root.attrs as { value: number }).value);
      continue;
    }
    if (root.mark === mark) {
      if (!roots.includes(root)) roots.push(root);
      continue;
    }
    enter(root, null);
    while (path.length > 0) {
      const top = path.length - 1;
      const node = path[top] as Tensor;
      const i = visited[top] as number;
      if (i < node.inputs.length) {
        visited[top] = i + 1;
        enter(node.inputs[i] as Tensor, node);
      } else {
        path.pop();
        visited.pop();
        addNode(node, nodes, structure);
        if (node.needsGrad && node.cell !== null) gradLeaves.push(node);
        if (node.cell !== null && node.cell.first === node && node.cell.startsAlone)
          initial.push(node);
        if (node.extra !== null || node.op?.name === 'call') plain = false;
      }
    }
  }
  structure.push(roots.length);
  for (const root of roots) structure.push(root.slot);
  return { nodes, leaves, roots, structure, gradLeaves, initial, plain };
}

function checkComputable(node: Tensor): void {
  if (node.op === placeholderOp) {
    const by = mode.body ?? mode.tracing ?? 'vmap';
    throw new ChainruleError(
      `${by}: values cannot be read inside a function that ${by} records; compute with the tensors themselves ` +
        `(where(cond, a, b) in place of an if on a value)${mode.body === null ? '' : '; a plain loop may read'}`,
    );
  }
  if (node.op === versionOp && node.inputs.length === 0) {
    throw new GradError(
      'this value depends on a parameter that has been updated twice since, and was never read before: ' +
        'read it (item(), dataSync(), evaluate()) before step()',
    );
  }
  if (node.op === null)
    throw new ChainruleError('a tensor without value or operation cannot be evaluated');
}

function addLeaf(node: Tensor, nodes: Tensor[], leaves: Tensor[], structure: Structure): void {
  node.slot = nodes.length;
  nodes.push(node);
  if (node.op === constantOp || node.op === counterOp) {
    const literal = isLiteral(node)
      ? LITERALS.indexOf((node.attrs as { value: number }).value)
      : -1;
    structure.push(literal >= 0 ? LITERAL : NUMBER);
    structure.push(literal >= 0 ? (literal << 2) | dtypeCode[node.dtype] : dtypeCode[node.dtype]);
    if (literal < 0) leaves.push(node);
    return;
  }
  leaves.push(node);
  structure.push(LEAF);
  structure.push((node.shape.length << 3) | (dtypeCode[node.dtype] << 1) | Number(node.needsGrad));
  for (const n of node.shape) structure.push(n);
}

/** Whether a number is part of the structure of a program, and no input of it. */
export function isLiteral(node: Tensor): boolean {
  if (node.op !== constantOp) return false;
  const { value } = node.attrs as { value: number };
  return !Object.is(value, -0) && LITERALS.includes(value);
}

function addNode(node: Tensor, nodes: Tensor[], structure: Structure): void {
  structure.push(((node.op as NonNullable<typeof node.op>).id << 1) | Number(node.needsGrad));
  for (const x of node.inputs) structure.push(x.slot);
  if (node.attrs !== null) pushAttrs(node.attrs, structure);
  node.slot = nodes.length;
  nodes.push(node);
}

function pushAttrs(attrs: Attrs, structure: Structure): void {
  for (const key in attrs) pushValue(attrs[key] as AttrValue, structure);
}

function pushValue(x: AttrValue, structure: Structure): void {
  if (typeof x === 'number') {
    if ((x | 0) === x && !Object.is(x, -0)) {
      structure.push(x);
    } else {
      float[0] = x;
      structure.push(0x7fffff01); // a mark, so that a whole number is not taken for half of a fraction
      structure.push(bits[0]!);
      structure.push(bits[1]!);
    }
  } else if (typeof x === 'boolean') {
    structure.push(x ? 1 : 0);
  } else if (typeof x === 'string') {
    let id = strings.get(x);
    if (id === undefined) strings.set(x, (id = strings.size));
    structure.push(id);
  } else {
    structure.push(x.length);
    for (const y of x) pushValue(y, structure);
  }
}
