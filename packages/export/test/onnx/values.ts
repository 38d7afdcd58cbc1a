/** @file Reads the values in files beside the test models of the ONNX project, and compares them. */
import type { Tensor } from '@chainrule/autograd';
import { Strings, type OnnxSpec, type OnnxValue } from '@chainrule/export';
import { DEFAULT_LIMITS } from '../../src/onnx/import/limits.js';
import { readTensor } from '../../src/onnx/import/tensors.js';
import { Known } from '../../src/onnx/import/values.js';
import { decode } from '../../src/onnx/protobuf/decode.js';
import { message, messages, one, type Schema } from '../../src/onnx/protobuf/schema.js';
import { TENSOR } from '../../src/onnx/schema/onnx.js';
import type { TensorProto } from '../../src/onnx/schema/protos.js';

interface SequenceProto {
  name?: string;
  tensors: TensorProto[];
}

interface OptionalProto {
  name?: string;
  tensor?: TensorProto;
  sequence?: SequenceProto;
}

const SEQUENCE: Schema<SequenceProto> = {
  name: 'SequenceProto',
  fields: { name: one(1, 'text'), tensors: messages(3, () => TENSOR) },
};
const OPTIONAL: Schema<OptionalProto> = {
  name: 'OptionalProto',
  fields: {
    name: one(1, 'text'),
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
export function readValue(bytes: Uint8Array, { kind }: OnnxSpec): OnnxValue {
  const list = ({ tensors }: SequenceProto): OnnxValue => tensors.map(tensorOf);
  if (kind === 'sequence') return list(decode(bytes, SEQUENCE, DEFAULT_LIMITS));
  if (kind === 'optional') {
    const { tensor, sequence } = decode(bytes, OPTIONAL, DEFAULT_LIMITS);
    return tensor !== undefined ? tensorOf(tensor) : sequence !== undefined ? list(sequence) : [];
  }
  return tensorOf(decode(bytes, TENSOR, DEFAULT_LIMITS));
}

/** What is wrong with a value; null if it is right within the tolerances of the ONNX project. */
export function difference(got: OnnxValue | undefined, wanted: OnnxValue): string | null {
  if (got === undefined) return 'is missing';
  if (Array.isArray(wanted)) {
    const [list, all] = [got as OnnxValue[], wanted as OnnxValue[]];
    if (!Array.isArray(list) || list.length !== all.length) return 'is another list';
    return all.map((x, i) => difference(list[i], x)).find((d) => d !== null) ?? null;
  }
  if (wanted instanceof Strings) {
    const same = got instanceof Strings && got.data.join('\n') === wanted.data.join('\n');
    return same ? null : 'is another text';
  }
  const [x, y] = [got as Tensor, wanted as Tensor];
  if (x.dtype !== y.dtype) return `is ${x.dtype}, not ${y.dtype}`;
  if (x.shape.join() !== y.shape.join()) return `is [${x.shape.join()}], not [${y.shape.join()}]`;
  const [a, b] = [x.dataSync(), y.dataSync()];
  const at = Array.from(a).findIndex((value, i) => {
    const right = b[i] as number;
    if (Object.is(value, right) || value === right) return false;
    return !(Math.abs(value - right) <= 1e-5 + 1e-3 * Math.abs(right));
  });
  return at < 0 ? null : `has ${a[at]} at ${at}, not ${b[at]}`;
}
