/** @file A choice among recorded branches as a call: its derivatives are choices among the derivatives of the branches. */
import type { LoopName } from '../../graph/mode.js';
import type { Tensor } from '../../graph/tensor.js';
import { counter, Placeholder } from '../../graph/version.js';
import { choose } from '../../ops/build/element.js';
import { reshapeNode } from '../../ops/build/broadcast.js';
import { zerosOf } from '../../ops/build/primitive.js';
import { eq, lt } from '../../ops/build/relations.js';
import { makeCall, type CallRules, type Replacement } from '../call.js';
import { pushforward } from '../jvp.js';
import { rewrite } from '../rewrite.js';
import { subgraphBetween, withGraphBuilding } from '../variable.js';
import { leafOf, pullback } from '../vjp.js';
import { closeBody, type Body } from './body.js';
import { recordInBody, isPresent, broadcastToExamples, placeholderLike } from './recordInBody.js';
import { loopNodes, type LoopSpec } from './loopNodes.js';

interface BranchCall extends CallRules {
  readonly name: LoopName;
  readonly bodies: readonly Body[];
}

/** The results on `operands` of the branch at `index`, clamped to the existing ones. */
export function callBranch(
  name: LoopName,
  bodies: readonly Body[],
  index: Tensor,
  operands: readonly Tensor[],
  base: Tensor = counter((bodies[0] as Body).start, 'offset'),
): Tensor[] {
  const constants: number[] = [];
  const inputs = [index, ...operands];
  for (const body of bodies) {
    constants.push(inputs.length);
    inputs.push(...body.constants);
  }
  if (bodies.some((body) => body.draws > 0)) inputs.push(base);
  const given = inputs.map((x) => x.current);
  const spec: LoopSpec = {
    name,
    bodies: bodies.map((body) => body.program),
    kind: 'branch',
    length: 1,
    reverse: false,
    rewound: false,
    constants,
  };
  const rules: BranchCall = { bodies, ...branchRules, name };
  const { outputs } = makeCall(
    rules,
    given,
    withGraphBuilding(false, () => loopNodes(spec, given)),
  );
  return [...outputs];
}

function splitInputs<T>(
  { bodies }: BranchCall,
  inputs: readonly T[],
): { operands: T[]; constants: T[][]; base: T | undefined } {
  let at = 1 + (bodies[0] as Body).carries.length;
  const operands = inputs.slice(1, at);
  const constants = bodies.map((body) => inputs.slice(at, (at += body.constants.length)));
  return { operands, constants, base: bodies.some((b) => b.draws > 0) ? inputs.at(-1) : undefined };
}

