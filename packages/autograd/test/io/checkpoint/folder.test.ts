/** @file The folder of checkpoints: which are kept, their names, and which are deleted. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../../src/io/checkpoint.js';
import { FileError } from '../../../src/io/files.js';
import { folder } from './fixtures.js';

const listed = (): string[] => readdirSync(folder).sort();

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
