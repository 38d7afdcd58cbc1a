/**
 * @file The types of the messages of an ONNX file (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Lists are never
 * undefined; they are empty if nothing was given.
 */

type Maybe<T> = T | undefined;

export interface ModelProto {
  irVersion?: Maybe<number>;
  producerName?: Maybe<string>;
  producerVersion?: Maybe<string>;
  graph?: Maybe<GraphProto>;
  opsetImport: OperatorSetProto[];
  metadata: EntryProto[];
  functions: FunctionProto[];
}

export interface OperatorSetProto {
  domain?: Maybe<string>;
  version?: Maybe<number>;
}

export interface EntryProto {
  key?: Maybe<string>;
  value?: Maybe<string>;
}

export interface GraphProto {
  node: NodeProto[];
  name?: Maybe<string>;
  initializer: TensorProto[];
  sparseInitializer: SparseTensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
  valueInfo: ValueInfoProto[];
}

export interface FunctionProto {
  name?: Maybe<string>;
  input: string[];
  output: string[];
  attribute: string[];
  attributeProto: AttributeProto[];
  node: NodeProto[];
  opsetImport: OperatorSetProto[];
  domain?: Maybe<string>;
}

export interface NodeProto {
  input: string[];
  output: string[];
  name?: Maybe<string>;
  opType?: Maybe<string>;
  domain?: Maybe<string>;
  attribute: AttributeProto[];
}

export interface AttributeProto {
  name?: Maybe<string>;
  type?: Maybe<number>;
  refName?: Maybe<string>;
  f?: Maybe<number>;
  i?: Maybe<number>;
  s?: Maybe<Uint8Array>;
  t?: Maybe<TensorProto>;
  g?: Maybe<GraphProto>;
  sparse?: Maybe<SparseTensorProto>;
  floats: number[];
  ints: number[];
  strings: Uint8Array[];
  tensors: TensorProto[];
}

export interface TensorProto {
  dims: number[];
  dataType?: Maybe<number>;
  floatData: number[];
  int32Data: number[];
  stringData: Uint8Array[];
  int64Data: number[];
  name?: Maybe<string>;
  rawData?: Maybe<Uint8Array>;
  externalData: EntryProto[];
  dataLocation?: Maybe<number>;
  doubleData: number[];
  uint64Data: number[];
}

/** A sparse tensor: elements that are not listed are zero. */
export interface SparseTensorProto {
  /** The listed elements; the tensor's name is that of this list. */
  values?: Maybe<TensorProto>;
  /** Their positions: flattened, or one row per element with its index in every dimension. */
  indices?: Maybe<TensorProto>;
  dims: number[];
}

export interface ValueInfoProto {
  name?: Maybe<string>;
  type?: Maybe<TypeProto>;
}

export interface TypeProto {
  tensor?: Maybe<TensorTypeProto>;
  sequence?: Maybe<ElementTypeProto>;
  map?: Maybe<MapTypeProto>;
  optional?: Maybe<ElementTypeProto>;
}

export interface TensorTypeProto {
  elementType?: Maybe<number>;
  shape?: Maybe<ShapeProto>;
}

export interface ElementTypeProto {
  elementType?: Maybe<TypeProto>;
}

export interface MapTypeProto {
  keyType?: Maybe<number>;
  valueType?: Maybe<TypeProto>;
}

export interface ShapeProto {
  dim: DimensionProto[];
}

export interface DimensionProto {
  value?: Maybe<number>;
  name?: Maybe<string>;
}
