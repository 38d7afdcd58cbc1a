/** @file Each loss of `@chainrule/nn`, as a function of prediction and target. */
import * as cr from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { integers, numbers, type ExportCase } from './exportCase.js';

type Make = () => nn.Module;

function loss(name: string, make: Make, args: (n: number) => Tensor[]): ExportCase {
  return { name, f: make(), args, batch: 0 };
}

const rows = (n: number, seed = 1): Tensor => numbers([n, 4], 0.1, 0.9, seed);
const signs = (shape: readonly number[]): Tensor => cr.sign(numbers(shape, -1, 1, 5));
const bits = (n: number): Tensor => integers([n, 4], 2).cast('float32');

const regressions: readonly (readonly [string, Make])[] = [
  ['L1Loss', () => new nn.L1Loss()],
  ['MSELoss', () => new nn.MSELoss()],
  ['MSELoss, each', () => new nn.MSELoss({ reduction: 'none' })],
  ['MSELoss, sum', () => new nn.MSELoss({ reduction: 'sum' })],
  ['SmoothL1Loss', () => new nn.SmoothL1Loss()],
  ['HuberLoss', () => new nn.HuberLoss()],
  ['BCELoss', () => new nn.BCELoss()],
  ['BCEWithLogitsLoss', () => new nn.BCEWithLogitsLoss()],
  ['KLDivLoss', () => new nn.KLDivLoss({ reduction: 'batchmean' })],
  ['PoissonNLLLoss', () => new nn.PoissonNLLLoss()],
];

export const losses: readonly ExportCase[] = [
  ...regressions.map(([name, make]) => loss(name, make, (n) => [rows(n), rows(n, 2)])),
  loss(
    'CrossEntropyLoss',
    () => new nn.CrossEntropyLoss(),
    (n) => [rows(n), integers([n], 4)],
  ),
  loss(
    'CrossEntropyLoss, smoothed',
    () => new nn.CrossEntropyLoss({ labelSmoothing: 0.1, ignoreIndex: 2 }),
    (n) => [rows(n), integers([n], 4)],
  ),
  loss(
    'NLLLoss',
    () => new nn.NLLLoss(),
    (n) => [rows(n).log(), integers([n], 4)],
  ),
  loss(
    'SoftMarginLoss',
    () => new nn.SoftMarginLoss(),
    (n) => [rows(n), signs([n, 4])],
  ),
  loss(
    'HingeEmbeddingLoss',
    () => new nn.HingeEmbeddingLoss(),
    (n) => [rows(n), signs([n, 4])],
  ),
  loss(
    'MultiMarginLoss',
    () => new nn.MultiMarginLoss(),
    (n) => [rows(n), integers([n], 4)],
  ),
  loss(
    'MultiLabelSoftMarginLoss',
    () => new nn.MultiLabelSoftMarginLoss(),
    (n) => [rows(n), bits(n)],
  ),
  loss(
    'MultiLabelMarginLoss',
    () => new nn.MultiLabelMarginLoss(),
    (n) => [rows(n), cr.tensor([[3, 0, -1, 1]], { dtype: 'int32' }).expand([n, 4])],
  ),
  loss(
    'GaussianNLLLoss',
    () => new nn.GaussianNLLLoss(),
    (n) => [rows(n), rows(n, 2), rows(n, 3)],
  ),
  loss(
    'MarginRankingLoss',
    () => new nn.MarginRankingLoss(),
    (n) => [rows(n), rows(n, 2), signs([n, 4])],
  ),
  loss(
    'CosineEmbeddingLoss',
    () => new nn.CosineEmbeddingLoss(),
    (n) => [rows(n), rows(n, 2), signs([n])],
  ),
  loss(
    'TripletMarginLoss',
    () => new nn.TripletMarginLoss(),
    (n) => [rows(n), rows(n, 2), rows(n, 3)],
  ),
  loss(
    'TripletMarginWithDistanceLoss',
    () => new nn.TripletMarginWithDistanceLoss(),
    (n) => [rows(n), rows(n, 2), rows(n, 3)],
  ),
];
