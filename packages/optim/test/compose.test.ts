/**
 * @file Composed rules and a user's own rule: compared with formulas in plain numbers, and used with all features of
 * optimizers.
 */
import { describe, expect, test } from 'vitest';
import { compile, minimum, Parameter, tensor, type Tensor } from '@chainrule/autograd';
import * as optim from '@chainrule/optim';
import {
  chain,
  clipped,
  decayed,
  lookahead,
  Optimizer,
  rules,
  scheduled,
  type Rule,
} from '@chainrule/optim';
import { problem } from './problem.js';

type SignumGroup = { readonly lr: number; readonly beta: number };

/** Ten lines, as a user writes them. */
const signum: Rule<SignumGroup, 'lr' | 'beta', 'average'> = {
  name: 'Signum',
  defaults: { lr: 1e-3, beta: 0.9 },
  state: () => ({ average: {} }),
  update: (_p, g, { average }, { lr, beta }) => {
    const next = g.add(average.sub(g).mul(beta));
    return { step: next.sign().mul(lr), average: next };
  },
};

/** Steps on gradients that are given, and where they lead. */
function walk(
  make: (params: Parameter[]) => Optimizer<never>,
  gradients: readonly (readonly number[])[],
  start: readonly number[] = [1, -2],
): number[][] {
  const p = new Parameter(tensor(Float64Array.from(start)));
  const optimizer = make([p]);
  return gradients.map((g) => {
    p.grad = tensor(Float64Array.from(g));
    optimizer.step();
    return Array.from(p.dataSync());
  });
}

const of =
  <H extends optim.Hypers>(rule: Rule<H>, options: Partial<H> = {}) =>
  (params: Parameter[]): Optimizer<never> =>
    new Optimizer(rule, params, options) as unknown as Optimizer<never>;

const GRADIENTS = [
  [3, 4],
  [0.3, -0.4],
  [-6, 8],
  [1, 1],
  [0.1, 0.7],
  [-2, 0.5],
];

function expectClose(got: readonly number[][], wanted: readonly number[][]): void {
  const distance = got.flatMap((row, i) =>
    row.map((x, j) => Math.abs(x - (wanted[i]?.[j] ?? NaN))),
  );
  expect(Math.max(...distance)).toBeLessThan(1e-14);
}

describe('decayed', () => {
  test('of Adam is AdamW, to the last bit', () => {
    const own = walk(of(decayed(rules.adam, { weightDecay: 0.1 }), { lr: 0.05 }), GRADIENTS);
    const theirs = walk(of(rules.adamW, { lr: 0.05, weightDecay: 0.1 }), GRADIENTS);
    expect(own).toEqual(theirs);
  });

  test('shrinks before the step, also where a rule gives the parameter itself', () => {
    let [p, q] = [1, -2];
    const wanted = GRADIENTS.map(([a = 0, b = 0]) => {
      [p, q] = [p * (1 - 0.1 * 0.5) - 0.1 * a, q * (1 - 0.1 * 0.5) - 0.1 * b];
      return [p, q];
    });
    const options = { lr: 0.1, weightDecay: 0.5 };
    expectClose(walk(of(decayed(rules.sgd), options), GRADIENTS), wanted);
    const whole: Rule<{ readonly lr: number }, 'lr'> = {
      name: 'Whole',
      defaults: { lr: 0.1 },
      update: (x, g, _state, { lr }) => ({ param: x.sub(g.mul(lr)) }),
    };
    expectClose(walk(of(decayed(whole), options), GRADIENTS), wanted);
  });
});

describe('clipped', () => {
  test('scales all gradients together, over all groups', () => {
    const [a, b] = [new Parameter(tensor([0, 0])), new Parameter(tensor([0]))];
    const rule = clipped(rules.sgd, { maxNorm: 1 });
    const optimizer = new Optimizer(rule, [
      { params: [a], lr: 1 },
      { params: [b], lr: 2 },
    ]);
    [a.grad, b.grad] = [tensor([3, 4]), tensor([12])];
    optimizer.step();
    expect(Array.from(a.dataSync(), (x) => Math.round(x * 1e5) / 1e5)).toEqual([
      -0.23077, -0.30769,
    ]);
    expect(b.item()).toBeCloseTo(-24 / 13, 5);
    [a.grad, b.grad] = [tensor([0.3, 0.4]), tensor([0])]; // short enough
    const before = a.toArray();
    optimizer.step();
    a.toArray().forEach((x, i) =>
      expect(x).toBeCloseTo((before[i] ?? NaN) - ([0.3, 0.4][i] ?? NaN), 6),
    );
    expect(Array.from(a.grad?.dataSync() ?? [])).toEqual(Array.from(Float32Array.of(0.3, 0.4)));
  });

  test('keeps elements within bounds, and refuses two bounds, none or a negative one', () => {
    const got = walk(of(clipped(rules.sgd, { maxValue: 0.5 }), { lr: 1 }), GRADIENTS.slice(0, 3));
    expectClose(got, [
      [0.5, -2.5],
      [0.2, -2.1],
      [0.7, -2.6],
    ]);
    const wrong = (bound: object): (() => unknown) => {
      return () => clipped(rules.sgd, bound as optim.ClipNorm);
    };
    expect(wrong({})).toThrow('clipped: give either maxNorm or maxValue, got {}');
    expect(wrong({ maxNorm: 1, maxValue: 1 })).toThrow(/either maxNorm or maxValue/);
    expect(wrong({ maxNorm: -1 })).toThrow('clipped: maxNorm must be a finite number > 0, got -1');
  });
});

