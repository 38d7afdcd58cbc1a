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
