/** @file Schedules beside PyTorch 2.13 (fixtures/make.py wrote the numbers) and beside closed forms. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChainruleError, compile, FormatError, ones, Parameter, tensor } from '@chainrule/autograd';
import * as optim from '@chainrule/optim';

interface Fixture {
  readonly table: readonly {
    readonly name: string;
    readonly options: Record<string, unknown>;
    readonly optimizer: Record<string, unknown>;
    readonly rows: readonly (readonly [lr: number, momentum: number][])[];
  }[];
  readonly sequential: readonly number[];
  readonly chained: readonly number[];
  readonly multiplicative: readonly number[];
  readonly plateau: { readonly metrics: readonly number[]; readonly rates: readonly number[] };
}

const wanted = JSON.parse(
  readFileSync(new URL('./fixtures/schedules.json', import.meta.url), 'utf8'),
) as Fixture;

function sgd(rates: readonly number[], options: object = {}): optim.SGD {
  return new optim.SGD(
    rates.map((lr) => ({ params: new Parameter(tensor([0])), lr })),
    options,
  );
}

type AnySchedule = new (optimizer: optim.Scheduled, options: object) => optim.LRScheduler;
const classOf = (name: string): AnySchedule => optim[name as 'StepLR'] as unknown as AnySchedule;

describe.each(wanted.table)('$name $options', ({ name, options, optimizer: given, rows }) => {
  const rates = [0.1, 0.4];

  test("equals PyTorch's, rate and momentum", () => {
    const optimizer = sgd(rates, given);
    const schedule = new (classOf(name))(optimizer, options);
    for (const [step, row] of rows.entries()) {
      if (step > 0) schedule.step();
      row.forEach(([lr, momentum], i) => {
        const group = optimizer.paramGroups[i];
        expect(Math.abs((group?.lr ?? NaN) - lr), `rate after ${step} steps`).toBeLessThanOrEqual(
          1e-12,
        );
        expect(
          Math.abs((group?.momentum ?? NaN) - momentum),
          `momentum after ${step} steps`,
        ).toBeLessThanOrEqual(1e-12);
      });
      expect(schedule.getLastLr()).toEqual(optimizer.paramGroups.map((group) => group.lr));
    }
  });

  test('goes on from a saved state', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), (k) => {
        const first = sgd(rates, given);
        const one = new (classOf(name))(first, options);
        for (let i = 0; i < k; i++) one.step();
        const second = sgd(rates, given);
        const two = new (classOf(name))(second, options);
        two.loadStateDict(one.stateDict());
        second.loadStateDict(first.stateDict());
        for (let i = 0; i < 8; i++) {
          one.step();
          two.step();
          expect(two.getLastLr()).toEqual(one.getLastLr());
        }
      }),
      { numRuns: 5 },
    );
  });
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['no list', {}],
  ['too few', []],
  ['no states', [null, null]],
])('a state of SequentialLR whose parts are %s is refused', (_, schedulers) => {
  const optimizer = sgd([0.4]);
  const parts = [
    new optim.LinearLR(optimizer, { totalIters: 4 }),
    new optim.ExponentialLR(optimizer, { gamma: 0.8 }),
  ];
  const schedule = new optim.SequentialLR(optimizer, { schedulers: parts, milestones: [2] });
  const before = schedule.stateDict();
  const load = (): void => schedule.loadStateDict({ ...before, schedulers });
  expect(load).toThrow(FormatError);
  expect(schedule.stateDict()).toEqual(before);
  expect(() => schedule.loadStateDict({ ...before, lastEpoch: NaN })).toThrow(FormatError);
  expect(() => schedule.loadStateDict({ ...before, baseLrs: [NaN] })).toThrow(FormatError);
});

test('SequentialLR equals PyTorch’s', () => {
  const optimizer = sgd([0.4]);
  const schedule = new optim.SequentialLR(optimizer, {
    schedulers: [
      new optim.LinearLR(optimizer, { startFactor: 0.1, totalIters: 4 }),
      new optim.CosineAnnealingLR(optimizer, { tMax: 8 }),
      new optim.ExponentialLR(optimizer, { gamma: 0.8 }),
    ],
    milestones: [5, 14],
  });
  wanted.sequential.forEach((lr, step) => {
    if (step > 0) schedule.step();
    expect(optimizer.paramGroups[0]?.lr).toBeCloseTo(lr, 14);
  });
  const other = new optim.StepLR(sgd([0.1]), { stepSize: 2 });
  expect(() => new optim.SequentialLR(optimizer, { schedulers: [other], milestones: [] })).toThrow(
    /another optimizer/,
  );
  expect(() => new optim.SequentialLR(optimizer, { schedulers: [], milestones: [] })).toThrow(
    ChainruleError,
  );
});

test('MultiplicativeLR equals PyTorch’s', () => {
  const optimizer = sgd([0.4]);
  const schedule = new optim.MultiplicativeLR(optimizer, (epoch) => 1 - 1 / (epoch + 2));
  wanted.multiplicative.forEach((lr, step) => {
    if (step > 0) schedule.step();
    expect(optimizer.paramGroups[0]?.lr).toBeCloseTo(lr, 14);
  });
  const wrong = { lrLambda: [] as ((epoch: number) => number)[] };
  expect(() => new optim.MultiplicativeLR(optimizer, wrong)).toThrow(
    'MultiplicativeLR: lrLambda must be a function, or 1, one for each group; got []',
  );
});

test('SWALR refuses invalid options', () => {
  const optimizer = sgd([0.4]);
  expect(() => new optim.SWALR(optimizer, { swaLr: NaN })).toThrow(/swaLr must be a finite number/);
  expect(() => new optim.SWALR(optimizer, { swaLr: [1, 2] })).toThrow(/2 entries for 1 group;/);
  expect(() => new optim.SWALR(optimizer, { swaLr: 1, annealStrategy: 'sin' as 'cos' })).toThrow(
    "SWALR: annealStrategy must be 'cos' or 'linear', got 'sin'",
  );
});

/** A user's own schedule: what the base class asks for and nothing more. */
class InverseRoot extends optim.LRScheduler {
  constructor(optimizer: optim.Scheduled) {
    super('InverseRoot', optimizer);
    this.begin();
  }

