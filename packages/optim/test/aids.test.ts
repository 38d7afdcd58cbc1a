/** @file Training aids together: numbers that are not finite, missing gradients, accumulation, clipping and averages. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ChainruleError, compile, GradError, Parameter, tensor } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import * as optim from '@chainrule/optim';

afterEach(() => vi.restoreAllMocks());

/** A net whose loss is the logarithm of what the second layer gives: not finite where that is 0 or less. */
class Net extends nn.Module {
  hidden = new nn.Linear(2, 2);
  out = new nn.Linear(2, 1);

  constructor() {
    super();
    for (const [i, p] of this.parameters().entries()) {
      p.assign(
        tensor(
          Float32Array.from({ length: p.size }, (_, k) => 0.1 * (i + k + 1)),
          { shape: p.shape },
        ),
      );
    }
  }

  forward(x: Tensor): Tensor {
    return this.out.forward(this.hidden.forward(x).log());
  }
}

const good = tensor([[1, 2]]);
const bad = tensor([[-100, 2]]);

type Options = { lr: number; momentum: number; onNonFinite: optim.OnNonFinite };
type Make = (p: Parameter[], options: Options) => optim.Optimizer;
const makers: Record<string, Make> = {
  SGD: (p, o) => new optim.SGD(p, o),
  Adam: (p, { lr, onNonFinite }) => new optim.Adam(p, { lr, onNonFinite }),
  Muon: (p, { lr, onNonFinite }) =>
    new optim.Muon(
      p.filter(({ ndim }) => ndim === 2),
      { lr, onNonFinite },
    ),
  LBFGS: (p, { onNonFinite }) => new optim.LBFGS(p, { maxIter: 2, onNonFinite }),
};

interface Run {
  readonly net: Net;
  readonly optimizer: optim.Optimizer;
  readonly step: (x: Tensor) => unknown;
}

function setup(name: string, onNonFinite: optim.OnNonFinite, compiled: boolean): Run {
  const net = new Net();
  const make = makers[name] as Make;
  const optimizer = make(net.parameters(), { lr: 0.01, momentum: 0.9, onNonFinite });
  const closure = (x: Tensor): Tensor => {
    net.zeroGrad();
    const loss = net.forward(x).square().mean();
    loss.backward();
    return loss;
  };
  const once = (x: Tensor): Tensor => optimizer.step(() => closure(x));
  const step = compiled ? compile(once) : once;
  return { net, optimizer, step };
}

const numbers = (net: Net): number[] => net.parameters().flatMap((p) => [...p.dataSync()]);

function everything({ net, optimizer }: Run): string {
  const { paramGroups, state } = optimizer.stateDict();
  const read = (_key: string, x: unknown): unknown =>
    typeof x === 'object' && x !== null && 'toArray' in x ? (x as Tensor).toArray() : x;
  return JSON.stringify([numbers(net), paramGroups, state], read);
}

const cases = Object.keys(makers).flatMap((name) =>
  [false, true].filter((compiled) => !compiled || name !== 'LBFGS').map((c) => [name, c] as const),
);

describe.each(cases)('%s, compiled: %s', (name, compiled) => {
  test('ignores by default, and the parameters become NaN', () => {
    const run = setup(name, 'ignore', compiled);
    run.step(good);
    run.step(bad);
    expect(numbers(run.net).some(Number.isNaN)).toBe(true);
  });

  test('skip leaves out the step, and nothing else', () => {
    const [run, clean] = [setup(name, 'skip', compiled), setup(name, 'skip', compiled)];
    for (const x of [good, bad, good, bad, bad, good]) run.step(x);
    for (const x of [good, good, good]) clean.step(x);
    expect(everything(run)).toBe(everything(clean));
    expect([run.optimizer.skippedSteps, clean.optimizer.skippedSteps]).toEqual([3, 0]);
  });

  test('throw names parameter or loss, step, module and operation; nothing has changed; training can go on', () => {
    const run = setup(name, 'throw', compiled);
    run.step(good);
    run.step(good);
    const before = everything(run);
    const attempt = (): unknown => run.step(bad);
    expect(attempt).toThrow(ChainruleError);
    expect(everything(run)).toBe(before);
    expect(attempt).toThrow(
      new RegExp(`^${name}: step \\d+: the loss is not finite, and nothing was changed`),
    );
    expect(attempt).toThrow(/first, log gave NaN at \[0, 0\] of \[1, 2\], from -/);
    if (name !== 'LBFGS') expect(attempt).toThrow(/: step 3: /);
    const clean = setup(name, 'throw', compiled);
    for (let i = 0; i < 3; i++) clean.step(good);
    run.step(good);
    expect(everything(run)).toBe(everything(clean));
  });
});

