/** @file Narrow floats: their bits, and rounding to them. */
import { describe, expect, test } from 'vitest';
import { compile, grad, tensor, type Tensor } from '@chainrule/autograd';
import { rounded } from '../../src/onnx/operators/elements/rounding.js';
import { ELEMENTS, type ElementType } from '../../src/onnx/schema/elementTypes.js';
import { nearestNumber, numberOf, type FloatFormat } from '../../src/onnx/schema/floatFormat.js';

const formatOf = (type: ElementType): FloatFormat => ELEMENTS[type].format as FloatFormat;

/** All finite numbers of a format from 0 upwards. */
function numbersOf(type: ElementType): number[] {
  const { bits, format } = ELEMENTS[type] as { bits: number; format: FloatFormat };
  const all = Array.from({ length: 2 ** (bits - 1) }, (_, i) => numberOf(i, bits, format));
  return all.filter(Number.isFinite);
}

describe.each([
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'float4e2m1',
] as const)('%s', (type) => {
  const numbers = numbersOf(type);

  test('its numbers stay, and between two of them the nearer one is taken, or the even one', () => {
    expect(numbers.at(-1)).toBe(formatOf(type).max);
    const pairs = numbers.slice(1).map((b, i) => [numbers[i] as number, b, i] as const);
    const given = [
      ...numbers,
      ...pairs.flatMap(([a, b]) => [a + 0.499 * (b - a), (a + b) / 2, a + 0.501 * (b - a)]),
    ];
    const right = [...numbers, ...pairs.flatMap(([a, b, i]) => [a, i % 2 === 0 ? a : b, b])];
    const x = tensor(Float32Array.from([...given, ...given.map((v) => -v)]));
    const y = rounded(x, formatOf(type), { saturate: true });
    expect(y.toArray()).toEqual([...right, ...right.map((v) => -v)]);
  });

  test('what is too large is the largest number, or none', () => {
    const { max, special } = formatOf(type);
    const x = tensor([2 * max, -Infinity]);
    expect(rounded(x, formatOf(type), { saturate: true }).toArray()).toEqual([max, -max]);
    const none = special === 'none' ? max : special === 'ieee' ? Infinity : NaN;
    expect(rounded(x, formatOf(type), { saturate: false }).toArray()).toEqual([none, -none]);
  });
});

test.each(['float16', 'bfloat16'] as const)('%s: tensors round as numbers do', (type) => {
  const numbers = numbersOf(type).filter((_, i) => i % 7 < 2);
  const given = numbers.flatMap((a, i) => [a, (a + (numbers[i + 1] ?? a)) / 2]);
  const x = tensor(Float32Array.from(given));
  const right = given.map((v) => Math.fround(nearestNumber(Math.fround(v), formatOf(type))));
  expect(rounded(x, formatOf(type), { saturate: false }).toArray()).toEqual(right);
});

test('a gradient passes through, in compiled functions too', () => {
  const f = (x: Tensor): Tensor =>
    rounded(x, formatOf('float8e4m3fn'), { saturate: true }).mul(3).sum();
  expect(compile(grad(f))(tensor([1.1, 700])).toArray()).toEqual([3, 3]);
});
