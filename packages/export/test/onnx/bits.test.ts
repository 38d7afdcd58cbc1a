/** @file Bits of integers that are wider in a file than here. */
import { expect, test } from 'vitest';
import { tensor } from '@chainrule/autograd';
import { importOnnx } from '@chainrule/export';
import { attribute, fileOf, node, weight } from './files.js';

const long = (name: string, value: bigint): ReturnType<typeof weight> =>
  weight({ name, dataType: 13, uint64Data: [Number(value)] });

test('a shift to the right that PyTorch writes with 64 unsigned bits, of which it sets the highest', () => {
  const cast = (x: string, y: string, to: number): ReturnType<typeof node> =>
    node('Cast', [x], [y], [attribute({ name: 'to', type: 2, i: to })]);
  const direction = attribute({ name: 'direction', type: 3, s: new TextEncoder().encode('RIGHT') });
  const bytes = fileOf(
    {
      node: [
        cast('x', 'unsigned', 13),
        node('BitShift', ['unsigned', 'one'], ['shifted'], [direction]),
        node('BitwiseOr', ['shifted', 'highest'], ['negative']),
        cast('negative', 'a', 7),
        cast('shifted', 'b', 7),
        node('Less', ['x', 'zero'], ['below']),
        node('Where', ['below', 'a', 'b'], ['y']),
      ],
      initializer: [
        long('one', 1n),
        long('highest', 2n ** 63n),
        weight({ name: 'zero', dataType: 7, int64Data: [0] }),
      ],
    },
    { opsetImport: [{ domain: '', version: 18 }] },
  );
  const x = tensor(Int32Array.of(-20, -1, 0, 7, 19));
  expect(importOnnx(bytes).run(x)[0]?.toArray()).toEqual([-10, -1, 0, 3, 9]);
});

/** Reads the bits of x, given in a file's type, as another one. */
function bitsOf(from: number, x: readonly number[], to: number): unknown {
  const tensorOf = (dataType: number): object => {
    if (dataType === 7) return { int64Data: x };
    if (dataType === 13 || dataType === 12) return { uint64Data: x };
    if (dataType === 11) return { doubleData: x };
    return dataType === 1 ? { floatData: x } : { int32Data: x };
  };
  const file = fileOf({
    node: [node('BitCast', ['w'], ['y'], [attribute({ name: 'to', type: 2, i: to })])],
    initializer: [weight({ name: 'w', dims: [x.length], dataType: from, ...tensorOf(from) })],
    input: [],
    output: [{ name: 'y' }],
  });
  return importOnnx(file).run()[0]?.toArray();
}

test('bits of every width are read as another type of that width', () => {
  // numpy: np.array(x, from).view(to)
  expect(bitsOf(1, [1, -0], 6)).toEqual([1065353216, -2147483648]);
  expect(bitsOf(12, [0x3f800000, 0x7f800000], 1)).toEqual([1, Infinity]);
  expect(bitsOf(5, [15360, -16384], 10)).toEqual([1, -2]);
  expect(bitsOf(10, [15360, 49152], 4)).toEqual([15360, 49152]);
  expect(bitsOf(16, [0x3f80, 0xc000], 5)).toEqual([16256, -16384]);
  expect(bitsOf(3, [-1, 5], 2)).toEqual([255, 5]);
  expect(bitsOf(11, [5e-324, 0], 7)).toEqual([1, 0]);
  expect(bitsOf(7, [3, 2147483647], 11)).toEqual([1.5e-323, 1.0609978949885705e-314]);
  expect(bitsOf(13, [1], 7)).toEqual([1]);
});

test('bits that are an integer beyond int32 are refused, and so are other widths', () => {
  expect(() => bitsOf(11, [0, 1.5], 7)).toThrow(/bits of 1\.5 are an integer that does not fit/);
  expect(() => bitsOf(1, [-1], 12)).toThrow(/bits of -1 are an integer that does not fit/);
  expect(() => bitsOf(1, [1], 7)).toThrow(/the bits of float cannot be read as int64/);
});
