/**
 * @file Runs one program on Node.js, Bun and Deno, from packed tarballs: it works on each, and engines that agree in fusing
 * products and sums, or not, give the same bits. Builds nothing: run `npm run build` first.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = join(root, 'tools', 'checks', 'runtimes');
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const shell = process.platform === 'win32';
const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error'];
const loud = { stdio: ['ignore', 'ignore', 'inherit'], shell };

const bin = (name) => join(here, 'node_modules', '.bin', name);
if (!existsSync(bin('bun')) || !existsSync(bin('deno')))
  execFileSync('npm', ['install', '--prefix', here, ...quiet], loud);

const folder = mkdtempSync(join(tmpdir(), 'runtimes-'));
try {
  for (const name of ['autograd', 'nn', 'optim', 'export', 'distributed'])
    execFileSync('npx', ['-y', packageManager, 'pack', '--pack-destination', folder], {
      ...loud,
      cwd: join(root, 'packages', name),
    });
  const tarballs = readdirSync(folder).map((name) => join(folder, name));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  execFileSync('npm', ['install', ...quiet, ...tarballs], { ...loud, cwd: folder });
  for (const name of ['program.mjs', 'fuses.mjs'])
    copyFileSync(join(here, name), join(folder, name));

  const runtimes = {
    'Node.js': [process.execPath],
    Bun: [bin('bun')],
    Deno: [bin('deno'), 'run', '-A', '--unstable-webgpu', '--node-modules-dir=manual'],
  };
  /** The output of the first runtime that fuses products and sums, and of the first that does not. */
  const printed = new Map();
  for (const [name, [command, ...options]] of Object.entries(runtimes)) {
    const output = execFileSync(command, [...options, 'program.mjs'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      shell,
      env: { ...process.env, NO_COLOR: '1' },
    });
    const fused = output.includes('fused products true');
    if (!printed.has(fused)) printed.set(fused, { name, output });
    const other = printed.get(fused);
    assert.equal(output, other.output, `${name} and ${other.name} differ`);
    console.log(`${name}: ${other.name === name ? 'it runs' : `as on ${other.name}, to the bit`}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
