/** @file Methods that are looked up by name among the operations that the program contains. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as chainrule from '../index.js';
import { operations } from './build/primitive.js';
import { byName } from './fluent.js';

describe('methods found by name', () => {
  test.each(byName)('%s is what users import', (name) => {
    expect(operations.get(name)?.call).toBe((chainrule as Record<string, unknown>)[name]);
  });

  test('a method that a bundle left out says what to import', () => {
    const held = operations.get('layerNorm')!;
    operations.delete('layerNorm');
    try {
      expect(() => chainrule.ones([2, 3]).layerNorm([3])).toThrow(
        /layerNorm: this bundle leaves out .* import \{ layerNorm \}.*autograd\/methods/,
      );
    } finally {
      operations.set('layerNorm', held);
    }
    expect(chainrule.ones([2, 3]).layerNorm([3]).toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test('installs all methods when requested', async () => {
    const left = byName.filter((name) => !(name in chainrule.Tensor.prototype));
    expect(left).toEqual([]);
    const held = new Map(operations);
    operations.clear();
    try {
      await import('../methods.js');
      expect(chainrule.tensor([2, 3]).prod().item()).toBe(6);
      expect(chainrule.tensor([3, 1, 2]).cumsum(0).toArray()).toEqual([3, 4, 6]);
    } finally {
      for (const [name, operation] of held) operations.set(name, operation);
    }
  });
});

/** Not operations on their first argument, or random. */
const FUNCTIONS = ['bernoulli', 'multinomial', 'polygamma', 'stft', 'istft', 'where'];

test('every method of PyTorch is a method', () => {
  const path = new URL('../../../../tools/names/pytorch.listed.json', import.meta.url);
  const listed = JSON.parse(readFileSync(path, 'utf8')) as { groups: { Tensor: string[] } };
  const ours = new Map(Object.keys(chainrule).map((name) => [name.toLowerCase(), name]));
  const missing = listed.groups.Tensor.filter((name) => !name.endsWith('_'))
    .map((name) => ours.get(name.replaceAll('_', '').toLowerCase()))
    .filter((name) => name !== undefined && !(name in chainrule.Tensor.prototype));
  expect(missing.filter((name) => name !== undefined && !FUNCTIONS.includes(name))).toEqual([]);
});
