/** @file The short forms of the notebooks that need no download: each must reach its scores. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a notebook as a user does, and returns its exit code with what it printed. */
function runNotebook(
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

describe('notebooks reach their scores', () => {
  it.each([
    ['backprop-from-scratch', 2],
    ['custom-operation', 2],
    ['second-order', 4],
    ['curve-fit', 3],
    ['distributed', 1],
    ['tabular-regression', 1],
    ['translation', 1],
    ['image-recognition', 1],
    ['language-model', 1],
  ])(
    '%s',
    async (name, scores) => {
      const { code, output } = await runNotebook(name, ['--short']);
      expect(code, output).toBe(0);
      expect(output.match(/: reached$/gm), output).toHaveLength(scores);
    },
    240_000,
  );

  it('a missed score ends a notebook with code 1', async () => {
    const { code, output } = await runNotebook('tabular-regression', ['--short', '--lr', '0']);
    expect(code, output).toBe(1);
    expect(output).toContain('asked for at most');
  });
});
