/** @file Processes that save are killed at random moments; a whole checkpoint, or file, must load each time. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCheckpoint, loadSafetensors, saveSafetensors } from '../../src/io/index.js';
import type { Tensor } from '../../src/graph/tensor.js';

const KILLS = 120;
const LANES = 2;
const KEEP = 2;
/** Large enough that a kill often falls into the middle of a write. */
const SIZE = 50_000;

let folder = '';
let script = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kill-'));
  script = join(folder, 'child.mjs');
  const io = fileURLToPath(new URL('../../src/io/index.ts', import.meta.url));
  // Goes on from the last step for ever; says which steps are saved.
  const contents = `
    import { writeSync } from 'node:fs';
    import { loadCheckpoint, saveCheckpoint, saveSafetensors } from ${JSON.stringify(io)};
    import { makeLeaf } from ${JSON.stringify(io.replace('io/index.ts', 'graph/tensor.ts'))};
    const [, , dir, first] = process.argv;
    let step = Number(first) || (await loadCheckpoint(dir).catch(() => ({ step: 0 }))).step;
    const of = (size) => makeLeaf(new Int32Array(size).fill(step), [size], 'int32');
    for (;;) {
      step++;
      if (first) {
        // Sizes differ, so that a mixture of two files would be no file.
        await saveSafetensors(dir + '/model.safetensors', { weight: of(${SIZE} + (step % 7) * 5000) });
        writeSync(1, step + '\\n');
        continue;
      }
      await saveCheckpoint(dir, { step, model: { weight: of(${SIZE}) }, optimizer: { m: of(${SIZE}) }, copy: step }, { keep: ${KEEP} });
      writeSync(1, step + '\\n');
    }`;
  const options = {
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    minify: true,
  } as const;
  await build({
    ...options,
    stdin: { contents, resolveDir: folder, loader: 'ts' },
    outfile: script,
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the child and kills it `delay` milliseconds after its first save; the last step that it said was saved. */
function saveUntilKilled(dir: string, delay: number, ...more: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, dir, ...more], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), delay);
      output += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (_, signal) => {
      if (signal === 'SIGKILL') resolve(Number(output.trim().split('\n').at(-1)));
      else reject(new Error(`the child ended by itself: ${output}`));
    });
  });
}

it(`${KILLS} kills while saving`, { timeout: 120_000 }, async () => {
  let midway = 0;
  const lane = async (number: number): Promise<void> => {
    const dir = join(folder, String(number));
    for (let round = 0; round < KILLS / LANES; round++) {
      const confirmed = await saveUntilKilled(dir, Math.random() * 25);
      midway += readdirSync(dir).filter((name) => name.startsWith('.tmp-')).length > 0 ? 1 : 0;
      const { step, state, skipped } = await loadCheckpoint(dir);
      expect(skipped).toEqual([]);
      expect(step).toBeGreaterThanOrEqual(confirmed);
      expect(step).toBeLessThanOrEqual(confirmed + 1);
      const { model, optimizer } = state as { model: { weight: Tensor }; optimizer: { m: Tensor } };
      const values = new Set([
        ...model.weight.dataSync(),
        ...optimizer.m.dataSync(),
        state['copy'],
      ]);
      expect([...values]).toEqual([step]);
      expect(
        readdirSync(dir).filter((name) => name.startsWith('step-')).length,
      ).toBeLessThanOrEqual(KEEP + 1);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  // Otherwise the kills would have missed what they are for.
  expect(midway).toBeGreaterThan(KILLS / 4);
});

it(
  'a file that is saved again and again is the old one or the new one',
  { timeout: 60_000 },
  async () => {
    const dir = mkdtempSync(join(folder, 'file-'));
    const path = join(dir, 'model.safetensors');
    let last = 1;
    for (let round = 0; round < 12; round++) {
      const confirmed = await saveUntilKilled(dir, Math.random() * 25, String(last));
      const { weight } = (await loadSafetensors(path)) as { weight: Tensor };
      const [step, ...others] = new Set(weight.dataSync());
      expect(others).toEqual([]);
      expect([confirmed, confirmed + 1]).toContain(step);
      expect(weight.size).toBe(SIZE + ((step as number) % 7) * 5000);
      last = step as number;
    }
    // What the killed ones left goes with the next that is saved.
    await saveSafetensors(path, {});
    expect(readdirSync(dir)).toEqual(['model.safetensors']);
  },
);
