/**
 * @file A loop as a call: its derivatives are loops again, and so is what it is for many examples.
 *
 * The way back of a loop is a loop from its end, over the carries that the way there has kept; what a step computed is
 * computed once more. Forward mode carries tangents beside the values.
 */
import { mode, type LoopName } from '../../graph/mode.js';
import type { Tensor } from '../../graph/tensor.js';
import { counter, Placeholder } from '../../graph/version.js';
import { zerosOf } from '../../ops/build/primitive.js';
import { moveDim } from '../../ops/shape/movement.js';
import { makeCall, type Call, type CallRules, type Replacement, type Rewriting } from '../call.js';
import { pushforward } from '../jvp.js';
import { rewrite } from '../rewrite.js';
import { between, building } from '../variable.js';
import { leafOf, pullback } from '../vjp.js';
import { extend, present, spread, standIn } from './extend.js';
import { closeBody, type Body, type BodyGraph } from './body.js';
import { loopNodes, type LoopSpec } from './run.js';

/** How often, and in which direction. */
export interface Steps {
  readonly name: LoopName;
  readonly length: number;
  readonly reverse: boolean;
  readonly rewound: boolean;
}

interface ScanCall extends CallRules {
  readonly body: Body;
  readonly steps: Steps;
}

/** Runs a body over carries and sequences. Its results: the last carries, then what each step gave. */
export function callScan(
  body: Body,
  steps: Steps,
  carries: readonly Tensor[],
  xs: readonly Tensor[],
  base: Tensor = counter(body.start, 'offset'),
): Tensor[] {
  const { name, length, reverse, rewound } = steps;
  const inputs = [...carries, ...xs, ...body.constants].map((x) => x.current);
  const saves = mode.grad && inputs.some((x) => x.needsGrad);
  if (body.draws > 0) inputs.push(base);
  const spec: LoopSpec = {
    name,
    programs: [body.program],
    kind: 'scan',
    length,
    reverse,
    rewound,
    saves,
    constants: [carries.length + xs.length],
  };
  const rules: ScanCall = { name, body, steps, ...scanRules };
  const { outputs } = makeCall(
    rules,
    inputs,
    building(false, () => loopNodes(spec, inputs)),
  );
  return outputs.slice(0, body.outputs.length);
}

/** The inputs of a call by what they are. */
function partsOf(call: Call): {
  carries: Tensor[];
  xs: Tensor[];
  constants: Tensor[];
  base: Tensor | undefined;
} {
  const { body } = call.rules as ScanCall;
  const [n, m] = [body.carries.length, body.xs.length];
  const { inputs } = call;
  return {
    carries: inputs.slice(0, n),
    xs: inputs.slice(n, n + m),
    constants: inputs.slice(n + m, n + m + body.constants.length),
    base: body.draws > 0 ? inputs.at(-1) : undefined,
  };
}

