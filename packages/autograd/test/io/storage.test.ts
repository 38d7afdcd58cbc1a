/** @file Writing files: permissions and links stay, processes share a folder, and large headers are limited. */
import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import { tensor } from '../../src/index.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  loadCheckpoint,
  loadSafetensors,
  saveSafetensors,
} from '../../src/io/index.js';

const folder = mkdtempSync(join(tmpdir(), 'places-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const one = { x: tensor([1]) };
const two = { x: tensor([2]) };
const valueAt = async (path: string): Promise<unknown> =>
  (await loadSafetensors(path))['x']?.toArray();

describe.skipIf(process.platform === 'win32')('a file that is replaced', () => {
  test.each([0o600, 0o640, 0o664, 0o444])('keeps its permissions %o', async (mode) => {
    const path = join(folder, `mode-${mode}`);
    await saveSafetensors(path, one);
    expect(statSync(path).mode & 0o777).toBe(0o666 & ~process.umask());
    chmodSync(path, mode);
    await saveSafetensors(path, two);
    expect(statSync(path).mode & 0o777).toBe(mode);
    expect(await valueAt(path)).toEqual([2]);
  });

  test('stays behind a symbolic link, a chain of them, and one to nothing yet', async () => {
    mkdirSync(join(folder, 'real'));
    const real = join(folder, 'real', 'file');
    await saveSafetensors(real, one);
    chmodSync(real, 0o600);
    const link = join(folder, 'link');
    const chain = join(folder, 'chain');
    symlinkSync('real/file', link);
    symlinkSync(link, chain);
    await saveSafetensors(chain, two);
    expect([lstatSync(chain), lstatSync(link)].every((s) => s.isSymbolicLink())).toBe(true);
    expect(readlinkSync(link)).toBe('real/file');
    expect(await valueAt(real)).toEqual([2]);
    expect(statSync(real).mode & 0o777).toBe(0o600);
    symlinkSync('real/new', join(folder, 'dangling'));
    await saveSafetensors(join(folder, 'dangling'), one);
    expect(await valueAt(join(folder, 'real', 'new'))).toEqual([1]);
    expect(readdirSync(join(folder, 'real')).sort()).toEqual(['file', 'new']);
  });

  test('stays what it is where it is a pipe, which is written into', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const [seen] = await Promise.all([readFile(pipe), saveSafetensors(pipe, one)]);
    expect(seen).toEqual(Buffer.from(encodeSafetensors(one)));
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });

  test('behind a link that leads to itself is an error', async () => {
    symlinkSync('loop', join(folder, 'loop'));
    await expect(saveSafetensors(join(folder, 'loop'), one)).rejects.toThrow(/cannot write/);
    expect(lstatSync(join(folder, 'loop')).isSymbolicLink()).toBe(true);
  });
});

test(
  'processes that save into one folder do not hinder each other',
  { timeout: 60_000 },
  async () => {
    const io = fileURLToPath(new URL('../../src/io/index.ts', import.meta.url));
    const script = join(folder, 'saver.mjs');
    const contents = `
    import { saveCheckpoint } from ${JSON.stringify(io)};
    const [dir, first] = process.argv.slice(2);
    for (let i = 0; i < 40; i++) await saveCheckpoint(dir, { step: 2 * i + Number(first), note: 'x'.repeat(1000) }, { keep: 1 });`;
    await build({
      stdin: { contents, resolveDir: folder, loader: 'ts' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile: script,
      logLevel: 'error',
    });
    const dir = join(folder, 'shared');
    const run = promisify(execFile);
    await Promise.all(['0', '1', '1'].map((first) => run(process.execPath, [script, dir, first])));
    const { step } = await loadCheckpoint(dir);
    expect(step).toBeGreaterThan(70);
    expect(readdirSync(dir).filter((name) => name.startsWith('.tmp'))).toEqual([]);
  },
);

/** A file of `n` tensors of one element. */
function many(n: number, nameOf = (i: number): string => `layers.${i}.weight`): Uint8Array {
  const entries = Array.from(
    { length: n },
    (_, i) => `"${nameOf(i)}":{"dtype":"F32","shape":[1],"data_offsets":[${4 * i},${4 * i + 4}]}`,
  );
  const header = new TextEncoder().encode(`{${entries.join(',')}}`);
  const bytes = new Uint8Array(8 + header.length + 4 * n);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytes;
}

describe('a header of very many tensors', () => {
  test('is read as long as it stays within the limit', () => {
    expect(Object.keys(decodeSafetensors(many(20_000)))).toHaveLength(20_000);
    expect(() => decodeSafetensors(many(2, () => 'twice'))).toThrow(/occurs twice/);
  });

  test('is refused beyond it, at the first tensor too many', () => {
    const bytes = many(300_000);
    const before = process.memoryUsage().rss;
    expect(() => decodeSafetensors(bytes)).toThrow(/more than 250000 tensors; shard the file/);
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
    const t = tensor([1]);
    const names = Array.from({ length: 250_001 }, (_, i): [string, typeof t] => [`t${i}`, t]);
    expect(() => encodeSafetensors(Object.fromEntries(names))).toThrow(/at most 250000/);
  });
});