  protected override rates(): number[] {
    return this.baseLrs.map((lr) => lr / Math.sqrt(this.lastEpoch + 1));
  }
}

test('a schedule of one’s own steps, saves, chains and follows others', () => {
  const optimizer = sgd([0.4, 0.1]);
  const schedule = new InverseRoot(optimizer);
  for (let i = 0; i < 3; i++) schedule.step();
  expect(schedule.getLastLr()).toEqual([0.2, 0.05]);
  const other = new InverseRoot(sgd([0.4, 0.1]));
  other.loadStateDict(schedule.stateDict());
  other.step();
  expect(other.getLastLr()[0]).toBeCloseTo(0.4 / Math.sqrt(5), 15);
  const third = sgd([1]);
  const sequence = new optim.SequentialLR(third, {
    schedulers: [
      new optim.ConstantLR(third, { factor: 0.5, totalIters: 9 }),
      new InverseRoot(third),
    ],
    milestones: [2],
  });
  const seen = [0, 1, 2, 3].map(() => {
    const [rate] = sequence.getLastLr();
    sequence.step();
    return rate;
  });
  expect(seen).toEqual([0.5, 0.5, 1, 1 / Math.sqrt(2)]);
});

test('ChainedScheduler equals PyTorch’s', () => {
  const optimizer = sgd([0.4]);
  const schedule = new optim.ChainedScheduler([
    new optim.ConstantLR(optimizer, { factor: 0.5, totalIters: 4 }),
    new optim.StepLR(optimizer, { stepSize: 3, gamma: 0.7 }),
    new optim.CosineAnnealingLR(optimizer, { tMax: 20 }),
  ]);
  wanted.chained.forEach((lr, step) => {
    if (step > 0) schedule.step();
    expect(optimizer.paramGroups[0]?.lr).toBeCloseTo(lr, 14);
  });
});

