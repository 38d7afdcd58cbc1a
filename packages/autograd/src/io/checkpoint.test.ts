/** @file Checkpoints: what is saved comes back, damaged ones are passed over, and a misfit changes nothing. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  promises,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FormatError } from '../errors.js';
import { Cell } from '../graph/cells/cell.js';
import { makeLeaf, Tensor } from '../graph/tensor.js';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { FileError } from './files.js';
import { loadSafetensors } from './index.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoints-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const leaf = (...values: number[]): Tensor =>
  makeLeaf(Float32Array.from(values), [values.length], 'float32');
const listed = (): string[] => readdirSync(folder).sort();
const silent = { onSkip: () => undefined };

/** Something with state, as a module has it: two tensors of fixed shape. */
class Model {
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
class Optimizer {
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
function plain(value: unknown): unknown {
  if (value instanceof Tensor) {
    const { dtype, shape } = value as Tensor;
    return { dtype, shape, data: value.dataSync() };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, plain(item)]));
  if (ArrayBuffer.isView(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

describe('what is saved comes back', () => {
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
    ['a hole in an array', () => ({ a: [undefined] }), /a\[0\] is nothing/],
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
    expect(listed()).toEqual(['latest', 'step-000001']);
  });
});

describe('the folder', () => {
  it('keeps the newest, by age and not by step', async () => {
    for (const step of [900, 901, 5, 6, 7])
      await saveCheckpoint(folder, { step, value: step }, { keep: 2 });
    expect(listed()).toEqual(['latest', 'step-000006', 'step-000007']);
    expect((await loadCheckpoint(folder)).step).toBe(7);
  });

  it('numbers saves without a step, and keeps two of the same step apart', async () => {
    await saveCheckpoint(folder, { value: 'a' });
    await saveCheckpoint(folder, { value: 'b' });
    await saveCheckpoint(folder, { value: 'c', step: 1 });
    expect(listed()).toEqual(['latest', 'step-000000', 'step-000001', 'step-000001.1']);
    expect((await loadCheckpoint(folder)).state['value']).toBe('c');
  });

  it('takes saves at the same time one after the other', async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, step) => saveCheckpoint(folder, { step, value: step })),
    );
    expect(listed()).toEqual(['latest', 'step-000005', 'step-000006', 'step-000007']);
    expect((await loadCheckpoint(folder)).state['value']).toBe(7);
  });

  it('sweeps what dead processes left, and nothing else', async () => {
    for (const name of [
      '.tmp-2147483646-00ff',
      `.tmp-${process.pid}-00ff`,
      `.tmp-${process.ppid}-00ff`,
      '.tmp-x',
      'mine',
    ]) {
      mkdirSync(join(folder, name, 'inner'), { recursive: true });
    }
    await saveCheckpoint(folder, { step: 1 });
    expect(listed()).toEqual([
      '.tmp-' + process.ppid + '-00ff',
      '.tmp-x',
      'latest',
      'mine',
      'step-000001',
    ]);
  });

  it('says that there is nothing to load', async () => {
    await expect(loadCheckpoint(folder)).rejects.toThrow(/there is no checkpoint in/);
    await expect(loadCheckpoint(join(folder, 'none'))).rejects.toThrow(
      /no such file or folder \(ENOENT\)/,
    );
    await expect(loadCheckpoint(join(folder, 'none'))).rejects.toThrow(FileError);
  });
});

