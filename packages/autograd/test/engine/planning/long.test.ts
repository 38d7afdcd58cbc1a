/** @file Long and growing graphs: a step is cut at the same points each time, so that its plans are found again. */
import { describe, expect, test } from 'vitest';
import {
  cat,
  noGrad,
  Parameter,
  randn,
  scalar,
  tensor,
  zeros,
  evaluate,
  manualSeed,
  type Tensor,
} from '../../../src/index.js';
import { engine } from '../../../src/internal.js';
import { programsOf } from './planning.js';

/** The plans made in each of so many steps. */
function plansMade(steps: number, step: (k: number) => void): number[] {
  return Array.from({ length: steps }, (_, k) => {
    const before = engine.plans.misses;
    step(k);
    return engine.plans.misses - before;
  });
}

const parameter = (...shape: number[]): Parameter => new Parameter(randn(shape).mul(0.3));

/** Plain gradient descent. */
function descend(loss: Tensor, parameters: readonly Parameter[]): void {
  for (const p of parameters) p.grad = null;
  loss.backward();
  noGrad(() => {
    for (const p of parameters) p.assign(p.sub((p.grad as Tensor).mul(0.01)));
  });
  evaluate(...parameters);
}

/** A cell of an LSTM in a loop, as a user writes it. */
function lstm(xs: readonly Tensor[], [wx, wh, b]: readonly [Tensor, Tensor, Tensor]): Tensor {
  let [h, c] = [zeros([2, 4]) as Tensor, zeros([2, 4]) as Tensor];
  for (const x of xs) {
    const gates = x.matmul(wx).add(h.matmul(wh)).add(b);
    const [i, f, g, o] = gates.chunk(4, 1) as [Tensor, Tensor, Tensor, Tensor];
    c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
    h = o.sigmoid().mul(c.tanh());
  }
  return h;
}

describe('plans are found again from the third step on', () => {
  test('by the training of an LSTM cell over 300 steps: more than 10,000 operations a step', () => {
    manualSeed(0);
    const weights = [parameter(3, 16), parameter(4, 16), parameter(16)] as const;
    const xs = Array.from({ length: 300 }, () => randn([2, 3]));
    evaluate(...xs, ...weights);
    const made = plansMade(5, () => descend(lstm(xs, weights).square().sum(), weights));
    expect(made.slice(2)).toEqual([0, 0, 0]);
  }, 60_000);

  test('by the same cell without gradients over 1,150 steps', () => {
    const weights = [randn([3, 16]), randn([4, 16]), randn([16])] as const;
    const xs = Array.from({ length: 1150 }, () => randn([2, 3]));
    evaluate(...xs, ...weights);
    const made = plansMade(5, () => noGrad(() => lstm(xs, weights).sum().item()));
    expect(made.slice(2)).toEqual([0, 0, 0]);
  }, 60_000);

  test('by gradient descent through a chain of 3,000 operations', () => {
    const w = parameter(8);
    evaluate(w);
    const made = plansMade(5, () => {
      let h: Tensor = w;
      for (let i = 0; i < 3000; i++) h = i % 3 === 0 ? h.mul(w) : i % 3 === 1 ? h.add(1) : h.tanh();
      descend(h.sum(), [w]);
    });
    expect(made.slice(2)).toEqual([0, 0, 0]);
  }, 60_000);

  test('by a list that grows inside each step', () => {
    const w = parameter(1, 4);
    evaluate(w);
    const made = plansMade(5, () => {
      let all: Tensor = w;
      for (let i = 0; i < 60; i++) all = cat([all, all.narrow(0, i, 1).mul(w)], 0);
      descend(all.mean(), [w]);
    });
    expect(made.slice(2)).toEqual([0, 0, 0]);
  });
});

describe('values that nobody reads', () => {
  test('is evaluated at its 10,000th operation, and at no other', () => {
    const programs = programsOf(() => {
      let x: Tensor = scalar(1);
      for (let i = 0; i < 25_000; i++) x = x.mul(0.999).add(i % 5);
      expect(x.item()).toBeGreaterThan(0);
    });
    const nodes = programs.map(({ program }) => program.instructions.length);
    expect(nodes).toHaveLength(5); // 50,000 operations
  });

  test('is evaluated at the same places whatever else is made meanwhile', () => {
    const step = (others: number): number[] =>
      programsOf(() => {
        const y = tensor([3, 4]);
        let x: Tensor = tensor([1, 2]);
        for (let i = 0; i < 12_000; i++) {
          x = x.add(1);
          for (let k = 0; k < others; k++) void y.mul(k);
        }
        expect(x.toArray()).toEqual([12_001, 12_002]);
      }).map(({ program }) => program.instructions.length);
    expect(step(3)).toEqual(step(0));
  }, 60_000);

  test('a sum over many runs is evaluated now and then, by one plan', () => {
    const x = tensor([1, 2, 3]);
    let total: Tensor = zeros([3]);
    let longest = 0;
    const made = plansMade(10, () => {
      const programs = programsOf(() => {
        for (let i = 0; i < 100; i++) {
          const loss = x.mul(i).sum();
          loss.item();
          total = total.add(loss);
        }
      });
      for (const { program } of programs) longest = Math.max(longest, program.instructions.length);
    });
    expect(longest).toBeLessThan(300);
    expect(made.slice(2).every((n) => n === 0)).toBe(true);
    expect(total.toArray()).toEqual([10, 10, 10].map((n) => n * 6 * 4950));
  });

  test('that holds on to large leaves is evaluated when they are too many', () => {
    let total: Tensor = zeros([2 ** 20]);
    const programs = programsOf(() => {
      for (let i = 0; i < 40; i++) total = total.add(tensor(new Float32Array(2 ** 20).fill(1)));
    });
    expect(programs.length).toBe(2); // each of more than 64 MiB
    expect(total.at(5).item()).toBe(40);
  });
});
