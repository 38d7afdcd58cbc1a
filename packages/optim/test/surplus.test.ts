/** @file Options that PyTorch has, and arguments that would be ignored. */
import { expect, test } from 'vitest';
import { ChainruleError, ones, Parameter } from '@chainrule/autograd';
import { ReduceLROnPlateau, SGD, StepLR } from '../src/index.js';

const made = (): { p: Parameter; optimizer: SGD } => {
  const p = new Parameter(ones([2]));
  return { p, optimizer: new SGD([p], { lr: 1, momentum: 0.5 }) };
};

test('gradients become zeros if asked for: a step then goes on by its momentum', () => {
  const { p, optimizer } = made();
  p.sum().backward();
  optimizer.step();
  optimizer.zeroGrad({ setToNone: false });
  expect(p.grad?.toArray()).toEqual([0, 0]);
  optimizer.step();
  // 1 − 1 − 1/2: the velocity was 1.
  expect(p.toArray()).toEqual([-0.5, -0.5]);
  optimizer.zeroGrad();
  expect(p.grad).toBeNull();
  optimizer.step();
  expect(p.toArray()).toEqual([-0.5, -0.5]);
  optimizer.zeroGrad({ setToNone: false });
  expect(p.grad).toBeNull();
});

test('refuses arguments that would be ignored', () => {
  const { optimizer } = made();
  const schedule = new StepLR(optimizer, { stepSize: 1 });
  const call = (on: object, name: string, ...args: unknown[]): void =>
    void Reflect.apply(Reflect.get(on, name) as () => unknown, on, args);
  const refused = (f: () => void, message: string): void => {
    expect(f).toThrow(ChainruleError);
    expect(f).toThrow(message);
  };
  refused(() => call(optimizer, 'zeroGrad', { setToNull: true }), 'did you mean setToNone?');
  refused(() => call(optimizer, 'zeroGrad', false), 'must be an object with setToNone, got false');
  refused(() => call(optimizer, 'stateDict', {}), 'stateDict: it takes no arguments');
  refused(() => call(schedule, 'getLastLr', 3), 'getLastLr: it takes no arguments, got 3 as well');
  const plateau = new ReduceLROnPlateau(optimizer);
  refused(() => call(plateau, 'step', 1, 3), 'step: it takes 1 argument, got 3 as well');
  refused(() => Object.assign(optimizer, { paramGroups: [] }), 'paramGroups: it is read-only');
});
