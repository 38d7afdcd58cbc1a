/**
 * @file The body of a loop: a graph from carries and slices to new carries and results, as one plan for all steps.
 *
 * Nodes that do not depend on carries and slices are not part of it: they are computed once, outside, and passed in.
 */
import { addAll } from '../../graph/lists.js';
import { collect, isLiteral } from '../../engine/collect.js';
import { engine } from '../../engine/engine.js';
import type { BodyInput, LoopBody } from '../../engine/loop.js';
import { Plan } from '../../engine/plan.js';
import { recompute } from '../../engine/recording/capture.js';
import { mode, type LoopName } from '../../graph/mode.js';
import type { Tensor } from '../../graph/tensor.js';
import { constantOp, counterOp } from '../../graph/version.js';

/** How many steps, and in which direction. */
export interface Steps {
  readonly name: LoopName;
  readonly length: number;
  readonly reverse: boolean;
  readonly rewound: boolean;
  /** Whether the backward pass computes each step again, instead of reading values kept from it. */
  readonly checkpoint: boolean;
}

/** The graph of a body, with placeholders for what differs from step to step. */
export interface BodyGraph {
  /** Older nodes were not recorded by it. */
  readonly since: number;
  readonly carries: readonly Tensor[];
  /** Slices of sequences. */
  readonly xs: readonly Tensor[];
  /** The new carries, then the results of a step. */
  readonly outputs: readonly Tensor[];
  /** The offset of the random generator when it was recorded, and how many numbers a step draws. */
  readonly start: number;
  readonly draws: number;
}

/** A closed body: `constants` are the outside nodes that it reads. */
export interface Body extends BodyGraph {
  /** Its number, if it is kept for all loops of its structure. */
  readonly id?: number;
  /**
   * The nodes kept from each step for the backward pass, their indices among the outputs, and those that are appended there.
   */
  readonly saved: readonly Tensor[];
  readonly indices: readonly number[];
  readonly added: readonly Tensor[];
  readonly constants: readonly Tensor[];
  /** All nodes of its plan. */
  readonly nodes: readonly Tensor[];
  readonly program: LoopBody;
}

const programs = new WeakMap<Plan, LoopBody>();
let nextId = 0;

/** Ends the structure of a body. */
const BODY = -6;
const INPUT_KINDS = ['carry', 'x', 'constant', 'offset'] as const;

/** Finds what a body reads from outside, and its plan. */
export function closeBody(
  graph: BodyGraph,
  saved: readonly Tensor[] = [],
  { depends, captured }: BodyDependencies = bodyDependencies(graph),
): Body {
  const { carries, xs, start, draws } = graph;
  const variables = new Set([...carries, ...xs]);
  // A node that is a result of each step already is not appended again.
  const results = [...graph.outputs];
  const indices = saved.map((y) => {
    const known = results.indexOf(y, carries.length);
    return known >= 0 ? known : results.push(y) - 1;
  });
  // A result that is not a node of the body itself is copied.
  const outputs = results.map((y) => (depends.has(y) && !variables.has(y) ? y : recompute(y)));
  for (const y of graph.outputs) if (!depends.has(y) && !isFolded(y)) captured.add(y);
  const collected = collect(outputs, {
    stops: new Set([...variables, ...captured]),
    byPosition: true,
  });
  const constants: Tensor[] = [];
  const inputs = collected.leaves.map((leaf): BodyInput => {
    const carry = carries.indexOf(leaf);
    if (carry >= 0) return { kind: 'carry', index: carry };
    const x = xs.indexOf(leaf);
    if (x >= 0) return { kind: 'x', index: x };
    if (isOffset(leaf)) {
      return { kind: 'offset', index: (leaf.attrs as { value: number }).value - start };
    }
    return { kind: 'constant', index: constants.push(leaf) - 1 };
  });
  const { structure } = collected;
  structure.push(BODY);
  for (const { kind, index } of inputs) {
    structure.push(INPUT_KINDS.indexOf(kind));
    structure.push(index);
  }
  for (const y of outputs) structure.push(y.slot);
  structure.push(carries.length);
  structure.push(draws);
  const plan =
    engine.plans.get(structure) ??
    engine.plans.add(
      new Plan(structure.copy(), { nodes: collected.nodes, roots: outputs }, collected.leaves),
    );
  let program = programs.get(plan);
  if (program === undefined) {
    plan.isRepeated = true; // it runs at every step
    program = {
      id: nextId++,
      plan,
      inputs,
      carries: carries.length,
      outputs: outputs.map(({ sizes: shape, dtype }) => ({ shape, dtype })),
      draws,
      scopes: scopesOf(collected.nodes),
    };
    programs.set(plan, program);
  } else {
    const { scopes } = program;
    scopesOf(collected.nodes).forEach((scope, k) => {
      if (scopes[k] !== scope) scopes[k] = null;
    });
  }
  const added = results.slice(graph.outputs.length);
  return { ...graph, saved, indices, added, constants, nodes: collected.nodes, program };
}

/** The scopes of nodes within the current one, in which a loop is made. */
function scopesOf(nodes: readonly Tensor[]): string[] {
  const outer = mode.scope === '' ? '' : `${mode.scope}.`;
  return nodes.map(({ scope }) => (scope.startsWith(outer) ? scope.slice(outer.length) : ''));
}

/** The nodes that change from step to step, and the outside nodes that they read. */
export interface BodyDependencies {
  readonly depends: Set<Tensor>;
  readonly captured: Set<Tensor>;
}

export function bodyDependencies({ outputs, since, carries, xs }: BodyGraph): BodyDependencies {
  const variables = new Set([...carries, ...xs]);
  const nodes = new Set<Tensor>();
  const stack = [...outputs];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (nodes.has(node)) continue;
    nodes.add(node);
    if (node.id >= since && node.value === null && !variables.has(node)) addAll(stack, node.inputs);
  }
  const depends = new Set<Tensor>();
  const own: Tensor[] = [];
  for (const node of [...nodes].sort((x, y) => x.id - y.id)) {
    const inside = node.id >= since && node.value === null;
    if (variables.has(node) || isOffset(node)) depends.add(node);
    else if (inside && node.inputs.some((x) => depends.has(x))) depends.add(node);
    else if (inside) own.push(node);
  }
  // Nodes made while the body was recorded, but computed outside: they consume cells like any other node.
  for (const node of own) for (const x of node.inputs) x.cell?.consume(x, node);
  const captured = new Set<Tensor>();
  for (const node of depends) {
    if (variables.has(node)) continue;
    for (const x of node.inputs) if (!depends.has(x) && !isFolded(x)) captured.add(x);
  }
  return { depends, captured };
}

/** Whether a node has hooks: it then stays in its loop, and what calls them is recorded each time. */
export function isHooked({ extra }: Tensor): boolean {
  return extra !== null && extra.hooks.length > 0;
}

/** Whether a node is the offset of random numbers. */
export function isOffset(node: Tensor): boolean {
  return node.op === (counterOp as unknown) && node.attrs?.['role'] === 'offset';
}

/** Whether a node is an uncomputed literal, possibly expanded: it is simplified into the plan rather than passed in. */
function isFolded(node: Tensor): boolean {
  let at: Tensor | undefined = node;
  while (at?.value === null && at.op?.name === 'expand') at = at.inputs[0];
  return at !== undefined && at.op === (constantOp as unknown) && isLiteral(at);
}
