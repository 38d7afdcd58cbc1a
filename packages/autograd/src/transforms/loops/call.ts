/**
 * @file A loop as a call: its derivatives are loops again, and so is its batched form.
 *
 * The backward pass of a loop is a loop from its end, over values that the forward pass kept from each step: all that it
 * reads, or only the carries, from which it computes the step again. Forward mode carries tangents beside the values.
 */
import type { Tensor } from '../../graph/tensor.js';
import { counter, Placeholder } from '../../graph/version.js';
import { zerosOf } from '../../ops/build/primitive.js';
import { moveDim } from '../../ops/shape/movement.js';
import { makeCall, type Call, type CallRules, type Replacement, type Rewriting } from '../call.js';
import { pushforward } from '../jvp.js';
import { rewrite } from '../rewrite.js';
import { subgraphBetween, withGraphBuilding } from '../variable.js';
import type { Body, BodyGraph, BodyDependencies, Steps } from './body.js';
import { recordInBody, isPresent, broadcastToExamples, placeholderLike } from './recordInBody.js';
import { loopNodes, type LoopSpec } from './loopNodes.js';
import { prepare, withConstants, type Prepared } from './prepare.js';
import { backwardLoopOf, type RequiredCotangents } from './backwardLoop.js';

interface ScanCall extends CallRules {
  readonly body: Body;
  readonly steps: Steps;
}

/** Runs a body over carries and sequences. Returns the last carries, then the results of all steps. */
export function callScan(
  graph: BodyGraph,
  steps: Steps,
  carries: readonly Tensor[],
  xs: readonly Tensor[],
  base: Tensor = counter(graph.start, 'offset'),
  found?: BodyDependencies,
): Tensor[] {
  const given = [...carries, ...xs].map((x) => x.current);
  const prepared = prepare(graph, steps, given, found);
  return makeScan(prepared, steps, given, base).slice(0, graph.outputs.length);
}

/** Runs a prepared body. Its results are followed by the values kept from all steps. */
function makeScan(
  { body, constants }: Prepared,
  steps: Steps,
  given: readonly Tensor[],
  base: Tensor | undefined,
): readonly Tensor[] {
  const { name, length, reverse, rewound } = steps;
  const inputs = [...given, ...constants.map((x) => x.current)];
  if (body.draws > 0 && base !== undefined) inputs.push(base);
  const spec: LoopSpec = {
    name,
    bodies: [body.program],
    kind: 'scan',
    length,
    reverse,
    rewound,
    constants: [given.length],
  };
  const kind = body.id === undefined ? {} : { kind: body.id };
  const rules: ScanCall = { name, body, steps, ...kind, ...scanRules };
  const values = withGraphBuilding(false, () => loopNodes(spec, inputs));
  return makeCall(rules, inputs, values).outputs;
}

/** Splits the inputs of a loop by kind; `base` is the offset of its random numbers. */
export function splitInputs(
  { carries, xs, constants, draws }: Body,
  inputs: readonly Tensor[],
): {
  carries: Tensor[];
  xs: Tensor[];
  constants: Tensor[];
  base: Tensor | undefined;
} {
  const [n, m] = [carries.length, xs.length];
  return {
    carries: inputs.slice(0, n),
    xs: inputs.slice(n, n + m),
    constants: inputs.slice(n + m, n + m + constants.length),
    base: draws > 0 ? inputs.at(-1) : undefined,
  };
}

