/**
 * @file Where a module runs: in a thread, where text must not be compiled, with only the web's globals, without SIMD, in
 * Deno.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { manualSeed, zeros } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportModule } from '../../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'chainrule-places-'));
afterAll(() => rmSync(folder, { recursive: true }));

const exec = promisify(execFile);
const run = async (command: string, ...args: string[]): Promise<unknown> => {
  const { stdout } = await exec(command, args, { cwd: folder });
  return JSON.parse(stdout);
};

/** Predicts, trains, and trains again from the same state. */
const USE = `
import { load, predict, state, train } from './model.mjs';
const x = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i));
const before = [...predict(x).data];
const kept = Object.fromEntries(Object.entries(state()).map(([key, values]) => [key, values.slice()]));
const steps = () => Array.from({ length: 5 }, () => train(x, Int32Array.of(0, 1, 2, 0, 1)));
const losses = steps();
const after = [...predict(x).data];
load(kept);
console.log(JSON.stringify({ before, losses, again: steps(), after }));
`;

interface Numbers {
  readonly losses: readonly number[];
  readonly again: readonly number[];
}

let plain: Numbers;
beforeAll(async () => {
  manualSeed(1);
  const parts = [new nn.Linear(8, 16), new nn.ReLU(), new nn.Dropout(0.2), new nn.Linear(16, 3)];
  const model = new nn.Sequential(...parts);
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const { js } = exportModule((x) => model.forward(x), [zeros([1, 8])], {
    batch: 8,
    modules: { '': model, optimizer },
    train: {
      loss: nn.functional.crossEntropy,
      optimizer,
      targets: [zeros([1]).cast('int32')],
    },
  });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('model.mjs', js);
  write('use.mjs', USE);
  write(
    'thread.mjs',
    `import { Worker } from 'node:worker_threads'; new Worker(new URL('use.mjs', import.meta.url));`,
  );
  // What an edge runtime has: the web's globals, and none of Node's.
  write(
    'bare.mjs',
    `for (const name of ['Buffer', 'process', 'require', 'setImmediate', 'fetch', 'performance', 'navigator'])
  Reflect.deleteProperty(globalThis, name);
await import('./use.mjs');`,
  );
  plain = (await run('node', 'use.mjs')) as Numbers;
}, 30_000);

test('continues from a saved state', () => {
  expect(plain.again).toEqual(plain.losses);
});

test.each([
  ['a thread', ['thread.mjs']],
  ['no code from texts', ['--disallow-code-generation-from-strings', 'use.mjs']],
  ['no globals of Node', ['bare.mjs']],
])('%s', async (_, args) => {
  expect(await run('node', ...args)).toEqual(plain);
});

test.runIf(process.arch === 'x64')('throws where WebAssembly has no vectors', async () => {
  await expect(run('node', '--no-enable-sse4-1', 'use.mjs')).rejects.toThrow(
    /this engine has no WebAssembly SIMD/,
  );
});

const deno = process.env['DENO'] ?? 'deno';
test.runIf(spawnSync(deno, ['--version']).status === 0)('Deno, without permissions', async () => {
  expect(await run(deno, 'run', '--no-remote', 'use.mjs')).toEqual(plain);
});
