/** @file What a module lists, with the options that PyTorch has; and options that would be ignored. */
import { describe, expect, test } from 'vitest';
import { ChainruleError, Parameter, ones, tensor, zeros, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';

class Net extends nn.Module<[Tensor], Tensor> {
  scale = new Parameter(ones([2]));
  shift = this.registerBuffer('shift', zeros([2]));
  body = new nn.Linear(2, 2);
  norm = new nn.BatchNorm1d(2);

  forward(x: Tensor): Tensor {
    return this.norm.forward(this.body.forward(x)).mul(this.scale).add(this.shift);
  }
}

const names = (pairs: readonly [string, unknown][]): string[] => pairs.map(([name]) => name);

describe('a module lists', () => {
  const net = new Net();

  test('what it holds itself, without its children', () => {
    const [parameter, ...parameters] = net.parameters({ recurse: false });
    expect([parameter === net.scale, parameters.length]).toEqual([true, 0]);
    const [buffer, ...buffers] = net.buffers({ recurse: false });
    expect([buffer === net.shift, buffers.length]).toEqual([true, 0]);
    expect(names(net.namedParameters({ recurse: false }))).toEqual(['scale']);
    expect(names(net.namedBuffers({ recurse: false }))).toEqual(['shift']);
    expect(net.parameters({ recurse: true })).toHaveLength(net.parameters().length);
    expect(new nn.Sequential(net).parameters({ recurse: false })).toHaveLength(0);
  });

  test('names and keys with a prefix, as PyTorch writes them', () => {
    expect(names(net.namedParameters({ prefix: 'net' }))).toEqual(
      names(net.namedParameters()).map((name) => `net.${name}`),
    );
    expect(names(net.namedBuffers({ prefix: 'net', recurse: false }))).toEqual(['net.shift']);
    const keys = Object.keys(net.stateDict());
    expect(Object.keys(net.stateDict({ prefix: 'net.' }))).toEqual(keys.map((k) => `net.${k}`));
  });

  test('and names in messages stay its own', () => {
    expect(net.body.weight.label.endsWith('body.weight')).toBe(true);
  });
});

test('gradients become null or, if asked for, zeros where there are any', () => {
  const net = new Net().eval();
  net.scale.requiresGrad_(false);
  const loss = (): void =>
    net
      .forward(tensor([[1, 2]]))
      .sum()
      .backward();
  loss();
  net.zeroGrad({ setToNone: false });
  expect(net.body.weight.grad?.toArray()).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect(net.scale.grad).toBeNull();
  loss();
  net.zeroGrad();
  expect(net.body.weight.grad).toBeNull();
});

describe('what would be ignored is refused:', () => {
  const call = (name: string, ...args: unknown[]): (() => unknown) => {
    const net = new Net();
    return (): unknown => Reflect.apply(Reflect.get(net, name) as () => unknown, net, args);
  };

  test.each([
    ['parameters', [{ recursive: false }], "there is no option 'recursive'; did you mean recurse?"],
    ['parameters', [false], 'the options must be an object with recurse, got false'],
    ['namedParameters', [{ removeDuplicate: false }], "there is no option 'removeDuplicate'"],
    ['buffers', [{ recurse: 'no' }], "recurse must be true or false, got 'no'"],
    ['stateDict', [{ keepVars: true }], "there is no option 'keepVars'"],
    ['zeroGrad', [{ setToNull: true }], "there is no option 'setToNull'; did you mean setToNone?"],
    ['namedModules', [{ prefix: 'net' }], 'namedModules: it takes no arguments, got an object'],
    ['children', [1], 'children: it takes no arguments, got 1 as well'],
    ['to', ['cpu', 'float64'], "to: it takes 1 argument, got 'float64' as well"],
    ['registerForwardHook', [(): void => undefined, { prepend: true }], 'it takes 1 argument'],
  ] as const)('%s %j', (name, args, message) => {
    expect(call(name, ...args)).toThrow(ChainruleError);
    expect(call(name, ...args)).toThrow(message);
  });

  test('a class of the user may take more', () => {
    class Chosen extends Net {
      override children(...more: unknown[]): nn.Module[] {
        return super.children().slice(more.length);
      }
    }
    expect(new Chosen().children(1)).toHaveLength(1);
  });

  test('clipGradValue', () => {
    const clip = nn.utils.clipGradValue as (...args: unknown[]) => void;
    expect(() => clip(new Net().parameters(), 1, { foreach: true })).toThrow(
      "clipGradValue: it takes no options, got 'foreach'",
    );
  });
});
