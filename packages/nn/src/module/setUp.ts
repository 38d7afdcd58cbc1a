/** @file Sets up what every module has from the start: its internals, and a `forward` that calls hooks. */
import { surrounded } from './call.js';
import type { Module } from './module.js';
import { INTERNAL, type Internal } from './slots.js';

/** The part of construction that a clone, which is made without a constructor, needs too. */
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
  // Configurable, because a proxy may answer with a proxy of it; a later check then reports the problem.
  Object.defineProperty(module, INTERNAL, { value: internal, configurable: true });
  // An own property: so a subclass overrides `forward` on its prototype, and `super.forward` calls no hooks.
  Object.defineProperty(module, 'forward', {
    value: surrounded(Object.getPrototypeOf(module) as object),
    writable: true,
    configurable: true,
  });
}
