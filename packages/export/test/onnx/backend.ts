/** @file Reading the backend tests of the ONNX project: folders of a model, and files of inputs and outputs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_LIMITS } from '../../src/onnx/import/limits.js';
import { readTensor } from '../../src/onnx/import/tensors.js';
import { Known, type OnnxValue } from '../../src/onnx/import/values.js';
import { decode } from '../../src/onnx/protobuf/decode.js';
import { messages, one, message, type Schema } from '../../src/onnx/protobuf/schema.js';
import { TENSOR, type TensorProto } from '../../src/onnx/schema/onnx.js';

interface SequenceProto {
  name?: string;
  type?: number;
  tensors: TensorProto[];
}
const SEQUENCE: Schema<SequenceProto> = {
  name: 'SequenceProto',
  fields: { name: one(1, 'text'), type: one(2, 'int'), tensors: messages(3, () => TENSOR) },
};
interface OptionalProto {
  name?: string;
  type?: number;
  tensor?: TensorProto;
  sequence?: SequenceProto;
}
const OPTIONAL: Schema<OptionalProto> = {
  name: 'OptionalProto',
  fields: {
    name: one(1, 'text'),
    type: one(2, 'int'),
    tensor: message(3, () => TENSOR),
    sequence: message(5, () => SEQUENCE),
  },
};

const context = {
  limits: DEFAULT_LIMITS,
  external: (): never => {
    throw new Error('no external data');
  },
};

function tensorOf(proto: TensorProto): OnnxValue {
  const value = readTensor(proto, proto.name ?? '', context);
  return value instanceof Known ? value.tensor : value;
}

/** A value in a file of the kind that the model says. */
export function readValue(
  path: string,
  kind: 'tensor' | 'sequence' | 'map' | 'optional',
): OnnxValue {
  const bytes = new Uint8Array(readFileSync(path));
  const sequence = (s: SequenceProto): OnnxValue => s.tensors.map(tensorOf);
  if (kind === 'sequence') return sequence(decode(bytes, SEQUENCE, DEFAULT_LIMITS));
  if (kind === 'optional') {
    const { tensor, sequence: list } = decode(bytes, OPTIONAL, DEFAULT_LIMITS);
    return tensor !== undefined ? tensorOf(tensor) : list !== undefined ? sequence(list) : [];
  }
  return tensorOf(decode(bytes, TENSOR, DEFAULT_LIMITS));
}

/** The folders below `root` that hold a model. */
export function casesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('model.onnx'))
    .map((path) => join(root, path.slice(0, -'model.onnx'.length - 1)))
    .sort();
}

export function dataSets(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('test_data_set_'))
    .map((name) => join(folder, name));
}

export function filesOf(set: string, kind: 'input' | 'output'): string[] {
  const files: string[] = [];
  for (let i = 0; existsSync(join(set, `${kind}_${i}.pb`)); i++)
    files.push(join(set, `${kind}_${i}.pb`));
  return files;
}
