/** @file Reverse mode as functions of functions: `vjp`, `grad(f)`, `valueAndGrad`. */
import { checkArgument, defineOptions, display, passes } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { refuseOptions } from '../arguments/options.js';
import { DTypeError, GradError, ShapeError } from '../errors.js';
import { isFloat } from '../graph/dtype.js';
import { mode } from '../graph/mode.js';
import { sameShape, show } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { filled, zerosOf } from '../ops/build/primitive.js';
import { scalar } from '../ops/creation/creation.js';
import { flatten, isTensor, type Tree, shown } from '../tree.js';
import type { Argnums, Cotangents, Gradient } from '../types/trees.js';
import { alignTree, returnOutputs, recordFunction, type RecordedFunction } from './jvp.js';
import { isOuterDifferentiable } from './variable.js';
import { pullback } from './vjp.js';

/** Options of `valueAndGrad` and of `grad` of a function. */
export interface GradFunctionOptions {
  /** Whether `f` returns `[loss, aux]`; aux is passed through. Default false. */
  readonly hasAux?: boolean;
}

const gradFunctionOptions = defineOptions<GradFunctionOptions>({ hasAux: kinds.flag });
const wholes = kinds.oneOrMore(kinds.whole);

/** Checks what every function of a function takes. */
export function checkFunction(op: string, f: unknown, argnums: unknown = 0): void {
  checkArgument(op, 'f', f, functions);
  if (passes(kinds.object, argnums)) {
    throw new GradError(
      `${op}: argnums is given by position, as in ${op}(f, 0) or ${op}(f, [0, 1]); got ${display(argnums)}`,
    );
  }
  checkArgument(op, 'argnums', argnums, wholes);
}

const functions = { ...kinds.callable, error: GradError };

type Args = readonly unknown[];

/** Pulls cotangents of recorded outputs back to the variables; 0 for those nothing depends on. */
export function pullbackCotangents(
  { outputs, variables, open }: Pick<RecordedFunction, 'outputs' | 'variables' | 'open'>,
  cotangents: readonly (Tensor | null)[],
): Tensor[] {
  const used = outputs.flatMap((y, k) => (y.needsGrad && cotangents[k] ? [k] : []));
  const seeds = used.map((k) => cotangents[k] as Tensor);
  const createGraph = open || (mode.grad && seeds.some((ct) => ct.needsGrad));
  const gradients = pullback(
    used.map((k) => outputs[k] as Tensor),
    seeds,
    new Set(variables),
    { createGraph },
  );
  return variables.map((x) => gradients.get(x) ?? zerosOf(x));
}

/**
 * The value of `f` and its pullback: a function from the cotangent of the value to the cotangents of the arguments.
 *
 * The pullback takes a tensor, or a tree of tensors like the value, and returns the gradient of the argument, or a
 * list with one for each argument if there are several. It can be called any number of times. Integer and boolean
 * results have no cotangent. PyTorch: `torch.func.vjp`, whose pullback returns a tuple also for a single argument.
 *
 * @throws {ShapeError}, {DTypeError} or {GradError} if a cotangent does not fit the value.
 * @example const [y, pullback] = vjp((x) => x.sin(), x); const dx = pullback(onesLike(y));
 */
export function vjp<A extends Args, R>(
  f: (...args: A) => R,
  ...args: A
): [value: R, pullback: (cotangent: R) => Cotangents<A>] {
  checkFunction('vjp', f);
  refuseOptions('vjp', args);
  const recorded = recordFunction(f, args);
  const { outputs, structure, variables } = recorded;
  const value = structure.rebuild(returnOutputs(recorded, outputs)) as R;
  const shape = flatten(args).structure;
  const back = (cotangent: R): unknown => {
    const open = isOuterDifferentiable(recorded.graph, variables);
    const gradients = pullbackCotangents(
      { outputs, variables, open },
      cotangentsOf('vjp', cotangent, recorded),
    );
    const list = shape.rebuild(gradients) as unknown[];
    return args.length === 1 ? list[0] : list;
  };
  return [value, back as never];
}

const COTANGENT = ['the cotangent', 'the value', 'a cotangent', 'part of the value'] as const;

/** Cotangents in the order of the outputs, checked; null for zero. */
export function cotangentsOf(
  op: string,
  cotangent: Tree,
  { outputs, structure }: RecordedFunction,
): (Tensor | null)[] {
  if (cotangent === null) {
    throw new GradError(
      `${op}: the cotangent must have the structure of the value, ${shown(structure)}; got null`,
    );
  }
  const cts = alignTree(op, structure.rebuild(outputs), cotangent, COTANGENT);
  return outputs.map((y, k) => {
    const ct = cts[k]?.current;
    if (ct === undefined) return null;
    if (!isFloat(y.dtype)) return null;
    if (!sameShape(ct.sizes, y.sizes)) {
      throw new ShapeError(
        `${op}: the cotangent has shape ${show(ct.sizes)}, the value ${show(y.sizes)}; they must be equal`,
      );
    }
    if (ct.dtype !== y.dtype)
      throw new DTypeError(
        `${op}: the cotangent is ${ct.dtype}, the value ${y.dtype}; cast it: ct.cast('${y.dtype}')`,
      );
    return ct;
  });
}

/**
 * A function that computes the gradient of a scalar function with respect to its first argument, or to those listed
 * in `argnums`.
 *
 * An argument may be a tensor or a tree of tensors. Its gradient has the same structure, and is 0 where the result
 * does not depend on it. With several `argnums` the result is a list. With `{ hasAux: true }`, `f` returns `[loss,
 * aux]` and the gradient function `[gradient, aux]`. Values may be read inside `f`. PyTorch: `torch.func.grad`.
 *
 * @throws {GradError} if the result is not a single float.
 * @example grad((x) => x.sin().sum())(x) // cos(x)
 */