describe('an error about a gradient', () => {
  class Encoder extends nn.Module {
    scale = new nn.Parameter(tensor([0, 4]));
    forward(x: Tensor): Tensor {
      return x.mul(this.scale.sqrt());
    }
  }
  class Model extends nn.Module {
    encoder = new Encoder();
    out = new nn.Linear(2, 1);
    forward(x: Tensor): Tensor {
      return this.out.forward(this.encoder.forward(x));
    }
  }

  // The loss is finite; the derivative of the square root at 0 is not.
  test.each([false, true])(
    'names path, module and operation of the backward pass (compiled: %s)',
    (compiled) => {
      const model = new Model();
      const optimizer = new optim.Adam(model.parameters(), { onNonFinite: 'throw' });
      const once = (x: Tensor): void => {
        optimizer.zeroGrad();
        model.forward(x).sum().backward();
        optimizer.step();
      };
      const step = compiled ? compile(once) : once;
      expect(() => step(good)).toThrow(
        /^Adam: step 1: the gradient of encoder\.scale \[2\] is not finite/,
      );
      expect(() => step(good)).toThrow(/first, \w+ gave -?Infinity.* \(in .*encoder\)$/);
      expect(model.encoder.scale.toArray()).toEqual([0, 4]);
      // A second and third time the plan is found again, without a backward graph being built.
      expect(() => step(good)).toThrow(/encoder\)$/);
    },
  );

  test('says that an input was bad, or an earlier pass', () => {
    const model = new nn.Linear(2, 1);
    const optimizer = new optim.SGD(model.parameters(), { onNonFinite: 'throw' });
    model
      .forward(tensor([[1, NaN]]))
      .sum()
      .backward();
    expect(() => optimizer.step()).toThrow(
      /first, an input of shape \[1, 2\] holds NaN at \[0, 1\]/,
    );
    model.forward(good).sum().backward(); // not cleared: adds to what is NaN
    expect(() => optimizer.step()).toThrow(/the gradient of an earlier backward\(\) holds NaN/);
  });

  test('finds what was computed before the backward pass, when the loss had been read', () => {
    const net = new Net();
    const optimizer = new optim.SGD(net.parameters(), { onNonFinite: 'throw' });
    const loss = net.forward(bad).square().mean();
    expect(loss.item()).toBeNaN();
    loss.backward();
    expect(() => optimizer.step()).toThrow(/first, log gave NaN/);
  });

  test('refuses an unknown policy', () => {
    const p = new Parameter(tensor([1]));
    expect(() => new optim.SGD([p], { onNonFinite: 'stop' as 'skip' })).toThrow(
      /SGD: onNonFinite must be one of 'ignore', 'skip', 'throw', got 'stop'/,
    );
  });
});

describe('a parameter without gradient', () => {
  test('is named by its path, once', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const net = new Net();
    const optimizer = new optim.SGD(net.parameters());
    for (let i = 0; i < 3; i++) {
      net.hidden.forward(good).sum().backward();
      optimizer.step();
    }
    expect(warn.mock.calls.flat()).toEqual([
      expect.stringMatching(/^SGD: no gradient for out\.weight \[1, 2\], out\.bias \[1\]; skipped/),
    ]);
  });

  test('is an error by its path where strict', () => {
    const net = new Net();
    const optimizer = new optim.SGD(net.parameters(), { strict: true });
    net.hidden.forward(good).sum().backward();
    const before = numbers(net);
    expect(() => optimizer.step()).toThrow(GradError);
    expect(() => optimizer.step()).toThrow(/out\.weight \[1, 2\], out\.bias \[1\]/);
    expect(numbers(net)).toEqual(before);
  });
});

