/**
 * @file A value has the same bits whenever and wherever it is computed: when its graph is new, the second and the hundredth
 * time, compiled, one operation after the other, and together with others in one large run. The same holds for small graphs:
 * all paths of the engine agree on every function and every sum.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as c from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

const NAMES = [
  ...[
    'exp',
    'exp2',
    'expm1',
    'log',
    'log2',
    'log10',
    'log1p',
    'sin',
    'cos',
    'tan',
    'tanh',
    'sigmoid',
  ],
  ...['softplus', 'erf', 'erfc', 'sqrt', 'rsqrt', 'reciprocal', 'square', 'gelu', 'silu', 'mish'],
  ...['logSigmoid', 'lgamma', 'digamma', 'sinh', 'atan', 'normalCdf'],
] as const;
const FUNCTIONS = NAMES.flatMap((name): ((x: Tensor) => Tensor)[] => {
  const f = (c as unknown as Record<string, ((x: Tensor) => Tensor) | undefined>)[name];
  return f === undefined ? [] : [f];
});

/** A value from those before it. The exponent keeps most numbers in the range of the functions. */
const STEPS: readonly ((x: Tensor, y: Tensor, k: number) => Tensor)[] = [
  ...Array.from(
    { length: 8 },
    () => (x: Tensor, _y: Tensor, k: number) =>
      (FUNCTIONS[k % FUNCTIONS.length] as (x: Tensor) => Tensor)(x.abs().add(0.1)),
  ),
  (x, y) => x.add(y.mul(0.37)),
  (x, y) => x.mul(y),
  (x, y) => x.div(y.abs().add(0.7)),
  (x, y) => x.abs().add(0.1).pow(y),
  (x, y) => c.hypot(x, y),
  (x, y) => c.where(x.gt(y), x, y.neg()),
  (x) => x.sum(),
  (x, _y, k) => (x.ndim === 0 ? x : x.sum(k % x.ndim, { keepdim: true })),
  (x) => x.mean(),
  (x, _y, k) => (x.ndim === 0 ? x : x.var(k % x.ndim, { correction: 0, keepdim: true })),
  (x) => x.prod(),
  (x, _y, k) => (x.ndim === 0 ? x : x.softmax(k % x.ndim)),
  (x, _y, k) => (x.ndim === 0 ? x : x.logsumexp(k % x.ndim, { keepdim: true })),
  (x, _y, k) => (x.ndim === 0 ? x : x.cumsum(k % x.ndim)),
  (x) => (x.ndim === 2 ? x.matmul(x.transpose(0, 1)) : x),
  (x) => x.norm(),
];

interface Step {
  readonly step: number;
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

/** What the steps make of the leaves: everything, in order. Shapes that do not broadcast leave a value as it is. */
function values(
  leaves: readonly Tensor[],
  steps: readonly Step[],
  look: (t: Tensor) => void,
): Tensor[] {
  const all = [...leaves];
  for (const { step, x, y, k } of steps) {
    const one = all[x % all.length] as Tensor;
    const other = all[y % all.length] as Tensor;
    const fits = other.ndim === 0 || one.ndim === 0 || String(one.shape) === String(other.shape);
    const made = (STEPS[step % STEPS.length] as (typeof STEPS)[number])(one, fits ? other : one, k);
    look(made);
    all.push(made);
  }
  return all.slice(leaves.length);
}

const bitsOf = (roots: readonly Tensor[]): string[] =>
  roots.map((t) => {
    const { buffer, byteOffset, byteLength } = t.dataSync();
    return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
  });

const arbSteps = fc.array(
  fc.record({ step: fc.nat(99), x: fc.nat(50), y: fc.nat(50), k: fc.nat(99) }),
  { minLength: 1, maxLength: 12 },
);
const arbLeaves = fc.record({
  shapes: fc.array(fc.constantFrom([], [1], [3], [7], [2, 3], [5, 4]), {
    minLength: 1,
    maxLength: 3,
  }),
  dtype: fc.constantFrom('float32' as const, 'float64' as const),
  seed: fc.nat(2 ** 31 - 1),
});

describe.runIf(c.backend() === 'wasm')('small graphs', () => {
  test('have the same bits in every way to compute them', () => {
    fc.assert(
      fc.property(arbLeaves, arbSteps, ({ shapes, dtype, seed }, steps) => {
        c.manualSeed(seed);
        const leaves = shapes.map((shape) => c.randn(shape, { dtype }).detach());
        c.evaluate(...leaves);
        const none = (): void => undefined;
        const first = bitsOf(values(leaves, steps, (t) => t.dataSync()));
        const whole = (): string[] => {
          const roots = values(leaves, steps, none);
          c.evaluate(...roots);
          return bitsOf(roots);
        };
        for (let time = 1; time <= 3; time++) expect(whole(), `time ${time}`).toEqual(first);
        const last = (): string[] => bitsOf(values(leaves, steps, none).slice(-1));
        for (let time = 1; time <= 3; time++)
          expect(last(), `alone ${time}`).toEqual(first.slice(-1));
        const compiled = c.compile((...leaves: Tensor[]) => values(leaves, steps, none));
        for (let time = 1; time <= 3; time++)
          expect(bitsOf(compiled(...leaves)), `compiled ${time}`).toEqual(first);
        const roots = values(leaves, steps, none);
        const others = Array.from({ length: 40 }, (_, i) =>
          c
            .arange(50 + i)
            .mul(0.01 * seed)
            .add(i)
            .sum(),
        );
        c.evaluate(...others, ...roots);
        expect(bitsOf(roots), 'among others').toEqual(first);
      }),
      { numRuns: 60 },
    );
  });

  test('read a table that is one number', () => {
    const first = c.tensor([0], { dtype: 'int32' });
    for (let time = 1; time <= 3; time++) {
      expect(c.full([1], 3).gather(0, first).toArray()).toEqual([3]);
      expect(c.full([1, 2], 3).indexSelect(0, first).toArray()).toEqual([[3, 3]]);
    }
  });

  test('keep them for a hundred runs', () => {
    const x = c.tensor([0.3, -1.2, 2.5, 0.7, 1.1]);
    const f = (): string[] => bitsOf([x.tanh().mul(x.exp()).sum(), x.softmax(0), x.var()]);
    const first = f();
    for (let run = 2; run <= 100; run++) expect(f()).toEqual(first);
  });
});
