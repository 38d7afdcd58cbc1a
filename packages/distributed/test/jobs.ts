/** @file Jobs of several ranks for tests: programs bundled with the packages' sources, started in every supported way. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import tsconfig from '../../../tsconfig.base.json' with { type: 'json' };

const root = fileURLToPath(new URL('../../..', import.meta.url));
const programs = fileURLToPath(new URL('programs', import.meta.url));

/** What starts ranks. */
export type Starter = 'local' | 'copies' | 'Open MPI' | 'MPICH';

/** A folder for a test file, with the bundled programs in it. */
export function makeFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'distributed-'));
  // koffi as a program finds it: beside itself.
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'node_modules', 'koffi'), join(folder, 'node_modules', 'koffi'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Bundles a program with the packages' sources, so that ranks start quickly. */
export async function bundle(name: string, folder: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  const alias = Object.fromEntries(
    Object.entries(tsconfig.compilerOptions.paths)
      .sort(([a], [b]) => b.length - a.length)
      .map(([from, [to]]) => [from, join(root, to ?? '')]),
  );
  await build({
    entryPoints: [join(programs, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    keepNames: true,
    alias,
    external: ['koffi', 'webgpu'],
    tsconfigRaw: '{}',
    logLevel: 'error',
  });
  return outfile;
}

export interface JobResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
  readonly seconds: number;
}

const ROOT_OF_MPI = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };

/** The command that starts `size` ranks of a program. */
export function commandOf(starter: Starter, size: number, program: readonly string[]): string[] {
  const node = [process.execPath, ...program];
  switch (starter) {
    case 'Open MPI':
      return [
        'mpirun.openmpi',
        '--oversubscribe',
        '--bind-to',
        'none',
        '-np',
        String(size),
        ...node,
      ];
    case 'MPICH':
      return ['mpirun.mpich', '-np', String(size), ...node];
    // The program starts its copies itself.
    case 'copies':
      return ['env', `COPIES=${size}`, ...node];
    case 'local':
      return [
        process.execPath,
        join(dirname(program[0] as string), 'run.mjs'),
        '-n',
        String(size),
        ...program,
      ];
  }
}

/** Starts a job; what it says so far is in `output()`. */
export function start(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { child: ReturnType<typeof spawn>; output: () => string; ended: Promise<JobResult> } {
  const begun = performance.now();
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    // Not the test runner's settings: a job is a program of its own.
    env: { ...clean(process.env), ...ROOT_OF_MPI, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const limit = setTimeout(() => child.kill('SIGKILL'), 90_000);
  const ended = new Promise<JobResult>((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      const seconds = (performance.now() - begun) / 1000;
      resolve({ code: code ?? (signal === null ? 1 : 128), output, errors, seconds });
    });
  });
  return { child, output: () => output, ended };
}

/** A job from its start to its end. */
export function run(
  starter: Starter,
  size: number,
  program: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<JobResult> {
  return start(commandOf(starter, size, program), env).ended;
}

function clean(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(env).filter(
    ([name]) => !/^(VITEST|NODE_OPTIONS|OMPI_|PMI_|PMIX_|CHAINRULE_(LOCAL|RANK|SIZE))/.test(name),
  );
  return Object.fromEntries(kept) as Record<string, string>;
}

let runs = 0;

/** What each rank of a job has reported (see `programs/report.ts`), by rank. */
export async function results<T>(
  starter: Starter,
  size: number,
  program: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<T[]> {
  const place = join(dirname(program[0] as string), `results-${runs++}`);
  mkdirSync(place);
  const { code, output, errors } = await run(starter, size, program, { ...env, RESULTS: place });
  if (code !== 0) throw new Error(`the job ended with code ${code}:\n${output}\n${errors}`);
  return Array.from(
    { length: size },
    (_, rank) => JSON.parse(readFileSync(join(place, `${rank}.json`), 'utf8')) as T,
  );
}

const works = (command: string): boolean => spawnSync(command, ['--version']).status === 0;

/** What can start ranks here; says what is missing. */
export const starters: readonly Starter[] = (['local', 'Open MPI', 'MPICH'] as const).filter(
  (s) => {
    if (s === 'local') return true;
    const command = s === 'MPICH' ? 'mpirun.mpich' : 'mpirun.openmpi';
    const installed = works(command);
    if (!installed)
      console.warn(`SKIPPED: ${s} (${command}) is not installed: its tests are left out`);
    return installed;
  },
);
