import { describe, expect, it } from 'vitest';
import { ChainruleError, ones, Parameter, tensor } from '@chainrule/autograd';
import { Adam, SGD, StepLR } from '@chainrule/optim';
import { BatchNorm1d, functionalCall, Linear, ReLU, Sequential } from '../../src/index.js';
import { DataLoader, TensorDataset } from '../../src/data/index.js';

const frozen = <T extends object>(x: T): T => Object.freeze(x);
const optimizer = (): SGD => new SGD([new Parameter(tensor([1, 2]))], { lr: 0.1 });

describe('changing a frozen module throws', () => {
  const cases: [string, () => unknown][] = [
    ['Module.to', () => frozen(new Linear(2, 2)).to('float64')],
    [
      'a module within',
      () =>
        functionalCall(
          new Sequential(frozen(new Linear(2, 2))),
          { '0.bias': ones([2]) },
          ones([1, 2]),
        ),
    ],
    ['Sequential.append', () => frozen(new Sequential(new Linear(2, 2))).append(new ReLU())],
    ['Optimizer.step', () => frozen(optimizer()).step()],
    ['LRScheduler.step', () => frozen(new StepLR(optimizer(), { stepSize: 1 })).step()],
    [
      'a group',
      () => {
        const adam = new Adam([new Parameter(tensor([1]))]);
        frozen(adam.paramGroups[0] as object);
        return new StepLR(adam, { stepSize: 1 });
      },
    ],
    [
      'DataLoader',
      () => [...frozen(new DataLoader(new TensorDataset(ones([4, 2])), { batchSize: 2 }))],
    ],
  ];

  it.each(cases)('%s', (_name, call) => {
    expect(call).toThrow(ChainruleError);
    expect(call).toThrow(/was frozen, by Object.freeze/);
  });
});

it('a frozen module computes, trains and keeps its state', () => {
  const [linear, norm] = [frozen(new Linear(2, 2)), frozen(new BatchNorm1d(2))];
  const adam = new Adam([...linear.parameters(), ...norm.parameters()]);
  const before = linear.weight.toArray();
  norm
    .forward(
      linear.forward(
        tensor([
          [1, 2],
          [2, 1],
          [0, 1],
        ]),
      ),
    )
    .at(0)
    .sum()
    .backward();
  adam.step();
  expect(linear.weight.toArray()).not.toEqual(before);
  linear.eval().loadStateDict(linear.stateDict());
  norm.loadStateDict(norm.stateDict());
});
