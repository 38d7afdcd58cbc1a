/** @file Element-wise operators on several inputs, which broadcast. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { elementwise } from '../../import/host.js';
import { Known, known, Strings } from '../../import/values.js';
import { ELEMENTS } from '../../schema/elementTypes.js';
import { dimension, divideIntegers, isFloat } from '../helpers.js';
import { operator, type Operator } from '../operator.js';

type Binary = (x: cr.Tensor, y: cr.Tensor) => cr.Tensor;

function binary(
  name: string,
  f: Binary,
  host?: (x: number, y: number) => number,
  dtype?: cr.DType,
): Operator {
  return operator(name, (call) => f(call.tensor(0), aligned(call)), {
    fold: host === undefined ? null : elementwise(host, dtype),
    foldsFrom: 2,
  });
}

/** The second input; up to version 6, an attribute could align it with a dimension of the first. */
function aligned(call: Call): cr.Tensor {
  const [x, y] = [call.tensor(0), call.tensor(1)];
  if (call.version >= 7 || !call.flag('broadcast') || y.size === 1) return y;
  const axis = dimension(call, call.int('axis', x.ndim - y.ndim), x.ndim);
  const trailing = x.ndim - axis - y.ndim;
  if (trailing < 0) call.refuse(`shapes do not broadcast at axis ${axis}`);
  return y.reshape([...y.shape, ...Array.from({ length: trailing }, () => 1)]);
}

/** An operator on any number of inputs, which it combines from the first to the last. */
function variadic(
  name: string,
  f: (x: cr.Tensor, y: cr.Tensor) => cr.Tensor,
  host?: (x: number, y: number) => number,
): Operator {
  const all = host === undefined ? null : elementwise((...xs) => xs.reduce((x, y) => host(x, y)));
  return operator(name, (call) => call.joined(f), { fold: all });
}

const truth = (holds: boolean): number => (holds ? 1 : 0);

/** A quotient of integers is an integer. */
const divide: Binary = (x, y) => (isFloat(x.dtype) ? x.div(y) : divideIntegers(x, y));

/** Of bits those that int32 has: a constant may be as wide as 2⁶³. */
function bitsOf(call: Call, i: number): cr.Tensor {
  const value = call.value(i);
  if (!(value instanceof Known) || value.data instanceof Int32Array) return call.tensor(i);
  return known(
    Int32Array.from(value.data, (x) => x | 0),
    value.shape,
    value.dtype,
  ).tensor;
}

function bitwise(name: string, f: Binary, host: (x: number, y: number) => number): Operator {
  return operator(name, (call) => f(bitsOf(call, 0), bitsOf(call, 1)), {
    fold: elementwise(host),
    foldsFrom: 2,
  });
}

function shift(x: cr.Tensor, y: cr.Tensor, call: Call): cr.Tensor {
  if (call.text('direction') === 'RIGHT') return cr.bitwiseRightShift(x, y);
  const shifted = cr.bitwiseLeftShift(x, y);
  // Bits that are shifted out of a narrow integer are lost.
  const { bits, range } = ELEMENTS[call.type(0) ?? 'int32'];
  if (bits >= 32 || range === undefined) return shifted;
  return cr.remainder(shifted.sub(range[0]), 2 ** bits).add(range[0]);
}

/** `x` to a power, in the dtype of `x`. */
function power(x: cr.Tensor, y: cr.Tensor): cr.Tensor {
  if (isFloat(x.dtype)) return x.pow(y.cast(x.dtype));
  return x.cast('float64').pow(y.cast('float64')).cast('int32');
}

function modulo(x: cr.Tensor, y: cr.Tensor, call: Call): cr.Tensor {
  return call.flag('fmod') ? cr.fmod(x, y) : cr.remainder(x, y);
}

function equal(call: Call): cr.Tensor {
  const [a, b] = [call.value(0), call.value(1)];
  if (!(a instanceof Strings) || !(b instanceof Strings)) return call.tensor(0).eq(aligned(call));
  const codes = new Map<string, number>();
  const encoded = [a, b].map(({ data, shape }) => {
    const numbers = data.map((text) => {
      if (!codes.has(text)) codes.set(text, codes.size);
      return codes.get(text) as number;
    });
    return cr.tensor(Int32Array.from(numbers), { shape });
  }) as [cr.Tensor, cr.Tensor];
  return encoded[0].eq(encoded[1]);
}

export const ARITHMETIC: readonly Operator[] = [
  binary('Add', cr.add, (x, y) => x + y),
  binary('Sub', cr.sub, (x, y) => x - y),
  binary('Mul', cr.mul, (x, y) => x * y),
  operator('Div', (call) => divide(call.tensor(0), aligned(call)), {
    foldsFrom: 2,
    fold: (inputs) =>
      isFloat(inputs[0]!.dtype)
        ? elementwise((x, y) => x / y)(inputs)
        : inputs[1]!.data.includes(0)
          ? null
          : elementwise((x, y) => Math.trunc(x / y))(inputs),
  }),
  binary('Pow', power, (x, y) => x ** y),
  operator('Mod', (call) => modulo(call.tensor(0), call.tensor(1), call), {
    foldsFrom: 2,
    fold: (inputs, call) =>
      inputs[1]!.data.includes(0)
        ? null
        : elementwise((x, y) => (call.flag('fmod') ? x % y : x - y * Math.floor(x / y)))(inputs),
  }),
  operator('Equal', equal, {
    fold: elementwise((x, y) => truth(x === y), 'bool'),
    foldsFrom: 2,
  }),
  binary('Less', cr.lt, (x, y) => truth(x < y), 'bool'),
  binary('LessOrEqual', cr.le, (x, y) => truth(x <= y), 'bool'),
  binary('Greater', cr.gt, (x, y) => truth(x > y), 'bool'),
  binary('GreaterOrEqual', cr.ge, (x, y) => truth(x >= y), 'bool'),
  binary('And', cr.logicalAnd, (x, y) => x & y, 'bool'),
  binary('Or', cr.logicalOr, (x, y) => x | y, 'bool'),
  binary('Xor', cr.logicalXor, (x, y) => x ^ y, 'bool'),
  bitwise('BitwiseAnd', cr.bitwiseAnd, (x, y) => x & y),
  bitwise('BitwiseOr', cr.bitwiseOr, (x, y) => x | y),
  bitwise('BitwiseXor', cr.bitwiseXor, (x, y) => x ^ y),
  operator('BitShift', (call) => shift(call.tensor(0), call.tensor(1), call)),
  variadic('Max', cr.maximum, Math.max),
  variadic('Min', cr.minimum, Math.min),
  variadic('Sum', cr.add, (x, y) => x + y),
  operator('Mean', (call) => call.joined(cr.add).div(call.count)),
  operator('Where', (call) => cr.where(call.tensor(0), call.tensor(1), call.tensor(2)), {
    foldsFrom: 3,
    fold: (inputs) => elementwise((c, x, y) => (c === 0 ? y : x), inputs[1]!.dtype)(inputs),
  }),
];
