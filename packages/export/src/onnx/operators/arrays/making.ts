/** @file Operators that create tensors: constants, ranges, triangles. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { constantOf } from '../../import/constant.js';
import { countOf, DEFAULT_LIMITS } from '../../import/limits.js';
import { known } from '../../import/values.js';
import { operator, type Operator, type Result } from '../operator.js';

function constantOfShape(call: Call): Result {
  const shape = call.numbers(0);
  const value = call.constant('value') ?? known([0], [1], 'float32');
  const count = countOf(shape, DEFAULT_LIMITS, 'a constant');
  if (count <= 4096)
    return known(new Array<number>(count).fill(value.data[0] ?? 0), shape, value.dtype);
  const x = value.data[0] ?? 0;
  return value.dtype === 'bool'
    ? cr.full(shape, x !== 0, { dtype: 'bool' })
    : cr.full(shape, x, { dtype: value.dtype });
}

/** The shape in early operators: that of the input, or the numbers of the input, or an attribute. */
function shapeGiven(call: Call): number[] {
  if (!call.has(0)) return call.ints('shape', []);
  const shape = call.flag('input_as_shape') ? call.numbers(0) : call.shape(0);
  return [...shape, ...call.ints('extra_shape', [])];
}

function constantFill(call: Call): Result {
  const { dtype } = call.elementType('dtype', 1);
  const shape = shapeGiven(call);
  call.within(shape);
  const value = call.float('value', 0);
  if (dtype === 'bool') return cr.full(shape, value !== 0, { dtype });
  return cr.full(shape, value, { dtype });
}

function givenTensorFill(call: Call): Result {
  return known(call.floats('values'), shapeGiven(call), 'float32').tensor;
}

function rangeOf(call: Call): Result {
  const [start, limit, delta] = [call.number(0), call.number(1), call.number(2)] as const;
  if (delta === 0) call.refuse('the step is 0');
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  call.checkedSize(count);
  const { dtype } = call.known(0) ?? call.tensor(0);
  return known(
    Array.from({ length: count }, (_, i) => start + i * delta),
    [count],
    dtype,
  );
}

function eyeLike(call: Call): Result {
  const x = call.tensor(0);
  const [n, m] = x.shape as [number, number];
  const dtype = call.attributeGiven('dtype') ? call.elementType('dtype').dtype : x.dtype;
  const k = call.int('k', 0);
  return cr.arange(m).unsqueeze(0).sub(cr.arange(n).unsqueeze(1)).eq(k).cast(dtype);
}

function trilu(call: Call): Result {
  const x = call.tensor(0);
  const k = call.has(1) ? call.number(1) : 0;
  const cast = x.dtype === 'bool' ? x.cast('int32') : x;
  const y = call.flag('upper', true) ? cr.triu(cast, k) : cr.tril(cast, k);
  return y.cast(x.dtype);
}

export const MAKING: readonly Operator[] = [
  operator('Constant', (call) => constantOf(call.attributes) ?? call.refuse('it holds nothing')),
  operator('ConstantOfShape', constantOfShape),
  operator('ConstantFill', constantFill, { constants: [0] }),
  operator('GivenTensorFill', givenTensorFill, { constants: [0] }),
  operator('Range', rangeOf, { constants: [0, 1, 2] }),
  operator('EyeLike', eyeLike),
  operator('Trilu', trilu),
];
