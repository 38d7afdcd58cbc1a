/** @file Names and numbers from untrusted sources: no terminal control codes are printed, and no rounding is silent. */
import { tensor, type Tensor } from '@chainrule/autograd';
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as nn from '../src/index.js';

afterEach(() => void vi.restoreAllMocks());

test('String(module), console.log and summary print no control characters', () => {
  const hostile = '\u001b[31mred\u0007\u009b2J\u202eevil';
  class Net extends nn.Module {
    parts = new nn.ModuleDict({ [hostile]: new nn.Linear(2, 2), plain: new nn.ReLU() });
    override extraRepr(): string {
      return `title='\u001b]0;pwned\u0007'`;
    }
    override forward(x: Tensor): Tensor {
      return x.relu();
    }
  }
  Object.defineProperty(Net, 'name', { value: 'Net\u001b[2J' });
  const net = new Net();
  const shown = Symbol.for('nodejs.util.inspect.custom');
  const inspected = (net as unknown as Record<symbol, () => string>)[shown]?.() ?? '';
  for (const text of [String(net), inspected, net.summary([1, 2])]) {
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text).toContain('\\u001b[31mred\\u0007\\u009b2J\\u202eevil');
  }
});

describe('loadStateDict of another dtype', () => {
  test('says once what is rounded, and how not to', () => {
    const spy = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const layer = new nn.Linear(2, 1);
    const weight = tensor([[0.1, 0.2]], { dtype: 'float64' });
    layer.loadStateDict({ weight, bias: tensor([1]) });
    expect(spy).toHaveBeenCalledTimes(1);
    expect(spy.mock.calls[0]?.[0]).toMatch(
      /weight from float64 to float32.*module\.to\('float64'\)/,
    );
    expect(layer.weight.toArray()).toEqual(tensor([[0.1, 0.2]]).toArray());
    layer.to('float64');
    layer.loadStateDict({ weight, bias: tensor([1]) });
    expect(spy).toHaveBeenCalledTimes(1);
    expect(layer.weight.toArray()).toEqual([[0.1, 0.2]]);
  });
});
