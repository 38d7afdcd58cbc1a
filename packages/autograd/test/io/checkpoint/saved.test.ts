/** @file Everything that is saved in a checkpoint is restored; values that cannot be saved are refused. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/errors.js';
import { Cell } from '../../../src/graph/cells/cell.js';
import { loadCheckpoint, saveCheckpoint } from '../../../src/io/checkpoint.js';
import { loadSafetensors } from '../../../src/io/index.js';
import { folder, leaf, Model, Optimizer, plain } from './fixtures.js';

describe('round trip', () => {
  it('model, optimizer, a cell, a step and plain values', async () => {
    const model = new Model();
    const optimizer = new Optimizer();
    const average = new Cell(leaf(7, 8));
    const rng = { seed: 1n << 62n, words: Uint32Array.of(1, 2 ** 32 - 1), gauss: NaN };
    const path = await saveCheckpoint(folder, {
      model,
      optimizer,
      average,
      step: 12,
      rng,
      best: -Infinity,
      note: undefined,
    });
    expect(path).toBe(join(folder, 'step-000012'));

    const before = plain([model.stateDict(), optimizer.state]);
    model.weight = model.bias = leaf(0);
    model.weight = leaf(0, 0);
    optimizer.state = {};
    average.assign(leaf(0, 0));
    const loaded = await loadCheckpoint(folder, { model, optimizer, average, step: 0 });
    expect(plain([model.stateDict(), optimizer.state])).toEqual(before);
    expect(average.toArray()).toEqual([7, 8]);
    expect(loaded.step).toBe(12);
    expect(loaded.path).toBe(path);
    expect(loaded.skipped).toEqual([]);
    expect(plain(loaded.state['rng'])).toEqual(rng);
    expect(loaded.state['best']).toBe(-Infinity);
    expect('note' in loaded.state).toBe(false);
  });

  it('keeps the tensors of a module under their own names in a file of their own', async () => {
    const path = await saveCheckpoint(folder, { model: new Model() });
    const tensors = await loadSafetensors(join(path, 'model.safetensors'));
    expect(plain(tensors)).toEqual(plain(new Model().stateDict()));
  });

  it('any nested value', async () => {
    // Strings that were cut off may end with half a surrogate pair.
    const unit = fc.oneof(
      { weight: 9, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
      { weight: 1, arbitrary: fc.constantFrom('\ud800', '\udc01') },
    );
    const key = fc.oneof(
      fc.string({ unit, maxLength: 6 }),
      fc.constantFrom('__proto__', '$tensor', '$text', '$number', 'constructor', 'a/b', 'a\ud800'),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.double(),
        fc.integer(),
        fc.string({ unit }),
        fc.boolean(),
        fc.constant(null),
        fc.bigInt(),
        fc.float64Array({ maxLength: 4 }),
        fc.bigUint64Array({ maxLength: 3 }),
        fc.array(fc.float({ noNaN: true }), { maxLength: 3 }).map((values) => leaf(...values)),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
        fc
          .array(fc.tuple(fc.oneof(fc.integer(), key), tie('value')), { maxLength: 3 })
          .map((pairs) => new Map(pairs as [unknown, unknown][])),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(value, async (entry) => {
        await saveCheckpoint(folder, { entry }, { keep: 1 });
        const { state } = await loadCheckpoint(folder);
        expect(plain(state['entry'])).toEqual(plain(entry));
      }),
      { numRuns: 60 },
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('takes the values at the call, though files are written later', async () => {
    const model = new Model();
    const saving = saveCheckpoint(folder, { model });
    model.weight = leaf(9, 9);
    await saving;
    await loadCheckpoint(folder, { model });
    expect(model.weight.toArray()).toEqual([1, 2]);
  });

  it.each<[string, () => Record<string, unknown>, RegExp]>([
    ['a function', () => ({ a: { b: [() => 1] } }), /saveCheckpoint: a\.b\[0\] is a function/],
    ['a foreign object', () => ({ a: new Date() }), /a is an instance of Date/],
    ['a hole in an array', () => ({ a: [undefined] }), /a\[0\] is undefined/],
    [
      'a cycle',
      () => {
        const a: unknown[] = [];
        a.push(a);
        return { a };
      },
      /nested deeper than 60/,
    ],
    ['a path for a name', () => ({ '../a': 1 }), /not a name of letters/],
    ['a fractional step', () => ({ step: 1.5 }), /step must be a whole number/],
    ['a negative step', () => ({ step: -1 }), /step must be a whole number/],
  ])('refuses %s, and leaves the folder alone', async (_, entries, reason) => {
    await saveCheckpoint(folder, { step: 1, a: 'good' });
    await expect(saveCheckpoint(folder, entries())).rejects.toThrow(reason);
    await expect(saveCheckpoint(folder, entries())).rejects.toThrow(FormatError);
    expect(readdirSync(folder).sort()).toEqual(['latest', 'step-000001']);
  });
});

it('entries that throw when they are read are refused by name', async () => {
  const boom = (): never => {
    throw new TypeError('looked at');
  };
  const hostile: readonly Record<string, unknown>[] = [
    Object.defineProperty({}, 'a', { get: boom, enumerable: true }),
    { a: Object.defineProperty({}, 'b', { get: boom, enumerable: true }) },
    { a: [Object.defineProperty({}, 'b', { get: boom, enumerable: true })] },
    { a: new Proxy({}, { ownKeys: boom }) },
    { a: { stateDict: boom, loadStateDict: boom } },
  ];
  for (const entries of hostile) {
    await expect(saveCheckpoint(folder, entries as never)).rejects.toThrow(
      /^saveCheckpoint: (a|entries) throws when it is read$/,
    );
  }
  expect(readdirSync(folder)).toEqual([]);
});
