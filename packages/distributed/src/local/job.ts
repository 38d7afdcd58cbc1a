/** @file The files of a job on this machine, and starting it: by a launcher, or beside the program that asks for it. */
import { spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChainruleError } from '@chainrule/autograd';
import { pieceAt, STATE_BYTES, stateAt } from './layout.js';
import { supervise, type Job } from './supervise.js';

/** After a rank has failed, the others have this long to end on their own. */
const GRACE_MS = 4000;

/** Makes the files that `size` ranks share. */
function makeFiles(size: number): string {
  const bytes = pieceAt(1, size + 1, size);
  const place = memoryFolder(bytes);
  sweep(place);
  const folder = mkdtempSync(join(place, `chainrule-${process.pid}-`));
  for (const [name, length] of [
    ['control', stateAt(size, size)],
    ['data', bytes],
  ] as const) {
    const file = openSync(join(folder, name), 'wx', 0o600);
    ftruncateSync(file, length);
    closeSync(file);
  }
  return folder;
}

/** Removes the files of jobs whose launcher was killed. */
function sweep(place: string): void {
  for (const name of readdirSync(place)) {
    const pid = Number(/^chainrule-(\d+)-\w+$/.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(pid) || isRunning(pid)) continue;
    try {
      rmSync(join(place, name), { recursive: true });
    } catch {
      // They belong to another user.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** A folder in memory with enough space, else the one for temporary files. */
function memoryFolder(bytes: number): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    const { bavail, bsize } = statfsSync('/dev/shm');
    if (bavail * bsize > bytes + 2 ** 20) return '/dev/shm';
  } catch {
    // There is no /dev/shm.
  }
  return tmpdir();
}

function jobOf(size: number, first: number, command: readonly string[]): Job {
  return {
    folder: makeFiles(size),
    size,
    first,
    parent: first === 0 ? null : process.pid,
    command,
    statesAt: stateAt(0, size),
    stateBytes: STATE_BYTES,
    grace: GRACE_MS,
  };
}

/** Starts all ranks and waits for them; returns the exit code of the job. */
export async function launch(size: number, command: readonly string[]): Promise<number> {
  const job = jobOf(size, 0, command);
  try {
    return await supervise(job, null);
  } finally {
    rmSync(job.folder, { recursive: true, force: true });
  }
}

/** Starts `size − 1` copies of this program, which itself is rank 0; returns the folder of the job. */
export function startCopies(size: number): string {
  const [, program, ...args] = process.argv;
  if (program === undefined || process.env['VITEST'] !== undefined) {
    throw new ChainruleError(
      "distributed('local'): there is no program file to start; put the training into a file, or start it with a launcher",
    );
  }
  const job = jobOf(size, 1, [process.execPath, ...process.execArgv, program, ...args]);
  // Bundled code may call a helper of the bundler.
  const source = `const __name = (f) => f;
const ended = new Promise((resolve) => process.stdin.on('end', resolve).on('error', resolve).resume());
const job = ${JSON.stringify(job)};
(${supervise.toString()})(job, ended).then((code) => {
  process.getBuiltinModule('node:fs').rmSync(job.folder, { recursive: true, force: true });
  process.exit(code);
});`;
  const child = spawn(process.execPath, ['-e', source], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  // The pipe closes when this process ends, for whatever reason; neither the child nor the pipe keeps this process alive.
  child.unref();
  // Only in Node.js is it a socket that would keep the process alive; in Bun it is not.
  if (child.stdin instanceof Socket) child.stdin.unref();
  return job.folder;
}
