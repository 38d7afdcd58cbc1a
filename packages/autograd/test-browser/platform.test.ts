/** @file In a page: values, a training step, with threads if the page is isolated, and without them. */
import { expect, test } from 'vitest';
import { interpreter } from '../src/backends/interpreter/interpreter.js';
import {
  blas,
  enableWideSimd,
  evaluate,
  getNumThreads,
  memoryUsage,
  noGrad,
  Parameter,
  setNumThreads,
  tensor,
  type Tensor,
} from '../src/index.js';
import { Arrays } from '../src/backends/wasm/run/arrays.js';
import { wasmBackend } from '../src/backends/wasm/backend.js';
import { engine } from '../src/engine/engine.js';

const noise = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) =>
      Math.sin(i * 12.9898),
    ),
    { shape },
  );

/** The weights after some steps of gradient descent. */
function train(): Float32Array {
  const x = noise(64, 50);
  const w = new Parameter(noise(50, 40).mul(0.1));
  const v = new Parameter(noise(40, 3).mul(0.1));
  for (let i = 0; i < 10; i++) {
    x.matmul(w).tanh().matmul(v).square().mean().backward();
    noGrad(() => {
      for (const p of [w, v]) {
        p.assign(p.sub((p.grad as Tensor).mul(0.05)));
        p.grad = null;
      }
    });
    evaluate();
  }
  return w.dataSync().slice() as Float32Array;
}

/** Lets workers start: a page's main thread receives no messages while it computes. */
const rest = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

test('the page is isolated and runs WebAssembly on shared memory', () => {
  expect(crossOriginIsolated).toBe(true);
  expect(engine.backend?.name).toBe('wasm');
  const rows = tensor([
    [1, 2],
    [3, 4],
  ]);
  expect([...rows.matmul(rows).add(0.5).dataSync()]).toEqual([7.5, 10.5, 15.5, 22.5]);
});

test('a training gives the same bits on one thread and several, and what the interpreter gives', async () => {
  setNumThreads(1);
  const alone = train();
  setNumThreads(3);
  expect(getNumThreads()).toBe(3);
  train();
  await rest(500);
  for (let run = 0; run < 3; run++) expect(train()).toEqual(alone);
  const before = engine.backend;
  engine.backend = interpreter;
  const truth = train();
  engine.backend = before;
  alone.forEach((x, i) => expect(x).toBeCloseTo(truth[i] ?? NaN, 5));
});

test('large work on several threads ends, and is right', async () => {
  setNumThreads(3);
  const x = noise(400, 400);
  const product = (): Float32Array => x.matmul(x).exp().sum(0).dataSync().slice() as Float32Array;
  const first = product();
  await rest(300);
  for (let run = 0; run < 10; run++) expect(product()).toEqual(first);
});

test('memory that is not shared, as in a page that is not isolated, gives the same bits', () => {
  const before = engine.backend;
  const shared = train();
  engine.backend = wasmBackend({ threads: 4, arrays: new Arrays(false) });
  const unshared = train();
  engine.backend = before;
  expect(unshared).toEqual(shared);
});

test('what only Node has says so', () => {
  expect(blas()).toMatchObject({ found: false });
  expect(enableWideSimd()).toMatchObject({ enabled: false });
  expect(memoryUsage().reserved).toBeGreaterThan(0);
});
