/** @file Initialisers and gradient utilities, by their defining properties. */
import { manualSeed, Parameter, tensor, type Tensor, zeros } from '@chainrule/autograd';
import { describe, expect, it } from 'vitest';
import { functional as F, init, Linear, utils } from '../src/index.js';

function stats(t: Tensor): { mean: number; std: number; min: number; max: number } {
  const a = [...t.dataSync()];
  const mean = a.reduce((x, y) => x + y, 0) / a.length;
  const std = Math.sqrt(a.reduce((s, x) => s + (x - mean) ** 2, 0) / a.length);
  return { mean, std, min: Math.min(...a), max: Math.max(...a) };
}

const fresh = (...shape: number[]): Parameter => new Parameter(zeros(shape));

describe('init', () => {
  it('returns the parameter it fills', () => {
    const p = fresh(3, 2);
    expect(init.normal(p)).toBe(p);
    expect([...init.eye(p).dataSync()]).toEqual([1, 0, 0, 1, 0, 0]);
    expect([...init.constant(p, 2).dataSync()]).toEqual([2, 2, 2, 2, 2, 2]);
  });

  it('is governed by manualSeed', () => {
    const draw = (): number[] => (manualSeed(5), [...init.normal(fresh(4)).dataSync()]);
    expect(draw()).toEqual(draw());
  });

  it('has the distributions of the papers', () => {
    manualSeed(1);
    const bound = Math.sqrt(6 / (200 + 100));
    const x = stats(init.xavierUniform(fresh(200, 100)));
    expect(x.max).toBeLessThanOrEqual(bound);
    expect(x.max).toBeGreaterThan(0.99 * bound);
    expect(x.std).toBeCloseTo(bound / Math.sqrt(3), 2);
    // 18,000 numbers: within four standard errors, σ/√(2n) each.
    const kaiming = stats(
      init.kaimingNormal(fresh(100, 20, 3, 3), { mode: 'fanOut', nonlinearity: 'relu' }),
    );
    expect(Math.abs(kaiming.std / Math.sqrt(2 / 900) - 1)).toBeLessThan(4 / Math.sqrt(2 * 18_000));
    const t = stats(init.truncNormal(fresh(100, 100), { std: 2, a: -1, b: 3 }));
    expect(t.min).toBeGreaterThanOrEqual(-1);
    expect(t.max).toBeLessThanOrEqual(3);
    // The mean of N(0, 4) between −1 and 3: 2 (φ(−½) − φ(1½)) / (Φ(1½) − Φ(−½)).
    expect(t.mean).toBeCloseTo((2 * (0.3520653 - 0.1295176)) / (0.9331928 - 0.3085375), 1);
  });

  it('starts layers as PyTorch does', () => {
    const { weight, bias } = new Linear(400, 300);
    expect(stats(weight).max).toBeCloseTo(1 / 20, 3);
    expect(stats(weight).min).toBeCloseTo(-1 / 20, 3);
    expect(stats(bias as Tensor).max).toBeLessThanOrEqual(1 / 20);
  });

  it('refuses what has no fan', () => {
    expect(() => init.xavierNormal(fresh(3))).toThrow('at least 2 dimensions');
    expect(() => init.eye(fresh(3))).toThrow('a matrix');
  });
});

