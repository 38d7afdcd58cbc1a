/** @file Writing files: writers are killed at random moments, disks are full, folders and links exist. */
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import tsconfig from '../../../../tsconfig.base.json' with { type: 'json' };
import { writeAll } from '../../src/cli/files.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chainrule-files-'));
const script = join(folder, 'child.mjs');
const SIZE = 3_000_000;

beforeAll(async () => {
  // Writes three files again and again, each with one number throughout, until it is killed.
  const contents = `
    import { writeSync } from 'node:fs';
    import { writeAll } from ${JSON.stringify(join(root, 'packages/export/src/cli/files.ts'))};
    const [dir, count] = process.argv.slice(2);
    for (let step = 1; step <= count; step++) {
      const names = ['net.onnx.data', 'net.onnx', 'new/net-' + step + '.js'];
      const files = names.map((name) => [dir + '/' + name, new Uint8Array(${SIZE}).fill(step)]);
      try {
        await writeAll(new Map(files));
      } catch (error) {
        console.log(error.name + ' ' + error.code + ' ' + error.message);
      }
      writeSync(1, step + '\\n');
    }`;
  await build({
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['koffi', 'webgpu'],
    alias: Object.fromEntries(
      Object.entries(tsconfig.compilerOptions.paths)
        .sort(([a], [b]) => b.length - a.length)
        .map(([from, [to]]) => [from, join(root, to ?? '')]),
    ),
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile: script,
    logLevel: 'error',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Kills the child so long after its first files. */
function writeUntilKilled(dir: string, delay: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, dir, '250'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), delay));
    child.on('error', reject);
    child.on('close', (_, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error('the child ended by itself')),
    );
  });
}

it('are old or new, and whole, whenever the writer is killed', { timeout: 60_000 }, async () => {
  const dir = join(folder, 'killed');
  let midway = 0;
  for (let round = 0; round < 6; round++) {
    await writeUntilKilled(dir, Math.random() * 40);
    const names = readdirSync(dir, { recursive: true, withFileTypes: true });
    midway += names.some(({ name }) => name.startsWith('.tmp-')) ? 1 : 0;
    for (const entry of names) {
      if (!entry.isFile() || entry.name.startsWith('.tmp-')) continue;
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      expect(bytes.length).toBe(SIZE);
      expect(bytes.every((x) => x === bytes[0])).toBe(true);
    }
    // What was left is swept by the next writing.
    await writeAll(new Map([[join(dir, 'net.onnx'), new Uint8Array(SIZE)]]));
    expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([]);
  }
  expect(midway).toBeGreaterThan(0);
});

it('stay as they were where there is no room, and nothing is left', () => {
  const dir = join(folder, 'full');
  mkdirSync(dir);
  for (const name of ['net.onnx', 'net.onnx.data']) writeFileSync(join(dir, name), 'old');
  // A file of more than 500 kB cannot be written by this shell's children.
  const printed = execFileSync(
    'bash',
    ['-c', 'ulimit -f 500; "$@"', '-', process.execPath, script, dir, '1'],
    {
      encoding: 'utf8',
    },
  );
  expect(printed).toMatch(/^FileError EFBIG file: cannot write '.*net\.onnx\.data': /);
  expect(readdirSync(dir).sort()).toEqual(['net.onnx', 'net.onnx.data', 'new']);
  expect(readdirSync(join(dir, 'new'))).toEqual([]);
  for (const name of ['net.onnx', 'net.onnx.data'])
    expect(readFileSync(join(dir, name), 'utf8')).toBe('old');
});

it('keep links and permissions', async () => {
  const dir = join(folder, 'links');
  mkdirSync(join(dir, 'real'), { recursive: true });
  writeFileSync(join(dir, 'real', 'net.js'), 'old', { mode: 0o640 });
  symlinkSync(join('real', 'net.js'), join(dir, 'net.js'));
  await writeAll(new Map([[join(dir, 'net.js'), 'new']]));
  expect(readFileSync(join(dir, 'real', 'net.js'), 'utf8')).toBe('new');
  expect(statSync(join(dir, 'real', 'net.js')).mode & 0o777).toBe(0o640);
  expect(readdirSync(dir).sort()).toEqual(['net.js', 'real']);
});

it('are refused where no folder can be made, or a name is too long', async () => {
  writeFileSync(join(folder, 'file'), 'old');
  const within = new Map([[join(folder, 'file', 'net.js'), 'new']]);
  await expect(writeAll(within)).rejects.toThrow(/there is a file of that name/);
  const long = new Map([
    [join(folder, 'short.js'), 'new'],
    [join(folder, 'x'.repeat(300)), 'new'],
  ]);
  await expect(writeAll(long)).rejects.toThrow(/the name is too long \(ENAMETOOLONG\)/);
  expect(existsSync(join(folder, 'short.js'))).toBe(false);
});
