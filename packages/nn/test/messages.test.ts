/** @file Messages name the function that was called and the argument, even if the error is detected deeper inside. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChainruleError, ones, Parameter, tensor, type Tensor } from '@chainrule/autograd';
import { encodeSafetensors, saveSafetensors } from '@chainrule/autograd/io';
import { expect, test } from 'vitest';
import { randomSplit, TensorDataset } from '../src/data/index.js';
import * as nn from '../src/index.js';
import { functional as F, init, utils } from '../src/index.js';

const wrong = <T>(x: unknown): T => x as T;
const linear = (): nn.Linear => new nn.Linear(2, 3);
const x = ones([4, 5]);

test.each<[string, () => unknown, string]>([
  [
    'a weight for positive targets',
    () => F.bceWithLogits(x, x, { posWeight: ones([4]) }),
    'bceWithLogits: shapes [4] and [4, 5] of posWeight and target do not broadcast',
  ],
  [
    'a weight of elements',
    () => F.bce(x, x, { weight: ones([3]) }),
    'bce: shapes [4, 5] and [3] of loss and weight do not broadcast',
  ],
  [
    'a target for each row',
    () => F.cosineEmbeddingLoss(x, x, tensor([1, -1])),
    'cosineEmbeddingLoss: shapes [4] and [2] of cosine and target do not broadcast',
  ],
  [
    'a distance that is no tensor',
    () =>
      F.tripletMarginWithDistanceLoss(x, x, x, {
        distanceFunction: () => wrong<Tensor>(undefined),
      }),
    'tripletMarginWithDistanceLoss: the result of distanceFunction must be a tensor, got nothing',
  ],
  [
    'a mask',
    () => nn.causalMask(wrong('3')),
    "causalMask: queries must be a whole number ≥ 0, got '3'",
  ],
  [
    'a function in a sequence',
    () =>
      new nn.Sequential(
        linear(),
        wrong<nn.Linear>((y: Tensor) => y),
      ),
    'Sequential: modules[1] must be a module, got a function',
  ],
  [
    'a module to clip',
    () => utils.clipGradNorm(wrong(linear()), 1),
    'clipGradNorm: parameters must be an array',
  ],
  [
    'a number to clip',
    () => {
      utils.clipGradValue(wrong([3]), 1);
    },
    'clipGradValue: parameters[0] must be a tensor, got 3',
  ],
  ['a number to fill', () => init.zeros(wrong(3)), 'zeros: expected a Parameter or a buffer'],
  ['a tensor to fill', () => init.normal(wrong(x)), 'normal: expected a Parameter or a buffer'],
  [
    'a nonlinearity',
    () => init.calculateGain(wrong('gelu')),
    "calculateGain: nonlinearity must be one of 'linear'",
  ],
  [
    'a module as its state',
    () => linear().loadStateDict(wrong(linear())),
    'loadStateDict: the state must be an object of tensors by name, as stateDict() gives it',
  ],
  [
    'a module to encode',
    () => encodeSafetensors(wrong(linear())),
    'encodeSafetensors: tensors must be tensors by name, an object or a Map, as stateDict() gives them',
  ],
  [
    'a dimension that a weight has not',
    () => utils.weightNorm(linear(), { dim: 5 }),
    'weightNorm: dim must be a whole number from -2 to 1, got 5',
  ],
  [
    'the same of a parametrization',
    () => utils.parametrizations.weightNorm(linear(), { dim: -3 }),
    'weightNorm: dim must be a whole number from -2 to 1, got -3',
  ],
  [
    'a weight that is computed already',
    () => utils.spectralNorm(utils.weightNorm(linear())),
    'spectralNorm: Linear has no parameter "weight": weightNorm computes it already',
  ],
  [
    'shares that add up to more than 1, and lengths to the right sum',
    () => randomSplit(new TensorDataset(x), [0.5, 0.6]),
    'randomSplit: lengths [0.5, 0.6] must add up to 4',
  ],
])('%s', (_, call, message) => {
  expect(call).toThrow(ChainruleError);
  expect(call).toThrow(message);
});

test('a module is not a file of tensors', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'messages-'));
  try {
    const saved = saveSafetensors(join(folder, 'x.safetensors'), wrong(linear()));
    await expect(saved).rejects.toThrow('got an object of class Linear');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('loads every kind of weight, and a tensor named like a method', () => {
  expect(F.bce(x, x, { weight: ones([5]) }).item()).toBe(0);
  expect(F.bceWithLogits(x, x, { posWeight: ones([5]), weight: ones([4, 1]) }).ndim).toBe(0);
  expect(encodeSafetensors({ stateDict: new Parameter(x) }).length).toBeGreaterThan(80);
  expect(utils.weightNorm(linear(), { dim: -1 }).forward(ones([1, 2])).shape).toEqual([1, 3]);
  expect(init.calculateGain('leaky_relu', 1)).toBe(1);
});

test('a class out of range is the target of the loss that was called', () => {
  const scores = ones([2, 3]);
  const target = tensor([0, 5], { dtype: 'int32' });
  const at = 'target 5 at position 1 is out of range';
  expect(() => F.crossEntropy(scores, target).item()).toThrow(`crossEntropy: ${at}`);
  expect(() => F.nllLoss(scores, target).item()).toThrow(`nllLoss: ${at}`);
  expect(() => F.multiMarginLoss(scores, target).item()).toThrow(`multiMarginLoss: ${at}`);
  const listed = tensor(
    [
      [0, 5, -1],
      [0, 1, -1],
    ],
    { dtype: 'int32' },
  );
  expect(() => F.multilabelMarginLoss(scores, listed).item()).toThrow(
    `multilabelMarginLoss: ${at}`,
  );
  const adaptive = new nn.AdaptiveLogSoftmaxWithLoss(3, 10, [2, 5]);
  expect(() => adaptive.forward(scores, tensor([0, 55], { dtype: 'int32' })).loss.item()).toThrow(
    'AdaptiveLogSoftmaxWithLoss: target 55 at position 1',
  );
});

test('a state has names', () => {
  expect(() => linear().loadStateDict(wrong(new Map([[{}, x]])))).toThrow(
    'loadStateDict: the state must be an object of tensors by name',
  );
});

test('a list grows in time that is proportional to it', () => {
  // In time that is proportional to the square, this would not end.
  const many = 100_000;
  const parameters = new Array<Parameter>(many).fill(new Parameter(ones([1])));
  const modules = new Array<nn.Module>(many).fill(new nn.Identity());
  for (const list of [new nn.ParameterList(parameters), new nn.ModuleList(modules)])
    expect([...list].length).toBe(many);
  expect([...new nn.Sequential(...modules.slice(0, 20_000))].length).toBe(20_000);
}, 60_000);
