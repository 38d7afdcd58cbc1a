/**
 * @file Prepares a fresh clone with nothing but node and npm; does nothing if the install is up to date. Every npm script
 * runs it first (`npm run setup` does only this).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => (existsSync(root + path) ? readFileSync(root + path, 'utf8') : undefined);

// pnpm keeps a copy of the lockfile that it installed from.
if (read('node_modules/.pnpm/lock.yaml') !== read('pnpm-lock.yaml')) {
  const { packageManager } = JSON.parse(read('package.json'));
  console.error(`Installing dependencies with ${packageManager} ...`);
  const { status } = spawnSync('npx', ['-y', packageManager, 'install', '--frozen-lockfile'], {
    cwd: root,
    // Standard output is left to the script that follows.
    stdio: ['ignore', process.stderr, 'inherit'],
    shell: process.platform === 'win32',
  });
  process.exitCode = status ?? 1;
}
