/** @file Checkpointing: what a function computed is not kept for the backward pass, but computed again there. */
import { checkArgument, kinds } from '../arguments/index.js';
import { mode } from '../graph/mode.js';
import { constant } from '../graph/version.js';
import type { Tensor } from '../graph/tensor.js';
import { zerosOf, primitive, type PrimitiveOp } from '../ops/build/primitive.js';
import { flatten } from '../tree.js';
import { makeCall, type CallRules } from './call.js';
import { pushforward } from './jvp.js';
import { rewrite } from './rewrite.js';
import { between, makeVariables } from './variable.js';
import { pullback } from './vjp.js';

/**
 * The same elements, to be computed from anew: no common subexpression joins what lies behind it with the nodes that it
 * repeats. Simplification must leave it in place until after common subexpressions are found.
 */
export const recomputeOp: PrimitiveOp<Record<never, never>> = primitive('recompute', {
  lowering: { kind: 'alias', transparent: false },
  shape: ([x]) => (x as Tensor).shape,
  vjp: (_i, ct) => ct,
  jvp: ([t]) => t as Tensor,
  batch: ([x]) => recomputeOp([x as Tensor]),
});

/**
 * Calls `f(…args)` so that its backward pass computes everything inside `f` once more, instead of keeping it: less
 * memory for more time. Values and gradients are those of `f` itself, to the last bit.
 *
 * `f` is called a single time; what is computed again is what it recorded, with the same random numbers and no side effect
 * repeated. Gradients also flow to the parameters and tensors that `f` closes over. Nests with itself and every other
 * transform. PyTorch: `torch.utils.checkpoint.checkpoint`.
 * @example const h = checkpoint((x) => block.forward(x), x);
 */
export function checkpoint<A extends unknown[], R>(f: (...args: A) => R, ...args: A): R {
  checkArgument('checkpoint', 'f', f, kinds.callable);
  if (!mode.grad) return f(...args);
  const { leaves, structure } = flatten(args);
  let results: ReturnType<typeof flatten> | null = null;
  const outputs = checkpointed((xs) => {
    results = flatten(f(...(structure.rebuild(xs) as A)));
    return results.leaves;
  }, leaves);
  return (results as unknown as ReturnType<typeof flatten>).structure.rebuild(outputs) as R;
}

/** What `f` recorded, and between which nodes. */
interface Body extends CallRules {
  /** What is older was not recorded by it. */
  readonly since: number;
  readonly variables: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** The results of `f`, as those of a call that recomputes it. */
function checkpointed(
  f: (xs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
): readonly Tensor[] {
  const given = inputs.map((x) => x.current);
  const since = constant(0, 'float32').id;
  const variables = makeVariables(given).map((x, k) => {
    x.needsGrad = (given[k] as Tensor).needsGrad;
    return x;
  });
  const outputs = f(variables).map((y) => y.current);
  const differentiable = outputs.filter((y) => y.needsGrad);
  if (differentiable.length === 0) return outputs;
  // Tensors that f closes over are inputs too: gradients flow on to them.
  const { captured } = between(differentiable, variables, { since });
  const closed = [...captured];
  const body: Body = {
    name: 'checkpoint',
    since,
    variables: [...variables, ...closed],
    outputs: differentiable,
    ...rules,
  };
  const call = makeCall(body, [...given, ...closed], differentiable);
  return outputs.map((y) =>
    y.needsGrad ? (call.outputs[differentiable.indexOf(y)] as Tensor) : y,
  );
}

const rules: Omit<CallRules, 'name'> = {
  pullback(cts, call) {
    const { variables, outputs, since } = call.rules as Body;
    const again = call.inputs.map((x) => recomputeOp([x]));
    again.forEach((x, i) => (x.needsGrad = (call.inputs[i] as Tensor).needsGrad));
    const outer = mode.grad;
    mode.grad = true;
    let roots: Tensor[];
    try {
      const fresh = again.map((node) => ({ node, batched: false }));
      roots = rewrite(outputs, variables, fresh, 0, { since }).map((r) => r.node);
    } finally {
      mode.grad = outer;
    }
    const found = pullback(
      roots,
      roots.map((y, k) => cts[k] ?? zerosOf(y)),
      new Set(again),
      { createGraph: outer },
    );
    return again.map((x) => found.get(x) ?? null);
  },
  pushforward(ts, call) {
    const { variables, outputs, since } = call.rules as Body;
    return pushforward(outputs, variables, ts, between(outputs, variables, { since }));
  },
  rebuild(inputs, size, call, rewriting) {
    const { variables, outputs, since } = call.rules as Body;
    let flags: boolean[] = [];
    const results = checkpointed(
      (xs) => {
        const fresh = xs.map((node, i) => ({ node, batched: inputs[i]?.batched === true }));
        const made = rewrite(outputs, variables, fresh, size, { within: rewriting, since });
        flags = made.map((r) => r.batched);
        return made.map((r) => r.node);
      },
      inputs.map((r) => r.node),
    );
    return results.map((node, k) => ({ node, batched: flags[k] === true }));
  },
};
