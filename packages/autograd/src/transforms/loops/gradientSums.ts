/**
 * @file Sums over the steps of a loop: the gradients of the tensors that a body captures.
 *
 * They are carried from step to step, in the order of the unrolled loop. But `Σ_t P_tᵀ Q_t`, the gradient of a matrix by
 * which the body multiplies, is computed as one product over the rows of all steps, from kept P and Q, instead of a small
 * product per step.
 */
import type { Tensor } from '../../graph/tensor.js';
import { permuteNode } from '../../ops/shape/movement.js';
import { reshapeNode } from '../../ops/build/broadcast.js';
import { add } from '../../ops/build/element.js';
import { matmulOf } from '../../ops/linalg/products/matmul.js';
import { sumOf } from '../../ops/build/primitive.js';
import { bodyDependencies, type BodyGraph } from './body.js';
import { isPresent } from './recordInBody.js';
import { isView, type BackwardStep } from './backwardStep.js';

export class GradientSums {
  /** The placeholders of the carried sums, and the sums after a step. */
  readonly carries: readonly Tensor[];
  readonly totals: readonly Tensor[];
  /** The values to keep from each step, beside its results. */
  readonly saved: readonly Tensor[];
  private readonly stacked: readonly Tensor[];
  private readonly splits: readonly Split[];
  private readonly graph: BodyGraph;

  /** The sums of a backward pass over `graph`; with `carried`, all are carried. */
  constructor(graph: BodyGraph, step: BackwardStep, carried: boolean) {
    this.graph = graph;
    const sums = step.sums.filter(isPresent);
    const { depends } = bodyDependencies(graph);
    this.splits = step.constants.map((total, i) =>
      carried ? { terms: [], rest: total } : splitSum(total, sums[i] as Tensor, depends),
    );
    this.carries = sums.filter((_, i) => this.splits[i]?.rest !== null);
    this.totals = this.splits.flatMap(({ rest }) => (rest === null ? [] : [rest]));
    const operands = this.splits.flatMap(({ terms }) => terms.flatMap(({ a, b }) => [a, b]));
    const known = new Set(step.xs);
    this.saved = [...new Set(operands)].filter(
      (x) => !known.has(x) && !isViewOfSequence(x, graph.xs),
    );
    this.stacked = [...step.xs, ...this.saved];
  }

  /** The complete sums, from the sequences, the carried sums, and the results and kept values of all steps. */
  finish(
    sequences: readonly Tensor[],
    carried: readonly Tensor[],
    stacks: readonly Tensor[],
  ): Tensor[] {
    const stackOf = (x: Tensor): Tensor => {
      const k = this.stacked.indexOf(x);
      return k >= 0 ? (stacks[k] as Tensor) : stackedValue(x, this.graph.xs, sequences);
    };
    let next = 0;
    return this.splits.map(({ terms, rest }) => {
      const parts = rest === null ? [] : [carried[next++] as Tensor];
      for (const term of terms) parts.push(sumOfTerm(term, stackOf(term.a), stackOf(term.b)));
      return sumOf(parts) as Tensor;
    });
  }
}

/** Whether a node is a view of a sequence's element. */
function isViewOfSequence(node: Tensor, xs: readonly Tensor[]): boolean {
  let at = node;
  while (!xs.includes(at) && isView(at) && at.inputs.length > 0) at = at.inputs[0] as Tensor;
  return xs.includes(at);
}

/** Such a node for all steps. */
function stackedValue(node: Tensor, xs: readonly Tensor[], sequences: readonly Tensor[]): Tensor {
  const k = xs.indexOf(node);
  if (k >= 0 || node.op === null) return sequences[k] as Tensor;
  const of = stackedValue(node.inputs[0] as Tensor, xs, sequences);
  return node.op.batch([of], [true], node.attrs ?? {}, of.sizes[0] as number);
}

/** A product of two matrices that is a term of a sum. */
interface Term {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly transA: boolean;
  readonly transB: boolean;
}

/** `rest + Σ terms`; rest is null if nothing but terms is added to the carried sum. */
interface Split {
  readonly terms: readonly Term[];
  readonly rest: Tensor | null;
}

/** Splits what is added to `sum` in `total`: products are split off if their operands take no more memory than the sum. */
function splitSum(total: Tensor, sum: Tensor, depends: ReadonlySet<Tensor>): Split {
  const parts: Tensor[] = [];
  let at = total;
  while (at !== sum && at.op === (add.primitive as unknown) && at.inputs.length === 2) {
    parts.push(at.inputs[1] as Tensor);
    at = at.inputs[0] as Tensor;
  }
  if (at !== sum) return { terms: [], rest: total };
  const terms: Term[] = [];
  let rest = sum;
  for (const part of parts.reverse()) {
    const term = termOf(part, depends);
    if (term === null) rest = add(rest, part);
    else terms.push(term);
  }
  if (terms.length === 0) return { terms, rest: total };
  return { terms, rest: rest === sum ? null : rest };
}

function termOf(node: Tensor, depends: ReadonlySet<Tensor>): Term | null {
  if (node.op !== (matmulOf.primitive as unknown) || node.ndim !== 2) return null;
  const [a, b] = node.inputs as readonly [Tensor, Tensor];
  if (a.ndim !== 2 || b.ndim !== 2 || !depends.has(a) || !depends.has(b)) return null;
  const { transA, transB } = node.attrs as unknown as { transA: boolean; transB: boolean };
  // Keeping the operands must not cost more than reading and writing the sum.
  return a.size + b.size <= 2 * node.size ? { a, b, transA, transB } : null;
}

/** The sum of a term over all steps, from its operands for all steps, `[steps, …]`. */
function sumOfTerm({ transA, transB }: Term, a: Tensor, b: Tensor): Tensor {
  return matmulOf([flattenSteps(a, transA), flattenSteps(b, !transB)], {
    transA: true,
    transB: false,
  });
}

/** The rows to sum over, those of all steps one below the other. */
function flattenSteps(x: Tensor, first: boolean): Tensor {
  const [steps = 0, r = 0, c = 0] = x.sizes;
  return first
    ? reshapeNode(x, [steps * r, c])
    : reshapeNode(permuteNode(x, [0, 2, 1]), [steps * c, r]);
}