test('ReduceLROnPlateau equals PyTorch’s, also when it goes on from a saved state', () => {
  const options = { factor: 0.5, patience: 2, cooldown: 1, minLr: 0.06 };
  const optimizer = sgd([0.4]);
  let schedule = new optim.ReduceLROnPlateau(optimizer, options);
  wanted.plateau.metrics.forEach((metric, step) => {
    schedule.step(step % 2 === 0 ? metric : tensor(Float64Array.of(metric)));
    expect(optimizer.paramGroups[0]?.lr).toBeCloseTo(wanted.plateau.rates[step] as number, 14);
    const next = new optim.ReduceLROnPlateau(optimizer, options);
    next.loadStateDict(schedule.stateDict());
    schedule = next;
  });
  expect(() =>
    schedule.loadStateDict({ ...schedule.stateDict(), best: 'x' as unknown as number }),
  ).toThrow(FormatError);
  expect(() => schedule.step(undefined as unknown as number)).toThrow(/needs the measure/);
});

test('schedules that multiply equal their closed forms', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.double({ min: 0.1, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 60 }),
      (n, factor, steps) => {
        const at = (make: (optimizer: optim.SGD) => optim.LRScheduler): number => {
          const optimizer = sgd([0.3]);
          const schedule = make(optimizer);
          for (let i = 0; i < steps; i++) schedule.step();
          return schedule.getLastLr()[0] as number;
        };
        const near = (got: number, want: number): void => {
          expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-9 * want + 1e-12);
        };
        near(
          at((o) => new optim.StepLR(o, { stepSize: n, gamma: factor })),
          0.3 * factor ** Math.floor(steps / n),
        );
        near(
          at((o) => new optim.ExponentialLR(o, { gamma: factor })),
          0.3 * factor ** steps,
        );
        near(
          at((o) => new optim.ConstantLR(o, { factor, totalIters: n })),
          0.3 * (steps < n ? factor : 1),
        );
        const share = Math.min(steps, n) / n;
        near(
          at((o) => new optim.LinearLR(o, { startFactor: factor, totalIters: n })),
          0.3 * (factor + (1 - factor) * share),
        );
        near(
          at((o) => new optim.PolynomialLR(o, { totalIters: n, power: 2 })),
          0.3 * (1 - share) ** 2,
        );
        near(
          at((o) => new optim.LambdaLR(o, { lrLambda: (e) => 1 / (1 + e) })),
          0.3 / (1 + steps),
        );
        const restarts = 0.15 * (1 + Math.cos((Math.PI * (steps % n)) / n));
        near(
          at((o) => new optim.CosineAnnealingWarmRestarts(o, { t0: n })),
          restarts,
        );
        const cosine = 0.05 + 0.125 * (1 + Math.cos((Math.PI * steps) / n));
        expect(at((o) => new optim.CosineAnnealingLR(o, { tMax: n, etaMin: 0.05 }))).toBeCloseTo(
          cosine,
          8,
        );
      },
    ),
  );
});

describe('construction refuses', () => {
  const o = sgd([0.1]);
  const cases: [string, () => unknown, RegExp][] = [
    [
      'no optimizer',
      () => new optim.StepLR(null as unknown as optim.SGD, { stepSize: 1 }),
      /StepLR: expected an optimizer/,
    ],
    [
      'no options',
      () => new optim.StepLR(o, undefined as unknown as { stepSize: number }),
      /stepSize must/,
    ],
    [
      'a step size of 0',
      () => new optim.StepLR(o, { stepSize: 0 }),
      /stepSize must be a whole number > 0, got 0/,
    ],
    [
      'rates for other groups',
      () => new optim.OneCycleLR(o, { maxLr: [1, 2], totalSteps: 3, cycleMomentum: false }),
      /2 entries for 1 group;/,
    ],
    ['a cycle without length', () => new optim.OneCycleLR(o, { maxLr: 1 }), /give totalSteps/],
    [
      'momentum of an optimizer without',
      () =>
        new optim.CyclicLR(new optim.Adagrad([new Parameter(tensor([1]))]), {
          baseLr: 0.1,
          maxLr: 1,
        }),
      /neither momentum nor betas/,
    ],
    [
      'resuming without initialLr',
      () => new optim.StepLR(sgd([0.1]), { stepSize: 1, lastEpoch: 4 }),
      /no initialLr/,
    ],
    [
      'a factor of 1',
      () => new optim.ReduceLROnPlateau(o, { factor: 1 }),
      /factor must be in \[0, 1\)/,
    ],
  ];
  test.each(cases)('%s', (_what, make, message) => {
    expect(make).toThrow(ChainruleError);
    expect(make).toThrow(message);
  });
});

