/** @file The learning-rate finder: its curve, its suggestion, and that it restores everything. */
import { manualSeed, randn, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { DataLoader, TensorDataset } from '@chainrule/nn/data';
import { findLearningRate, fit } from '@chainrule/nn/train';
import { Adam, SGD } from '@chainrule/optim';
import { describe, expect, it } from 'vitest';

function setUp() {
  manualSeed(2);
  const model = new nn.Sequential(
    new nn.Linear(4, 8),
    new nn.BatchNorm1d(8),
    new nn.Tanh(),
    new nn.Dropout(0.1),
    new nn.Linear(8, 1),
  );
  const data = new DataLoader(new TensorDataset(randn([60, 4]), randn([60, 1])), {
    batchSize: 8,
    shuffle: true,
  });
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  return { model, given: { data, optimizer, loss: nn.functional.mseLoss } };
}

describe('findLearningRate', () => {
  it('leaves model, optimizer, loader and random state as they were', async () => {
    const [a, b] = [setUp(), setUp()];
    const expected = await fit(a.model, { ...a.given, epochs: 2 });
    manualSeed(2);
    const c = setUp();
    const search = await findLearningRate(c.model, { ...c.given, steps: 40 });
    expect(search.curve.length).toBeGreaterThan(20);
    const history = await fit(c.model, { ...c.given, epochs: 2 });
    expect(history.epochs.map(({ loss }) => loss)).toEqual(expected.epochs.map(({ loss }) => loss));
    expect(c.given.optimizer.paramGroups[0]?.lr).toBe(0.01);
    expect(b.model.training).toBe(true);
  });

  it('goes through the range by a factor, smooths as it says, and stops where a parabola diverges', async () => {
    // Gradient descent on w²: it converges for rates below 1 and diverges above.
    const model = new nn.Linear(1, 1, { bias: false });
    nn.init.constant(model.weight, 1);
    const optimizer = new SGD(model.parameters(), { lr: 0.5 });
    const { curve, diverged, suggestion, minimum } = await findLearningRate(model, {
      data: [[tensor([[1]]), tensor([[0]])] as [Tensor, Tensor]],
      optimizer,
      loss: nn.functional.mseLoss,
      minLr: 1e-4,
      maxLr: 100,
      steps: 61,
      smoothing: 0.5,
    });
    let [w, average] = [1, 0];
    curve.forEach(({ lr, loss, smoothed }, i) => {
      expect(lr).toBeCloseTo(1e-4 * 10 ** (i / 10), 12);
      expect(loss).toBeCloseTo(w * w, 4);
      average = 0.5 * average + 0.5 * loss;
      expect(smoothed).toBeCloseTo(average / (1 - 0.5 ** (i + 1)), 10);
      w -= lr * 2 * w;
    });
    expect(diverged).toBe(true);
    expect(curve.at(-1)?.lr).toBeGreaterThan(1);
    const least = curve.reduce((a, b) => (b.smoothed < a.smoothed ? b : a));
    expect(minimum).toBe(least.lr / 10);
    expect(suggestion).toBeGreaterThan(0.005);
    expect(suggestion).toBeLessThan(least.lr);
  });

  it('keeps the ratio of groups, also on a line, and refuses what it cannot use', async () => {
    const model = new nn.Linear(2, 1);
    const optimizer = new SGD(
      [{ params: [model.weight], lr: 0.1 }, { params: [model.bias as nn.Parameter] }],
      { lr: 0.2 },
    );
    const rates: number[][] = [];
    const step = ([x]: Tensor[]): Tensor => {
      rates.push(optimizer.paramGroups.map(({ lr }) => lr));
      return model
        .forward(x as Tensor)
        .square()
        .mean();
    };
    const data = [[randn([3, 2])]];
    const common = { data, step, optimizer, compile: false, divergence: null } as const;
    await findLearningRate(model, {
      ...common,
      minLr: 0.1,
      maxLr: 0.3,
      steps: 3,
      mode: 'linear',
    });
    expect(rates.map((pair) => pair.map((lr) => Number(lr.toFixed(6))))).toEqual([
      [0.1, 0.2],
      [0.2, 0.4],
      [0.3, 0.6],
    ]);
    await expect(findLearningRate(model, { ...common, minLr: 2, maxLr: 1 })).rejects.toThrow(
      'minLr must be below maxLr, got 2 and 1',
    );
    await expect(findLearningRate(model, { ...common, data: [] })).rejects.toThrow(/no batch/);
    await expect(findLearningRate(model, { ...common, minlr: 1 } as never)).rejects.toThrow(
      /did you mean minLr/,
    );
  });
});
