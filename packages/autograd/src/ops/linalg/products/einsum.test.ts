/** @file einsum of random equations against loops over every label. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as A from '../../../index.js';
import type { Tensor } from '../../../index.js';

const LABELS = ['a', 'b', 'C', 'd'];
const SIZES: Record<string, number> = { a: 2, b: 3, C: 1, d: 2 };

function filledWith(shape: number[], seed: number): Tensor {
  const size = shape.reduce((x, y) => x * y, 1);
  return A.tensor(
    Float64Array.from({ length: size }, (_, i) => Math.cos(i * 1.7 + seed)),
    { shape },
  );
}

/** The definition: for all values of all labels, the product of the elements is added to its element of the result. */
function naive(inputs: string[], output: string, operands: Tensor[]): number[] {
  const labels = [...new Set(inputs.join(''))];
  const result = new Array<number>([...output].reduce((n, l) => n * (SIZES[l] ?? 1), 1)).fill(0);
  const place = (term: string, at: Record<string, number>): number =>
    [...term].reduce((p, l) => p * (SIZES[l] ?? 1) + (at[l] ?? 0), 0);
  const visit = (d: number, at: Record<string, number>): void => {
    const label = labels[d];
    if (label === undefined) {
      const value = inputs.reduce(
        (v, term, i) => v * (operands[i]?.dataSync()[place(term, at)] ?? NaN),
        1,
      );
      const p = place(output, at);
      result[p] = (result[p] ?? 0) + value;
    } else {
      for (let i = 0; i < (SIZES[label] ?? 1); i++) visit(d + 1, { ...at, [label]: i });
    }
  };
  visit(0, {});
  return result;
}

describe('einsum', () => {
  test('any equation of up to three operands, diagonals included', () => {
    const term = fc.array(fc.constantFrom(...LABELS), { maxLength: 4 }).map((l) => l.join(''));
    const equation = fc.array(term, { minLength: 1, maxLength: 3 }).chain((inputs) =>
      fc.record({
        inputs: fc.constant(inputs),
        output: fc.shuffledSubarray([...new Set(inputs.join(''))]).map((l) => l.join('')),
      }),
    );
    fc.assert(
      fc.property(equation, ({ inputs, output }) => {
        const operands = inputs.map((term, i) =>
          filledWith(
            [...term].map((l) => SIZES[l] ?? 1),
            i,
          ),
        );
        const y = A.einsum(`${inputs.join(',')}->${output}`, ...operands);
        expect(y.shape).toEqual([...output].map((l) => SIZES[l]));
        const expected = naive(inputs, output, operands);
        Array.from(y.dataSync()).forEach((v, i) => expect(v).toBeCloseTo(expected[i] ?? NaN, 10));
      }),
      { numRuns: 150 },
    );
  });

  test('without an arrow the labels that occur once, capitals first', () => {
    const [x, y] = [filledWith([2, 3], 0), filledWith([3, 4], 1)];
    expect(A.einsum('bj,jA', x, y).shape).toEqual([4, 2]);
    expect(A.einsum('ii', filledWith([3, 3], 0)).shape).toEqual([]);
  });

  test('dots stand for further dimensions, which broadcast', () => {
    const [x, y] = [filledWith([5, 1, 2, 3], 0), filledWith([4, 3, 2], 1)];
    const z = A.einsum('...ij,...jk->...ik', x, y);
    expect(z.shape).toEqual([5, 4, 2, 2]);
    expect(Array.from(z.dataSync())).toEqual(Array.from(A.matmul(x, y).dataSync()));
    expect(A.einsum('i...->...', x).shape).toEqual([1, 2, 3]);
  });

  test('says what is wrong', () => {
    const x = filledWith([2, 3], 0);
    expect(() => A.einsum('ij,jk->ik', x)).toThrow(/for 2 operands, got 1/);
    expect(() => A.einsum('ijk->i', x)).toThrow(/names 3 dimensions, operand 0 has shape \[2, 3\]/);
    expect(() => A.einsum('ij->ii', x)).toThrow(/'i' is twice in the result/);
    expect(() => A.einsum('ij->k', x)).toThrow(/'k' of the result is in no operand/);
    expect(() => A.einsum('ij,ij->', x, filledWith([2, 4], 0))).toThrow(
      /'j' has size 3 in one operand and 4/,
    );
    expect(() => A.einsum('i1->i', x)).toThrow(/must be letters/);
  });
});

describe('tensordot', () => {
  test('pairs dimensions by number or by lists', () => {
    const [x, y] = [filledWith([2, 3, 4], 0), filledWith([4, 3, 5], 1)];
    const expected = A.einsum('abc,cbd->ad', x, y).dataSync();
    const actual = A.tensordot(x, y, {
      dims: [
        [2, 1],
        [0, 1],
      ],
    });
    expect(actual.shape).toEqual([2, 5]);
    actual.dataSync().forEach((v, i) => expect(v).toBeCloseTo(expected[i] ?? NaN, 12));
    expect(A.tensordot(x, filledWith([4], 2), 1).shape).toEqual([2, 3]);
    expect(() => A.tensordot(x, y, 2)).toThrow(/tensordot: dimensions \[1, 2\] .* equal sizes/);
  });
});
