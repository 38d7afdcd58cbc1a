/**
 * @file A user's function with its own gradient, for many examples in one call: each of its functions is recorded for one
 * example.
 */
import * as kinds from '../arguments/kinds.js';
import { Tensor } from '../graph/tensor.js';
import { expandNode, reshapeNode, sumOver } from '../ops/build/broadcast.js';
import { flatten, mapTree, type Structure } from '../tree.js';
import type { Replacement, Rewriting } from './call.js';
import type { Definition, GradContext } from './customGrad.js';
import { mapOverDims } from './vmap.js';

/** What `forward` left for one example, in tensors that hold all examples. */
interface BatchedContext {
  readonly saved: Tensor[];
  /** The user's own fields. */
  readonly userFields: object;
  /** The dimension of the examples in the tensors of `saved` and `userFields`; null for tensors that they share. */
  readonly dims: readonly (0 | null)[];
}

/** The definition for `inputs` with examples along dimension 0. */
export function batchDefinition(
  definition: Definition,
  inputs: readonly Replacement[],
  whole: Structure,
  size: number,
  rewriting: Rewriting,
): Definition {
  /** For each argument, which of its tensors have examples. */
  const flags = whole.rebuild(inputs.map((r) => r.batched));
  const dims = inputs.map((r) => (r.batched ? 0 : null));
  const contexts = new WeakMap<GradContext, BatchedContext>();
  const mapExamples = (
    f: (...xs: never[]) => unknown,
    args: readonly unknown[],
    dims: readonly (0 | null)[],
  ): ReturnType<typeof mapOverDims> => mapOverDims(f, args, dims, size, { within: rewriting });

  const forward = (ctx: GradContext, ...args: unknown[]): unknown => {
    const forwardOne = (...xs: unknown[]): unknown => {
      const saved: Tensor[] = [];
      const inner: GradContext = {
        save: (...ts) => void saved.push(...ts.map((t) => t.current)),
        saved,
        needsGrad: ctx.needsGrad,
      };
      const result = definition.forward(inner, ...xs);
      const userFields = ownFields(inner);
      return { result, saved, userFields };
    };
    const { structure, results } = mapExamples(forwardOne, args, dims);
    const batched = structure.rebuild(results.map((r) => r.node)) as {
      result: unknown;
      saved: Tensor[];
      userFields: object;
    };
    const count = flatten(batched.result).leaves.length;
    ctx.save(...batched.saved);
    contexts.set(ctx, {
      ...batched,
      dims: results.slice(count).map((r) => (r.batched ? 0 : null)),
    });
    const outputs = results.slice(0, count).map((r) => broadcastExamples(r, size));
    return flatten(batched.result).structure.rebuild(outputs);
  };

  const contextOf = (ctx: GradContext, saved: Tensor[], userFields: object): GradContext => ({
    ...userFields,
    save: () => undefined,
    saved,
    needsGrad: ctx.needsGrad,
  });

  const backward = (ctx: GradContext, ...grads: Tensor[]): unknown => {
    const { userFields, dims: where } = contexts.get(ctx) as BatchedContext;
    const backwardOne = (saved: Tensor[], fields: object, ...gs: Tensor[]): unknown => {
      const returned = definition.backward(contextOf(ctx, saved, fields), ...gs);
      return kinds.isArray(returned) ? returned : [returned];
    };
    const { structure, results } = mapExamples(
      backwardOne,
      [ctx.saved.slice(), userFields, ...grads],
      [...where, ...grads.map(() => 0 as const)],
    );
    const list = structure.rebuild(results.map((r) => broadcastExamples(r, size)));
    const each = flagsOf(list, flags);
    // A tensor that the examples share gets the sum of their gradients.
    return mapTree(list, (g, i) =>
      each[i] === true ? g : sumOver([g], { dims: [0], keepdim: false }),
    );
  };

  const { jvp } = definition;
  if (jvp === undefined) return { name: definition.name, forward, backward };
  return {
    name: definition.name,
    forward,
    backward,
    jvp: (ctx, ...tangents) => {
      const { userFields, dims: where } = contexts.get(ctx) as BatchedContext;
      const jvpOne = (saved: Tensor[], fields: object, ...ts: (Tensor | null)[]): unknown =>
        jvp(contextOf(ctx, saved, fields), ...ts);
      const given = flagsOf(tangents, flags).map((batched) => (batched ? 0 : null));
      const { structure, results } = mapExamples(
        jvpOne,
        [ctx.saved.slice(), userFields, ...tangents],
        [...where, ...given],
      );
      return structure.rebuild(results.map((r) => broadcastExamples(r, size)));
    },
  };
}

function broadcastExamples({ node, batched }: Replacement, size: number): Tensor {
  return batched ? node : expandNode(reshapeNode(node, [1, ...node.sizes]), [size, ...node.sizes]);
}

/** For each tensor of `tree`, whether the same place in `flags` is true. */
function flagsOf(tree: unknown, flags: unknown): boolean[] {
  if (tree instanceof Tensor) return [flags === true];
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, part]) =>
    flagsOf(part, (flags as Record<string, unknown>)[key]),
  );
}

/** The fields that the user has put on a context. */
function ownFields(ctx: GradContext): object {
  return Object.fromEntries(
    Object.entries(ctx).filter(([key]) => !['save', 'saved', 'needsGrad'].includes(key)),
  );
}