test('scheduled equals a schedule that is stepped', () => {
  const factor = (t: number): number => Math.min((t + 1) / 4, 1);
  const rule = scheduled(rules.adam, (t) => minimum(t.add(1).div(4), 1));
  const own = walk(of(rule, { lr: 0.1 }), GRADIENTS);
  const p = new Parameter(tensor(Float64Array.of(1, -2)));
  const adam = new optim.Adam([p], { lr: 0.1 });
  const schedule = new optim.LambdaLR(adam, factor);
  const theirs = GRADIENTS.map((g) => {
    p.grad = tensor(Float64Array.from(g));
    adam.step();
    schedule.step();
    return Array.from(p.dataSync());
  });
  expectClose(own, theirs);
});

test('lookahead follows the fast weights every k steps', () => {
  let [fast, slow] = [
    [1, -2],
    [1, -2],
  ];
  const wanted = GRADIENTS.map((g, i) => {
    fast = fast.map((x, j) => x - 0.1 * (g[j] ?? NaN));
    if ((i + 1) % 2 === 0) {
      slow = slow.map((x, j) => x + 0.3 * ((fast[j] ?? NaN) - x));
      fast = slow;
    }
    return [...fast];
  });
  const rule = lookahead(rules.sgd, { syncPeriod: 2, slowStepSize: 0.3 });
  expectClose(walk(of(rule, { lr: 0.1 }), GRADIENTS), wanted);
  expect(() => lookahead(rules.sgd, { syncPeriod: 0 })).toThrow(
    /syncPeriod must be a whole number/,
  );
});

describe('chain', () => {
  test('hands the step of one rule to the next', () => {
    let velocity = [0, 0];
    let average = [0, 0];
    let p = [1, -2];
    const wanted = GRADIENTS.map((g) => {
      velocity = velocity.map((v, j) => 0.5 * v + (g[j] ?? NaN));
      average = average.map((m, j) => 0.8 * m + 0.2 * (velocity[j] ?? NaN));
      p = p.map((x, j) => x - 0.1 * Math.sign(average[j] ?? NaN));
      return [...p];
    });
    const rule = chain(rules.sgd, signum);
    expectClose(walk(of(rule, { lr: 0.1, momentum: 0.5, beta: 0.8 }), GRADIENTS), wanted);
  });

  test('refuses a hyperparameter that two rules have', () => {
    expect(() => chain(rules.adam, rules.nadam)).toThrow(
      "chain: both Adam and NAdam have a hyperparameter 'betas'; only lr, weightDecay and maximize may occur in several",
    );
    expect(() => chain()).toThrow('chain: got no rules');
  });
});

const composed = lookahead(
  decayed(
    clipped(
      scheduled(signum, (t) => t.add(1).reciprocal()),
      { maxNorm: 0.5 },
    ),
  ),
  { syncPeriod: 3 },
);

describe.each([
  ['a rule of one’s own', signum as unknown as Rule<SignumGroup>],
  ['a composed rule', composed as unknown as Rule<SignumGroup>],
])('%s', (_name, rule) => {
  const start = (): {
    params: Parameter[];
    step: () => Tensor;
    optimizer: Optimizer<SignumGroup>;
  } => {
    const { params, loss } = problem();
    const groups = params.map((p, i) => ({ params: [p], lr: 0.05 / (i + 1) }));
    const optimizer = new Optimizer(rule, groups, { beta: 0.8 });
    const step = (): Tensor => {
      optimizer.zeroGrad();
      const now = loss();
      now.backward();
      optimizer.step();
      return now;
    };
    return { params, step, optimizer };
  };
  const values = ({ params }: { params: Parameter[] }): number[] =>
    params.flatMap((p) => Array.from(p.dataSync()));

  test('has groups, learns, and compiles', () => {
    const [plain, compiled] = [start(), start()];
    const replay = compile(compiled.step);
    const losses = Array.from({ length: 8 }, () => plain.step().item());
    for (let i = 0; i < 8; i++) replay();
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    const [a, b] = [values(plain), values(compiled)];
    a.forEach((x, i) => expect(b[i]).toBeCloseTo(x, 12));
  });

  test('goes on from a state, bit for bit', () => {
    const [whole, first, second] = [start(), start(), start()];
    for (let i = 0; i < 7; i++) whole.step();
    for (let i = 0; i < 4; i++) first.step();
    second.params.forEach((p, i) => p.assign((first.params[i] as Parameter).detach()));
    second.optimizer.loadStateDict(first.optimizer.stateDict());
    for (let i = 0; i < 3; i++) second.step();
    expect(values(second)).toEqual(values(whole));
  });

  test('leaves a step with a gradient that is not finite out', () => {
    const p = new Parameter(tensor([1]));
    const optimizer = new Optimizer(rule, [p], { onNonFinite: 'skip' });
    p.grad = tensor([NaN]);
    optimizer.step();
    expect(p.item()).toBe(1);
    expect(optimizer.skippedSteps).toBe(1);
  });

  test('checks its hyperparameters and refuses others', () => {
    const p = new Parameter(tensor([1]));
    expect(() => new Optimizer(rule, [p], { beta: NaN })).toThrow(/beta must be a finite number/);
    const misspelt = { bta: 1 } as unknown as Partial<SignumGroup>;
    expect(() => new Optimizer(rule, [p], misspelt)).toThrow(/there is no option 'bta'/);
  });
});
