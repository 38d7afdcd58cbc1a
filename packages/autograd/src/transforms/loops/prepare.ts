/**
 * @file Prepares bodies for gradients, once for all of the same structure: the values kept from a step, and the backward
 * loops.
 *
 * When a body comes again, only its captured tensors are new: its graph is kept between placeholders, whatever nodes it was
 * recorded on.
 */
import type { LoopBody } from '../../engine/loop.js';
import { mode } from '../../graph/mode.js';
import type { Tensor } from '../../graph/tensor.js';
import { constantOp, Placeholder } from '../../graph/version.js';
import { callOf } from '../call.js';
import { rewrite } from '../rewrite.js';
import {
  closeBody,
  bodyDependencies,
  isHooked,
  type Body,
  type BodyGraph,
  type BodyDependencies,
  type Steps,
} from './body.js';
import { recordInBody } from './recordInBody.js';
import { residualsOf } from './residuals.js';
import { recordBackwardStep } from './backwardStep.js';

/** A body, and the tensors for its constants. */
export interface Prepared {
  readonly body: Body;
  readonly constants: readonly Tensor[];
}

/** A kept body, and for each of its constants the index among the given ones, or a number of its own. */
interface PreparedBody {
  readonly body: Body;
  readonly order: readonly (number | Tensor)[];
}

/** For each program the bodies that run on it, keyed by what requires grad. */
const preparedBodies = new WeakMap<LoopBody, Map<string, PreparedBody>>();

let nextBody = 0;

/** Prepares a body for given carries and sequences. */
export function prepare(
  graph: BodyGraph,
  steps: Steps,
  given: readonly Tensor[],
  found: BodyDependencies = bodyDependencies(graph),
): Prepared {
  const plain = closeBody(graph, [], found);
  const { constants, nodes } = plain;
  if (!mode.grad || ![...given, ...constants].some((x) => x.needsGrad)) {
    return { body: plain, constants };
  }
  if (!nodes.every(callsNoUserCode))
    return { body: closeBody(graph, graph.carries, found), constants };
  let bodies = preparedBodies.get(plain.program);
  if (bodies === undefined) {
    bodies = new Map<string, PreparedBody>();
    preparedBodies.set(plain.program, bodies);
  }
  // A program says nothing of a sequence that it does not read, whose gradient is zeros nevertheless.
  const unread = graph.xs.filter((x) => !found.depends.has(x));
  const key =
    `${Number(steps.checkpoint)}${[...given, ...nodes].map((x) => Number(x.needsGrad)).join('')}` +
    unread.map(({ dtype, sizes }) => ` ${dtype} ${sizes.join()}`).join('');
  let entry = bodies.get(key);
  if (entry === undefined) {
    const inputs = [...graph.carries, ...graph.xs, ...constants];
    const closed = rebuildOnPlaceholders(graph, inputs, steps);
    const saved = savedValues(closed.graph, steps, given);
    const all = bodyDependencies({ ...closed.graph, outputs: [...closed.graph.outputs, ...saved] });
    const body = { ...closeBody(closed.graph, saved, all), id: nextBody++ };
    const first = graph.carries.length + graph.xs.length;
    const order = body.constants.map((x) =>
      x.op === (constantOp as unknown) ? x : closed.placeholders.indexOf(x) - first,
    );
    bodies.set(key, (entry = { body, order }));
  }
  const at = (i: number | Tensor): Tensor => (typeof i === 'number' ? (constants[i] as Tensor) : i);
  return { body: entry.body, constants: entry.order.map(at) };
}

/** The same body, with the constants recomputed from other values of the constants of body `from`. */
export function withConstants(
  { body, constants }: Prepared,
  from: Body,
  now: readonly Tensor[],
): Prepared {
  const replacements = now.map((node) => ({ node, batched: false }));
  const made = rewrite(constants, from.constants, replacements, 0, { since: from.since });
  return { body, constants: made.map(({ node }) => node) };
}

/** Whether differentiating a node calls no function of the user's: a kept body must not call any. */
function callsNoUserCode(node: Tensor): boolean {
  const call = callOf(node);
  return !isHooked(node) && (call === null || call.rules.kind !== undefined);
}

/** The graph of a body, rebuilt between placeholders. */
function rebuildOnPlaceholders(
  graph: BodyGraph,
  inputs: readonly Tensor[],
  { name }: Steps,
): { graph: BodyGraph; placeholders: readonly Tensor[] } {
  const placeholders = inputs.map(
    (x) => new Placeholder(x.sizes, x.dtype, { requiresGrad: x.needsGrad }),
  );
  const replacements = placeholders.map((node) => ({ node, batched: false }));
  const outputs = recordInBody(name, () =>
    rewrite(graph.outputs, inputs, replacements, 0, { since: graph.since }).map(({ node }) => node),
  );
  const [n, m] = [graph.carries.length, graph.xs.length];
  return {
    graph: {
      ...graph,
      carries: placeholders.slice(0, n),
      xs: placeholders.slice(n, n + m),
      outputs,
    },
    placeholders,
  };
}

/**
 * The values kept from each step for the backward pass: the carries that it begins with and, without `checkpoint`, all that
 * is read of it.
 */
function savedValues(
  graph: BodyGraph,
  { name, checkpoint }: Steps,
  given: readonly Tensor[],
): readonly Tensor[] {
  const { carries, xs, outputs } = graph;
  if (checkpoint) return carries;
  const { depends, captured } = bodyDependencies(graph);
  const constants = [...captured];
  const step = recordBackwardStep(name, graph, constants, {
    used: outputs.slice(carries.length).filter((y) => y.needsGrad),
    xs: xs.map((x, k) => x.needsGrad && given[carries.length + k]?.needsGrad === true),
    constants: constants.map((k) => k.needsGrad),
  });
  return [...carries, ...residualsOf(graph, step, depends)];
}
