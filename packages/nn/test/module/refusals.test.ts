/** @file Errors of modules and layers for invalid arguments and fields. */
import { ones, Parameter, zeros, type Tensor } from '@chainrule/autograd';
import { expect, it } from 'vitest';
import * as nn from '../../src/index.js';
import { values } from './net.js';

it('refuses a plain tensor where a parameter was', () => {
  const assign = (module: object, fields: Record<string, unknown>): unknown =>
    Object.assign(module, fields);
  const message = /^Linear.weight: a plain tensor was assigned where a Parameter belongs/;
  const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
  const linear = model.at(0) as nn.Linear;
  const { weight } = linear;
  assign(linear, { weight: zeros([2, 2]) });
  expect(() => model.parameters()).toThrow(message);
  expect(() => model.stateDict()).toThrow(message);
  assign(linear, { weight });
  expect(model.parameters()).toHaveLength(2);
  assign(linear, { bias: null, weight: new Parameter(zeros([2, 2])) });
  expect(model.parameters()).toHaveLength(1);
  // Of one's own too, once it was seen; other fields hold what they like.
  class Own extends nn.Module {
    scale = new Parameter(ones([2]));
    mask: Tensor = ones([2]);
    forward(x: Tensor): Tensor {
      return x.mul(this.scale).mul(this.mask);
    }
  }
  const own = new Own();
  expect(own.parameters()).toHaveLength(1);
  const inner = nn.functionalCall(own, { scale: zeros([2]) }, ones([2]));
  expect(values(inner)).toEqual([0, 0]);
  assign(own, { scale: ones([2]) });
  expect(() => own.parameters()).toThrow(/^Own.scale: /);
});

it('names the mismatch and the layer that was called', () => {
  const call = (f: unknown, ...args: readonly unknown[]): (() => unknown) => {
    return () => (f as (...xs: readonly unknown[]) => unknown)(...args);
  };
  const lstm = new nn.LSTM(3, 4);
  const x = zeros([5, 2, 3]);
  // A tensor can be iterated over, and was taken for a list of states.
  expect(call(lstm.forward.bind(lstm), x, zeros([2, 2, 4]))).toThrow(
    /LSTM: the state must be \[h, c\], an array of its parts, got a tensor of shape \[2, 2, 4\]/,
  );
  const bilinear = new nn.Bilinear(2, 3, 4);
  expect(bilinear.forward(zeros([5, 2]), zeros([5, 3])).shape).toEqual([5, 4]);
  for (const [x1, x2] of [
    [zeros([5, 2]), zeros([6, 3])],
    [zeros([5, 3]), zeros([5, 3])],
    [zeros([]), zeros([3])],
  ] as const)
    expect(() => bilinear.forward(x1, x2)).toThrow(
      /^Bilinear: expected x1 \[…, 2\] and x2 \[…, 3\]/,
    );
  expect(call(lstm.multiplyAdds.bind(lstm), [])).toThrow(/multiplyAdds: inputs must be an array/);
  expect(call(lstm.to.bind(lstm), 'float16')).toThrow(
    /one of 'float32', 'float64', 'cpu' or 'webgpu'/,
  );
  // What is an instance of a class is not an options object with a wrong name in it.
  expect(call((o: never) => new nn.LSTM(3, 4, o), new nn.ReLU())).toThrow(
    /LSTM: the options must be an object with some of .*, got an object of class ReLU/,
  );
  expect(() => new nn.TripletMarginLoss({ margin: 0 })).toThrow(
    /margin must be a finite number > 0/,
  );
});

it('says that a forward lost its module', () => {
  const linear = new nn.Linear(2, 2);
  expect(() =>
    Reflect.apply(Reflect.get(linear, 'forward') as () => unknown, undefined, []),
  ).toThrow(/forward: it is a method of modules, called on nothing/);
});
