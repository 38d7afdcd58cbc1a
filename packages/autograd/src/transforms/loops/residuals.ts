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
import { extend, present } from './extend.js';
import { isView, resultsOf, type WayBack } from './wayBack.js';

/** The nodes to keep from a step, beside the carries: nodes that change from step to step; for views the viewed nodes. */
export function residualsOf(
  graph: BodyGraph,
  way: WayBack,
  depends: ReadonlySet<Tensor>,
): Tensor[] {
  const given = new Set([...graph.carries, ...graph.xs]);
  const ofStep = madeOfStep(way, depends);
  const direct = new Set<Tensor>();
  const made = new Set<Tensor>();
  const behind = new Set<Tensor>();
  const keep = (node: Tensor, where: Set<Tensor>): void => {
    let base = node;
    while (depends.has(base) && !given.has(base) && isView(base)) base = base.inputs[0] as Tensor;
    if (depends.has(base) && !given.has(base)) where.add(base);
  };
  const seen = new Set<Tensor>();
  const visit = (node: Tensor): void => {
    if (node.id < way.from) return keep(node, direct);
    if (!ofStep.has(node)) return void stack.push(node);
    if (isView(node)) return node.inputs.forEach(visit);
    made.add(node);
    for (const x of basesOf(node, way.from)) keep(x, behind);
  };
  const stack: Tensor[] = [];
  resultsOf(way).forEach(visit);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    node.inputs.forEach(visit);
  }
  const plain = new Set([...direct, ...behind]);
  const ahead = new Set([...direct, ...made]);
  const kept = bytesOf(ahead) <= bytesOf(plain) ? ahead : plain;
  return [...kept].sort((x, y) => x.id - y.id);
}

/** A backward step that reads a kept value wherever it would compute the same. */
export function onKept(name: LoopName, body: Body, way: WayBack): WayBack {
  const results = resultsOf(way);
  const nodes = behindAll([...body.saved, ...results], body.since);
  const numbers = new Map<string, number>();
  const numberOf = new Map<Tensor, number>();
  for (const node of nodes) {
    const key = keyOf(node, numberOf);
    const known = key === null ? undefined : numbers.get(key);
    if (known === undefined && key !== null) numbers.set(key, node.id);
    numberOf.set(node, known ?? node.id);
  }
  const keptAs = new Map(body.saved.map((x) => [numberOf.get(x), x]));
  const [from, to]: [Tensor[], Tensor[]] = [[], []];
  for (const node of nodes) {
    const kept = keptAs.get(numberOf.get(node));
    if (kept === undefined || kept === node || node.id < way.from) continue;
    from.push(node);
    to.push(kept);
  }
  if (from.length === 0) return way;
  const replacements = to.map((node) => ({ node, batched: false }));
  const made = extend(name, () => rewrite(results, from, replacements, 0, { since: way.from })).map(
    ({ node }) => node,
  );
  const take = (list: readonly Tensor[]): Tensor[] => made.splice(0, list.length);
  const [carries, xs] = [take(way.carries), take(way.xs)];
  return { ...way, carries, xs, constants: made };
}

/** The nodes of a backward step that depend on the forward step alone, and on numbers. */
function madeOfStep(way: WayBack, depends: ReadonlySet<Tensor>): Set<Tensor> {
  const own = new Set([
    ...way.ctCarries.filter(present),
    ...way.ctUsed,
    ...way.sums.filter(present),
  ]);
  const found = new Set<Tensor>();
  for (const node of behindAll(resultsOf(way), way.from)) {
    if (node.id < way.from || own.has(node) || node.inputs.length === 0) continue;
    if (callOf(node) !== null || node.extra !== null) continue;
    const known = node.inputs.every(
      (x) => found.has(x) || (x.id < way.from ? true : x.op === constantOp),
    );
    if (known && node.inputs.some((x) => found.has(x) || depends.has(x))) found.add(node);
  }
  return found;
}

/** The nodes of the forward step from which a node of the backward step is made. */
function basesOf(node: Tensor, from: number): Tensor[] {
  return behindAll([node], from).filter((x) => x.id < from);
}

/** The nodes behind some nodes down to the first that are older than `since`, those included: the oldest first. */
function behindAll(roots: readonly Tensor[], since: number): Tensor[] {
  const seen = new Set<Tensor>(roots);
  for (const node of seen) if (node.id >= since) for (const x of node.inputs) seen.add(x);
  return [...seen].sort((x, y) => x.id - y.id);
}

/** A key that nodes share if they compute the same; null for a node that is like no other. */
function keyOf(node: Tensor, numberOf: ReadonlyMap<Tensor, number>): string | null {
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
