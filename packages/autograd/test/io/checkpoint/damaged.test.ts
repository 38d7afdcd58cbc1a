/** @file Damaged checkpoints are skipped, and the reason is reported. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../../src/io/checkpoint.js';
import { folder, leaf, plain } from './fixtures.js';

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
      /no checkpoint in .* is intact:\n.*step-000003.*\n.*step-000002.*\n.*step-000001/,
    );
  });
});
