/** @file A save that the system refuses at any point leaves a good checkpoint. */
import { existsSync, promises, readdirSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../../src/io/checkpoint.js';
import { FileError } from '../../../src/io/files.js';
import { folder, leaf, plain } from './fixtures.js';

const silent = { onSkip: () => undefined };

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
