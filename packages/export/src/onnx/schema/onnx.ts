/** @file The messages of an ONNX file with their field numbers, and the codes of attribute types. */
import { many, message, messages, one, type Schema } from '../protobuf/schema.js';
import type {
  AttributeProto,
  DimensionProto,
  ElementTypeProto,
  EntryProto,
  FunctionProto,
  GraphProto,
  MapTypeProto,
  ModelProto,
  NodeProto,
  OperatorSetProto,
  ShapeProto,
  SparseTensorProto,
  TensorProto,
  TensorTypeProto,
  TypeProto,
  ValueInfoProto,
} from './protos.js';

/** The codes of attribute types. */
export const ATTRIBUTE = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  sparse: 11,
} as const;

export const MODEL: Schema<ModelProto> = {
  name: 'ModelProto',
  fields: {
    irVersion: one(1, 'int'),
    producerName: one(2, 'text'),
    producerVersion: one(3, 'text'),
    graph: message(7, () => GRAPH),
    opsetImport: messages(8, () => OPERATOR_SET),
    metadata: messages(14, () => ENTRY),
    functions: messages(25, () => FUNCTION),
  },
};

const OPERATOR_SET: Schema<OperatorSetProto> = {
  name: 'OperatorSetIdProto',
  fields: { domain: one(1, 'text'), version: one(2, 'int') },
};

const ENTRY: Schema<EntryProto> = {
  name: 'StringStringEntryProto',
  fields: { key: one(1, 'text'), value: one(2, 'text') },
};

const GRAPH: Schema<GraphProto> = {
  name: 'GraphProto',
  fields: {
    node: messages(1, () => NODE),
    name: one(2, 'text'),
    initializer: messages(5, () => TENSOR),
    sparseInitializer: messages(15, () => SPARSE_TENSOR),
    input: messages(11, () => VALUE_INFO),
    output: messages(12, () => VALUE_INFO),
    valueInfo: messages(13, () => VALUE_INFO),
  },
};

const FUNCTION: Schema<FunctionProto> = {
  name: 'FunctionProto',
  fields: {
    name: one(1, 'text'),
    input: many(4, 'text'),
    output: many(5, 'text'),
    attribute: many(6, 'text'),
    attributeProto: messages(11, () => ATTRIBUTE_MESSAGE),
    node: messages(7, () => NODE),
    opsetImport: messages(9, () => OPERATOR_SET),
    domain: one(10, 'text'),
  },
};

const NODE: Schema<NodeProto> = {
  name: 'NodeProto',
  fields: {
    input: many(1, 'text'),
    output: many(2, 'text'),
    name: one(3, 'text'),
    opType: one(4, 'text'),
    domain: one(7, 'text'),
    attribute: messages(5, () => ATTRIBUTE_MESSAGE),
  },
};

const ATTRIBUTE_MESSAGE: Schema<AttributeProto> = {
  name: 'AttributeProto',
  fields: {
    name: one(1, 'text'),
    type: one(20, 'int'),
    refName: one(21, 'text'),
    f: one(2, 'float'),
    i: one(3, 'int'),
    s: one(4, 'bytes'),
    t: message(5, () => TENSOR),
    g: message(6, () => GRAPH),
    sparse: message(22, () => SPARSE_TENSOR),
    floats: many(7, 'float'),
    ints: many(8, 'int'),
    strings: many(9, 'bytes'),
    tensors: messages(10, () => TENSOR),
  },
};

export const TENSOR: Schema<TensorProto> = {
  name: 'TensorProto',
  fields: {
    dims: many(1, 'int'),
    dataType: one(2, 'int'),
    floatData: many(4, 'float'),
    int32Data: many(5, 'int'),
    stringData: many(6, 'bytes'),
    int64Data: many(7, 'int'),
    name: one(8, 'text'),
    rawData: one(9, 'bytes'),
    externalData: messages(13, () => ENTRY),
    dataLocation: one(14, 'int'),
    doubleData: many(10, 'double'),
    uint64Data: many(11, 'int'),
  },
};

const SPARSE_TENSOR: Schema<SparseTensorProto> = {
  name: 'SparseTensorProto',
  fields: {
    values: message(1, () => TENSOR),
    indices: message(2, () => TENSOR),
    dims: many(3, 'int'),
  },
};

const VALUE_INFO: Schema<ValueInfoProto> = {
  name: 'ValueInfoProto',
  fields: { name: one(1, 'text'), type: message(2, () => TYPE) },
};

const TYPE: Schema<TypeProto> = {
  name: 'TypeProto',
  fields: {
    tensor: message(1, () => TENSOR_TYPE),
    sequence: message(4, () => ELEMENT_TYPE),
    map: message(5, () => MAP_TYPE),
    optional: message(9, () => ELEMENT_TYPE),
  },
};

const TENSOR_TYPE: Schema<TensorTypeProto> = {
  name: 'TypeProto.Tensor',
  fields: { elementType: one(1, 'int'), shape: message(2, () => SHAPE) },
};

const ELEMENT_TYPE: Schema<ElementTypeProto> = {
  name: 'TypeProto.Sequence',
  fields: { elementType: message(1, () => TYPE) },
};

const MAP_TYPE: Schema<MapTypeProto> = {
  name: 'TypeProto.Map',
  fields: { keyType: one(1, 'int'), valueType: message(2, () => TYPE) },
};

const SHAPE: Schema<ShapeProto> = {
  name: 'TensorShapeProto',
  fields: { dim: messages(1, () => DIMENSION) },
};

const DIMENSION: Schema<DimensionProto> = {
  name: 'TensorShapeProto.Dimension',
  fields: { value: one(1, 'int'), name: one(2, 'text') },
};
