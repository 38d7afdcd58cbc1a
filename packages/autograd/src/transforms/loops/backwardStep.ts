/**
 * @file The backward pass through one step of a loop: the cotangents of the step's inputs, from those of its outputs, and the
 * nodes of the step that it reads.
 */
import { constant } from '../../graph/version.js';
import type { LoopName } from '../../graph/mode.js';
import type { Tensor } from '../../graph/tensor.js';
import { zerosOf } from '../../ops/build/primitive.js';
import { leafOf, pullback } from '../vjp.js';
import type { BodyGraph } from './body.js';
import { recordInBody, placeholderLike } from './recordInBody.js';

/** Which cotangents there are, and which are required. */
export interface RequiredNodes {
  /** Results of a step, or nodes of it that were kept, that have a cotangent. */
  readonly used: readonly Tensor[];
  readonly xs: readonly boolean[];
  readonly constants: readonly boolean[];
}

export interface BackwardStep {
  /** Nodes with smaller ids belong to the forward step. */
  readonly from: number;
  /** Placeholders for the cotangents of the new carries, and of `used`. */
  readonly ctCarries: readonly (Tensor | null)[];
  readonly ctUsed: readonly Tensor[];
  /** Placeholders for the sums of the constants' cotangents so far. */
  readonly sums: readonly (Tensor | null)[];
  /** The cotangents of the float carries, of the sequences and, added to the sums, of the required constants. */
  readonly carries: readonly Tensor[];
  readonly xs: readonly Tensor[];
  readonly constants: readonly Tensor[];
}

/** Records the backward pass of a step. */
export function recordBackwardStep(
  name: LoopName,
  graph: BodyGraph,
  constants: readonly Tensor[],
  required: RequiredNodes,
): BackwardStep {
  const n = graph.carries.length;
  const ends = graph.outputs.slice(0, n);
  const needsGrad = graph.carries.map((c) => c.needsGrad);
  const from = constant(0, 'float32').id;
  return recordInBody(name, () => {
    const ctCarries = ends.map((y, k) => (needsGrad[k] === true ? placeholderLike(y) : null));
    const ctUsed = required.used.map((node) => placeholderLike(node));
    const sums = constants.map((k, i) =>
      required.constants[i] === true ? placeholderLike(k) : null,
    );
    const outputs: Tensor[] = [];
    const seeds: Tensor[] = [];
    const seed = (node: Tensor, ct: Tensor | null): void => {
      if (ct === null || !node.needsGrad) return;
      outputs.push(node);
      seeds.push(ct);
    };
    // The sum so far comes first, so that terms are added in the order of the unrolled loop.
    constants.forEach((k, i) => seed(k, sums[i] ?? null));
    ends.forEach((y, k) => seed(y, ctCarries[k] ?? null));
    required.used.forEach((node, k) => seed(node, ctUsed[k] as Tensor));
    const carries = graph.carries.filter((_c, k) => needsGrad[k]);
    const xs = graph.xs.filter((_x, k) => required.xs[k]);
    const captured = constants.filter((_k, i) => required.constants[i]);
    const cotangents = pullback(
      outputs,
      seeds,
      new Set([...carries, ...xs, ...captured].map(leafOf)),
      {
        createGraph: true,
        ends: true,
        stops: new Set([...graph.carries, ...graph.xs]),
      },
    );
    const ctOf = (x: Tensor): Tensor => cotangents.get(leafOf(x)) ?? zerosOf(x);
    return {
      from,
      ctCarries,
      ctUsed,
      sums,
      carries: carries.map(ctOf),
      xs: xs.map(ctOf),
      constants: captured.map(ctOf),
    };
  });
}

/** All results of a backward step. */
export function resultsOf({ carries, xs, constants }: BackwardStep): Tensor[] {
  return [...carries, ...xs, ...constants];
}

/** Whether a node holds nothing but elements of its input. */
export function isView({ op }: Tensor): boolean {
  return op?.lowering.kind === 'view' || (op?.lowering.kind === 'alias' && op.lowering.transparent);
}
