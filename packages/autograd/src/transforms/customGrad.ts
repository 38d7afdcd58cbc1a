/** @file Functions with a custom gradient. */
import { defineOptions, display, type Kind, plural } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { DTypeError, GradError, ShapeError } from '../errors.js';
import { isFloat } from '../graph/dtype.js';
import { mode } from '../graph/mode.js';
import { sameShape, show } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { zerosOf } from '../ops/build/primitive.js';
import { flatten, type Structure } from '../tree.js';
import { makeCall, type Call, type CallRules, type Replacement, type Rewriting } from './call.js';
import { batchDefinition } from './batchedCustomGrad.js';
import { alignTree } from './jvp.js';
import { withGraphBuilding, makeVariables } from './variable.js';
import { pullback } from './vjp.js';

/** What `forward` passes to `backward` and `jvp`. */
export interface GradContext {
  /** Keeps tensors for `backward`: arguments, results or anything computed on the way. PyTorch: `save_for_backward`. */
  save(...tensors: Tensor[]): void;
  /** The saved tensors. */
  readonly saved: readonly Tensor[];
  /** For each argument, whether its gradient is needed; others may be null. PyTorch: `needs_input_grad`. */
  readonly needsGrad: readonly boolean[];
  /** Any other values to pass on. */
  [key: string]: unknown;
}

/** A function and its derivative. */
export interface CustomGrad<A extends unknown[], R> {
  /** The name in messages and graphs. Default: the name of `forward`. */
  readonly name?: string;
  /** Computes the result. No gradients are recorded inside. */
  readonly forward: (ctx: GradContext, ...args: A) => R;
  /**
   * The gradients of the arguments from those of the results: a tensor for one argument, otherwise an array with one
   * for each; null stands for zero. Written with tensor operations, it can be differentiated again.
   */
  readonly backward: (ctx: GradContext, ...grads: Tensor[]) => unknown;
  /** The tangents of the results from those of the arguments (null for zero). Default: derived from `backward`. */
  readonly jvp?: (ctx: GradContext, ...tangents: (Tensor | null)[]) => unknown;
}

/**
 * A function with a custom gradient: for a formula that is more accurate or cheaper than the one the operations
 * give, or that differs on purpose (a straight-through estimator).
 *
 * `forward(ctx, ...args)` computes the result, a tensor or a tree of tensors. `backward(ctx, ...grads)` gets the
 * gradient of each result and returns that of each argument; it finds what it needs in `ctx.saved`. Second
 * derivatives differentiate `backward` itself, through saved arguments and results; other intermediate values of
 * `forward` count as constants. Forward mode uses `jvp`, or transposes `backward`, which is linear in the gradients.
 * Under `vmap` both functions are recorded for one example. PyTorch: `torch.autograd.Function`, whose methods are
 * one object here.
 *
 * @throws {GradError} naming the function, if `backward` or `jvp` returns nothing, the wrong number of gradients, or
 * anything but tensors and null; errors thrown by these functions name it too. @throws {ShapeError} or {DTypeError}
 * if a gradient does not fit its argument.
 * @example
 * const clipped = customGrad({
 *   forward: (ctx, x) => x,
 *   backward: (ctx, g) => g.clamp(-1, 1),
 * });
 */
export function customGrad<A extends unknown[] = Tensor[], R = unknown>(
  definition: CustomGrad<A, R>,
): (...args: A) => R {
  checkDefinition('customGrad', definition as CustomGrad<unknown[], unknown>);
  const name =
    definition.name ??
    (definition.forward.name === 'forward'
      ? 'customGrad'
      : definition.forward.name || 'customGrad');
  return (...args) => apply({ ...definition, name } as unknown as Definition, args) as R;
}

const checkDefinition = defineOptions<CustomGrad<unknown[], unknown>>({
  name: kinds.text,
  forward: kinds.required(kinds.callable as Kind<never>),
  backward: kinds.required(kinds.callable as Kind<never>),
  jvp: kinds.callable as Kind<never>,
});

