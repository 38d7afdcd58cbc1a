/** @file Runs a notebook as a user does: for tests. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Its exit code, and what it printed. */
export function runNotebook(
  name: string,
  args: readonly string[],
): Promise<{ code: number | null; output: string }> {
  const child = spawn('npx', ['--no-install', 'ts-node', `examples/${name}.ts`, ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', VITEST: undefined },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}
