/** @file Weights in a file beside the model: a protobuf file is limited to 2 GB. */
import { ChainruleError } from '@chainrule/autograd';
import type { ModelProto, TensorProto } from '../schema/protos.js';

const MAX_BYTES = 2 ** 31 - 1;
/** The alignment of weights in bytes, a page of memory, so that runtimes can map the file. */
const ALIGNMENT = 4096;
/** Weights smaller than this in bytes stay in the model. */
const MIN_BYTES = 1024;

/** The model, with large weights moved to a file if its name is given; a model of `most` bytes and more needs a name. */
export function separate(
  model: ModelProto,
  location: string | undefined,
  most = MAX_BYTES,
): { model: ModelProto; files: Record<string, Uint8Array> } {
  const weights = model.graph?.initializer ?? [];
  const total = weights.reduce((n, { rawData }) => n + (rawData?.length ?? 0), 0);
  if (location === undefined) {
    if (total < most) return { model, files: {} };
    throw new ChainruleError(
      `exportOnnx: ${Math.round(total / 1e6)} MB of weights are more than an ONNX file holds; give ` +
        "{ externalData: 'model.bin' } for a separate file",
    );
  }
  if (!/^[^\\/:%]+$/.test(location) || location.startsWith('.'))
    throw new ChainruleError(
      `exportOnnx: externalData must be the name of a file, got '${location}'`,
    );
  const parts: { at: number; data: Uint8Array }[] = [];
  let end = 0;
  const moved = weights.map((tensor): TensorProto => {
    const data = tensor.rawData;
    if (data === undefined || data.length < MIN_BYTES) return tensor;
    const at = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    parts.push({ at, data });
    end = at + data.length;
    const entries = { location, offset: String(at), length: String(data.length) };
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    return { ...tensor, rawData: undefined, dataLocation: 1, externalData };
  });
  const file = new Uint8Array(end);
  for (const { at, data } of parts) file.set(data, at);
  const graph = { ...(model.graph as NonNullable<ModelProto['graph']>), initializer: moved };
  return { model: { ...model, graph }, files: { [location]: file } };
}
