/**
 * @file Runs the benchmark on the packages as they are published: one file each, which engines optimize better than many
 * modules. Builds them first if a source is newer.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const newest = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (last, { parentPath, name }) => Math.max(last, statSync(`${parentPath}/${name}`).mtimeMs),
      0,
    );

const isBuilt = (name) => {
  if (!existsSync(`${root}packages/${name}/src`)) return true; // templates, which are not built
  const built = `${root}packages/${name}/dist/index.js`;
  return existsSync(built) && statSync(built).mtimeMs > newest(`${root}packages/${name}/src`);
};

/** Runs a program of this project, with the options given on the command line. */
const node = (args, options) =>
  spawnSync(process.execPath, [...process.execArgv, ...args], { cwd: root, ...options }).status;

if (!readdirSync(`${root}packages`).every(isBuilt)) {
  const status = node(['tools/build/build.mjs'], { stdio: ['ignore', process.stderr, 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}
const onGpu = process.argv[2] === 'gpu';
const program = onGpu ? 'bench/gpu/run.ts' : 'bench/run.ts';
process.exitCode =
  node(['node_modules/ts-node/dist/bin.js', program, ...process.argv.slice(onGpu ? 3 : 2)], {
    stdio: 'inherit',
    env: { ...process.env, CHAINRULE_PACKAGES: 'built' },
  }) ?? 1;