describe('gradients', () => {
  const withGradients = (): Parameter[] => {
    const ps = [
      new Parameter(tensor([3, 0])),
      new Parameter(tensor([4])),
      new Parameter(tensor([1])),
    ];
    ps[0]
      ?.mul(tensor([1, 0]))
      .sum()
      .add((ps[1] as Tensor).mul(2).sum())
      .mul(3)
      .backward();
    return ps; // gradients [3, 0], [6], none
  };

  it('are scaled together to a norm', () => {
    const ps = withGradients();
    expect(utils.clipGradNorm(ps, 1).item()).toBeCloseTo(Math.sqrt(45), 5);
    expect(ps[0]?.grad?.dataSync()[0]).toBeCloseTo(3 / Math.sqrt(45), 5);
    expect(ps[1]?.grad?.item()).toBeCloseTo(6 / Math.sqrt(45), 5);
    expect(ps[2]?.grad).toBeNull();
  });

  it('stay as they are below the norm, to the bit', () => {
    const ps = withGradients();
    utils.clipGradNorm(ps, 100);
    expect([...(ps[0]?.grad?.dataSync() ?? [])]).toEqual([3, 0]);
  });

  it('of infinite norm are an error when asked', () => {
    const p = new Parameter(tensor([1]));
    p.mul(Infinity).sum().backward();
    expect(() => utils.clipGradNorm(p, 1, { errorIfNonfinite: true })).toThrow(
      'nothing was scaled',
    );
  });

  it('are cut off', () => {
    const ps = withGradients();
    utils.clipGradValue(ps, 4);
    expect(ps.map((p) => p.grad?.dataSync()[0])).toEqual([3, 4, undefined]);
  });

  it('parametersToVector and vectorToParameters are inverses', () => {
    const ps = [new Parameter(tensor([[1, 2]])), new Parameter(tensor([3]))];
    const v = utils.parametersToVector(ps);
    expect([...v.dataSync()]).toEqual([1, 2, 3]);
    utils.vectorToParameters(v.mul(2), ps);
    expect(ps.map((p) => p.toArray())).toEqual([[[2, 4]], [6]]);
    expect(() => utils.vectorToParameters(zeros([2]), ps)).toThrow('3 elements');
  });
});

describe('options of the utilities', () => {
  const layer = (): Linear => new Linear(2, 2);
  const p = fresh(2);
  it.each<[string, () => unknown, RegExp]>([
    [
      'clipGradNorm',
      () => utils.clipGradNorm([p], 1, { norm_type: 1 } as never),
      /did you mean normType/,
    ],
    [
      'clipGradNorm of NaN',
      () => utils.clipGradNorm([p], NaN),
      /maxNorm must be a number ≥ 0, got NaN/,
    ],
    ['clipGradsWithNorm', () => utils.clipGradsWithNorm([p], -1, 2), /maxNorm must be/],
    [
      'clipGradValue',
      () => utils.clipGradValue([p], 'x' as never),
      /clipValue must be a number ≥ 0, got 'x'/,
    ],
    ['weightNorm', () => utils.weightNorm(layer(), { dims: 1 } as never), /did you mean dim/],
    [
      'weightNorm of null',
      () => utils.weightNorm(layer(), null as never),
      /the options must be an object/,
    ],
    [
      'spectralNorm',
      () => utils.spectralNorm(layer(), { nPowerIterations: 0 }),
      /nPowerIterations must be/,
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('losses refuse what does not fit', () => {
  it('with the shapes', () => {
    expect(() =>
      F.crossEntropy(zeros([2, 3]), zeros([2], { dtype: 'int32' }), { weight: zeros([2]) }),
    ).toThrow('weight must have shape [3]');
    expect(() => F.crossEntropy(zeros([2, 3]), zeros([3], { dtype: 'int32' }))).toThrow(
      'class indices of shape [2]',
    );
    expect(() => F.bce(zeros([2]), zeros([3]))).toThrow('[2], got [3]');
    expect(() => F.mseLoss(zeros([2]), zeros([2]), { reduction: 'avg' as 'mean' })).toThrow(
      "reduction must be one of 'mean', 'sum', 'none'",
    );
  });

  it('names the class that is out of range', () => {
    const labels = tensor([0, 7], { dtype: 'int32' });
    expect(() => F.crossEntropy(zeros([2, 3]), labels).item()).toThrow(/7[^]*crossEntropy/);
  });

  it('an input too short for its target has an infinite loss, or zero with zeroInfinity', () => {
    const x = F.logSoftmax(zeros([1, 1, 3]), 2);
    const target = tensor([[1, 2]], { dtype: 'int32' });
    expect(F.ctcLoss(x, target, [1], [2]).item()).toBe(Infinity);
    expect(F.ctcLoss(x, target, [1], [2], { zeroInfinity: true }).item()).toBe(0);
  });
});
