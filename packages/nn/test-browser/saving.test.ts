/** @file In a page, models and checkpoints are saved and loaded with the same calls as in Node: IndexedDB, OPFS, downloads. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { manualSeed, randn, tensor } from '@chainrule/autograd';
import {
  FileError,
  hasCheckpoint,
  loadCheckpoint,
  loadSafetensors,
  saveCheckpoint,
  saveSafetensors,
} from '@chainrule/autograd/io';
import * as nn from '@chainrule/nn';
import { DataLoader, TensorDataset } from '@chainrule/nn/data';
import { fit } from '@chainrule/nn/train';
import { Adam } from '@chainrule/optim';

const numbers = (model: nn.Module): number[][] =>
  Object.values(model.stateDict()).map((t) => Array.from(t.dataSync()));

/** The folder of this test in the private file system, to check the files written. */
async function directory(path: string): Promise<FileSystemDirectoryHandle> {
  let folder = await navigator.storage.getDirectory();
  for (const name of path.split('/')) folder = await folder.getDirectoryHandle(name);
  return folder;
}

let run = 0;
const start = Date.now();
beforeEach(() => void run++);

describe.each(['indexeddb:', 'opfs:', ''])('%s', (prefix) => {
  const at = (path: string): string => `${prefix}t${start}-${run}/${path}`;

  test('checkpoints are kept, newest first, and go back into what they came from', async () => {
    const dir = at('checkpoints');
    expect(await hasCheckpoint(dir)).toBe(false);
    await expect(loadCheckpoint(dir)).rejects.toMatchObject({ code: 'ENOENT' });
    const model = new nn.Linear(3, 2);
    const paths: string[] = [];
    const saved: number[][][] = [];
    for (let step = 0; step < 4; step++) {
      model.weight.assign(randn([2, 3]));
      paths.push(await saveCheckpoint(dir, { model, step, note: { a: [1, NaN] } }, { keep: 2 }));
      saved.push(numbers(model));
    }
    expect(paths[3]).toMatch(/step-000003$/);
    // Saving the same step again uses another name.
    expect(await saveCheckpoint(dir, { model, step: 3 })).toMatch(/step-000003\.1$/);
    expect(await hasCheckpoint(dir)).toBe(true);
    const other = new nn.Linear(3, 2);
    const { step, state, path } = await loadCheckpoint(dir, { model: other });
    expect([step, path]).toEqual([3, expect.stringMatching(/step-000003\.1$/)]);
    expect(numbers(other)).toEqual(saved[3]);
    expect(state['note']).toBeUndefined();
    await expect(loadCheckpoint(dir, { model: new nn.Linear(4, 4) })).rejects.toThrow(/shape/);
  });

  test('a model is saved and loaded, also over an older one; bad paths say so', async () => {
    const dir = at('models');
    await saveCheckpoint(dir, { step: 1 }); // makes the folder
    const path = `${dir}/model.safetensors`;
    for (let i = 0; i < 2; i++) {
      const model = new nn.Linear(4, 5);
      await saveSafetensors(path, model.stateDict(), { i: String(i) });
      const other = new nn.Linear(4, 5);
      other.loadStateDict(await loadSafetensors(path));
      expect(numbers(other)).toEqual(numbers(model));
    }
    await expect(loadSafetensors(at('nowhere.safetensors'))).rejects.toThrow(FileError);
    await expect(loadSafetensors(at('../../x'))).rejects.toThrow(/not a path of names/);
  });

  test('a training that was stopped in mid-epoch goes on bit for bit', async () => {
    const make = () => {
      manualSeed(3);
      const data = new DataLoader(new TensorDataset(randn([20, 3]), randn([20, 1])), {
        batchSize: 4,
        shuffle: true,
      });
      const model = new nn.Sequential(
        new nn.Linear(3, 4),
        new nn.Dropout(0.3),
        new nn.Linear(4, 1),
      );
      const optimizer = new Adam(model.parameters());
      return { model, given: { data, optimizer, loss: nn.functional.mseLoss, epochs: 2 } };
    };
    const whole = make();
    await fit(whole.model, whole.given);
    const checkpoint = { dir: at('training') };
    const part = make();
    await fit(part.model, {
      ...part.given,
      checkpoint,
      callbacks: [
        (event, control) => void (event.type === 'batch' && event.step === 7 && control.stop()),
      ],
    });
    const rest = make();
    const history = await fit(rest.model, { ...rest.given, checkpoint, resume: true });
    expect(history.step).toBe(10);
    expect(numbers(rest.model)).toEqual(numbers(whole.model));
  });
});

test('OPFS: what an interrupted save left is passed over, and so is what is damaged', async () => {
  const dir = `opfs-${start}`;
  const model = new nn.Linear(2, 2);
  await saveCheckpoint(`opfs:${dir}`, { model, step: 1 });
  const good = numbers(model);
  model.weight.assign(randn([2, 2]));
  await saveCheckpoint(`opfs:${dir}`, { model, step: 2 });
  const folder = await directory(dir);
  // A checkpoint without its manifest, as left by a page that was closed, and one with other bytes.
  await folder.getDirectoryHandle('step-000003', { create: true });
  const two = await folder.getDirectoryHandle('step-000002');
  const stream = await (await two.getFileHandle('model.safetensors')).createWritable();
  await stream.write('x');
  await stream.close();
  const skipped: string[] = [];
  const other = new nn.Linear(2, 2);
  const { step } = await loadCheckpoint(
    `opfs:${dir}`,
    { model: other },
    { onSkip: ({ reason }) => skipped.push(reason) },
  );
  expect(step).toBe(1);
  expect(numbers(other)).toEqual(good);
  expect(skipped).toEqual([expect.stringMatching(/model\.safetensors has 1 bytes instead of/)]);
  // The next save removes incomplete checkpoints.
  await saveCheckpoint(`opfs:${dir}`, { model, step: 4 }, { keep: 3 });
  await expect(folder.getDirectoryHandle('step-000003')).rejects.toThrow();
});

describe('downloads', () => {
  /** The files that the browser would put into the downloads folder. */
  function watch(): { name: string; file: Promise<Blob> }[] {
    const files: { name: string; file: Promise<Blob> }[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      files.push({ name: this.download, file: fetch(this.href).then((r) => r.blob()) });
    });
    return files;
  }

  test('a model and a checkpoint are offered as files, and load when somebody picks them', async () => {
    const files = watch();
    const model = new nn.Linear(2, 3);
    await saveSafetensors('download:model.safetensors', model.stateDict());
    const path = await saveCheckpoint('download:run', { model, step: 12, xs: tensor([1, 2]) });
    expect(files.map(({ name }) => name)).toEqual(['model.safetensors', 'run-step-000012.zip']);
    expect(path).toBe('download:run-step-000012.zip');
    const [one, two] = await Promise.all(files.map(({ file }) => file));
    const [a, b] = [new nn.Linear(2, 3), new nn.Linear(2, 3)];
    a.loadStateDict(await loadSafetensors(one as Blob));
    const { step, state } = await loadCheckpoint(two as Blob, { model: b });
    expect(numbers(a)).toEqual(numbers(model));
    expect(numbers(b)).toEqual(numbers(model));
    expect(step).toBe(12);
    expect((state['xs'] as ReturnType<typeof tensor>).toArray()).toEqual([1, 2]);
    await expect(loadSafetensors('download:model.safetensors')).rejects.toThrow(/picked/);
    await expect(loadCheckpoint(new Blob(['no zip']))).rejects.toThrow(/not a zip archive/);
    vi.restoreAllMocks();
  });
});
