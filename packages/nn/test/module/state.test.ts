/** @file State dictionaries: round trips, and states that do not fit. */
import { FormatError, noGrad, tensor, zeros } from '@chainrule/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as nn from '../../src/index.js';
import { Net, values } from './net.js';

describe('state dictionaries', () => {
  it('go round: what is saved loads into another model, which then answers the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (x) => {
          const [a, b] = [new Net().eval(), new Net().eval()];
          b.loadStateDict(a.stateDict());
          const input = tensor(x).reshape([2, 3]);
          expect(values(b.forward(input))).toEqual(values(a.forward(input)));
        },
      ),
      { numRuns: 5 },
    );
  });

  it('are snapshots: later updates do not show', () => {
    const layer = new nn.Linear(2, 1);
    const before = values(layer.weight);
    const state = layer.stateDict();
    for (let i = 0; i < 3; i++) {
      noGrad(() => layer.weight.assign(layer.weight.add(1)));
      values(layer.weight);
    }
    expect(values(state['weight'])).toEqual(before);
  });

  it('name every problem in one error, and load nothing', () => {
    const net = new Net();
    const { 'hidden.bias': _, ...state } = net.stateDict();
    const before = Object.entries(net.stateDict()).map(([k, t]) => [k, values(t)]);
    const bad = {
      ...state,
      'hidden.weight': zeros([4, 2]),
      scale: zeros([4]),
      'more.weight': zeros([1]),
    };
    const load = (): unknown => net.loadStateDict(bad);
    expect(load).toThrow(FormatError);
    expect(load).toThrow(
      /missing: hidden\.bias[^]*unexpected: more\.weight[^]*hidden\.weight has shape \[4, 2\], expected \[4, 3\]/,
    );
    expect(Object.entries(net.stateDict()).map(([k, t]) => [k, values(t)])).toEqual(before);
  });

  it('load in part when that is asked for, but never in another shape', () => {
    const layer = new nn.Linear(2, 1);
    expect(layer.loadStateDict({ bias: tensor([5]), more: zeros([1]) }, { strict: false })).toEqual(
      {
        missingKeys: ['weight'],
        unexpectedKeys: ['more'],
      },
    );
    expect(values(layer.bias ?? undefined)).toEqual([5]);
    expect(() => layer.loadStateDict({ bias: zeros([2]) }, { strict: false })).toThrow('misshapen');
  });

  it('convert dtypes, and take a Map', () => {
    const layer = new nn.Linear(1, 1);
    layer.loadStateDict(
      new Map([
        ['weight', tensor([[2]], { dtype: 'float64' })],
        ['bias', tensor([1], { dtype: 'int32' })],
      ]),
    );
    expect(layer.weight.dtype).toBe('float32');
    expect(values(layer.forward(tensor([[3]])))).toEqual([7]);
  });
});
