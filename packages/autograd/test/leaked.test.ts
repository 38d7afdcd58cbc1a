/** @file Values that left the function in which they were recorded: keeping them is refused, and no later run fails. */
import { expect, test } from 'vitest';
import {
  cell,
  ChainruleError,
  compile,
  ones,
  Parameter,
  tensor,
  type Tensor,
} from '../src/index.js';
import { leaked } from './misuse/values.js';

function works(): boolean {
  const x = tensor([1, 2, 3], { requiresGrad: true });
  const y = x.mul(x).sum();
  y.backward();
  return y.item() === 14 && String(x.grad?.toArray()) === '2,4,6';
}

test.each<[string, () => unknown]>([
  ['a parameter', () => new Parameter(leaked())],
  ['a cell', () => cell(leaked())],
  ['an assignment', () => new Parameter(ones([3])).assign(leaked())],
  ['a gradient', () => (new Parameter(ones([3])).grad = leaked())],
])('%s', (_, keep) => {
  expect(keep).toThrow(ChainruleError);
  expect(keep).toThrow('has no value outside that function; return it from the function');
  expect(works()).toBe(true);
});

test('a value made from a leaked tensor throws once, at its first evaluation', () => {
  const kept = new Parameter(leaked().mul(2));
  expect(() => works()).toThrow('return it from the function');
  expect(works()).toBe(true);
  expect(() => kept.dataSync()).toThrow('return it from the function');
  expect(works()).toBe(true);
});

test('an assigned one is forgotten, and the parameter keeps its value', () => {
  const p = new Parameter(ones([3]));
  p.assign(leaked().mul(2));
  expect(() => works()).toThrow('return it from the function');
  expect(p.toArray()).toEqual([1, 1, 1]);
  expect(works()).toBe(true);
});

test('all of it is allowed inside the transform', () => {
  const state = cell(ones([3]));
  const step = compile((x: Tensor) => {
    state.assign(state.add(x));
    return state.sum();
  });
  expect([step(ones([3])).item(), step(ones([3])).item()]).toEqual([6, 9]);
  expect(works()).toBe(true);
});
