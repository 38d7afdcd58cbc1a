/** @file The common part of all optimizers: groups, checks, missing gradients, reused plans, convergence. */
import { describe, expect, test, vi } from 'vitest';
import { ChainruleError, GradError, Parameter, tensor, type Tensor } from '@chainrule/autograd';
import { engine } from '@chainrule/autograd/internal';
import * as optim from '@chainrule/optim';
import { problem } from './problem.js';

const { Adam, SGD } = optim;

describe('construction refuses', () => {
  const p = (): Parameter => new Parameter(tensor([1, 2]));
  const shared = p();
  const cases: [string, () => unknown, RegExp][] = [
    ['no parameters', () => new Adam([]), /Adam: got no parameters/],
    ['an empty group', () => new Adam([{ params: [] }]), /group 0 has no parameters/],
    [
      'a parameter twice',
      () => new Adam([shared, shared]),
      /parameter 1 of group 0 \[2\] is already parameter 0 of group 0/,
    ],
    [
      'a parameter in two groups',
      () => new Adam([{ params: [shared] }, { params: shared }]),
      /parameter 0 of group 1/,
    ],
    [
      'a frozen parameter',
      () => new Adam([['w', p().requiresGrad_(false)]]),
      /'w' of group 0 \[2\] is frozen/,
    ],
    [
      'a tensor',
      () => new Adam([tensor([1]) as unknown as Parameter]),
      /cannot change; make it a parameter/,
    ],
    [
      'a number',
      () => new Adam([1 as unknown as Parameter]),
      /params\[0\] must be a parameter, .*, got 1/,
    ],
    ['a module', () => new Adam({} as Parameter[]), /expected parameters or groups/],
    ['parameters beside groups', () => new Adam([p(), { params: p() }] as Parameter[]), /mixed/],
    [
      'two equal names',
      () =>
        new Adam([
          ['w', p()],
          ['w', p()],
        ]),
      /named 'w'/,
    ],
    ['names for some', () => new Adam([['w', p()], p()]), /some have none/],
    [
      'a rate of NaN',
      () => new Adam([p()], { lr: NaN }),
      /Adam: lr must be a finite number ≥ 0, got NaN/,
    ],
    ['a negative rate', () => new SGD([p()], { lr: -1 }), /SGD: lr must .* got -1/],
    [
      'a negative rate in a group',
      () => new SGD([{ params: p(), lr: -1 }]),
      /SGD: lr must .* got -1/,
    ],
    ['a beta of 1', () => new Adam([p()], { betas: [0.9, 1] }), /betas must .* got \[0.9, 1\]/],
    [
      'one beta',
      () => new Adam([p()], { betas: [0.9] as unknown as [number, number] }),
      /betas must have 2 entries/,
    ],
    [
      'an unknown option',
      () => new Adam([p()], { learningRate: 1 } as object),
      /no option 'learningRate'; its options are lr/,
    ],
    [
      'an unknown option of a group',
      () => new Adam([{ params: p(), rate: 1 } as { params: Parameter }]),
      /no option 'rate'/,
    ],
    [
      'nesterov without momentum',
      () => new SGD([p()], { nesterov: true }),
      /nesterov needs a momentum/,
    ],
    ['Muon of a vector', () => new optim.Muon([p()]), /two dimensions .* shape \[2\]/],
    ['etas the wrong way', () => new optim.Rprop([p()], { etas: [1.2, 0.5] }), /etas/],
    [
      'LBFGS of two groups',
      () => new optim.LBFGS([{ params: p() }, { params: p() }]),
      /only one parameter group/,
    ],
    [
      'an unknown line search',
      () => new optim.LBFGS([p()], { lineSearchFn: 'armijo' as 'strong_wolfe' }),
      /'strong_wolfe' or null/,
    ],
  ];
  test.each(cases)('%s', (_what, make, message) => {
    expect(make).toThrow(ChainruleError);
    expect(make).toThrow(message);
  });
});

