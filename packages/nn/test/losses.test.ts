/** @file Warnings and errors of losses for arguments that are probably mistakes. */
import {
  assertBetween,
  bernoulli,
  ChainruleError,
  compile,
  grad,
  ones,
  ShapeError,
  tensor,
  type Tensor,
  vmap,
  zeros,
} from '@chainrule/autograd';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as nn from '../src/index.js';

const F = nn.functional;

describe('a target that broadcasts', () => {
  beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined));
  afterEach(() => void vi.restoreAllMocks());
  const warnings = (): string[] => vi.mocked(console.warn).mock.calls.map(([text]) => String(text));

  test.each(
    Object.entries({
      mseLoss: F.mseLoss,
      l1Loss: F.l1Loss,
      smoothL1Loss: F.smoothL1Loss,
      huberLoss: F.huberLoss,
      poissonNllLoss: F.poissonNllLoss,
      klDiv: F.klDiv,
      hingeEmbeddingLoss: F.hingeEmbeddingLoss,
      softMarginLoss: F.softMarginLoss,
      gaussianNllLoss: (x: Tensor, y: Tensor) => F.gaussianNllLoss(x, y, 1),
    }),
  )('%s warns once, with both shapes, and computes what it did', (name, loss) => {
    const value = loss(ones([4, 1]), ones([4]));
    loss(ones([4, 1]), ones([4]));
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain(
      `${name}: the target's shape [4] differs from the input's [4, 1]`,
    );
    expect(value.item()).toBeCloseTo(loss(ones([4, 4]), ones([4, 4])).item(), 6);
    loss(ones([3, 1]), ones([3]));
    expect(warnings()[1]).toContain('[3, 1]');
    loss(ones([4]), ones([4]));
    expect(warnings()).toHaveLength(2);
  });

  test('triplets of different ranks are refused, as by PyTorch', () => {
    for (const loss of [F.tripletMarginLoss, F.tripletMarginWithDistanceLoss])
      expect(() => loss(ones([4, 1]), ones([4]), ones([4, 1]))).toThrow(
        /anchor, positive, negative must have the same number of dimensions, got \[4, 1\], \[4\], \[4, 1\]/,
      );
  });

  test('marginRankingLoss and a smoothL1Loss with beta 0 warn too', () => {
    F.marginRankingLoss(ones([5, 1]), ones([5, 1]), ones([1, 5]));
    F.smoothL1Loss(ones([5, 1]), ones([5]), { beta: 0 });
    expect(warnings()).toHaveLength(2);
  });
});

describe('class indices given as floats', () => {
  const logits = zeros([2, 3]);
  test('crossEntropy says what a float target means, and how indices are written', () => {
    const call = (): Tensor => F.crossEntropy(logits, tensor([0, 1]));
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(/float32 target means class probabilities.* \[2, 3\]; got \[2\]/);
    expect(call).toThrow(/tensor\(\[…\], \{ dtype: 'int32' \}\)/);
    expect(F.crossEntropy(logits, tensor([0, 1], { dtype: 'int32' })).item()).toBeCloseTo(
      Math.log(3),
    );
  });

  test('nllLoss says how indices are written', () => {
    expect(() => F.nllLoss(logits, tensor([0, 1]))).toThrow(/target\.cast\('int32'\)/);
  });
});

describe('a probability outside [0, 1]', () => {
  const half = tensor([0.5, 0.5, 0.5]);
  // Not known before it is computed.
  const computed = (data: number[]): Tensor => tensor(data).add(1).sub(1);
  const cases = [1.5, -0.25, NaN, Infinity];

  test.each(cases)('%f is refused by bce, as input and as target', (bad) => {
    const of = new RegExp(`from 0 to 1, but element 1 is ${bad}`);
    expect(() => F.bce(tensor([0, bad, 1]), half)).toThrow(ChainruleError);
    expect(() => F.bce(half, tensor([0, bad, 1]))).toThrow(/bce: the target must be from 0 to 1/);
    for (const y of [F.bce(computed([0, bad, 1]), half), F.bce(half, computed([0, bad, 1]))])
      expect(() => y.item()).toThrow(of);
  });

  test('is found compiled, batched and by backward, which changes nothing', () => {
    const loss = compile((p: Tensor) => F.bce(p, half));
    expect(loss(half).item()).toBeCloseTo(Math.LN2);
    expect(() => loss(tensor([0.5, 2, 0.5])).item()).toThrow(/element 1 is 2/);
    expect(loss(half).item()).toBeCloseTo(Math.LN2);
    const each = vmap((p: Tensor) => F.bce(p, half));
    const rows = tensor([
      [0, 1, 0.5],
      [0.5, 0.5, 3],
    ]);
    expect(() => each(rows).toArray()).toThrow(/element 5 is 3/);
    const w = tensor([1, 1, 4], { requiresGrad: true });
    expect(() => {
      F.bce(w.mul(half), half).backward();
    }).toThrow(/logits.*element 2 is 2/);
    expect(w.grad).toBeNull();
  });

  test('both ends are inside, for any number of elements', () => {
    for (let n = 1; n < 20; n++) {
      const p = computed(Array.from({ length: n }, (_, i) => i % 2));
      // A sum of one number is that number, −0 too.
      expect(F.bce(p, p).item() + 0).toBe(0);
      expect(F.bce(zeros([n]).add(1), ones([n])).item() + 0).toBe(0);
    }
  });
});

test('bernoulli refuses a tensor of numbers that are not probabilities', () => {
  expect(() => bernoulli(tensor([0.5, 2]))).toThrow(/bernoulli: a probability must be from 0 to 1/);
  expect(() => bernoulli(tensor([0.5, 1]).mul(2)).toArray()).toThrow(/element 1 is 2/);
});

test('assertBetween passes values and derivatives, and compares in the dtype of x', () => {
  const x = tensor([0.1, 0.2]);
  expect(assertBetween(x, 0.1, 0.2)).toMatchObject({ shape: [2], dtype: 'float32' });
  expect(grad((y: Tensor) => assertBetween(y, 0, 1).square().sum())(x).toArray()).toEqual(
    x.mul(2).toArray(),
  );
  expect(() => assertBetween(x, 1, 0)).toThrow(/low must not exceed high/);
  expect(() =>
    assertBetween(tensor([1, 5], { dtype: 'int32' }).add(0), 0.5, 4.5).toArray(),
  ).toThrow(/from 1 to 4, but element 1 is 5/);
});

test('every loss refuses options that it does not know when it is made', () => {
  const losses = Object.entries(nn).filter(([name]) => /^[A-Z]\w*Loss$/.test(name));
  expect(losses.length).toBeGreaterThan(20);
  for (const [name, loss] of losses) {
    const make = loss as unknown as new (options: object) => unknown;
    expect(() => new make({ reductoin: 'sum' }), name).toThrow(/reductoin/);
  }
});

test('the mean over no rows is NaN, of class indices as of probabilities, as PyTorch', () => {
  const none = zeros([0, 4]);
  expect(F.crossEntropy(none, zeros([0, 4])).item()).toBeNaN();
  expect(F.crossEntropy(none, zeros([0], { dtype: 'int32' })).item()).toBeNaN();
});