const scanRules: Omit<CallRules, 'name'> = {
  pullback(cts, call) {
    const { body, steps } = call.rules as ScanCall;
    const given = partsOf(call);
    const n = body.carries.length;
    const flows = body.carries.map((c) => c.needsGrad);
    const [lasts, rest] = [cts.slice(0, n), cts.slice(n)];
    // What each step gave, and the carries it began with, where these were kept.
    const sources = [...body.outputs.slice(n), ...body.carries];
    const used = rest.flatMap((ct, k) => (ct === null ? [] : [{ ct, node: sources[k] as Tensor }]));
    const wantedX = body.xs.map((x, k) => x.needsGrad && (given.xs[k] as Tensor).needsGrad);
    const wantedK = body.constants.map(
      (k, i) => k.needsGrad && (given.constants[i] as Tensor).needsGrad,
    );
    const ends = body.outputs.slice(0, n);

    const made = extend(steps.name, () => {
      const ctCarries = ends.map((y, k) => (flows[k] === true ? standIn(y) : null));
      const ctUsed = used.map(({ node }) => standIn(node));
      const sums = body.constants.map((k, i) => (wantedK[i] === true ? standIn(k) : null));
      const outputs: Tensor[] = [];
      const seeds: Tensor[] = [];
      const seed = (node: Tensor, ct: Tensor | null): void => {
        if (ct === null || !node.needsGrad) return;
        outputs.push(node);
        seeds.push(ct);
      };
      // A sum so far stands first, so that it grows in the order of the unrolled loop.
      body.constants.forEach((k, i) => seed(k, sums[i] ?? null));
      ends.forEach((y, k) => seed(y, ctCarries[k] ?? null));
      used.forEach(({ node }, k) => seed(node, ctUsed[k] as Tensor));
      const targets = [
        ...body.carries.filter((_c, k) => flows[k]),
        ...body.xs.filter((_x, k) => wantedX[k]),
        ...body.constants.filter((_k, i) => wantedK[i]),
      ];
      const found = pullback(outputs, seeds, new Set(targets.map(leafOf)), {
        createGraph: true,
        ends: true,
      });
      const ctOf = (x: Tensor): Tensor => found.get(leafOf(x)) ?? zerosOf(x);
      return {
        carries: [...ctCarries.filter(present), ...sums.filter(present)],
        xs: [...body.carries, ...body.xs, ...ctUsed],
        outputs: [
          ...body.carries.filter((_c, k) => flows[k]).map(ctOf),
          ...body.constants.filter((_k, i) => wantedK[i]).map(ctOf),
          ...body.xs.filter((_x, k) => wantedX[k]).map(ctOf),
        ],
      };
    });
    const back = closeBody({ ...body, ...made });
    const float = ends.flatMap((y, k) => (flows[k] === true ? [lasts[k] ?? zerosOf(y)] : []));
    const sums = body.constants.flatMap((_k, i) =>
      wantedK[i] === true ? [zerosOf(given.constants[i] as Tensor)] : [],
    );
    const results = callScan(
      back,
      { ...steps, reverse: !steps.reverse, rewound: !steps.rewound },
      [...float, ...sums],
      [...savedOf(call), ...given.xs, ...used.map(({ ct }) => ct)],
      given.base,
    );
    const take = (flags: readonly boolean[]): (Tensor | null)[] =>
      flags.map((flag) => (flag ? (results.shift() as Tensor) : null));
    const [byCarry, byConstant, byX] = [take(flows), take(wantedK), take(wantedX)];
    return [...byCarry, ...byX, ...byConstant, null];
  },

  pushforward(ts, call) {
    const { body, steps } = call.rules as ScanCall;
    const given = partsOf(call);
    const [n, m] = [body.carries.length, body.xs.length];
    const flows = body.carries.map((c) => c.needsGrad);
    const tx = body.xs.map((_x, k) => ts[n + k] ?? null);
    const tk = body.constants.map((_k, i) => ts[n + m + i] ?? null);
    const made = extend(steps.name, () => {
      const tCarries = body.carries.map((c, k) => (flows[k] === true ? standIn(c) : null));
      const tSlices = body.xs.map((x, k) => (tx[k] === null ? null : standIn(x)));
      const variables = [...body.carries, ...body.xs, ...body.constants];
      const span = between(body.outputs, variables, { since: body.since });
      const tangents = pushforward(body.outputs, variables, [...tCarries, ...tSlices, ...tk], span);
      const tangentOf = (k: number): Tensor => tangents[k] ?? zerosOf(body.outputs[k] as Tensor);
      return {
        carries: [...body.carries, ...tCarries.filter(present)],
        xs: [...body.xs, ...tSlices.filter(present)],
        outputs: [
          ...body.outputs.slice(0, n),
          ...body.carries.flatMap((_c, k) => (flows[k] === true ? [tangentOf(k)] : [])),
          ...body.outputs.slice(n).map((_y, j) => tangentOf(n + j)),
          // The carries that each step begins with.
          ...tCarries.filter(present),
        ],
      };
    });
    const starts = given.carries.flatMap((c, k) =>
      flows[k] === true ? [ts[k] ?? zerosOf(c)] : [],
    );
    const results = callScan(
      closeBody({ ...body, ...made }),
      steps,
      [...given.carries, ...starts],
      [...given.xs, ...tx.filter(present)],
      given.base,
    ).slice(n);
    const take = (flag: boolean): Tensor | null => (flag ? (results.shift() as Tensor) : null);
    const lasts = flows.map(take);
    const stacked = body.outputs.slice(n).map(() => take(true));
    return [...lasts, ...stacked, ...flows.map(take)];
  },

  rebuild(inputs, size, call, rewriting) {
    const { body, steps } = call.rules as ScanCall;
    const [n, m] = [body.carries.length, body.xs.length];
    const { graph, flags } = rebuiltBody(call.rules as ScanCall, inputs, size, rewriting);
    const starts = inputs
      .slice(0, n)
      .map((r, k) => (flags[k] === true && !r.batched ? spread(r.node, size) : r.node));
    const sequences = inputs
      .slice(n, n + m)
      .map((r) => (r.batched ? moveDim(r.node, 0, 1) : r.node));
    const base = body.draws > 0 ? inputs.at(-1)?.node : undefined;
    // Carries that were kept are results like others.
    const kept = call.outputs.length > body.outputs.length;
    const outputs = kept ? [...graph.outputs, ...graph.carries] : graph.outputs;
    const results = callScan(closeBody({ ...graph, outputs }), steps, starts, sequences, base);
    const all = kept ? [...flags, ...flags.slice(0, n)] : flags;
    return results.map((node, k) => {
      const batched = all[k] === true;
      return { node: batched && k >= n ? moveDim(node, 1, 0) : node, batched };
    });
  },
};

/** The carries that each step began with. */
function savedOf(call: Call): Tensor[] {
  const { body } = call.rules as ScanCall;
  return call.outputs.slice(body.outputs.length);
}

/** A body for inputs in other places, and which of its outputs have examples; carries that get them have them throughout. */
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
    const stand = variables.map((x, k) => {
      const shape = batched[k] === true ? [size, ...x.shape] : x.shape;
      return new Placeholder(shape, x.dtype, { requiresGrad: x.needsGrad });
    });
    const replacements = [
      ...stand.map((node, k) => ({ node, batched: batched[k] === true })),
      ...inputs.slice(n + m, n + m + body.constants.length),
    ];
    const made = extend(steps.name, () =>
      rewrite(body.outputs, [...variables, ...body.constants], replacements, size, {
        within: rewriting,
        since: body.since,
      }),
    );
    const grown = made.slice(0, n).findIndex((r, k) => r.batched && batched[k] !== true);
    if (grown >= 0) {
      batched[grown] = true;
      continue;
    }
    const outputs = made.map((r, k) =>
      k < n && batched[k] === true && !r.batched ? spread(r.node, size) : r.node,
    );
    const flags = made.map((r, k) => (k < n ? batched[k] === true : r.batched));
    return {
      graph: { ...body, carries: stand.slice(0, n), xs: stand.slice(n), outputs },
      flags,
    };
  }
}
