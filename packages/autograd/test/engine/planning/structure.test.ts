/** @file Structures: graphs that need different plans have different structures. */
import { expect, test } from 'vitest';
import { collect } from '../../../src/engine/collect.js';
import { Structure, StructureMap } from '../../../src/engine/structure.js';
import { DTYPES } from '../../../src/graph/dtype.js';
import { constant } from '../../../src/graph/version.js';
import { ones, stack, type Tensor } from '../../../src/index.js';

const structureOf = (t: Tensor): string => collect([t]).structure.copy().join();

test('leaves of every dtype and rank, with and without grad, have structures of their own', () => {
  const leaves = DTYPES.flatMap((dtype) =>
    [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((rank) => {
      const plain = ones(new Array<number>(rank).fill(2)).cast(dtype);
      void plain.dataSync();
      return dtype.startsWith('float') ? [plain, plain.detach().requiresGrad_()] : [plain];
    }),
  );
  expect(new Set(leaves.map((x) => structureOf(stack([x, x])))).size).toBe(leaves.length);
});

test('numbers that matter to simplification are told apart, in every dtype; others are not', () => {
  const known = DTYPES.flatMap((dtype) => [-1, 0, 0.5, 1, 2, 3].map((x) => constant(x, dtype)));
  expect(new Set(known.map((x) => structureOf(stack([x, x])))).size).toBe(known.length);
  const others = [7, 8.5, -0, NaN].map((x) => constant(x, 'float64'));
  expect(new Set(others.map((x) => structureOf(stack([x, x])))).size).toBe(1);
});

// An attribute of an operation is of one kind: a list need not be told from a number.
test('attributes: fractions, signed zeros, NaN, infinities, texts, lists within lists', () => {
  const values = [
    0,
    -0,
    1,
    0.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 31,
    -(2 ** 31),
    'a',
    'b',
    [0],
    [1, 2],
    [[1], [2]],
    [[1, 2], []],
    [0.5],
  ];
  const map = new StructureMap();
  const numbers = [...values, ...values].map((value, k) => {
    const structure = new Structure();
    structure.pushAttrs(
      typeof value === 'boolean' ? { value: [Number(value), -1, -1] } : { value },
    );
    return map.getOrSet(structure, k);
  });
  expect(numbers.slice(0, values.length)).toEqual(values.map((_, k) => k));
  expect(numbers.slice(values.length)).toEqual(values.map((_, k) => k));
});

test('equal numbers that are part of a structure are one instruction; those of other dtypes are others', () => {
  const x = ones([3]);
  void x.dataSync();
  const two = (dtype: 'float32' | 'float64'): Tensor => constant(2, dtype);
  const { nodes } = collect([
    x.mul(two('float32')).add(two('float32')).sub(constant(-1, 'float32')),
  ]);
  const names = nodes.slice(1).map(({ op }) => op?.name);
  expect(names).toEqual(['constant', 'mul', 'add', 'constant', 'sub']);
  const mixed = collect([x.mul(two('float32')).cast('float64').mul(two('float64'))]).nodes;
  expect(mixed.filter(({ op }) => op?.name === 'constant')).toHaveLength(2);
});