export function gradFunction<A extends Args>(
  f: (...args: A) => unknown,
  argnums: Argnums = 0,
  options?: GradFunctionOptions,
): (...args: A) => unknown {
  const { hasAux = false } = gradFunctionOptions('grad', options);
  const both = differentiate('grad', f, argnums, hasAux);
  return (...args) => {
    const { gradients, aux } = both(args);
    return hasAux ? [gradients, aux] : gradients;
  };
}

/**
 * As `grad(f)`, together with the value: `(...args) => [value, gradients]`. With `{ hasAux: true }` the value is
 * `[loss, aux]`. PyTorch: `torch.func.grad_and_value`, which returns the two in the other order.
 * @example valueAndGrad((x) => x.square().sum())(tensor([1, 2])) // [5, [2, 4]]
 */
export function valueAndGrad<A extends Args = Tensor[], X = unknown, const N extends Argnums = 0>(
  f: (...args: A) => readonly [Tensor, X],
  argnums: N | undefined,
  options: GradFunctionOptions & { readonly hasAux: true },
): (...args: A) => [value: [Tensor, X], gradients: Gradient<A, N>];
export function valueAndGrad<A extends Args = Tensor[], const N extends Argnums = 0>(
  f: (...args: A) => unknown,
  argnums?: N,
  options?: GradFunctionOptions,
): (...args: A) => [value: Tensor, gradients: Gradient<A, N>];
export function valueAndGrad<A extends Args>(
  f: (...args: A) => unknown,
  argnums: Argnums = 0,
  options?: GradFunctionOptions,
): (...args: A) => unknown {
  const { hasAux = false } = gradFunctionOptions('valueAndGrad', options);
  const both = differentiate('valueAndGrad', f, argnums, hasAux);
  return (...args) => {
    const { loss, gradients, aux } = both(args);
    return [hasAux ? [loss, aux] : loss, gradients];
  };
}

interface Differentiated {
  readonly loss: Tensor;
  readonly gradients: unknown;
  readonly aux: unknown;
}

function differentiate(
  op: string,
  f: (...args: never[]) => unknown,
  argnums: Argnums,
  hasAux: boolean,
): (args: Args) => Differentiated {
  checkFunction(op, f, argnums);
  return (args) => {
    const { chosen, call, single } = selectArguments(op, f, args, argnums);
    let size = 0;
    const recorded = recordFunction((...xs: unknown[]) => {
      const result = call(xs);
      const loss: unknown = hasAux ? lossOf(result) : result;
      checkScalar(op, loss, hasAux);
      const aux = hasAux ? (result as unknown[])[1] : null;
      size = flatten(aux).leaves.length;
      return [loss, aux];
    }, chosen);
    const [root] = recorded.outputs as [Tensor];
    const gradients = pullbackCotangents({ ...recorded, outputs: [root] }, [
      filled(1, root.sizes, root.dtype),
    ]);
    const [loss, aux] = recorded.structure.rebuild(
      returnOutputs(recorded, recorded.outputs.slice(0, size + 1)),
    ) as [Tensor, unknown];
    const list = flatten(chosen).structure.rebuild(gradients) as unknown[];
    return { loss, gradients: single ? list[0] : list, aux };
  };
}

/** The loss in `[loss, aux]`. */
function lossOf(result: unknown): unknown {
  return passes(kinds.listOf(kinds.anything), result) ? (result as readonly unknown[])[0] : result;
}

function checkScalar(op: string, loss: unknown, hasAux: boolean): void {
  if (!isTensor(loss)) {
    throw new GradError(
      `${op}: the function must return ${hasAux ? '[loss, aux]' : 'a tensor'}` +
        `${hasAux ? '' : ' (for [loss, aux] pass { hasAux: true })'}, got ${display(loss)}`,
    );
  }
  if (loss.size !== 1) {
    throw new GradError(
      `${op}: the function must return a single number, got shape ${show(loss.sizes)}; reduce it (sum() or mean()), or use ` +
        `jacrev or vjp`,
    );
  }
  if (!isFloat(loss.dtype))
    throw new DTypeError(`${op}: the function must return a float, got ${loss.dtype}`);
}

/** The arguments to differentiate, and the function of them alone. */
export function selectArguments(
  op: string,
  f: (...args: never[]) => unknown,
  args: Args,
  argnums: Argnums,
): { chosen: unknown[]; call: (xs: readonly unknown[]) => unknown; single: boolean } {
  const single = typeof argnums === 'number';
  const positions = (single ? [argnums] : argnums).map((n) => {
    const k = n < 0 ? n + args.length : n;
    if (!Number.isInteger(n) || k < 0 || k >= args.length) {
      throw new GradError(`${op}: argnums names argument ${n}, but there are ${args.length}`);
    }
    return k;
  });
  const chosen = positions.map((k) => {
    const x = args[k];
    const tree = typeof x === 'number' ? scalar(x) : x;
    const { leaves } = flatten(tree);
    if (leaves.length === 0)
      throw new GradError(`${op}: argument ${k} neither is nor contains a tensor`);
    const whole = leaves.find((t) => !isFloat(t.dtype));
    if (whole !== undefined) {
      throw new DTypeError(
        `${op}: argument ${k} has a tensor of ${whole.dtype}; only floats have gradients`,
      );
    }
    return tree;
  });
  const call = (xs: readonly unknown[]): unknown => {
    const all: unknown[] = args.slice();
    positions.forEach((k, i) => (all[k] = xs[i]));
    return f(...(all as never[]));
  };
  return { chosen, call, single };
}
