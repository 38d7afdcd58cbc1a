/** @file The arguments that initialisers accept, and their errors for others. */
import {
  ChainruleError,
  manualSeed,
  Parameter,
  tensor,
  type Tensor,
  zeros,
} from '@chainrule/autograd';
import { describe, expect, test } from 'vitest';
import * as nn from '../src/index.js';

test("kaimingUniform and kaimingNormal take PyTorch's literals", () => {
  for (const fill of [nn.init.kaimingUniform, nn.init.kaimingNormal]) {
    for (const [ours, theirs] of [
      ['fanIn', 'fan_in'],
      ['fanOut', 'fan_out'],
    ] as const) {
      const drawn = [ours, theirs].map((mode) => {
        manualSeed(3);
        return fill(new Parameter(zeros([3, 7])), { mode }).toArray();
      });
      expect(drawn[1]).toEqual(drawn[0]);
    }
    expect(() => fill(new Parameter(zeros([3, 7])), { mode: 'fan' as 'fanIn' })).toThrow(
      /mode must be 'fanIn' or 'fanOut', got .*fan/,
    );
  }
  const slope = nn.init.calculateGain('leakyRelu', 0.2);
  expect(nn.init.calculateGain('leaky_relu', 0.2)).toBe(slope);
});

describe('a weight that is computed from others', () => {
  const linear = (): { weight: Parameter } & nn.Linear => new nn.Linear(3, 2);
  const fills: Readonly<Record<string, (t: Parameter) => unknown>> = {
    uniform: nn.init.uniform,
    normal: nn.init.normal,
    zeros: nn.init.zeros,
    eye: nn.init.eye,
    xavierUniform: nn.init.xavierUniform,
    kaimingNormal: nn.init.kaimingNormal,
    orthogonal: nn.init.orthogonal,
    truncNormal: nn.init.truncNormal,
    vectorToParameters: (t) => {
      nn.utils.vectorToParameters(zeros([6]), [t]);
    },
  };

  test.each(Object.entries(fills))('%s says what to fill instead', (_, fill) => {
    const layer = nn.utils.weightNorm(linear());
    const before = layer.forward(zeros([1, 3])).toArray();
    expect(() => fill(layer.weight)).toThrow(ChainruleError);
    expect(() => fill(layer.weight)).toThrow(
      /computed from "weight_g" and "weight_v" by weightNorm/,
    );
    layer.forward(zeros([1, 3]));
    expect(() => fill(layer.weight)).toThrow(/before weightNorm is applied/);
    expect(layer.forward(zeros([1, 3])).toArray()).toEqual(before);
    expect(() => fill(nn.utils.spectralNorm(linear()).weight)).toThrow(/from "weight_orig"/);
  });

  test('a plain tensor is named as one', () => {
    const t: Tensor = tensor([[1, 2]]);
    expect(() => nn.init.uniform(t as Parameter)).toThrow(
      /a tensor of shape \[1, 2\]; make it one: new Parameter/,
    );
    expect(() => nn.init.zeros(null as unknown as Parameter)).toThrow(ChainruleError);
  });
});
