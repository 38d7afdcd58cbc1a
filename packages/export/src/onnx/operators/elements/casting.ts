/** @file Casts between the element types of ONNX. Several of these share one dtype here. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { Known, known, Strings, type Value } from '../../import/values.js';
import { ELEMENTS, TYPE_OF, type ElementType } from '../../schema/elementTypes.js';
import { nearestNumber } from '../../schema/floatFormat.js';
import { isFloat } from '../helpers.js';
import { operator, type Operator } from '../operator.js';
import { rounded, type Rounding } from './rounding.js';

interface Target {
  readonly type: ElementType;
  readonly dtype: cr.DType;
}

/** Numbers as text, in the format of NumPy. */
function asTexts(call: Call): Strings {
  const value = call.value(0);
  if (value instanceof Strings) return value;
  const { dtype, shape } = call.tensor(0);
  const text = (x: number): string => {
    if (dtype === 'bool') return x === 0 ? 'False' : 'True';
    if (!Number.isFinite(x)) return String(x).toLowerCase().replace('infinity', 'inf');
    if (dtype !== 'float32') return String(x);
    // The shortest decimal number that rounds to this float32.
    const short = [6, 7, 8, 9].map((n) => Number(x.toPrecision(n)));
    return String(short.find((y) => Math.fround(y) === x) ?? x);
  };
  return new Strings(call.numbers(0).map(text), shape);
}

/** The range of an integer type narrower than int32, whose numbers wrap around; null for other types. */
function narrow(type: ElementType): readonly [low: number, high: number] | null {
  const { range, bits } = ELEMENTS[type];
  return range !== undefined && bits < 32 ? range : null;
}

/** Casts to integers drop the fraction, and wrap around if the number does not fit; casts to narrower floats round. */
function casted(call: Call, { type, dtype }: Target): Value {
  const value = call.value(0);
  const { format } = ELEMENTS[type];
  if (value instanceof Strings) {
    const x = known(value.data.map(Number), value.shape, dtype);
    return format === undefined ? x : rounded(x.tensor, format, overflowOf(call, type));
  }
  const x = call.tensor(0);
  if (format !== undefined) return rounded(x, format, overflowOf(call, type));
  const range = narrow(type);
  if (range === null || x.dtype === 'bool') return x.cast(dtype);
  const [low, high] = range;
  return cr.remainder(x.cast('int32').sub(low), high - low + 1).add(low);
}

/** The attributes of a cast that say what becomes of numbers that do not fit; floats of 16 bits have infinities for them. */
function overflowOf(call: Call, type: ElementType): Rounding {
  return {
    saturate: ELEMENTS[type].bits <= 8 && call.flag('saturate', true),
    direction: call.text('round_mode', 'up') as NonNullable<Rounding['direction']>,
  };
}

/** Like `casted`, but for known numbers. */
function foldCast(x: Known, { type, dtype }: Target): Known | null {
  if (dtype === 'bool')
    return known(
      Array.from(x.data, (v) => (v === 0 ? 0 : 1)),
      x.shape,
      dtype,
    );
  const { format } = ELEMENTS[type];
  if (format !== undefined) {
    if (format.special !== 'ieee' || ELEMENTS[type].bits < 16) return null;
    return known(
      Array.from(x.data, (v) => nearestNumber(v, format)),
      x.shape,
      dtype,
    );
  }
  if (isFloat(dtype)) return known(x.data, x.shape, dtype);
  const range = narrow(type);
  if (!isFloat(x.dtype) && range === null) return new Known(x.data, x.shape, dtype);
  const [low, high] = range ?? [-(2 ** 31), 2 ** 31 - 1];
  const size = high - low + 1;
  const data = Array.from(x.data, (v) => {
    const whole = Number.isNaN(v) ? 0 : Math.trunc(v);
    if (range === null) return Math.min(Math.max(whole, low), high);
    return whole - low - size * Math.floor((whole - low) / size) + low;
  });
  return known(data, x.shape, dtype);
}

function likeSecond(call: Call, { dtype }: { readonly dtype: cr.DType }): Target {
  return { type: call.type(1) ?? TYPE_OF[dtype], dtype };
}

export const CASTING: readonly Operator[] = [
  operator(
    'Cast',
    (call) =>
      call.typeCode('to') === ELEMENTS.string.code
        ? asTexts(call)
        : casted(call, call.elementType('to')),
    {
      fold: ([x], call) =>
        call.typeCode('to') === ELEMENTS.string.code ? null : foldCast(x!, call.elementType('to')),
    },
  ),
  operator(
    'CastLike',
    (call) =>
      call.value(1) instanceof Strings
        ? asTexts(call)
        : casted(call, likeSecond(call, call.tensor(1))),
    { fold: ([x, like], call) => foldCast(x!, likeSecond(call, like!)), foldsFrom: 2 },
  ),
];
