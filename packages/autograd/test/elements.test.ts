/** @file Element-wise operations at their edges: NaN, infinities, signed zeros, kinks and ties, against PyTorch's answers. */
import { describe, expect, test } from 'vitest';
import * as chainrule from '../src/index.js';
import { grad, ones, tensor, type Tensor } from '../src/index.js';
import { elementCases } from './fixtures/elementCases.js';

type Operation = (...args: readonly unknown[]) => Tensor;

/**
 * Where this library differs from PyTorch on purpose, or where PyTorch is not exact: see the operations' docstrings.
 * `operand`: of which gradient; without it, of the value.
 */
interface Difference {
  readonly name: string;
  readonly operand?: number;
  readonly why: string;
  differs(x: readonly number[]): boolean;
}

const nan = ([x]: readonly number[]): boolean => Number.isNaN(x);
const passesNan = {
  operand: 0,
  why: 'the gradient of NaN passes, as that of relu does; PyTorch gives 0',
  differs: nan,
};

const differences: readonly Difference[] = [
  { ...passesNan, name: 'clamp' },
  {
    ...passesNan,
    name: 'clamp',
    operand: 2,
    why: 'where min > max PyTorch gives it to max, also for NaN',
  },
  { ...passesNan, name: 'hardtanh' },
  { ...passesNan, name: 'relu6' },
  { ...passesNan, name: 'logit' },
  {
    name: 'hardsigmoid',
    operand: 0,
    why: 'PyTorch multiplies by 1/6 in float32',
    differs: () => true,
  },
  // Derivatives at the tails, compared with multiple precision in operations/accuracy.test.ts.
  ...['tanh', 'sigmoid', 'softsign'].map((name) => ({
    name,
    operand: 0,
    why: 'PyTorch takes it from the rounded result, which has lost it',
    differs: ([x]: readonly number[]) => Math.abs(x as number) >= 6,
  })),
  { name: 'acosh', operand: 0, why: 'outside of its domain', differs: ([x]) => x === -1 },
  {
    name: 'xlogy',
    operand: 1,
    why: '0 ln y is 0 for every y; PyTorch divides 0 by 0',
    differs: ([x, y]) => x === 0 && y === 0,
  },
  ...[0, 1].map((operand) => ({
    name: 'logaddexp',
    operand,
    why: 'nothing contributes to a sum of nothing, as in logsumexp; PyTorch subtracts infinities',
    differs: ([x, y]: readonly number[]) => x === -Infinity && y === -Infinity,
  })),
];

function close(actual: number, expected: number, tolerance: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  if (!Number.isFinite(expected)) return actual === expected;
  return Math.abs(actual - expected) <= tolerance * Math.abs(expected) + 1e-300;
}

describe('element-wise operations agree with PyTorch at edges', () => {
  test.each(elementCases.map((c) => [`${c[0]} ${Object.keys(c[1]).join(' ')}`, c] as const))(
    '%s',
    (_title, c) => {
      const [name, options, operands, value, gradients] = c;
      const xs = operands.map((x) => tensor(Float64Array.from(x), { requiresGrad: true }));
      const f = (chainrule as unknown as Record<string, Operation>)[name] as Operation;
      const y = Object.keys(options).length > 0 ? f(...xs, options) : f(...xs);
      const at = (i: number): string =>
        `${name}(${operands.map((x) => x[x.length === 1 ? 0 : i]).join(', ')})`;
      const wrong: string[] = [];
      const compare = (
        what: string,
        operand: number | undefined,
        actual: ArrayLike<number>,
        expected: readonly number[],
      ): void => {
        expected.forEach((e, i) => {
          const x = operands.map((o) => o[o.length === 1 ? 0 : i] as number);
          if (differences.some((d) => d.name === name && d.operand === operand && d.differs(x)))
            return;
          if (!close(actual[i] as number, e, 1e-14))
            wrong.push(`${what} ${at(i)} = ${actual[i]}, PyTorch ${e}`);
        });
      };
      gradients.forEach((expected, k) => {
        if (expected === null) return;
        const [g] = grad([y], [xs[k] as Tensor], {
          gradOutputs: [ones(y.shape, { dtype: 'float64' })],
          retainGraph: true,
        });
        compare('gradient', k, g.dataSync(), expected);
      });
      compare('value', undefined, y.dataSync(), value);
      expect(wrong).toEqual([]);
    },
  );
});