describe('groups', () => {
  test('have options of their own, and defaults for the rest', () => {
    const [a, b] = [new Parameter(tensor([1])), new Parameter(tensor([1]))];
    const optimizer = new SGD([{ params: a, lr: 0.5 }, { params: [b] }], {
      lr: 0.1,
      momentum: 0.9,
    });
    expect(optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
      [0.5, 0.9],
      [0.1, 0.9],
    ]);
    a.mul(2).sum().backward();
    b.mul(2).sum().backward();
    optimizer.step();
    expect([a.item(), b.item()].map((x) => x.toFixed(5))).toEqual(['0.00000', '0.80000']);
  });

  test('can be added later', () => {
    const [a, b] = [new Parameter(tensor([1])), new Parameter(tensor([1]))];
    const optimizer = new SGD([a], { lr: 0.1 });
    optimizer.addParamGroup({ params: [b], lr: 0.2 });
    expect(() => optimizer.addParamGroup({ params: [a] })).toThrow(
      /already parameter 0 of group 0/,
    );
    b.sum().backward();
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    optimizer.step();
    warn.mockRestore();
    expect(b.item()).toBeCloseTo(0.8);
  });

  test('take changes of numbers, checked', () => {
    const p = new Parameter(tensor([1]));
    const optimizer = new Adam([p], { lr: 0.1 });
    const group = optimizer.paramGroups[0] as (typeof optimizer.paramGroups)[number];
    group.lr *= 0.5;
    group.betas = [0.5, 0.9];
    expect(group.lr).toBe(0.05);
    expect(group.betas).toEqual([0.5, 0.9]);
    expect(() => (group.lr = NaN)).toThrow(ChainruleError);
    expect(() => ((group.betas as [number, number])[0] = 2)).toThrow(TypeError);
    expect(group.lr).toBe(0.05);
  });
});

describe('a parameter without gradient', () => {
  const setup = (strict: boolean): { used: Parameter; unused: Parameter; optimizer: optim.SGD } => {
    const used = new Parameter(tensor([1]));
    const unused = new Parameter(tensor([[1, 2]]));
    const optimizer = new SGD(
      [
        ['used', used],
        ['unused', unused],
      ],
      { lr: 0.1, weightDecay: 0.5, strict },
    );
    used.sum().backward();
    return { used, unused, optimizer };
  };

  test('is skipped, and named once', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { unused, optimizer } = setup(false);
    optimizer.step();
    optimizer.step();
    expect(unused.toArray()).toEqual([[1, 2]]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/SGD: no gradient for unused \[1, 2\]; skipped/);
    warn.mockRestore();
  });

  test('is an error where that is asked for, and nothing has changed', () => {
    const { used, optimizer } = setup(true);
    expect(() => optimizer.step()).toThrow(GradError);
    expect(used.item()).toBe(1);
  });
});

test('a closure is run with gradients on, and its loss returned', () => {
  const { params, loss } = problem();
  const optimizer = new SGD(params, { lr: 0.1 });
  const returned = optimizer.step(() => {
    optimizer.zeroGrad();
    const value = loss();
    value.backward();
    return value;
  });
  expect(returned.item()).toBeGreaterThan(loss().item());
});

test('zeroGrad leaves no gradients', () => {
  const { params, loss } = problem();
  loss().backward();
  new SGD(params).zeroGrad();
  expect(params.map((p) => p.grad)).toEqual([null, null]);
});

test('a changing learning rate and momentum make no new plan', () => {
  const { params, loss } = problem();
  const optimizer = new Adam(params, { lr: 0.1 });
  const schedule = new optim.OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 100 });
  const step = (): void => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
    schedule.step();
  };
  for (let i = 0; i < 3; i++) step();
  const before = engine.plans.misses;
  const rate = optimizer.paramGroups[0]?.lr;
  for (let i = 0; i < 20; i++) step();
  expect(optimizer.paramGroups[0]?.lr).not.toBe(rate);
  expect(engine.plans.misses).toBe(before);
});