describe('accumulation, clipping, averages and skipped steps together', () => {
  const batches = [tensor([[1, 2]]), tensor([[3, 1]]), tensor([[0.5, 4]])];

  function train(
    compiled: boolean,
    policy: optim.OnNonFinite,
  ): { net: Net; ema: optim.ExponentialMovingAverage } {
    const net = new Net();
    const optimizer = new optim.Adam(net.parameters(), { lr: 0.05, onNonFinite: policy });
    const ema = new optim.ExponentialMovingAverage(net.parameters(), { decay: 0.9 });
    const once = (xs: Tensor[]): void => {
      optimizer.zeroGrad();
      for (const x of xs) net.forward(x).square().mean().div(xs.length).backward();
      nn.utils.clipGradNorm(net.parameters(), 0.5);
      optimizer.step();
      ema.update();
    };
    const step = compiled ? compile(once) : once;
    for (let i = 0; i < 4; i++) step(batches);
    if (policy !== 'ignore') step([good, bad, good]);
    return { net, ema };
  }

  const all = ({ net, ema }: ReturnType<typeof train>): number[] => [
    ...numbers(net),
    ...ema.averages.flatMap((a) => [...a.dataSync()]),
  ];

  test('equal the mean of the batches, clipped by hand, in plain numbers', () => {
    const net = new Net();
    const whole = tensor(batches.flatMap((x) => x.toArray()));
    const params = net.parameters();
    net.forward(whole).square().mean().backward();
    const g = params.map((p) => (p.grad as Tensor).dataSync());
    const norm = Math.sqrt(g.reduce((s, x) => s + [...x].reduce((t, v) => t + v * v, 0), 0));
    expect(norm).toBeGreaterThan(0.5);
    net.zeroGrad();
    for (const x of batches) net.forward(x).square().mean().div(3).backward();
    expect(nn.utils.clipGradNorm(params, 0.5).item()).toBeCloseTo(norm, 4);
    params.forEach((p, i) => {
      const expected = (g[i] as Float32Array).map((v) => (v * 0.5) / (norm + 1e-6));
      [...(p.grad as Tensor).dataSync()].forEach((v, k) =>
        expect(v).toBeCloseTo(expected[k] as number, 5),
      );
    });
  });

  test.each([false, true])(
    'a bad batch among several skips the step, not the average (compiled: %s)',
    (compiled) => {
      const [skipped, plain] = [train(compiled, 'skip'), train(compiled, 'ignore')];
      expect(numbers(skipped.net)).toEqual(numbers(plain.net));
      plain.ema.update(); // the average of parameters that stayed
      expect(all(skipped)).toEqual(all(plain));
    },
  );

  test('compiled and plain agree', () => {
    const [a, b] = [all(train(true, 'skip')), all(train(false, 'skip'))];
    a.forEach((x, i) => expect(x).toBeCloseTo(b[i] as number, 5));
  });
});

describe.each([true, false])('stepIf, compiled: %s', (compiled) => {
  test('steps where the condition is true, and changes nothing at all where it is not', () => {
    const make = () => {
      const p = new Parameter(tensor([1, 2]));
      const optimizer = new optim.Adam([p], { lr: 0.1 });
      const step = (x: Tensor): void => {
        optimizer.zeroGrad();
        p.mul(x).square().sum().backward();
        optimizer.stepIf(x.sum().gt(0));
      };
      return { p, optimizer, step: compiled ? compile(step) : step };
    };
    const state = ({ p, optimizer }: ReturnType<typeof make>) =>
      [...optimizer.namedState().map(([, t]) => t as Tensor), p as Tensor].map((t) =>
        Array.from(t.dataSync()),
      );
    const [some, all] = [make(), make()];
    for (const x of [1, -1, 2, -2, -3, 3]) some.step(tensor([x, x]));
    for (const x of [1, 2, 3]) all.step(tensor([x, x]));
    expect(state(some)).toEqual(state(all));
    expect(() => some.optimizer.stepIf(tensor([1, 0]))).toThrow(
      'Adam.stepIf: condition must be a bool tensor with one element, got float32 of shape [2]',
    );
  });
});
