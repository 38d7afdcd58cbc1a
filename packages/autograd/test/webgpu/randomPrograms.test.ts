/** @file Random programs give on WebGPU what they give on the CPU: plain, compiled, with gradients, of sizes that change. */
import { afterAll, describe, expect, test } from 'vitest';
import {
  compile,
  grad,
  manualSeed,
  setDevice,
  tensor,
  zerosLike,
  type Tensor,
} from '../../src/index.js';
import { openWebgpu } from './device.js';
import { program } from './randomPrograms.js';

const there = await openWebgpu();
const COUNT = Number(process.env['CHAINRULE_PROGRAMS'] ?? 12);
const FIRST = Number(process.env['CHAINRULE_FIRST'] ?? 1);
const MODES = ['plain', 'gradients', 'compiled', 'compiled gradients'] as const;

/** Leaves of a program; `nudge` changes them by some units. */
function leavesOf(round: number, nudge: number): Tensor[] {
  const n = 3 + (round % 3);
  return [[n, 4], [2, n, 3], [5 * n]].map((shape, k) =>
    tensor(
      Float32Array.from({ length: shape.reduce((p, m) => p * m, 1) }, (_, i) => {
        const x = 1.5 * Math.sin(12.9898 * (i + 1) + 78.233 * k + round);
        return x * (1 + nudge * Math.cos(3.1 * i + k));
      }),
      { shape, requiresGrad: true },
    ),
  );
}

type Values = ArrayLike<number>[];

async function valuesOf(
  seed: number,
  device: 'cpu' | 'webgpu',
  names: string[],
  nudge = 0,
): Promise<Values[]> {
  await setDevice(device);
  names.length = 0;
  const mode = MODES[seed % MODES.length] as (typeof MODES)[number];
  const run = program(seed, 4 + (seed % 7), (name) => names.push(name));
  const whole = (...leaves: Tensor[]): Tensor[] => {
    const values = run(leaves);
    if (!mode.endsWith('gradients')) return values;
    const last = values.slice(-3).filter((y) => y.requiresGrad);
    if (last.length === 0) return values;
    const total = last.map((y) => y.mul(y).mean()).reduce((a, b) => a.add(b));
    const gradients = grad(total, leaves, { allowUnused: true });
    // Where the device decides, a branch that is not taken gives zeros, and not nothing.
    return [...values.slice(-2), ...gradients.map((g, k) => g ?? zerosLike(leaves[k] as Tensor))];
  };
  const f = mode.startsWith('compiled') ? compile(whole) : whole;
  const found: Values[] = [];
  for (const round of mode === 'plain' ? [0] : [0, 1, 3]) {
    manualSeed(seed);
    found.push(await Promise.all(f(...leavesOf(round, nudge)).map((y) => y.data())));
  }
  return found;
}

describe.skipIf(!there)('random programs on WebGPU', () => {
  afterAll(() => setDevice('cpu'));

  for (let seed = FIRST; seed < FIRST + COUNT; seed++)
    test(`program ${seed}`, { timeout: 120_000 }, async () => {
      const names: string[] = [];
      const host = await valuesOf(seed, 'cpu', names);
      // How much rounding may matter.
      const nudged = await valuesOf(seed, 'cpu', names, 2 ** -22);
      const gpu = await valuesOf(seed, 'webgpu', names);
      host.forEach((arrays, round) =>
        arrays.forEach((want, k) => {
          const near = nudged[round]?.[k] as ArrayLike<number>;
          const got = gpu[round]?.[k] as ArrayLike<number>;
          expect(got.length).toBe(want.length);
          const moved = Math.max(
            0,
            ...Array.from(want, (y, i) => Math.abs(y - (near[i] as number))),
          );
          Array.from(want, (y, i) => {
            const x = got[i] as number;
            const where = `round ${round}, result ${k} at ${i}: ${x}, the CPU has ${y}; ${names.join(' ')}`;
            // Values are of about 2 on the way.
            if (!Number.isNaN(y) || !Number.isNaN(x))
              expect(Math.abs(x - y), where).toBeLessThanOrEqual(
                30 * moved + 3e-5 * Math.abs(y) + 1e-4,
              );
          });
        }),
      );
    });
});