test('gradients that the user holds survive the next step', () => {
  const { params, loss } = problem();
  const optimizer = new Adam(params, { lr: 0.1 });
  const train = (): void => {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  };
  train();
  const held = params[0]?.grad as Tensor;
  const was = held.dataSync();
  for (let i = 0; i < 3; i++) train();
  expect(held.dataSync()).toEqual(was);
});

describe('an ill-conditioned quadratic is minimized', () => {
  const scale = Float64Array.of(1, 4, 10);
  const goal = Float64Array.of(1, -2, 0.5);
  const cases: [string, (p: Parameter[]) => optim.Optimizer, number, number][] = [
    ['SGD', (p) => new SGD(p, { lr: 0.05, momentum: 0.8 }), 300, 1e-6],
    ['Adam', (p) => new Adam(p, { lr: 0.1 }), 1000, 1e-4],
    ['AdamW', (p) => new optim.AdamW(p, { lr: 0.1, weightDecay: 0 }), 1000, 1e-4],
    ['Adamax', (p) => new optim.Adamax(p, { lr: 0.1 }), 1000, 1e-4],
    ['NAdam', (p) => new optim.NAdam(p, { lr: 0.05 }), 1000, 1e-4],
    ['RAdam', (p) => new optim.RAdam(p, { lr: 0.1 }), 1000, 1e-4],
    ['Adagrad', (p) => new optim.Adagrad(p, { lr: 1 }), 500, 1e-4],
    ['Adadelta', (p) => new optim.Adadelta(p, { lr: 10 }), 1000, 1e-2],
    ['RMSprop', (p) => new optim.RMSprop(p, { lr: 0.001 }), 3000, 1e-2],
    ['Rprop', (p) => new optim.Rprop(p), 200, 1e-4],
    ['ASGD', (p) => new optim.ASGD(p, { lr: 0.1, lambd: 0 }), 300, 1e-4],
    ['Adafactor', (p) => new optim.Adafactor(p, { lr: 0.1 }), 3000, 5e-2],
    ['Lion', (p) => new optim.Lion(p, { lr: 1e-3 }), 3000, 1e-2],
    [
      'LBFGS',
      (p) => new optim.LBFGS(p, { lineSearchFn: 'strong_wolfe', toleranceChange: 1e-18 }),
      3,
      1e-7,
    ],
  ];
  test.each(cases)('by %s', (_name, make, steps, distance) => {
    const p = new Parameter(tensor(new Float64Array(3)));
    const [a, c] = [tensor(scale), tensor(goal)];
    const optimizer = make([p]);
    const closure = (): Tensor => {
      optimizer.zeroGrad();
      const loss = p.sub(c).square().mul(a).sum().mul(0.5);
      loss.backward();
      return loss;
    };
    for (let i = 0; i < steps; i++) optimizer.step(closure);
    const far = p.dataSync().map((x, i) => Math.abs(x - (goal[i] as number)));
    expect(Math.max(...far)).toBeLessThan(distance);
  });
});

test('Muon moves every direction of a matrix alike', () => {
  const p = new Parameter(tensor(new Float64Array(12), { shape: [4, 3] }));
  const optimizer = new optim.Muon([p], { lr: 1, weightDecay: 0 });
  p.mul(
    tensor(
      Float64Array.from({ length: 12 }, (_, i) => Math.sin(i * i + 1)),
      { shape: [4, 3] },
    ),
  )
    .sum()
    .backward();
  optimizer.step();
  const step = p.mul(Math.sqrt(3 / 4));
  const gram = step.transpose(0, 1).matmul(step).dataSync();
  // The iteration brings singular values to about 0.7 to 1.2, so that their squares lie within 0.4 and 1.5.
  for (const i of [0, 4, 8]) expect(gram[i]).toBeGreaterThan(0.4);
  for (const i of [0, 4, 8]) expect(gram[i]).toBeLessThan(1.5);
});
