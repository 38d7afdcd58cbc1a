/** @file Runs the installed peers: each is a script that prints one JSON line per workload. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Measurement {
  readonly workload: string;
  readonly peer: string;
  readonly mode?: string;
  readonly threads?: number;
  readonly blas?: string;
  /** Median microseconds of one step. */
  readonly us?: number;
  readonly error?: string;
}

const python = process.env['PYTHON'] ?? 'python3';
const here = (name: string): string => fileURLToPath(new URL(`./peers/${name}`, import.meta.url));

const commands: Readonly<
  Record<string, ((filter: string, threads: number) => readonly string[]) | undefined>
> = {
  torch: (filter, threads) => [
    python,
    here('torchPeer.py'),
    '--threads',
    String(threads),
    '--filter',
    filter,
  ],
  'torch-dyn': (filter, threads) => [
    python,
    here('torchDynamicPeer.py'),
    '--threads',
    String(threads),
    '--filter',
    filter,
  ],
  jax: (filter, threads) => [
    python,
    here('jaxPeer.py'),
    '--threads',
    String(threads),
    '--filter',
    filter,
  ],
  jaxjs: (filter) => [process.execPath, here('jsPeers.mjs'), '--filter', filter, '--peer', 'jaxjs'],
  tfjs: (filter) => [process.execPath, here('jsPeers.mjs'), '--filter', filter, '--peer', 'tfjs'],
};

/** Runs the named peers one after the other; `PYTHON` names the Python that has PyTorch and JAX. */
export async function runPeers(
  names: readonly string[],
  filter: string,
  threads: number,
  onResult: (m: Measurement) => void,
): Promise<Measurement[]> {
  const all: Measurement[] = [];
  // PyTorch has a separate script for changing shapes.
  const scripts = names.flatMap((name) => (name === 'torch' ? ['torch', 'torch-dyn'] : [name]));
  for (const name of scripts) {
    const command = commands[name];
    if (command === undefined) {
      console.error(`unknown peer '${name}': torch, jax, jaxjs or tfjs`);
      process.exit(2);
    }
    const [program, ...args] = command(filter, threads);
    const child = spawn(program as string, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Without this, PyTorch's times vary by half: its allocator returns memory to the system at every step.
      env: {
        ...process.env,
        MALLOC_TRIM_THRESHOLD_: '1000000000',
        MALLOC_MMAP_THRESHOLD_: '1000000000',
      },
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('{')) continue;
      const m = JSON.parse(line) as Measurement;
      all.push(m);
      onResult(m);
    }
    const code =
      child.exitCode ??
      (await new Promise<number>((done) => child.on('close', (c) => done(c ?? 1))));
    if (code !== 0)
      console.error(
        `${name} is left out: ${errors.trim().split('\n').at(-1) ?? `exit code ${code}`}`,
      );
  }
  return all;
}
