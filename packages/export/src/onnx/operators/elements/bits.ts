/** @file The same bits as another type of the same width. */
import { halfBytes } from '../../../halves.js';
import type { Call } from '../../import/call.js';
import { fromBytes } from '../../import/tensors.js';
import type { Known } from '../../import/values.js';
import { ELEMENTS, TYPE_OF, type ElementType } from '../../schema/elementTypes.js';
import { operator, type Operator } from '../operator.js';

/** Writes numbers in a type, little-endian; the types whose bits can be read as another one. */
const WRITERS: Partial<Record<ElementType, (data: readonly number[]) => ArrayBufferView>> = {
  float: (data) => Float32Array.from(data),
  int32: (data) => Int32Array.from(data),
  uint32: (data) => Uint32Array.from(data),
  uint8: (data) => Uint8Array.from(data),
  int8: (data) => Int8Array.from(data),
  bool: (data) => Uint8Array.from(data),
  uint16: (data) => Uint16Array.from(data),
  int16: (data) => Int16Array.from(data),
  float16: (data) => halfBytes(Float32Array.from(data), 'float16'),
  bfloat16: (data) => halfBytes(Float32Array.from(data), 'bfloat16'),
  double: (data) => Float64Array.from(data),
  int64: (data) => BigInt64Array.from(data, (x) => BigInt(x)),
  uint64: (data) => BigUint64Array.from(data, (x) => BigInt(x)),
};

/** The same bits as another type. Integers of 64 bits must fit in int32, as everywhere here. */
function bitCasted(call: Call): Known {
  const from = call.type(0) ?? TYPE_OF[call.tensor(0).dtype];
  const { type: to } = call.elementType('to');
  const [write, read] = [WRITERS[from], WRITERS[to]];
  if (write === undefined || read === undefined || ELEMENTS[from].bits !== ELEMENTS[to].bits)
    call.refuse(`the bits of ${from} cannot be read as ${to} here`);
  const shape = call.shape(0);
  const numbers = call.numbers(0);
  const { buffer, byteOffset, byteLength } = write(numbers);
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const made = fromBytes(bytes, to, shape, numbers.length, 'the result of BitCast');
  const lost = made.dtype === 'int32' ? made.data.findIndex((x) => x !== (x | 0)) : -1;
  if (lost >= 0)
    call.refuse(`the bits of ${numbers[lost]} are an integer that does not fit in int32`);
  return made;
}

export const BITS: readonly Operator[] = [operator('BitCast', bitCasted)];
