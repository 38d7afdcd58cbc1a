/** @file The backward pass of a loop as a loop: derived once for each body and set of wanted cotangents. */
import { mode } from '../../graph/mode.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Body, BodyGraph, Steps } from './body.js';
import { present } from './extend.js';
import { prepare, withConstants, type Prepared } from './prepare.js';
import { onKept } from './residuals.js';
import { Sums } from './sums.js';
import { resultsOf, wayBack } from './wayBack.js';

/** Which results of a step, and then which kept values, have cotangents, and which cotangents are wanted. */
export interface Wanted {
  readonly used: readonly boolean[];
  readonly xs: readonly boolean[];
  readonly constants: readonly boolean[];
}

const known = new WeakMap<Body, Map<string, Return>>();

/** The backward loop of a loop over `body`. */
export function returnOf(body: Body, steps: Steps, wanted: Wanted): Return {
  let returns = known.get(body);
  if (returns === undefined) {
    returns = new Map<string, Return>();
    known.set(body, returns);
  }
  const bits = [wanted.used, wanted.xs, wanted.constants].map((flags) =>
    flags.map(Number).join(''),
  );
  const key = `${bits.join()} ${steps.name} ${Number(steps.checkpoint)}`;
  let found = returns.get(key);
  if (found === undefined) returns.set(key, (found = new Return(body, steps, wanted)));
  return found;
}

/** A loop over the steps of another loop, from its end. */
class Return {
  /** Which carries have cotangents: these are its first carries, followed by the sums for captured tensors. */
  readonly flows: readonly boolean[];
  readonly sums: Sums;
  private readonly body: Body;
  private readonly graph: BodyGraph;
  private readonly prepared = new Map<string, Prepared>();

  constructor(body: Body, { name, checkpoint }: Steps, wanted: Wanted) {
    this.body = body;
    this.flows = body.carries.map((c) => c.needsGrad);
    const sources = [...body.outputs.slice(body.carries.length), ...body.added];
    const used = sources.filter((_, k) => wanted.used[k]);
    const way = onKept(name, body, wayBack(name, body, body.constants, { ...wanted, used }));
    const graph: BodyGraph = {
      ...{ since: body.since, start: body.start, draws: body.draws },
      carries: way.ctCarries.filter(present),
      xs: [...body.saved, ...body.xs, ...way.ctUsed],
      outputs: resultsOf(way),
    };
    this.sums = new Sums(graph, way, checkpoint);
    this.graph = {
      ...graph,
      carries: [...graph.carries, ...this.sums.carries],
      outputs: [...way.carries, ...this.sums.totals, ...way.xs, ...this.sums.kept],
    };
  }

  /** The steps in the other direction, with the same random numbers in each. */
  over(steps: Steps): Steps {
    return { ...steps, reverse: !steps.reverse, rewound: !steps.rewound };
  }

  /** The loop, prepared for given inputs and constants. */
  on(steps: Steps, given: readonly Tensor[], constants: readonly Tensor[]): Prepared {
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
