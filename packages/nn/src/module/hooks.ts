/** @file Functions that are called around a module's `forward`. */
import type { Module } from './module.js';
import type { Internal } from './slots.js';

/** Called before `forward` with its arguments; what it returns replaces them. */
export type ForwardPreHook = (module: Module, args: readonly unknown[]) => unknown;
/** Called after `forward`; what it returns, unless undefined, replaces the output. */
export type ForwardHook = (module: Module, args: readonly unknown[], output: unknown) => unknown;

/** Adds a hook; returns a function that removes it. */
export function addHook<T>(internal: Internal, hooks: Set<T>, hook: T): () => void {
  const changed = (): void => {
    const none = internal.hooks.size + internal.preHooks.size === 0;
    internal.hookState = none ? null : {};
  };
  hooks.add(hook);
  changed();
  return () => {
    hooks.delete(hook);
    changed();
  };
}
