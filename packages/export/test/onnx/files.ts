/** @file Small ONNX files for tests, valid and broken. */
import { expect } from 'vitest';
import { FormatError } from '@chainrule/autograd';
import { importOnnx, type ImportOnnxOptions } from '@chainrule/export';
import { encode } from '../../src/onnx/protobuf/encode.js';
import { MODEL } from '../../src/onnx/schema/onnx.js';
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
} from '../../src/onnx/schema/protos.js';

export const attribute = (given: Partial<AttributeProto>): AttributeProto => ({
  floats: [],
  ints: [],
  strings: [],
  tensors: [],
  ...given,
});
export const node = (
  opType: string,
  input: string[],
  output: string[],
  attributes: AttributeProto[] = [],
  domain?: string,
): NodeProto => ({
  opType,
  input,
  output,
  attribute: attributes,
  domain,
});
export const weight = (given: Partial<TensorProto>): TensorProto => ({
  dims: [],
  floatData: [],
  int32Data: [],
  stringData: [],
  int64Data: [],
  externalData: [],
  doubleData: [],
  uint64Data: [],
  dataType: 1,
  name: 'w',
  ...given,
});
export const graph = (given: Partial<GraphProto>): GraphProto => ({
  node: [node('Relu', ['x'], ['y'])],
  initializer: [],
  sparseInitializer: [],
  input: [{ name: 'x' }],
  output: [{ name: 'y' }],
  valueInfo: [],
  ...given,
});
export const fileOf = (g: Partial<GraphProto>, more: Partial<ModelProto> = {}): Uint8Array =>
  encode(
    {
      irVersion: 8,
      graph: graph(g),
      opsetImport: [{ version: 17 }],
      metadata: [],
      functions: [],
      ...more,
    },
    MODEL,
  );

/** The message of the error by which a file is refused. */
export function refused(bytes: Uint8Array, options?: ImportOnnxOptions): string {
  try {
    importOnnx(bytes, options);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  throw new Error('it was read');
}