const branchRules: Omit<CallRules, 'name'> = {
  pullback(cts, call) {
    const rules = call.rules as BranchCall;
    const { bodies, name } = rules;
    const given = splitInputs(rules, call.inputs);
    const operandNeedsGrad = given.operands.map((x) => x.needsGrad);
    const constantNeedsGrad = bodies.map((body) => body.constants.map((k) => k.needsGrad));
    const used = cts.flatMap((ct, k) => (ct === null ? [] : [k]));
    const back = bodies.map((body, b) => {
      const backwardBranch = recordInBody(name, () => {
        const seeds = used.map((k) => placeholderLike(body.outputs[k] as Tensor));
        const live = used.flatMap((k, i) => ((body.outputs[k] as Tensor).needsGrad ? [i] : []));
        const cotangents = pullback(
          live.map((i) => body.outputs[used[i] as number] as Tensor),
          live.map((i) => seeds[i] as Tensor),
          new Set([...body.carries, ...body.constants].filter((x) => x.needsGrad).map(leafOf)),
          { createGraph: true, ends: true },
        );
        const ctOf = (x: Tensor): Tensor => cotangents.get(leafOf(x)) ?? zerosOf(x);
        return {
          carries: [...body.carries, ...seeds],
          outputs: [
            ...body.carries.filter((_x, k) => operandNeedsGrad[k]).map(ctOf),
            ...bodies.flatMap((other, o) =>
              other.constants.flatMap((k, i) =>
                constantNeedsGrad[o]?.[i] === true ? [o === b ? ctOf(k) : zerosOf(k)] : [],
              ),
            ),
          ],
        };
      });
      return closeBody({ ...body, ...backwardBranch });
    });
    const seeds = used.map((k) => cts[k] as Tensor);
    const results = callBranch(
      name,
      back,
      call.inputs[0] as Tensor,
      [...given.operands, ...seeds],
      given.base,
    );
    const take = (flag: boolean): Tensor | null => (flag ? (results.shift() as Tensor) : null);
    return [null, ...operandNeedsGrad.map(take), ...constantNeedsGrad.flat().map(take), null];
  },

  pushforward(ts, call) {
    const rules = call.rules as BranchCall;
    const { bodies, name } = rules;
    const given = splitInputs(rules, call.inputs);
    const tangents = splitInputs(rules, ts);
    const moving = tangents.operands.map((t) => t !== null);
    const float = call.outputs.map((y) => y.dtype === 'float32' || y.dtype === 'float64');
    const ahead = bodies.map((body, b) => {
      const tangentBranch = recordInBody(name, () => {
        const stands = body.carries.map((x, k) => (moving[k] === true ? placeholderLike(x) : null));
        const variables = [...body.carries, ...body.constants];
        const span = subgraphBetween(body.outputs, variables, { since: body.since });
        const own = tangents.constants[b] ?? [];
        const tangentOf = pushforward(body.outputs, variables, [...stands, ...own], span);
        return {
          carries: [...body.carries, ...stands.filter(isPresent)],
          outputs: body.outputs.flatMap((y, k) =>
            float[k] === true ? [tangentOf[k] ?? zerosOf(y)] : [],
          ),
        };
      });
      return closeBody({ ...body, ...tangentBranch });
    });
    const results = callBranch(
      name,
      ahead,
      call.inputs[0] as Tensor,
      [...given.operands, ...tangents.operands.filter(isPresent)],
      given.base,
    );
    return float.map((flag) => (flag ? (results.shift() as Tensor) : null));
  },

  rebuild(inputs, size, call, rewriting) {
    const rules = call.rules as BranchCall;
    const { bodies, name } = rules;
    const [index] = inputs as [Replacement];
    const given = splitInputs(rules, inputs);
    const on = (body: Body, b: number, operands: readonly Replacement[]): Replacement[] =>
      rewrite(
        body.outputs,
        [...body.carries, ...body.constants],
        [...operands, ...(given.constants[b] ?? [])],
        size,
        { within: rewriting, since: body.since },
      );
    if (index.batched) {
      // Every branch is computed, and one of them selected for each example.
      const all = bodies.map((body, b) => on(body, b, given.operands));
      return call.outputs.map((_y, k) => {
        const options = all.map((results) => {
          const r = results[k] as Replacement;
          return r.batched ? r.node : broadcastToExamples(r.node, size);
        });
        return { node: selectExamples(name, index.node, options), batched: true };
      });
    }
    const stands = bodies.map((body) =>
      body.carries.map((x, k) => {
        const batched = given.operands[k]?.batched === true;
        const node = new Placeholder(batched ? [size, ...x.sizes] : x.sizes, x.dtype, {
          requiresGrad: x.needsGrad,
        });
        return { node, batched };
      }),
    );
    const made = recordInBody(name, () =>
      bodies.map((body, b) => on(body, b, stands[b] as Replacement[])),
    );
    const flags = call.outputs.map((_y, k) => made.some((results) => results[k]?.batched === true));
    const closed = bodies.map((body, b) =>
      closeBody({
        ...body,
        carries: (stands[b] as Replacement[]).map(({ node }) => node),
        outputs: recordInBody(name, () =>
          (made[b] as Replacement[]).map((r, k) =>
            flags[k] === true && !r.batched ? broadcastToExamples(r.node, size) : r.node,
          ),
        ),
      }),
    );
    const results = callBranch(
      name,
      closed,
      index.node,
      given.operands.map((r) => r.node),
      given.base?.node,
    );
    return results.map((node, k) => ({ node, batched: flags[k] === true }));
  },
};

/** For each example the option at `index`, clamped to the existing ones. */
function selectExamples(name: LoopName, index: Tensor, options: readonly Tensor[]): Tensor {
  const last = options.length - 1;
  return options.slice(0, -1).reduceRight<Tensor>((rest, option, b) => {
    const first = name === 'cond' ? eq(index, 0) : lt(index, 1);
    const flag = b === 0 ? first : eq(index, b);
    const chosen = reshapeNode(flag, [...index.sizes, ...option.sizes.slice(1).map(() => 1)]);
    return choose(chosen, option, rest);
  }, options[last] as Tensor);
}
