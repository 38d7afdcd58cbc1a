/**
 * @file A loop with a condition as a call. Its body returns whether to continue, then the new carries.
 *
 * Forward mode and batching give such loops again; its backward pass is that of a `scan` over as many steps as it took.
 */
import { GradError } from '../../errors.js';
import { mode } from '../../graph/mode.js';
import { valueOf } from '../../graph/values/reading.js';
import type { Tensor } from '../../graph/tensor.js';
import { counter, Placeholder } from '../../graph/version.js';
import { castNode, choose } from '../../ops/build/element.js';
import { logicalAnd, ne } from '../../ops/build/relations.js';
import { reshapeNode } from '../../ops/build/broadcast.js';
import { zerosOf } from '../../ops/build/primitive.js';
import { maxOver } from '../../ops/reductions/fold.js';
import { makeCall, type Call, type CallRules } from '../call.js';
import { pushforward } from '../jvp.js';
import { recomputeOp } from '../recordedCall.js';
import { rewrite } from '../rewrite.js';
import { subgraphBetween, withGraphBuilding } from '../variable.js';
import { leafOf, pullback } from '../vjp.js';
import { closeBody, type Body } from './body.js';
import { callScan, splitInputs } from './call.js';
import { recordInBody, isPresent, broadcastToExamples, placeholderLike } from './recordInBody.js';
import { loopNodes, type LoopSpec } from './loopNodes.js';

interface WhileCall extends CallRules {
  readonly body: Body;
  /** The largest number of steps. */
  readonly maxIterations: number;
}

/** The most steps over which a loop may be differentiated if their number cannot be read: all are computed, needed or not. */
const MAX_UNKNOWN_STEPS = 100_000;

/**
 * Runs a body while its first output holds. `begins` says whether to run at all. Returns the last carries, and the number of
 * steps taken.
 */
export function callWhile(
  body: Body,
  maxIterations: number,
  begins: Tensor,
  carries: readonly Tensor[],
  base: Tensor = counter(body.start, 'offset'),
): Tensor[] {
  const inputs = [begins, ...carries, ...body.constants].map((x) => x.current);
  if (body.draws > 0) inputs.push(base);
  const spec: LoopSpec = {
    name: 'whileLoop',
    bodies: [body.program],
    kind: 'while',
    length: maxIterations,
    reverse: false,
    rewound: false,
    constants: [1 + carries.length],
  };
  const rules: WhileCall = { name: 'whileLoop', body, maxIterations, ...whileRules };
  const { outputs } = makeCall(
    rules,
    inputs,
    withGraphBuilding(false, () => loopNodes(spec, inputs)),
  );
  return [...outputs];
}

function startAndParts(call: Call): ReturnType<typeof splitInputs> & { readonly begins: Tensor } {
  const { body } = call.rules as WhileCall;
  const [begins, ...rest] = call.inputs as [Tensor, ...Tensor[]];
  return { begins, ...splitInputs(body, rest) };
}

