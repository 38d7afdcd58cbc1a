/** @file What every module has from the start: its internals, and a `forward` that hooks surround. */
import { surrounded } from './call.js';
import type { Module } from './module.js';
import { INTERNAL, type Internal } from './slots.js';

/** What a constructor does: also for a clone, which is made without one. */
export function setUp(module: Module): void {
  const internal: Internal = {
    training: true,
    registry: module as unknown as Record<string, unknown>,
    parameters: new Set(),
    formerKeys: null,
    buffers: new Map(),
    preHooks: new Set(),
    hooks: new Set(),
    hookState: null,
    labels: null,
  };
  // Configurable: a proxy may answer with a proxy of it, and what is met then says what is wrong.
  Object.defineProperty(module, INTERNAL, { value: internal, configurable: true });
  // An own property, so that a subclass overrides `forward` on its prototype and `super.forward` stays plain.
  Object.defineProperty(module, 'forward', {
    value: surrounded(Object.getPrototypeOf(module) as object),
    writable: true,
    configurable: true,
  });
}