describe('damaged checkpoints are passed over, and it is said so', () => {
  beforeEach(async () => {
    for (const step of [1, 2, 3]) await saveCheckpoint(folder, { step, value: leaf(step) });
  });
  const newest = (file: string) => join(folder, 'step-000003', file);
  const flip = (file: string) => {
    const bytes = readFileSync(newest(file));
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    writeFileSync(newest(file), bytes);
  };
  const editManifest = (from: string | RegExp, to: string) => {
    const text = readFileSync(newest('manifest.json'), 'utf8');
    expect(text).toMatch(from);
    writeFileSync(newest('manifest.json'), text.replace(from, to));
  };

  it.each<[string, () => void, RegExp]>([
    [
      'a flipped bit',
      () => flip('value.safetensors'),
      /value\.safetensors is damaged: its SHA-256/,
    ],
    [
      'a truncated file',
      () => writeFileSync(newest('state.json'), '{'),
      /state\.json has 1 bytes instead of/,
    ],
    ['a missing file', () => rmSync(newest('value.safetensors')), /no such file/],
    ['no manifest', () => rmSync(newest('manifest.json')), /no such file/],
    [
      'an empty manifest',
      () => writeFileSync(newest('manifest.json'), ''),
      /manifest\.json: the text ends too early/,
    ],
    [
      'a newer format',
      () => editManifest('"format": 1', '"format": 2'),
      /format 2; this version of Chainrule reads format 1/,
    ],
    [
      'a path in the manifest',
      () => editManifest('"state.json"', '"../../etc/passwd"'),
      /not a plain file name/,
    ],
    ['a number out of range', () => editManifest('"step": 3', '"step": 1e999'), /out of range/],
    [
      'a duplicate key',
      () => editManifest('"step": 3', '"step": 3, "step": 4'),
      /"step" occurs twice/,
    ],
    ['NaN', () => editManifest('"step": 3', '"step": NaN'), /unexpected character/],
    [
      'null for a number',
      () => editManifest('"step": 3', '"step": null'),
      /manifest\.json: step: expected a whole number.*found null/,
    ],
  ])('%s', async (_, damage, reason) => {
    damage();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { step, state, skipped } = await loadCheckpoint(folder);
    expect(step).toBe(2);
    expect(plain(state['value'])).toEqual(plain(leaf(2)));
    expect(skipped.map(({ path }) => path)).toEqual([join(folder, 'step-000003')]);
    expect(skipped[0]?.reason).toMatch(reason);
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toMatch(/skipped .*step-000003/);
  });

  it('goes on without `latest`, or with one that leads elsewhere', async () => {
    for (const text of ['../other', '', 'step-000099', 'x'.repeat(1e5)]) {
      writeFileSync(join(folder, 'latest'), text);
      expect((await loadCheckpoint(folder)).step).toBe(3);
    }
    rmSync(join(folder, 'latest'));
    expect((await loadCheckpoint(folder)).step).toBe(3);
  });

  it('believes `latest`', async () => {
    writeFileSync(join(folder, 'latest'), 'step-000002\n');
    expect((await loadCheckpoint(folder)).step).toBe(2);
  });

  it('lists every reason when none is whole', async () => {
    for (const step of [1, 2, 3]) rmSync(join(folder, `step-00000${step}`, 'state.json'));
    await expect(loadCheckpoint(folder)).rejects.toThrow(
      /no checkpoint in .* is whole:\n.*step-000003.*\n.*step-000002.*\n.*step-000001/,
    );
  });
});

describe('what does not fit changes nothing', () => {
  const changed = async (
    edit: (model: Model, optimizer: Optimizer) => Record<string, unknown>,
    reason: RegExp,
  ) => {
    await saveCheckpoint(folder, {
      model: new Model(),
      optimizer: new Optimizer(),
      cell: leaf(1),
      step: 1,
    });
    const model = new Model();
    const optimizer = new Optimizer();
    model.weight = leaf(-1, -2);
    optimizer.state = { groups: [], m: leaf(-3) };
    const targets = edit(model, optimizer);
    const before = plain([model.weight, model.bias, optimizer.state]);
    await expect(loadCheckpoint(folder, targets)).rejects.toThrow(reason);
    expect(plain([model.weight, model.bias, optimizer.state])).toEqual(before);
  };

  it('missing, unexpected and other shapes, all listed', () =>
    changed((model, optimizer) => {
      model.weight = leaf(1, 2, 3);
      model.stateDict = () => ({ 'layer.weight': model.weight, 'layer.scale': leaf(1) });
      return { optimizer, model };
    }, /nothing was loaded:\n.*missing in the checkpoint: "layer\.scale"\n.*unexpected in the checkpoint: "layer\.bias"\n.*"layer\.weight" has shape \[2\] in the checkpoint, \[3\] here/));

  it('an entry that was not saved', () =>
    changed(
      (model) => ({ model, schedule: new Optimizer() }),
      /schedule: not in the checkpoint, which has model, optimizer, cell, step/,
    ));

  it('a refusal of the last target takes the first back', () =>
    changed((model, optimizer) => {
      optimizer.refuse = true;
      return { model, optimizer };
    }, /optimizer: other parameter groups/));

  it('a cell of another shape', () =>
    changed(
      (model) => ({ model, cell: new Cell(leaf(1, 2)) }),
      /cell: "value" has shape \[1\] in the checkpoint, \[2\] here/,
    ));

  it('a module where something else was saved', () =>
    changed(
      (model, optimizer) => ({ optimizer, step: model }),
      /step: the checkpoint has something else than tensors/,
    ));
});