/** @internal */
export interface Definition {
  readonly name: string;
  readonly forward: (ctx: GradContext, ...args: unknown[]) => unknown;
  readonly backward: (ctx: GradContext, ...grads: Tensor[]) => unknown;
  readonly jvp?: (ctx: GradContext, ...tangents: (Tensor | null)[]) => unknown;
}

/** @internal A call of the user's function. */
export interface Custom extends CallRules {
  readonly definition: Definition;
  readonly ctx: GradContext;
  /** The structure of each argument, which its gradients must have. */
  readonly args: readonly Structure[];
  /** The structure of all arguments together. */
  readonly whole: Structure;
  readonly result: Structure;
}

/** @internal */
export function apply(definition: Definition, args: unknown[]): unknown {
  const { leaves, structure: whole } = flatten(args);
  const inputs = leaves.map((x) => x.current);
  const flattened = (whole.rebuild(inputs) as unknown[]).map((arg) => flatten(arg));
  const saved: Tensor[] = [];
  const ctx: GradContext = {
    save: (...tensors) => void saved.push(...tensors.map((t) => t.current)),
    saved,
    needsGrad: flattened.map((arg) => arg.leaves.some((x) => x.needsGrad)),
  };
  const { leaves: values, structure: result } = withoutGrad(() =>
    flatten(
      callUserFunction(definition, 'forward', () =>
        definition.forward(ctx, ...(whole.rebuild(inputs) as unknown[])),
      ),
    ),
  );
  if (values.length === 0)
    throw new GradError(`${definition.name}: forward must return a tensor, or several`);
  const rules: Custom = {
    ...RULES,
    name: definition.name,
    definition,
    ctx,
    args: flattened.map((a) => a.structure),
    whole,
    result,
  };
  const call = makeCall(rules, inputs, values);
  // A saved result is the result itself, so that second derivatives flow through it.
  saved.forEach((t, i) => {
    const k = values.findIndex((y) => y.current === t);
    if (k >= 0 && !inputs.includes(t)) saved[i] = call.outputs[k] as Tensor;
  });
  return result.rebuild(call.outputs);
}

/** Runs one of the user's functions; its errors name the function. */
function callUserFunction<R>(definition: Definition, rule: string, f: () => R): R {
  try {
    return f();
  } catch (error) {
    const name = `${definition.name}: ${rule}: `;
    // An error of the operation itself names it already.
    const isNamed = error instanceof Error && error.message.startsWith(`${definition.name}: `);
    if (error instanceof Error && !isNamed) error.message = name + error.message;
    throw error;
  }
}

/** Runs the user's forward function without recording gradients. */
function withoutGrad<R>(f: () => R): R {
  const outer = mode.grad;
  mode.grad = false;
  try {
    return f();
  } finally {
    mode.grad = outer;
  }
}

const RULES: Omit<CallRules, 'name'> = {
  pullback: pullbackCustom,
  pushforward: pushforwardCustom,
  rebuild: rebuildCustom,
};

function pullbackCustom(cts: readonly (Tensor | null)[], call: Call): (Tensor | null)[] {
  const { definition, ctx, args } = call.rules as Custom;
  const seeds = call.outputs.map((y, k) => cts[k] ?? zerosOf(y));
  const returned = callUserFunction(definition, 'backward', () =>
    definition.backward(ctx, ...seeds),
  );
  const list =
    kinds.isArray(returned) && !(args.length === 1 && args[0]?.text.startsWith('['))
      ? (returned as unknown[])
      : [returned];
  return unpack(`${definition.name}: backward`, list, args, call.inputs);
}

function pushforwardCustom(ts: readonly (Tensor | null)[], call: Call): (Tensor | null)[] {
  const { definition, ctx, args, whole, result } = call.rules as Custom;
  if (definition.jvp === undefined) return transposed(ts, call);
  let at = 0;
  const tangents = args.map(({ size, text }, k) => {
    const own = ts.slice(at, (at += size));
    const tree = (whole.rebuild(ts) as unknown[])[k];
    return text === '*' || own.some((t) => t !== null) ? tree : null;
  });
  const rule = definition.jvp;
  const returned = callUserFunction(definition, 'jvp', () =>
    rule(ctx, ...(tangents as (Tensor | null)[])),
  );
  const where = `${definition.name}: jvp`;
  if (returned === undefined) {
    throw new GradError(
      `${where} returned no tangent for result 0; return a tensor, or null for zero`,
    );
  }
  const words = ['the tangent', 'the result', 'a tangent', 'part of the result'] as const;
  return alignTree(where, result.rebuild(call.outputs), returned, words).map((t, k) =>
    t === null
      ? null
      : checkGradient(`${where}: tangent ${k}`, t.current, call.outputs[k] as Tensor),
  );
}

