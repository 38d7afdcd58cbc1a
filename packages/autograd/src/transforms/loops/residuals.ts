/**
 * @file Residuals: the values kept from each step of a loop for its backward pass.
 *
 * The backward pass reads nodes of the step. What it computes from them alone, before any cotangent comes in, can as well be
 * computed in the forward pass, and is kept instead if that takes no more memory: σ'(x) costs next to nothing where σ(x) is
 * computed.
 */
import type { LoopName } from '../../graph/mode.js';
import type { Tensor } from '../../graph/tensor.js';
import { constantOp } from '../../graph/version.js';
import { itemSize } from '../../graph/dtype.js';
import { callOf } from '../call.js';
import { rewrite } from '../rewrite.js';
import type { Body, BodyGraph } from './body.js';
import { recordInBody, isPresent } from './recordInBody.js';
import { isView, resultsOf, type BackwardStep } from './backwardStep.js';

/** The nodes to keep from a step, beside the carries: nodes that change from step to step; for views the viewed nodes. */
export function residualsOf(
  graph: BodyGraph,
  step: BackwardStep,
  depends: ReadonlySet<Tensor>,
): Tensor[] {
  const given = new Set([...graph.carries, ...graph.xs]);
  const forwardOnly = forwardOnlyNodes(step, depends);
  const direct = new Set<Tensor>();
  const computed = new Set<Tensor>();
  const operands = new Set<Tensor>();
  const addBase = (node: Tensor, where: Set<Tensor>): void => {
    let base = node;
    while (depends.has(base) && !given.has(base) && isView(base)) base = base.inputs[0] as Tensor;
    if (depends.has(base) && !given.has(base)) where.add(base);
  };
  const seen = new Set<Tensor>();
  const visit = (node: Tensor): void => {
    if (node.id < step.from) return addBase(node, direct);
    if (!forwardOnly.has(node)) return void stack.push(node);
    if (isView(node)) return node.inputs.forEach(visit);
    computed.add(node);
    for (const x of forwardInputs(node, step.from)) addBase(x, operands);
  };
  const stack: Tensor[] = [];
  resultsOf(step).forEach(visit);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    node.inputs.forEach(visit);
  }
  const plain = new Set([...direct, ...operands]);
  const precomputed = new Set([...direct, ...computed]);
  const chosen = bytesOf(precomputed) <= bytesOf(plain) ? precomputed : plain;
  return [...chosen].sort((x, y) => x.id - y.id);
}

/** A backward step that reads a kept value wherever it would compute the same. */
export function reuseResiduals(name: LoopName, body: Body, step: BackwardStep): BackwardStep {
  const results = resultsOf(step);
  const nodes = ancestorsSince([...body.saved, ...results], body.since);
  const numbers = new Map<string, number>();
  const numberOf = new Map<Tensor, number>();
  for (const node of nodes) {
    const key = structuralKey(node, numberOf);
    const known = key === null ? undefined : numbers.get(key);
    if (known === undefined && key !== null) numbers.set(key, node.id);
    numberOf.set(node, known ?? node.id);
  }
  const residualOf = new Map(body.saved.map((x) => [numberOf.get(x), x]));
  const [from, to]: [Tensor[], Tensor[]] = [[], []];
  for (const node of nodes) {
    const residual = residualOf.get(numberOf.get(node));
    if (residual === undefined || residual === node || node.id < step.from) continue;
    from.push(node);
    to.push(residual);
  }
  if (from.length === 0) return step;
  const replacements = to.map((node) => ({ node, batched: false }));
  const made = recordInBody(name, () =>
    rewrite(results, from, replacements, 0, { since: step.from }),
  ).map(({ node }) => node);
  const take = (list: readonly Tensor[]): Tensor[] => made.splice(0, list.length);
  const [carries, xs] = [take(step.carries), take(step.xs)];
  return { ...step, carries, xs, constants: made };
}

/** The nodes of a backward step that depend on the forward step alone, and on numbers. */
function forwardOnlyNodes(step: BackwardStep, depends: ReadonlySet<Tensor>): Set<Tensor> {
  const own = new Set([
    ...step.ctCarries.filter(isPresent),
    ...step.ctUsed,
    ...step.sums.filter(isPresent),
  ]);
  const found = new Set<Tensor>();
  for (const node of ancestorsSince(resultsOf(step), step.from)) {
    if (node.id < step.from || own.has(node) || node.inputs.length === 0) continue;
    if (callOf(node) !== null || node.extra !== null) continue;
    const known = node.inputs.every(
      (x) => found.has(x) || (x.id < step.from ? true : x.op === constantOp),
    );
    if (known && node.inputs.some((x) => found.has(x) || depends.has(x))) found.add(node);
  }
  return found;
}

/** The nodes of the forward step from which a node of the backward step is made. */
function forwardInputs(node: Tensor, from: number): Tensor[] {
  return ancestorsSince([node], from).filter((x) => x.id < from);
}

/** The nodes behind some nodes down to the first that are older than `since`, those included: the oldest first. */
function ancestorsSince(roots: readonly Tensor[], since: number): Tensor[] {
  const seen = new Set<Tensor>(roots);
  for (const node of seen) if (node.id >= since) for (const x of node.inputs) seen.add(x);
  return [...seen].sort((x, y) => x.id - y.id);
}

/** A key that nodes share if they compute the same; null for a node that is like no other. */
function structuralKey(node: Tensor, numberOf: ReadonlyMap<Tensor, number>): string | null {
  const { op, attrs, inputs, dtype, sizes, cell, extra } = node;
  if (op === null || cell !== null || extra !== null || callOf(node) !== null) return null;
  if (inputs.length === 0 && op !== constantOp) return null;
  if (inputs.some((x) => !numberOf.has(x))) return null;
  const from = inputs.map((x) => numberOf.get(x)).join();
  return `${op.id} ${dtype} ${sizes.join()} ${JSON.stringify(attrs, asText)} ${from}`;
}

/** Encodes the numbers that JSON cannot represent. */
function asText(_key: string, x: unknown): unknown {
  return typeof x === 'number' && (!Number.isFinite(x) || Object.is(x, -0)) ? `${1 / x} ${x}` : x;
}

function bytesOf(nodes: Iterable<Tensor>): number {
  let bytes = 0;
  for (const { size, dtype } of nodes) bytes += size * itemSize[dtype];
  return bytes;
}