describe('when the system refuses', () => {
  /** Makes the n-th file operation from now on fail, and the ones after it too if `forGood`. */
  function failAt(n: number, code: string, forGood: boolean): { reached: () => boolean } {
    let count = 0;
    const tick = () => {
      count++;
      if (count === n || (forGood && count > n))
        throw Object.assign(new Error(`${code}: injected`), { code });
    };
    for (const name of ['mkdir', 'rename', 'readdir', 'rm'] as const) {
      const real = promises[name] as (...args: unknown[]) => Promise<unknown>;
      vi.spyOn(promises, name).mockImplementation((async (...args: unknown[]) => {
        tick();
        return real(...args);
      }) as never);
    }
    const open = promises.open;
    vi.spyOn(promises, 'open').mockImplementation(async (...args) => {
      tick();
      const handle = await open(...args);
      for (const name of ['write', 'read', 'sync'] as const) {
        const real = handle[name].bind(handle) as (...args: unknown[]) => Promise<unknown>;
        handle[name] = (async (...args: unknown[]) => {
          tick();
          return real(...args);
        }) as FileHandle[typeof name] as never;
      }
      return handle;
    });
    return { reached: () => count >= n };
  }

  it.each([
    ['ENOSPC', true],
    ['ENOSPC', false],
    ['EMFILE', false],
    ['EACCES', true],
  ])(
    '%s at any point (for good: %s) leaves a good checkpoint, and a typed error',
    async (code, forGood) => {
      let n = 0;
      for (let done = false; !done;) {
        const place = join(folder, String(++n));
        for (const step of [1, 2]) await saveCheckpoint(place, { step, value: leaf(step) });
        const fault = failAt(n, code, forGood);
        let saved = true;
        try {
          await saveCheckpoint(place, { step: 3, value: leaf(3) }, { keep: 2 });
        } catch (error) {
          saved = false;
          expect(error).toBeInstanceOf(FileError);
          expect((error as FileError).code).toBe(code);
          expect((error as FileError).message).toMatch(/saveCheckpoint: cannot write into/);
        }
        done = !fault.reached();
        vi.restoreAllMocks();

        const { step, state } = await loadCheckpoint(place, {}, silent);
        expect(plain(state['value'])).toEqual(plain(leaf(step)));
        expect(saved ? [3] : [2, 3]).toContain(step);
        // The next save works again, and leaves no rubbish.
        await saveCheckpoint(place, { step: 4 }, { keep: 1 });
        expect(readdirSync(place).sort()).toEqual(['latest', 'step-000004']);
      }
      expect(n).toBeGreaterThan(25);
    },
  );

  it('a folder that cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(saveCheckpoint(join(folder, 'file', 'inner'), { step: 1 })).rejects.toThrow(
      /not a folder \(ENOTDIR\)/,
    );
    expect(existsSync(join(folder, 'file'))).toBe(true);
  });
});

it('entries that throw when they are read are refused by name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chainrule-'));
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
  rmSync(folder, { recursive: true });
});
