/** @file Attributes and tensors in the form of the file. */
import type { DType } from '@chainrule/autograd';
import { ELEMENTS } from '../schema/elementTypes.js';
import { ATTRIBUTE } from '../schema/onnx.js';
import type { AttributeProto, GraphProto, TensorProto } from '../schema/protos.js';

export type AttributeValue =
  number | string | readonly number[] | { readonly float: number } | { readonly graph: GraphProto };

/** The element type that holds a dtype exactly. */
export const CODE: Readonly<Record<DType, number>> = {
  float32: ELEMENTS.float.code,
  float64: ELEMENTS.double.code,
  int32: ELEMENTS.int32.code,
  bool: ELEMENTS.bool.code,
};

export const INT64 = ELEMENTS.int64.code;

/** The end of a slice that goes to the end, and of a reversed one that includes the first element. */
export const [TO_END, BEFORE_START] = [2 ** 31 - 1, -(2 ** 31)];

export function attributeOf(name: string, value: AttributeValue): AttributeProto {
  const empty = { name, floats: [], ints: [], strings: [], tensors: [] };
  if (typeof value === 'number') return { ...empty, type: ATTRIBUTE.int, i: value };
  if (typeof value === 'string')
    return { ...empty, type: ATTRIBUTE.string, s: new TextEncoder().encode(value) };
  if ('graph' in value) return { ...empty, type: ATTRIBUTE.graph, g: value.graph };
  if ('float' in value) return { ...empty, type: ATTRIBUTE.float, f: value.float };
  return { ...empty, type: ATTRIBUTE.ints, ints: [...value] };
}

export function tensorProto(
  name: string,
  dims: readonly number[],
  dataType: number,
  rawData: Uint8Array,
): TensorProto {
  const lists = {
    floatData: [],
    int32Data: [],
    stringData: [],
    int64Data: [],
    doubleData: [],
    uint64Data: [],
  };
  return {
    ...lists,
    externalData: [],
    name: name === '' ? undefined : name,
    dims: [...dims],
    dataType,
    rawData,
  };
}

export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
