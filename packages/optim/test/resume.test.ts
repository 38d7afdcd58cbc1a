/** @file Saving and loading: every optimizer continues bit for bit, whatever the order; nothing is loaded partially. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Parameter } from '@chainrule/autograd';
import { FormatError, tensor, type Tensor } from '@chainrule/autograd';
import * as optim from '@chainrule/optim';
import { problem, type Problem } from './problem.js';

type Given = Iterable<Parameter | readonly [string, Parameter]>;
type AnyOptimizer = optim.Optimizer;

const makers: Record<string, (params: Given) => AnyOptimizer> = {
  SGD: (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9, dampening: 0.1 }),
  Adam: (p) => new optim.Adam(p, { lr: 0.05, amsgrad: true }),
  AdamW: (p) => new optim.AdamW(p, { lr: 0.05 }),
  Adamax: (p) => new optim.Adamax(p, { lr: 0.05 }),
  NAdam: (p) => new optim.NAdam(p, { lr: 0.05 }),
  RAdam: (p) => new optim.RAdam(p, { lr: 0.05, betas: [0.8, 0.9] }),
  Adagrad: (p) => new optim.Adagrad(p, { lr: 0.1 }),
  Adadelta: (p) => new optim.Adadelta(p, { lr: 0.7 }),
  RMSprop: (p) => new optim.RMSprop(p, { lr: 0.02, centered: true, momentum: 0.5 }),
  Rprop: (p) => new optim.Rprop(p, { lr: 0.05 }),
  ASGD: (p) => new optim.ASGD(p, { lr: 0.05, t0: 3 }),
  Adafactor: (p) => new optim.Adafactor(p, { lr: 0.05 }),
  Lion: (p) => new optim.Lion(p, { lr: 0.02, weightDecay: 0.1 }),
  LBFGS: (p) => new optim.LBFGS(p, { maxIter: 3, lineSearchFn: 'strong_wolfe' }),
  Muon: (p) => new optim.Muon(Array.from(p).slice(0, 1) as Parameter[], { lr: 0.02 }),
};

function train(optimizer: AnyOptimizer, { params, loss }: Problem, steps: number): void {
  const closure = (): Tensor => {
    for (const p of params) p.grad = null;
    const value = loss();
    value.backward();
    return value;
  };
  for (let i = 0; i < steps; i++) optimizer.step(closure);
}

const bits = (params: readonly Parameter[]): unknown[] => params.map((p) => p.dataSync());

test('every optimizer is in the list', () => {
  const isOptimizer = (x: unknown): boolean =>
    typeof x === 'function' && x !== optim.Optimizer && x.prototype instanceof optim.Optimizer;
  const names = Object.entries(optim)
    .filter(([, x]) => isOptimizer(x))
    .map(([name]) => name);
  expect(Object.keys(makers).sort()).toEqual(names.sort());
});

describe.each(Object.keys(makers))('%s', (name) => {
  const make = makers[name] as (params: Given) => AnyOptimizer;

  test.each(['float32', 'float64'] as const)(
    'k steps, saved and loaded, then N − k are N steps bit for bit (%s)',
    (dtype) => {
      const total = name === 'LBFGS' ? 4 : 9;
      fc.assert(
        fc.property(fc.integer({ min: 0, max: total }), (k) => {
          const whole = problem(dtype);
          train(make(whole.params), whole, total);
          const parts = problem(dtype);
          const first = make(parts.params);
          train(first, parts, k);
          const saved = first.stateDict();
          const second = make(parts.params);
          second.loadStateDict(saved);
          train(second, parts, total - k);
          expect(bits(parts.params)).toEqual(bits(whole.params));
        }),
        { numRuns: 4 },
      );
    },
  );

  test('a saved state does not change with the steps that follow', () => {
    const p = problem();
    const optimizer = make(p.params);
    train(optimizer, p, 2);
    const saved = optimizer.stateDict();
    const read = (): string =>
      JSON.stringify(saved, (_key, x: unknown) => (isTensor(x) ? x.toArray() : x));
    const before = read();
    train(optimizer, p, 3);
    expect(read()).toBe(before);
  });

  test('refuses the state of another optimizer', () => {
    const p = problem();
    const other = name === 'SGD' ? 'Adam' : 'SGD';
    const saved = (makers[other] as (params: Given) => AnyOptimizer)(
      p.params.slice(0, name === 'Muon' ? 1 : 2),
    ).stateDict();
    expect(() => make(p.params).loadStateDict(saved)).toThrow(FormatError);
  });
});

function isTensor(x: unknown): x is Tensor {
  return typeof x === 'object' && x !== null && 'toArray' in x;
}

describe('names', () => {
  const named = ({ params: [w, b] }: Problem): [string, Parameter][] => [
    ['w', w as Parameter],
    ['b', b as Parameter],
  ];

  test('match parameters in any order', () => {
    const whole = problem();
    train(new optim.Adam(named(whole), { lr: 0.1 }), whole, 6);
    const parts = problem();
    const first = new optim.Adam(named(parts), { lr: 0.1 });
    train(first, parts, 3);
    const second = new optim.Adam(named(parts).reverse(), { lr: 0.1 });
    second.loadStateDict(first.stateDict());
    train(second, parts, 3);
    expect(bits(parts.params)).toEqual(bits(whole.params));
  });

  test('missing ones are listed', () => {
    const p = problem();
    const saved = new optim.Adam(named(p)).stateDict();
    const renamed = named(p).map(([name, x]): [string, Parameter] => [`layer.${name}`, x]);
    expect(() => new optim.Adam(renamed).loadStateDict(saved)).toThrow(
      /lacks layer\.w, layer\.b and has w, b/,
    );
  });
});

describe('a damaged state', () => {
  const p = problem();
  const optimizer = new optim.Adam(p.params, { lr: 0.1 });
  train(optimizer, p, 2);
  const good = optimizer.stateDict();
  const entry = good.state['0'] as Record<string, Tensor>;
  const group = good.paramGroups[0] as optim.SavedGroup;
  const damaged: Record<string, unknown> = {
    'no object': null,
    'a missing state': { ...good, state: { ...good.state, 0: { step: entry['step'] } } },
    'an unknown state': { ...good, state: { ...good.state, 0: { ...entry, more: entry['step'] } } },
    'a state of another shape': {
      ...good,
      state: { ...good.state, 0: { ...entry, expAvg: tensor([1, 2]) } },
    },
    'a state of another dtype': {
      ...good,
      state: {
        ...good.state,
        0: { ...entry, expAvg: (entry['expAvg'] as Tensor).cast('float32') },
      },
    },
    'a state that is no tensor': {
      ...good,
      state: { ...good.state, 0: { ...entry, expAvg: [1] } },
    },
    'an entry of no parameter': { ...good, state: { ...good.state, 7: entry } },
    'another number of groups': { ...good, paramGroups: [group, group] },
    'another number of parameters': { ...good, paramGroups: [{ ...group, params: [0] }] },
    'a rate that is NaN': { ...good, paramGroups: [{ ...group, lr: NaN }] },
    'a missing option': { ...good, paramGroups: [{ ...group, eps: undefined }] },
    'an unknown option': { ...good, paramGroups: [{ ...group, epsilon: 1 }] },
  };
  test.each(Object.keys(damaged))('%s is refused, and nothing changes', (what) => {
    const hypers = (): object => ({ ...optimizer.paramGroups[0], params: null });
    const before = hypers();
    const state = (): unknown[] =>
      Object.values(optimizer.stateDict().state).map((s) =>
        Object.values(s).map((t) => t.toArray()),
      );
    const was = state();
    expect(() => optimizer.loadStateDict(damaged[what] as optim.OptimizerState)).toThrow(
      FormatError,
    );
    expect(hypers()).toEqual(before);
    expect(state()).toEqual(was);
  });
});