test('no loop of as many steps as a schedule is long ends in a rate that an optimizer refuses', () => {
  const whole = fc.integer({ min: 1, max: 12 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const schedule = fc.oneof(
    fc.record({
      name: fc.constant('OneCycleLR'),
      n: whole,
      maxLr: fc.constant(0.1),
      annealStrategy: fc.constantFrom('cos', 'linear'),
      threePhase: fc.boolean(),
      pctStart: fc.oneof(share, fc.constantFrom(0, 0.5, 1)),
      maxMomentum: fc.constantFrom(0.95, 1),
    }),
    fc.record({
      name: fc.constant('LinearLR'),
      n: whole,
      startFactor: fc.double({ min: 1e-3, max: 1, noNaN: true }),
      endFactor: fc.oneof(share, fc.constant(0)),
    }),
    fc.record({ name: fc.constant('PolynomialLR'), n: whole, power: fc.constantFrom(0.5, 1, 2) }),
    fc.record({ name: fc.constant('CosineAnnealingLR'), n: whole, etaMin: fc.constantFrom(0, 1) }),
    fc.record({ name: fc.constant('ConstantLR'), n: whole, factor: share }),
  );
  fc.assert(
    fc.property(schedule, ({ name, n, ...options }) => {
      const optimizer = sgd([0.3], { momentum: 0.9 });
      const lengths: Record<string, string> = {
        OneCycleLR: 'totalSteps',
        CosineAnnealingLR: 'tMax',
      };
      const length = lengths[name] ?? 'totalIters';
      const schedule = new (classOf(name))(optimizer, { ...options, [length]: n });
      for (let step = 0; step < (name === 'OneCycleLR' ? n : 4 * n); step++) schedule.step();
      expect(optimizer.paramGroups[0]?.lr).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 500 },
  );
});

test('OneCycleLR along a line ends at its last rate', () => {
  const optimizer = sgd([0.1], { momentum: 0.9 });
  const schedule = new optim.OneCycleLR(optimizer, {
    maxLr: 0.1,
    totalSteps: 10,
    annealStrategy: 'linear',
  });
  for (let step = 0; step < 10; step++) schedule.step();
  expect(optimizer.paramGroups[0]?.lr).toBeCloseTo(0.1 / 25 / 1e4, 12);
  expect(() => {
    schedule.step();
  }).toThrow(/the cycle is over/);
});

test('no step is made while compile records: it would be made once', () => {
  const w = new Parameter(ones([1]));
  const optimizer = new optim.SGD([w], { lr: 0.5 });
  const schedules: ((o: optim.SGD) => { step: (metric: number) => void })[] = [
    (o) => new optim.StepLR(o, { stepSize: 1 }),
    (o) => new optim.CosineAnnealingWarmRestarts(o, { t0: 2 }),
    (o) => new optim.ReduceLROnPlateau(o, { patience: 0 }),
    (o) => new optim.ChainedScheduler([new optim.ConstantLR(o)]),
    (o) =>
      new optim.SequentialLR(o, {
        schedulers: [new optim.ConstantLR(o), new optim.ExponentialLR(o, { gamma: 0.9 })],
        milestones: [1],
      }),
  ];
  for (const make of schedules) {
    const schedule = make(optimizer);
    const before = optimizer.paramGroups[0]?.lr;
    const f = compile(() => {
      schedule.step(1);
      return w.mul(2);
    });
    expect(() => f()).toThrow(/step\(\) in a function that compile records.*after the call/);
    expect(optimizer.paramGroups[0]?.lr).toBe(before);
  }
});

test('ConstantLR over no steps keeps the factor, as PyTorch', () => {
  const optimizer = sgd([0.4]);
  const schedule = new optim.ConstantLR(optimizer, { factor: 0.25, totalIters: 0 });
  for (let step = 0; step < 3; step++) schedule.step();
  expect(optimizer.paramGroups[0]?.lr).toBe(0.1);
});
