/** @file What `scan` refuses, and that it works as before afterwards. */
import { describe, expect, test } from 'vitest';
import {
  ChainruleError,
  compile,
  DTypeError,
  GradError,
  scan,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { b } from './byHand.js';

describe('errors of scan', () => {
  const h = zeros([2]);
  const xs = zeros([3, 2]);

  test.each<[string, () => unknown, RegExp, unknown]>([
    [
      'a carry of another shape',
      () => scan((c: { a: Tensor }, x: Tensor) => [{ a: c.a.matmul(x) }, null], { a: h }, xs),
      /carry\.a has shape \[2\], but the body returns \[\]/,
      ShapeError,
    ],
    [
      'a carry of another dtype',
      () => scan((c: Tensor[]) => [[(c[0] as Tensor).gt(0)], null], [h], xs),
      /carry\[0\] is float32, but the body returns bool/,
      DTypeError,
    ],
    [
      'another tree',
      () => scan(((c: Tensor) => [{ c }, null]) as never, h, xs),
      /a carry like the one it is given, \*; got \{ c: \* \}/,
      ShapeError,
    ],
    [
      'one part',
      () => scan(((c: Tensor) => c) as never, h, xs),
      /must return \[carry, y\]/,
      ChainruleError,
    ],
    [
      'a value that is read',
      () => scan((c: Tensor) => [c.add(c.sum().item()), null], h, xs),
      /scan.*a plain loop may read/,
      ChainruleError,
    ],
    [
      'the same while compiled',
      () => compile(() => scan((c: Tensor) => [c.add(c.sum().item()), null], h, xs))(),
      /scan.*a plain loop may read/,
      ChainruleError,
    ],
    [
      'sequences of two lengths',
      () => scan((c: Tensor) => [c, null], h, { a: xs, b: zeros([4]) }),
      /xs\.b of shape \[4\] has length 4.*the length of xs\.a is 3/,
      ShapeError,
    ],
    [
      'another length',
      () => scan((c: Tensor) => [c, null], h, xs, { length: 2 }),
      /xs of shape \[3, 2\] has length 3.*length is 2/,
      ShapeError,
    ],
    [
      'a sequence without dimensions',
      () => scan((c: Tensor) => [c, null], h, tensor(1)),
      /xs has no dimensions/,
      ShapeError,
    ],
    [
      'nothing that says how long',
      () => scan((c: Tensor) => [c, null], h, null),
      /give \{ length \}/,
      ChainruleError,
    ],
    [
      'half a step',
      () => scan((c: Tensor) => [c, null], h, null, { length: 1.5 }),
      /whole number/,
      ChainruleError,
    ],
    [
      'an unknown option',
      () => scan((c: Tensor) => [c, null], h, xs, { revers: true } as never),
      /no option 'revers'; did you mean reverse/,
      ChainruleError,
    ],
    [
      'no function',
      () => scan(5 as never, h, xs),
      /the body must be a function, got 5/,
      ChainruleError,
    ],
    [
      'a number as carry',
      () => scan((c: never) => [c, null], { n: 1 } as never, xs),
      /only tensors, got/,
      ChainruleError,
    ],
    [
      'backward inside',
      () => scan((c: Tensor) => (b.sum().backward(), [c, null]), h, xs),
      /backward: cannot be called inside scan/,
      GradError,
    ],
  ])('%s', (_name, f, message, type) => {
    expect(f).toThrow(message);
    expect(f).toThrow(type);
    expect(scan((c: Tensor, x: Tensor) => [c.add(x), null], h, xs)[0].toArray()).toEqual([0, 0]);
  });
});