const whileRules: Omit<CallRules, 'name'> = {
  pullback(cts, call) {
    const { body } = call.rules as WhileCall;
    const given = startAndParts(call);
    const again = given.carries.map((x) => {
      const node = recomputeOp([x]);
      node.needsGrad = x.needsGrad;
      return node;
    });
    const ends = withGraphBuilding(true, () => asScan(call, again));
    const variables = [...again, ...given.constants].filter((x) => x.needsGrad);
    const used = ends.flatMap((y, k) => (cts[k] && y.needsGrad ? [k] : []));
    const found = pullback(
      used.map((k) => ends[k] as Tensor),
      used.map((k) => cts[k] as Tensor),
      new Set(variables.map(leafOf)),
      { createGraph: mode.grad, ends: true },
    );
    const ctOf = (x: Tensor): Tensor | null => found.get(leafOf(x)) ?? null;
    const rest = body.draws > 0 ? [null] : [];
    return [null, ...again.map(ctOf), ...given.constants.map(ctOf), ...rest];
  },

  pushforward(ts, call) {
    const { body, maxIterations } = call.rules as WhileCall;
    const given = startAndParts(call);
    const n = body.carries.length;
    const flows = body.carries.map((c) => c.needsGrad);
    const tk = body.constants.map((_k, i) => ts[1 + n + i] ?? null);
    const made = recordInBody('whileLoop', () => {
      const tCarries = body.carries.map((c, k) => (flows[k] === true ? placeholderLike(c) : null));
      const variables = [...body.carries, ...body.constants];
      const ends = body.outputs.slice(1);
      const span = subgraphBetween(ends, variables, { since: body.since });
      const tangents = pushforward(ends, variables, [...tCarries, ...tk], span);
      return {
        carries: [...body.carries, ...tCarries.filter(isPresent)],
        outputs: [
          ...body.outputs,
          ...ends.flatMap((y, k) => (flows[k] === true ? [tangents[k] ?? zerosOf(y)] : [])),
        ],
      };
    });
    const starts = given.carries.flatMap((c, k) =>
      flows[k] === true ? [ts[1 + k] ?? zerosOf(c)] : [],
    );
    const results = callWhile(
      closeBody({ ...body, ...made }),
      maxIterations,
      given.begins,
      [...given.carries, ...starts],
      given.base,
    ).slice(n);
    return [...flows.map((flag) => (flag ? (results.shift() as Tensor) : null)), null];
  },

  rebuild(inputs, size, call, rewriting) {
    const { body, maxIterations } = call.rules as WhileCall;
    const n = body.carries.length;
    const [begins, ...rest] = inputs as [(typeof inputs)[number], ...typeof inputs];
    const flags = rest.slice(0, n).map((r) => r.batched);
    let each = begins.batched;
    for (;;) {
      const carries = body.carries.map(
        (c, k) =>
          new Placeholder(flags[k] === true ? [size, ...c.sizes] : c.sizes, c.dtype, {
            requiresGrad: c.needsGrad,
          }),
      );
      const active = each ? new Placeholder([size], 'bool') : null;
      const replacements = [
        ...carries.map((node, k) => ({ node, batched: flags[k] === true })),
        ...rest.slice(n, n + body.constants.length),
      ];
      const grown = recordInBody('whileLoop', () => {
        const [goesOn, ...next] = rewrite(
          body.outputs,
          [...body.carries, ...body.constants],
          replacements,
          size,
          { within: rewriting, since: body.since },
        ) as [(typeof replacements)[number], ...typeof replacements];
        // Once examples end at different steps, every carry must be batched.
        const more = next.map((r, k) => r.batched || goesOn.batched || each || flags[k] === true);
        if (more.some((flag, k) => flag !== flags[k]) || goesOn.batched !== each) {
          more.forEach((flag, k) => (flags[k] = flag));
          if (each || goesOn.batched) flags.fill(true);
          const again =
            (goesOn.batched && !each) || more.some((flag, k) => flag !== replacements[k]?.batched);
          each ||= goesOn.batched;
          if (again) return null;
        }
        if (active === null)
          return [goesOn.node, ...next.map((r, k) => broadcastIf(r, flags[k], size))];
        const going = toBoolean(
          goesOn.batched ? goesOn.node : broadcastToExamples(goesOn.node, size),
        );
        const still = logicalAnd(active, going);
        const nextCarries = next.map((r, k) =>
          choose(
            expandFlags(active, carries[k] as Tensor),
            broadcastIf(r, true, size),
            carries[k] as Tensor,
          ),
        );
        return [anyOf(still), ...nextCarries, still];
      });
      if (grown === null) continue;
      const starts = rest.slice(0, n).map((r, k) => broadcastIf(r, flags[k], size));
      const base = body.draws > 0 ? rest.at(-1)?.node : undefined;
      const first = toBoolean(broadcastIf(begins, each, size));
      const closed = closeBody({
        ...body,
        carries: active === null ? carries : [...carries, active],
        outputs: grown,
      });
      const results = callWhile(
        closed,
        maxIterations,
        active === null ? begins.node : anyOf(first),
        active === null ? starts : [...starts, first],
        base,
      );
      return [
        ...results.slice(0, n).map((node, k) => ({ node, batched: flags[k] === true })),
        { node: results.at(-1) as Tensor, batched: false },
      ];
    }
  },
};

function broadcastIf(
  { node, batched }: { node: Tensor; batched: boolean },
  all: boolean | undefined,
  size: number,
): Tensor {
  return all === true && !batched ? broadcastToExamples(node, size) : node;
}

/** A condition as a boolean; NaN counts as true, so that the loop runs into it and reports it. */
function toBoolean(x: Tensor): Tensor {
  return x.dtype === 'bool' ? x : ne(x, 0);
}

function anyOf(flags: Tensor): Tensor {
  return castNode(maxOver([castNode(flags, 'int32')], { dims: [0], keepdim: false }), 'bool');
}

/** A flag for each example, shaped to broadcast with a batched tensor. */
function expandFlags(flags: Tensor, like: Tensor): Tensor {
  return reshapeNode(flags, [...flags.sizes, ...like.sizes.slice(1).map(() => 1)]);
}

/** The same loop over a known number of steps: those it took or, if that cannot be read, the largest number. */
function asScan(call: Call, carries: readonly Tensor[]): Tensor[] {
  const { body, maxIterations } = call.rules as WhileCall;
  const { begins, base } = startAndParts(call);
  const n = carries.length;
  const stepCount = call.outputs.at(-1) as Tensor;
  if (mode.tracing === null && stepCount.home !== 'webgpu') {
    const length = valueOf(stepCount, 'backward')[0] as number;
    const steps = {
      name: 'whileLoop' as const,
      length,
      reverse: false,
      rewound: false,
      checkpoint: false,
    };
    return callScan({ ...body, outputs: body.outputs.slice(1) }, steps, carries, [], base);
  }
  if (maxIterations > MAX_UNKNOWN_STEPS) {
    const recording = mode.body ?? mode.tracing;
    const why = recording === null ? 'here, as it is on webgpu' : `while ${recording} records`;
    throw new GradError(
      `whileLoop: the number of steps is not known ${why}, and the backward pass ` +
        `must then compute the largest possible number; give { maxIterations } of at most ${MAX_UNKNOWN_STEPS}, or use scan`,
    );
  }
  const active = new Placeholder([], 'bool');
  const outputs = recordInBody('whileLoop', () => {
    const [goesOn, ...next] = body.outputs as [Tensor, ...Tensor[]];
    const nextCarries = next.map((y, k) => choose(active, y, body.carries[k] as Tensor));
    return [...nextCarries, logicalAnd(active, toBoolean(goesOn))];
  });
  const closed = { ...body, carries: [...body.carries, active], outputs };
  const steps = {
    name: 'whileLoop' as const,
    length: maxIterations,
    reverse: false,
    rewound: false,
    checkpoint: false,
  };
  return callScan(closed, steps, [...carries, toBoolean(begins)], [], base).slice(0, n);
}
