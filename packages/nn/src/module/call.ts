/** @file Runs a module's `forward`: calls hooks, and records the module's path for the graph and for errors. */
import {
  checkArgument,
  ChainruleError,
  display,
  isCompiling,
  kinds,
  scope,
} from '@chainrule/autograd';
import type { Module } from './module.js';
import { INTERNAL, isOwn, walkModules } from './slots.js';
import { watch } from './watch.js';

type Forward = (...args: unknown[]) => unknown;

/** A call that has not returned yet. */
interface Frame {
  readonly module: Module;
  /** The path from the outermost module that was called. */
  readonly path: string;
}

let innermost: Frame | null = null;
const wrappers = new WeakMap<object, Forward>();

/**
 * The `forward` that instances of a class get as their own: it surrounds the one on the prototype, which stays what
 * `super.forward(…)` calls.
 */
export function surrounded(prototype: object): Forward {
  let wrapper = wrappers.get(prototype);
  if (wrapper === undefined) {
    wrapper = function forward(this: Module, ...args: unknown[]): unknown {
      if (!isOwn(this)) {
        throw new ChainruleError(
          `forward: it is a method of modules, called on ${display(this)}; to pass it on, write (x) => model.forward(x)`,
        );
      }
      const { forward: own } = prototype as { forward?: Forward };
      if (own === undefined) {
        throw new ChainruleError(
          `${this.constructor.name} has no forward: give the class a method forward(x), or call its parts`,
        );
      }
      return call(this, own, args);
    };
    wrappers.set(prototype, wrapper);
  }
  return wrapper;
}

function call(module: Module, forward: Forward, args: unknown[]): unknown {
  const outer = innermost;
  const label = outer === null ? '' : labelOf(outer.module, module);
  // A module that the caller holds is already watched together with the caller.
  if ((outer === null || label === module.constructor.name) && isCompiling()) watch(module);
  const path =
    outer === null || outer.path === ''
      ? label
      : label === ''
        ? outer.path
        : `${outer.path}.${label}`;
  innermost = { module, path };
  try {
    return label === ''
      ? run(module, forward, args)
      : scope(label, () => run(module, forward, args));
  } catch (error) {
    if (path !== '' && error instanceof ChainruleError && !error.message.includes(' (in ')) {
      error.message += ` (in ${path}, a ${module.constructor.name})`;
    }
    throw error;
  } finally {
    innermost = outer;
  }
}

function run(module: Module, forward: Forward, args: unknown[]): unknown {
  const { preHooks, hooks } = module[INTERNAL];
  if (preHooks.size === 0 && hooks.size === 0) {
    checkInputs(module, args);
    return forward.apply(module, args);
  }
  let input = args;
  for (const hook of preHooks) {
    const changed = hook(module, input);
    if (changed !== undefined && changed !== null)
      input = Array.isArray(changed) ? (changed as unknown[]) : [changed];
  }
  checkInputs(module, input);
  let output = forward.apply(module, input);
  for (const hook of hooks) {
    const changed = hook(module, input, output);
    if (changed !== undefined) output = changed;
  }
  return output;
}

/** Refuses arguments that are not tensors, if a layer declares that it takes tensors. */
function checkInputs(module: Module, args: readonly unknown[]): void {
  const { inputs, name } = module.constructor as typeof Module;
  for (let i = 0; i < inputs.length; i++) {
    checkArgument(name, inputs[i] as string, args[i], kinds.tensor);
  }
}

/** The path of a module from the module that calls it; its class if the caller does not hold it. */
function labelOf(caller: Module, module: Module): string {
  if (caller === module) return '';
  const internal = caller[INTERNAL];
  let label = internal.labels?.get(module);
  if (label === undefined) {
    internal.labels = new Map(walkModules(caller, true).map(([path, m]) => [m, path]));
    label = internal.labels.get(module);
    if (label === undefined) internal.labels.set(module, (label = module.constructor.name));
  }
  return label;
}
