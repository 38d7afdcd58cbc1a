/** @file Activations and other element-wise functions that have an operator. */
import type { GraphNode } from '@chainrule/autograd/graph';
import { isFloat, input, numberOf, optionsOf, unary, type RegionRule } from './regionRule.js';
import { isNode } from '../trees.js';

const PRELU: RegionRule = {
  accepts: ({ args }) => {
    const [x, weight] = args;
    // One slope, or one per channel (the second dimension).
    return isNode(x) && isNode(weight) && isFloat(x) && weight.shape.length <= 1;
  },
  write: (e, region) => {
    const [x, weight] = region.args as [GraphNode, GraphNode];
    const spread = weight.shape[0] !== 1 && weight.shape.length === 1 && x.shape.length > 2;
    const shape = e.ints([-1, ...x.shape.slice(2).map(() => 1)]);
    const slope = spread ? e.node('Reshape', [e.value(weight), shape]) : e.value(weight);
    return [e.node('PRelu', [e.value(x), slope])];
  },
};

/** Bounds are inputs, if they are numbers. */
const CLAMP: RegionRule = {
  accepts: (region) => {
    const { min, max } = optionsOf(region, 1, ['min', 'max']);
    const plain = (x: unknown): boolean => x === undefined || x === null || typeof x === 'number';
    return isFloat(input(region)) && plain(min) && plain(max);
  },
  write: (e, region) => {
    const x = input(region);
    const { min, max } = optionsOf(region, 1, ['min', 'max']);
    const bound = (b: unknown): string => (typeof b === 'number' ? e.number(b, x.dtype) : '');
    const inputs = [e.value(x), bound(min), bound(max)];
    return [e.node('Clip', inputs[2] === '' ? inputs.slice(0, 2) : inputs)];
  },
};

const PAD: RegionRule = {
  accepts: (region) => {
    const options = optionsOf(region, 2);
    const { mode = 'constant', value = 0 } = options;
    return (
      isFloat(input(region)) &&
      ['constant', 'reflect', 'replicate'].includes(mode as string) &&
      typeof value === 'number'
    );
  },
  write: (e, region) => {
    const x = input(region);
    const sizes = region.args[1] as readonly number[];
    const { mode = 'constant', value = 0 } = optionsOf(region, 2);
    const rank = x.shape.length;
    const low = Array.from({ length: rank }, (_, d) => sizes[2 * (rank - 1 - d)] ?? 0);
    const high = Array.from({ length: rank }, (_, d) => sizes[2 * (rank - 1 - d) + 1] ?? 0);
    const how = { constant: 'constant', reflect: 'reflect', replicate: 'edge' }[
      mode as string
    ] as string;
    const inputs = [e.value(x), e.ints([...low, ...high])];
    if (how === 'constant') inputs.push(e.number(value as number, x.dtype));
    return [e.node('Pad', inputs, { mode: how })];
  },
};

export const ACTIVATIONS: readonly (readonly [string, RegionRule])[] = [
  ['elu', unary('Elu', (r) => ({ alpha: { float: numberOf(optionsOf(r, 1)['alpha'], 1) } }))],
  ['celu', unary('Celu', (r) => ({ alpha: { float: numberOf(optionsOf(r, 1)['alpha'], 1) } }))],
  ['selu', unary('Selu')],
  [
    'leakyRelu',
    unary('LeakyRelu', (r) => ({
      alpha: { float: numberOf(optionsOf(r, 1, ['negativeSlope'])['negativeSlope'], 0.01) },
    })),
  ],
  ['hardsigmoid', unary('HardSigmoid', () => ({ alpha: { float: 1 / 6 }, beta: { float: 0.5 } }))],
  ['hardswish', unary('HardSwish')],
  ['softsign', unary('Softsign')],
  ['mish', unary('Mish', () => ({}), 18)],
  [
    'gelu',
    unary(
      'Gelu',
      (r) => ({ approximate: optionsOf(r, 1)['approximate'] === 'tanh' ? 'tanh' : 'none' }),
      20,
    ),
  ],
  ['prelu', PRELU],
  ['clamp', CLAMP],
  ['pad', PAD],
];