const scanRules: Omit<CallRules, 'name'> = {
  pullback(cts, call) {
    const { body, steps } = call.rules as ScanCall;
    const given = splitInputs(body, call.inputs);
    const n = body.carries.length;
    const [lasts, rest] = [cts.slice(0, n), cts.slice(n)];
    const required: RequiredCotangents = {
      used: rest.map((ct) => ct !== null),
      xs: body.xs.map((x, k) => x.needsGrad && (given.xs[k] as Tensor).needsGrad),
      constants: body.constants.map(
        (k, i) => k.needsGrad && (given.constants[i] as Tensor).needsGrad,
      ),
    };
    const back = backwardLoopOf(body, steps, required);
    const { needsGrad, sums } = back;
    const backwardSteps = back.reversed(steps);
    const float = body.outputs
      .slice(0, n)
      .flatMap((y, k) => (needsGrad[k] === true ? [lasts[k] ?? zerosOf(y)] : []));
    const sequences = [...savedOf(call), ...given.xs, ...rest.filter(isPresent)];
    const inputs = [...float, ...sums.carries.map(zerosOf), ...sequences].map((x) => x.current);
    const results = [
      ...makeScan(
        back.prepare(backwardSteps, inputs, given.constants),
        backwardSteps,
        inputs,
        given.base,
      ),
    ];
    const take = (flags: readonly boolean[]): (Tensor | null)[] =>
      flags.map((flag) => (flag ? (results.shift() as Tensor) : null));
    const byCarry = take(needsGrad);
    const ends = results.splice(0, sums.carries.length);
    const byX = take(required.xs);
    const totals = sums.finish(sequences, ends, [...byX.filter(isPresent), ...results]);
    const byConstant = required.constants.map((flag) => (flag ? (totals.shift() as Tensor) : null));
    return [...byCarry, ...byX, ...byConstant, null];
  },

  pushforward(ts, call) {
    const { body, steps } = call.rules as ScanCall;
    const given = splitInputs(body, call.inputs);
    const [n, m] = [body.carries.length, body.xs.length];
    const flows = body.carries.map((c) => c.needsGrad);
    const tx = body.xs.map((_x, k) => ts[n + k] ?? null);
    const tk = body.constants.map((_k, i) => ts[n + m + i] ?? null);
    const made = recordInBody(steps.name, () => {
      const tCarries = body.carries.map((c, k) => (flows[k] === true ? placeholderLike(c) : null));
      const tSlices = body.xs.map((x, k) => (tx[k] === null ? null : placeholderLike(x)));
      const variables = [...body.carries, ...body.xs, ...body.constants];
      const results = [...body.outputs, ...body.added];
      const span = subgraphBetween(results, variables, { since: body.since });
      const tangents = pushforward(results, variables, [...tCarries, ...tSlices, ...tk], span);
      const tangentOf = (k: number): Tensor => tangents[k] ?? zerosOf(results[k] as Tensor);
      return {
        carries: [...body.carries, ...tCarries.filter(isPresent)],
        xs: [...body.xs, ...tSlices.filter(isPresent)],
        outputs: [
          ...body.outputs.slice(0, n),
          ...body.carries.flatMap((_c, k) => (flows[k] === true ? [tangentOf(k)] : [])),
          ...results.slice(n).map((_y, j) => tangentOf(n + j)),
        ],
      };
    });
    const starts = given.carries.flatMap((c, k) =>
      flows[k] === true ? [ts[k] ?? zerosOf(c)] : [],
    );
    const inputs = [...given.carries, ...starts, ...given.xs, ...tx.filter(isPresent)];
    const prepared = prepare({ ...body, ...made }, steps, inputs);
    const results = makeScan(
      withConstants(prepared, body, given.constants),
      steps,
      inputs.map((x) => x.current),
      given.base,
    ).slice(n, made.outputs.length);
    const take = (flag: boolean): Tensor | null => (flag ? (results.shift() as Tensor) : null);
    const lasts = flows.map(take);
    return [...lasts, ...results];
  },

  rebuild(inputs, size, call, rewriting) {
    const { body, steps } = call.rules as ScanCall;
    const [n, m] = [body.carries.length, body.xs.length];
    const { graph, flags } = rebuiltBody(call.rules as ScanCall, inputs, size, rewriting);
    const starts = inputs
      .slice(0, n)
      .map((r, k) =>
        flags[k] === true && !r.batched ? broadcastToExamples(r.node, size) : r.node,
      );
    const sequences = inputs
      .slice(n, n + m)
      .map((r) => (r.batched ? moveDim(r.node, 0, 1) : r.node));
    const base = body.draws > 0 ? inputs.at(-1)?.node : undefined;
    const results = callScan(graph, steps, starts, sequences, base);
    return results.map((node, k) => {
      const batched = flags[k] === true;
      return { node: batched && k >= n ? moveDim(node, 1, 0) : node, batched };
    });
  },
};

/** The values kept from all steps. */
function savedOf(call: Call): Tensor[] {
  const { body } = call.rules as ScanCall;
  return body.indices.map((k) => call.outputs[k] as Tensor);
}

/**
 * A body rebuilt for other inputs, and which of its outputs are batched; a carry that becomes batched is so from the start.
 */
function rebuiltBody(
  { body, steps }: ScanCall,
  inputs: readonly Replacement[],
  size: number,
  rewriting: Rewriting,
): { graph: BodyGraph; flags: boolean[] } {
  const [n, m] = [body.carries.length, body.xs.length];
  const variables = [...body.carries, ...body.xs];
  const batched = inputs.slice(0, n + m).map((r) => r.batched);
  for (;;) {
    const placeholders = variables.map((x, k) => {
      const shape = batched[k] === true ? [size, ...x.sizes] : x.sizes;
      return new Placeholder(shape, x.dtype, { requiresGrad: x.needsGrad });
    });
    const replacements = [
      ...placeholders.map((node, k) => ({ node, batched: batched[k] === true })),
      ...inputs.slice(n + m, n + m + body.constants.length),
    ];
    const made = recordInBody(steps.name, () =>
      // Kept values are results like others.
      rewrite(
        [...body.outputs, ...body.added],
        [...variables, ...body.constants],
        replacements,
        size,
        {
          within: rewriting,
          since: body.since,
        },
      ),
    );
    const grown = made.slice(0, n).findIndex((r, k) => r.batched && batched[k] !== true);
    if (grown >= 0) {
      batched[grown] = true;
      continue;
    }
    const outputs = made.map((r, k) =>
      k < n && batched[k] === true && !r.batched ? broadcastToExamples(r.node, size) : r.node,
    );
    const flags = made.map((r, k) => (k < n ? batched[k] === true : r.batched));
    return {
      graph: { ...body, carries: placeholders.slice(0, n), xs: placeholders.slice(n), outputs },
      flags,
    };
  }
}
