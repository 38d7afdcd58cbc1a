/** @file Forward mode: tangents carried through a recorded graph, from its arguments to its results. */
import { checkArgument, display, refuseSurplus } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { DTypeError, GradError, ShapeError } from '../errors.js';
import { isFloat } from '../graph/dtype.js';
import { mode } from '../graph/mode.js';
import { sameShape, show } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { zerosOf } from '../ops/build/primitive.js';
import { flatten, type Structure, type Tree, shown } from '../tree.js';
import { callOf } from './call.js';
import {
  subgraphBetween,
  withGraphBuilding,
  detachValue,
  isOuterDifferentiable,
  makeVariables,
  type Subgraph,
} from './variable.js';

/**
 * Tangents of `outputs` from those of `variables`, by the forward rules of the nodes between; null for zero. Visits the nodes
 * in order of creation, once each.
 */
export function pushforward(
  outputs: readonly Tensor[],
  variables: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
  span: Subgraph = subgraphBetween(outputs, variables),
): (Tensor | null)[] {
  const tangentOf = new Map<Tensor, Tensor | null>();
  variables.forEach((x, k) => tangentOf.set(x, tangents[k] ?? null));
  for (const node of span.nodes) {
    if (tangentOf.has(node)) continue;
    const call = callOf(node);
    const inputs = call?.inputs ?? node.inputs;
    const ts = inputs.map((x) => tangentOf.get(x) ?? null);
    if (ts.every((t) => t === null)) continue;
    if (call !== null) {
      const results = call.rules.pushforward(ts, call);
      call.outputs.forEach((output, k) => tangentOf.set(output, results[k] ?? null));
    } else if (node.op !== null) {
      tangentOf.set(node, node.op.jvp(ts, inputs, node, node.attrs ?? {}));
    }
  }
  return outputs.map((output) => tangentOf.get(output) ?? null);
}

/** A function's graph on fresh variables, ready to be differentiated. */
export interface RecordedFunction {
  readonly variables: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** The structure of the function's result. */
  readonly structure: Structure;
  readonly graph: Subgraph;
  /** Whether results can be differentiated from outside. */
  readonly open: boolean;
}

/** Calls `f` with the tensors of `args` replaced by variables, and gradients recorded. */
export function recordFunction(f: (...args: never[]) => unknown, args: Tree): RecordedFunction {
  const { leaves, structure } = flatten(args);
  const variables = makeVariables(leaves);
  const outer = mode.grad;
  mode.grad = true;
  let result;
  try {
    result = flatten(f(...(structure.rebuild(variables) as never[])));
  } finally {
    mode.grad = outer;
  }
  const outputs = result.leaves.map((y) => y.current);
  const graph = subgraphBetween(outputs, variables);
  return {
    variables,
    outputs,
    structure: result.structure,
    graph,
    open: isOuterDifferentiable(graph, variables),
  };
}

/** The tensors that a transform returns: with their graph if that can be differentiated from outside, otherwise detached. */
export function returnOutputs(
  { open }: { readonly open: boolean },
  tensors: readonly Tensor[],
): Tensor[] {
  return open ? tensors.slice() : tensors.map(detachValue);
}

/**
 * The value of `f` and its derivative in the direction of `tangents`: `[f(…args), J · tangents]`, in one forward
 * pass.
 *
 * `args` is the list of arguments, each a tensor or a tree of tensors. `tangents` is the same list with a tangent
 * for each tensor, in its shape and dtype; null stands for zero, and tangents of integers and booleans are ignored.
 * Both results have the structure of what `f` returns; a result that does not depend on the arguments has tangent 0.
 * `f` may read values; what it computes inside `noGrad` counts as constant. Nests with every other transform.
 * PyTorch: `torch.func.jvp`.
 *
 * @throws {GradError} if tangents are missing. @throws {ShapeError} or {DTypeError} if one does not fit its
 * argument.
 * @example const [y, dy] = jvp((x) => x.square(), [tensor([3])], [tensor([1])]); // [9], [6]
 */