/** J t as the derivative of ⟨backward(u), t⟩ with respect to u: backward computes the transpose of J. */
function transposed(ts: readonly (Tensor | null)[], call: Call): (Tensor | null)[] {
  const float = call.outputs.filter((y) => isFloat(y.dtype));
  const us = makeVariables(float.map(zerosOf));
  const outer = mode.grad;
  const given = withGraphBuilding(true, () =>
    pullbackCustom(
      call.outputs.map((y) => us[float.indexOf(y)] ?? null),
      call,
    ),
  );
  const used = given.flatMap((g, i) => (g !== null && g.needsGrad && ts[i] ? [i] : []));
  const cotangents = pullback(
    used.map((i) => given[i] as Tensor),
    used.map((i) => ts[i] as Tensor),
    new Set(us),
    { createGraph: outer },
  );
  return call.outputs.map((y) => cotangents.get(us[float.indexOf(y)] as Tensor) ?? null);
}

/** Checks the gradients that the user's rule returned against the arguments they belong to. */
function unpack(
  where: string,
  list: readonly unknown[],
  structures: readonly Structure[],
  tensors: readonly Tensor[],
): (Tensor | null)[] {
  const needed = structures.reduce((n, s, k) => (s.size > 0 ? k + 1 : n), 0);
  if (list.length < needed || list.length > structures.length) {
    throw new GradError(
      `${where} returned ${plural(list.length, 'gradient')}, expected ${structures.length}: one for each argument (null for zero)`,
    );
  }
  let at = 0;
  return structures.flatMap((structure, k) => {
    const own = tensors.slice(at, (at += structure.size));
    const given = list[k];
    if (given === undefined && own.length > 0) {
      throw new GradError(
        `${where} returned no gradient for argument ${k}; return a tensor, or null for zero`,
      );
    }
    if (given === null || given === undefined) return own.map(() => null);
    if (own.length === 0 && flatten(given).leaves.length > 0) {
      throw new GradError(
        `${where}: gradient ${k} must be null: its argument is not a tensor; got ${display(given)}`,
      );
    }
    const words = [`gradient ${k}`, 'its argument', 'a gradient', 'part of the argument'] as const;
    return alignTree(where, structure.rebuild(own), given, words).map((g, i) =>
      g === null ? null : checkGradient(`${where}: gradient ${k}`, g.current, own[i] as Tensor),
    );
  });
}

function checkGradient(what: string, g: Tensor, x: Tensor): Tensor {
  if (!sameShape(g.sizes, x.sizes)) {
    throw new ShapeError(
      `${what} has shape ${show(g.sizes)}, expected ${show(x.sizes)}, the shape of its tensor`,
    );
  }
  if (isFloat(x.dtype) && g.dtype !== x.dtype) {
    throw new DTypeError(
      `${what} is ${g.dtype}, expected ${x.dtype}; cast it: g.cast('${x.dtype}')`,
    );
  }
  return g;
}

/** The same call on other inputs; for many examples its functions are recorded for one. */
function rebuildCustom(
  inputs: readonly Replacement[],
  size: number,
  call: Call,
  rewriting: Rewriting,
): readonly Replacement[] {
  const { definition, whole } = call.rules as Custom;
  const args = whole.rebuild(inputs.map((r) => r.node)) as unknown[];
  const batched =
    inputs.some((r) => r.batched) ||
    call.outputs.some((y) => rewriting.find(y.inputs[0] as Tensor)?.batched === true);
  const many = batched ? batchDefinition(definition, inputs, whole, size, rewriting) : definition;
  return flatten(apply(many, args)).leaves.map((node) => ({ node, batched }));
}
