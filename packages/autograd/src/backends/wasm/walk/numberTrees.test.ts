/** @file Graphs of many single numbers, where what is read once is computed in the kernel that reads it. */
import { describe, expect, test, vi } from 'vitest';
import { planningCounts } from '../../../engine/engine.js';
import { OperationLoop } from './operationLoop.js';
import {
  compile,
  evaluate,
  noGrad,
  Parameter,
  scalar,
  tensor,
  where,
  type Tensor,
} from '../../../index.js';

const numbers = (n: number, seed = 1): Tensor[] =>
  tensor(Array.from({ length: n }, (_, i) => Math.sin(seed * 7 + i * 1.3) * 3)).unbind();

const dot = (x: readonly Tensor[], y: readonly Tensor[]): Tensor =>
  x.map((a, i) => a.mul(y[i] as Tensor)).reduce((a, b) => a.add(b));

/** Functions of a few numbers, each of which a graph has often. */
const patterns: Readonly<Record<string, (x: readonly Tensor[], y: readonly Tensor[]) => Tensor>> = {
  'sums of products': dot,
  'a number read twice': (x) => (x[0] as Tensor).mul(x[0] as Tensor).add(x[0] as Tensor),
  'functions with formulas': (x, y) => dot(x, y).tanh().exp().add(1).log().sigmoid().sqrt(),
  'functions of JavaScript': ([a], [b]) =>
    (a as Tensor)
      .atan2(b as Tensor)
      .erf()
      .sinh(),
  'double precision': ([a], [b]) =>
    (a as Tensor)
      .cast('float64')
      .mul(1.7)
      .add(b as Tensor)
      .exp()
      .cast('float32')
      .neg(),
  'whole numbers': ([a, b]) =>
    (a as Tensor)
      .round()
      .cast('int32')
      .mul(3)
      .sub((b as Tensor).round().cast('int32')),
  conditions: ([a, b], [c]) =>
    where((a as Tensor).gt(b as Tensor).logicalAnd((c as Tensor).lt(1)), (a as Tensor).neg(), 0.5),
  'more operations than one kernel has': (x, y) =>
    Array.from({ length: 9 }).reduce((h: Tensor) => h.mul(0.9).add(dot(x, y)).relu(), scalar(1)),
};

/** The bits of numbers, which `toEqual` compares as they are. */
const bits = (x: Tensor): string => {
  const { buffer, byteOffset, byteLength } = x.dataSync();
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
};

describe('many single numbers', () => {
  for (const [name, pattern] of Object.entries(patterns))
    test(`${name}: the bits of operations computed one by one`, () => {
      const count = 120;
      const make = (i: number): Tensor =>
        pattern(
          numbers(8, i),
          numbers(8, i + 1).map((y, k) => (k === i % 8 ? y.mul(0) : y)),
        );
      const all = compile((shift: Tensor) =>
        Array.from({ length: count }, (_, i) => make(i).add(shift)),
      );
      const early = all(scalar(0));
      const { made } = planningCounts();
      let late = early;
      for (let run = 0; run < 70; run++) evaluate(...(late = all(scalar(0))));
      expect(planningCounts().made).toBeGreaterThan(made);
      for (let i = 0; i < count; i++) {
        const alone = bits(make(i).add(scalar(0)));
        expect([bits(early[i] as Tensor), bits(late[i] as Tensor)]).toEqual([alone, alone]);
      }
    });

  test('random programs with repeated parts have the bits of separate operations', () => {
    const draw = (seed: number, leaves: readonly Tensor[], each: (x: Tensor) => void): Tensor[] => {
      let state = seed;
      const below = (n: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return (state >>> 8) % n;
      };
      const known = [...leaves];
      const pick = (): Tensor => known[known.length - 1 - below(Math.min(9, known.length))]!;
      const parts = [0, 1].map(() => Array.from({ length: 4 + below(9) }, () => below(18)));
      for (let i = 0; i < 60; i++) {
        let h = pick();
        for (const step of parts[below(2)]!) {
          const y = step % 3 === 0 ? h : pick();
          h =
            step % 6 === 0
              ? h.tanh()
              : step % 6 < 3
                ? h.add(y)
                : step < 9
                  ? h.sub(y)
                  : h.mul(y.sigmoid());
          each(h);
          if (step > 14) known.push(h);
        }
        known.push(h);
      }
      return known.slice(-30);
    };
    for (let seed = 1; seed <= 12; seed++) {
      const alone = draw(seed, numbers(6, seed), (x) => x.dataSync()).map(bits);
      const all = compile((...leaves: Tensor[]) => draw(seed, leaves, () => undefined));
      let late: Tensor[] = [];
      for (let run = 0; run < 70; run++) evaluate(...(late = all(...numbers(6, seed))));
      expect(late.map(bits)).toEqual(alone);
    }
  });

  test('gradients and updates over many steps equal those computed with matrices', () => {
    const [n, m] = [12, 6];
    const [start, given] = [numbers(n * m, 3), numbers(m, 5)];
    const weights = start.map((w) => new Parameter(w));
    const rows = Array.from({ length: n }, (_, i) => weights.slice(i * m, (i + 1) * m));
    const step = compile(() => {
      for (const w of weights) w.grad = null;
      const loss = rows.map((row) => dot(row, given).tanh().square()).reduce((a, b) => a.add(b));
      loss.backward();
      noGrad(() => {
        for (const w of weights) w.assign(w.sub((w.grad as Tensor).mul(0.01)));
      });
      return loss;
    });
    const matrix = new Parameter(tensor(start.map((w) => w.item())).reshape([n, m]));
    const column = tensor(given.map((x) => x.item())).reshape([m, 1]);
    for (let i = 0; i < 30; i++) {
      matrix.grad = null;
      const loss = matrix.matmul(column).tanh().square().sum();
      loss.backward();
      expect(step().item()).toBeCloseTo(loss.item(), 4);
      noGrad(() => {
        matrix.assign(matrix.sub((matrix.grad as Tensor).mul(0.01)));
      });
    }
    expect(weights.map((w) => w.item())).toEqual(
      Array.from(matrix.dataSync(), (w): unknown => expect.closeTo(w, 4)),
    );
  });

  test('a remainder by zero within a tree throws the same error as alone', () => {
    const y = new Parameter(scalar(3));
    const many = compile(() =>
      Array.from({ length: 200 }, (_, i) =>
        y.cast('int32').add(i).remainder(y.cast('int32').mul(2)).neg().add(1),
      ),
    );
    expect(many().map((x) => x.item())).toEqual(
      Array.from({ length: 200 }, (_, i) => 1 - ((3 + i) % 6)),
    );
    y.assign(scalar(0));
    expect(() => many()[0]?.item()).toThrow(/remainder/);
    y.assign(scalar(5));
    expect(many()[7]?.item()).toBe(1 - (12 % 10));
  });

  test('compiles one kernel per repeated tree, and one per operation of rare trees', () => {
    const f = compile((x: Tensor) =>
      Array.from({ length: 100 }, (_, i) =>
        dot(
          Array.from({ length: 10 }, (_, k) => x.add(i + k)),
          numbers(10, i),
        ),
      ),
    );
    evaluate(...f(scalar(1))); // walked operation by operation, as most programs come once
    const write = vi.spyOn(OperationLoop.prototype, 'write');
    for (let i = 0; i < 70; i++) evaluate(...f(scalar(i)));
    const calls = write.mock.calls.length;
    write.mockRestore();
    // It has 2,900 operations.
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(1200);
  });
});
