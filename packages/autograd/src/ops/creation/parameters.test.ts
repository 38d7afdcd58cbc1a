/** @file Every random function refuses parameters that its distribution does not allow, however they are computed. */
import { describe, expect, it } from 'vitest';
import {
  bernoulli,
  binomial,
  ChainruleError,
  compile,
  exponential,
  gamma,
  grad,
  multinomial,
  normal,
  poisson,
  stack,
  tensor,
  vmap,
  vonMises,
  type Tensor,
} from '../../index.js';

type Draw = (x: Tensor) => Tensor;

/** A draw with one parameter, a value that is allowed, values that are not, and the error for them. */
const cases: Record<string, [Draw, good: number[], bad: number[][], RegExp]> = {
  gamma: [
    gamma,
    [1, 2],
    [
      [1, -1],
      [0, 1],
      [NaN, 1],
    ],
    /^gamma: concentration must be above 0, but element \d is/,
  ],
  poisson: [
    poisson,
    [0, 20],
    [
      [1, -1],
      [NaN, 1],
      [1, Infinity],
    ],
    /^poisson: rate must be finite and at least 0, but element \d is/,
  ],
  'count of binomial': [
    (n) => binomial(n, 0.5),
    [0, 20],
    [
      [1, -1],
      [NaN, 1],
      [1, Infinity],
    ],
    /^binomial: totalCount must be finite and at least 0, but element \d is/,
  ],
  'probability of binomial': [
    (p) => binomial(tensor([3, 4]), p),
    [0, 1],
    [
      [0, -0.1],
      [1.5, 0],
      [NaN, 1],
    ],
    /^binomial: probs must be from 0 to 1, but element \d is/,
  ],
  vonMises: [
    vonMises,
    [0, 3],
    [
      [1, -1],
      [NaN, 1],
    ],
    /^vonMises: concentration must be at least 0, but element \d is/,
  ],
  normal: [
    (std) => normal(0, std),
    [0, 3],
    [
      [1, -1],
      [NaN, 1],
    ],
    /^normal: std must be at least 0, but element \d is/,
  ],
  exponential: [
    exponential,
    [1, 3],
    [
      [1, -1],
      [1, 0],
      [NaN, 1],
    ],
    /^exponential: rate must be above 0, but element \d is/,
  ],
  bernoulli: [
    bernoulli,
    [0, 1],
    [
      [0, -0.1],
      [1.5, 0],
      [NaN, 1],
    ],
    /^bernoulli: a probability must be from 0 to 1, but element \d is/,
  ],
  multinomial: [
    (p) => multinomial(p, 1),
    [0, 1],
    [
      [1, -1],
      [NaN, 1],
      [1, Infinity],
    ],
    /^multinomial: a weight must be finite and at least 0, but element \d is/,
  ],
  'multinomial with replacement': [
    (p) => multinomial(p, 3, { replacement: true }),
    [0, 1],
    [
      [1, -1],
      [NaN, 1],
      [1, Infinity],
    ],
    /^multinomial: a weight must be finite and at least 0, but element \d is/,
  ],
  'sum of multinomial': [
    (p) => multinomial(p, 3, { replacement: true }),
    [0, 1],
    [[0, 0]],
    /^multinomial: the sum of the weights must be finite and above 0, but element 0 is 0/,
  ],
  'categories of multinomial': [
    (p) => multinomial(p, 2),
    [1, 1],
    [[0, 1]],
    /^multinomial: the number of weights above 0 must be at least 2, but element 0 is 1/,
  ],
};

/** Ways in which a tensor of parameters may be computed. */
const ways: Record<string, (draw: Draw, x: Tensor) => Tensor> = {
  given: (draw, x) => draw(x),
  computed: (draw, x) => draw(x.mul(2).div(2)),
  compiled: (draw, x) => compile((y: Tensor) => draw(y.mul(1)).add(0))(x),
  batched: (draw, x) => vmap(draw, 0, 0, { randomness: 'different' })(stack([x, x])),
  differentiated: (draw, x) =>
    grad((y: Tensor) => draw(y).cast('float64').sum().mul(y.sum()))(x.cast('float64')),
};

describe.each(Object.entries(cases))('%s', (_name, [draw, good, bad, message]) => {
  it.each(Object.entries(ways))('%s', (_way, way) => {
    expect(() => way(draw, tensor(good)).dataSync()).not.toThrow();
    for (const values of bad) {
      expect(() => way(draw, tensor(values)).dataSync(), String(values)).toThrow(message);
      expect(() => way(draw, tensor(values)).dataSync(), String(values)).toThrow(ChainruleError);
    }
    expect(() => way(draw, tensor(good)).dataSync()).not.toThrow();
  });
});

it('numbers are refused at the call, whole ones too', () => {
  expect(() => poisson(-1)).toThrow('poisson: rate must be finite and at least 0, got -1');
  expect(() => gamma(0)).toThrow('gamma: concentration must be above 0, got 0');
  expect(() => binomial(3, 1.5)).toThrow('binomial: probs must be from 0 to 1, got 1.5');
  expect(() => normal(0, -1)).toThrow('normal: std must be at least 0, got -1');
  expect(() => bernoulli(tensor([2], { dtype: 'int32' }))).toThrow(/element 0 is 2/);
  expect(() => poisson(tensor([-1], { dtype: 'int32' })).item()).toThrow(/element 0 is -1/);
});