export function jvp<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  args: readonly [...A],
  tangents: Tree,
): [value: R, tangent: R];
export function jvp<X, R>(f: (x: X) => R, x: X, tangent: Tree): [value: R, tangent: R];
export function jvp<R>(
  f: (...args: never[]) => R,
  args: Tree,
  tangents: Tree,
  surplus?: unknown,
): [value: R, tangent: R] {
  refuseSurplus('jvp', surplus);
  checkArgument('jvp', 'f', f, { ...kinds.callable, error: GradError });
  if (tangents === undefined) {
    throw new GradError('jvp: give a tangent for each argument, null for zero: jvp(f, [x], [t])');
  }
  const list = kinds.isArray(args) ? args : [args];
  const directions = tangentsOf(
    'jvp',
    flatten(list).leaves,
    list,
    kinds.isArray(tangents) ? tangents : [tangents],
  );
  const recorded = recordFunction(f, list);
  const { outputs, structure, graph } = recorded;
  const open = recorded.open || (mode.grad && directions.some((t) => t?.needsGrad === true));
  const results = withGraphBuilding(open, () =>
    pushforward(outputs, recorded.variables, directions, graph).map(
      (t, k) => t ?? zerosOf(outputs[k] as Tensor),
    ),
  );
  return [
    structure.rebuild(returnOutputs(recorded, outputs)) as R,
    structure.rebuild(results) as R,
  ];
}

/** The tangents of the arguments in their order, checked; null for zero. */
export function tangentsOf(
  op: string,
  leaves: readonly Tensor[],
  args: Tree,
  tangents: Tree,
): (Tensor | null)[] {
  return alignTree(op, args, tangents, TANGENTS).map((t, k) => {
    const x = leaves[k] as Tensor;
    if (t === null || !isFloat(x.dtype)) return null;
    if (!sameShape(t.sizes, x.sizes)) {
      throw new ShapeError(
        `${op}: tangent ${k} has shape ${show(t.sizes)}, its argument ${show(x.sizes)}; they must be equal`,
      );
    }
    if (t.dtype !== x.dtype) {
      throw new DTypeError(
        `${op}: tangent ${k} is ${t.dtype}, its argument ${x.dtype}; cast it: t.cast('${x.dtype}')`,
      );
    }
    return t.current;
  });
}

const TANGENTS = ['the tangents', 'the arguments', 'a tangent', 'argument'] as const;

/**
 * What stands in `other` where `tree` has a tensor: a tensor, or null for nothing. Keys of objects may come in any order.
 * @param words what both are, and what their parts are: `the tangents` of `the arguments`, `a tangent` of each `argument`.
 */
export function alignTree(
  op: string,
  tree: Tree,
  other: Tree,
  words: readonly [these: string, those: string, one: string, its: string],
  found: (Tensor | null)[] = [],
): (Tensor | null)[] {
  const { leaves, structure } = flatten(tree);
  const given = flatten(other);
  const [these, those, one, its] = words;
  const misfit = (): GradError => {
    const owed =
      tree === leaves[0] ? 'be a tensor' : `have the structure of ${those}, ${shown(structure)}`;
    const actual = given.structure.size === 0 ? display(other) : shown(given.structure);
    return new GradError(`${op}: ${these} must ${owed}; got ${actual} (null stands for zero)`);
  };
  if (given.structure.text === structure.text) {
    found.push(...given.leaves);
  } else if (other === null) {
    found.push(...leaves.map(() => null));
  } else if (
    typeof tree === 'object' &&
    typeof other === 'object' &&
    tree !== null &&
    leaves[0] !== tree
  ) {
    if (kinds.isArray(tree) !== kinds.isArray(other)) throw misfit();
    if (kinds.isArray(tree) && kinds.isArray(other) && tree.length !== other.length) throw misfit();
    const extra = Object.keys(other).find((key) => !Object.hasOwn(tree, key));
    if (extra !== undefined) {
      throw new GradError(
        `${op}: there is ${one} '${extra}', but no such ${its}; expected ${shown(structure)}`,
      );
    }
    for (const key of Object.keys(tree)) {
      const path = kinds.isArray(tree) ? `${these}[${key}]` : `${these}.${key}`;
      const part = (other as Record<string, unknown>)[key];
      const inner = [path, those, one, its] as const;
      alignTree(op, (tree as Record<string, unknown>)[key], part, inner, found);
    }
  } else if (structure.size > 0) throw misfit();
  return found;
}
