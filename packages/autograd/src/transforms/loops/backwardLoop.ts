/** @file The backward pass of a loop as a loop: derived once for each body and set of required cotangents. */
import { mode } from '../../graph/mode.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Body, BodyGraph, Steps } from './body.js';
import { isPresent } from './recordInBody.js';
import { prepare, withConstants, type Prepared } from './prepare.js';
import { reuseResiduals } from './residuals.js';
import { GradientSums } from './gradientSums.js';
import { resultsOf, recordBackwardStep } from './backwardStep.js';

/** Which results of a step, and then which kept values, have cotangents, and which cotangents are required. */
export interface RequiredCotangents {
  readonly used: readonly boolean[];
  readonly xs: readonly boolean[];
  readonly constants: readonly boolean[];
}

const backwardLoops = new WeakMap<Body, Map<string, BackwardLoop>>();

/** The backward loop of a loop over `body`. */
export function backwardLoopOf(
  body: Body,
  steps: Steps,
  required: RequiredCotangents,
): BackwardLoop {
  let loops = backwardLoops.get(body);
  if (loops === undefined) {
    loops = new Map<string, BackwardLoop>();
    backwardLoops.set(body, loops);
  }
  const bits = [required.used, required.xs, required.constants].map((flags) =>
    flags.map(Number).join(''),
  );
  const key = `${bits.join()} ${steps.name} ${Number(steps.checkpoint)}`;
  let found = loops.get(key);
  if (found === undefined) loops.set(key, (found = new BackwardLoop(body, steps, required)));
  return found;
}

/** A loop over the steps of another loop, from its end. */
class BackwardLoop {
  /** Which carries have cotangents: these are its first carries, followed by the sums for captured tensors. */
  readonly needsGrad: readonly boolean[];
  readonly sums: GradientSums;
  private readonly body: Body;
  private readonly graph: BodyGraph;
  private readonly prepared = new Map<string, Prepared>();

  constructor(body: Body, { name, checkpoint }: Steps, required: RequiredCotangents) {
    this.body = body;
    this.needsGrad = body.carries.map((c) => c.needsGrad);
    const sources = [...body.outputs.slice(body.carries.length), ...body.added];
    const used = sources.filter((_, k) => required.used[k]);
    const step = reuseResiduals(
      name,
      body,
      recordBackwardStep(name, body, body.constants, { ...required, used }),
    );
    const graph: BodyGraph = {
      ...{ since: body.since, start: body.start, draws: body.draws },
      carries: step.ctCarries.filter(isPresent),
      xs: [...body.saved, ...body.xs, ...step.ctUsed],
      outputs: resultsOf(step),
    };
    this.sums = new GradientSums(graph, step, checkpoint);
    this.graph = {
      ...graph,
      carries: [...graph.carries, ...this.sums.carries],
      outputs: [...step.carries, ...this.sums.totals, ...step.xs, ...this.sums.saved],
    };
  }

  /** The steps in the other direction, with the same random numbers in each. */
  reversed(steps: Steps): Steps {
    return { ...steps, reverse: !steps.reverse, rewound: !steps.rewound };
  }

  /** The loop, prepared for given inputs and constants. */
  prepare(steps: Steps, given: readonly Tensor[], constants: readonly Tensor[]): Prepared {
    const needs = mode.grad
      ? [...given, ...constants].map((x) => Number(x.needsGrad)).join('')
      : '';
    let prepared = this.prepared.get(needs);
    if (prepared === undefined) {
      prepared = prepare(this.graph, steps, given);
      this.prepared.set(needs, prepared);
    }
    return withConstants(prepared, this.body, constants);
  }
}
