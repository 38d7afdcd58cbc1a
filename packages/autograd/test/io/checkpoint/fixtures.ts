/** @file A folder for each test of checkpoints, and the state that is saved in it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { makeLeaf, Tensor } from '../../../src/graph/tensor.js';
import '../../../src/index.js';

/** The folder of the running test, which is removed after it. */
export let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoints-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

export const leaf = (...values: number[]): Tensor =>
  makeLeaf(Float32Array.from(values), [values.length], 'float32');

/** Something with state, as a module has it: two tensors of fixed shape. */
export class Model {
  weight = leaf(1, 2);
  bias = leaf(3);
  stateDict(): Record<string, Tensor> {
    return { 'layer.weight': this.weight, 'layer.bias': this.bias };
  }
  loadStateDict(state: Record<string, Tensor>): void {
    this.weight = state['layer.weight'] as Tensor;
    this.bias = state['layer.bias'] as Tensor;
  }
}

/** As an optimizer has it: nested, and with a check of its own. */
export class Optimizer {
  state: Record<string, unknown> = {
    groups: [{ lr: 0.1, betas: [0.9, 0.999] }],
    state: { 0: { step: 4, m: leaf(5, 6) } },
  };
  refuse = false;
  stateDict(): Record<string, unknown> {
    return this.state;
  }
  loadStateDict(state: Record<string, unknown>): void {
    this.state = state;
    if (this.refuse) {
      this.refuse = false;
      throw new Error('other parameter groups');
    }
  }
}

/** Tensors as arrays, so that states compare by value. */
export function plain(value: unknown): unknown {
  if (value instanceof Tensor) {
    const { dtype, shape } = value as Tensor;
    return { dtype, shape, data: value.dataSync() };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, plain(item)]));
  if (ArrayBuffer.isView(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
