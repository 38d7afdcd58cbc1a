/** @file Writing an ONNX file: a function or a model in, bytes out. */
import { checkArgument, ChainruleError, kinds, type Tensor } from '@chainrule/autograd';
import type { GraphNode } from '@chainrule/autograd/graph';
import { Module } from '@chainrule/nn';
import { forwardOf, inMode, modelOrFunction } from '../../forward.js';
import { VERSION } from '../../version.js';
import { encode } from '../protobuf/encode.js';
import { MODEL } from '../schema/onnx.js';
import type { GraphProto, ModelProto, ValueInfoProto } from '../schema/protos.js';
import { Emitter } from './emitter.js';
import { CODE } from './encoded.js';
import { isFixed } from './sizes.js';
import { separate } from './external.js';
import { leafOf } from './leaves.js';
import {
  axesOf,
  namesOf,
  readExportOptions,
  type Axis,
  type ExportOnnxOptions,
} from './options.js';
import { writeItems } from './program.js';
import { recordAll, type Recordings } from './recordings.js';
import type { WeightType } from './weights.js';

/** The version of the file format for each version of the operators. */
const IR: Readonly<Record<number, number>> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11 };

/** A model whose weights are in another file. */
export interface OnnxFiles {
  /** The model, to be written to an `.onnx` file: its large weights are in `externalData`. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The files with its large weights, by name, as `importOnnx` takes them. */
  readonly externalData: Record<string, Uint8Array<ArrayBuffer>>;
}

type Exported<O> = O extends { readonly externalData: string }
  ? OnnxFiles
  : Uint8Array<ArrayBuffer>;

/**
 * A model, or a function of tensors, as the bytes of an ONNX file.
 *
 * Everything that ONNX has an operator for becomes that operator: softmax, layer normalization, convolution with its bias,
 * pooling, GELU, LSTM, GRU. The rest is written operation by operation. Weights have the keys of the state dictionary. A
 * model is exported in evaluation mode. Only the shapes and dtypes of `args` matter; sizes that are `dynamic` may differ when
 * the file is run, and a function that does not work for all sizes is refused. Integers are int32. PyTorch:
 * `torch.onnx.export`.
 *
 * ONNX does not define the result of `Max`, `Relu` and pooling for NaN.
 *
 * @param f A module, or a function of tensors; it is called a few times, and computes nothing.
 * @param args One tensor for each argument.
 * @throws {ChainruleError} for an operation that ONNX lacks, with the line that made it; and if `f` reads values, draws
 * random numbers or changes parameters.
 * @example
 * writeFileSync('digits.onnx', exportOnnx(model, [zeros([1, 1, 28, 28])], { names: ['image'], dynamic: { batch: 0 } }));
 */
export function exportOnnx<const O extends ExportOnnxOptions = Record<never, never>>(
  f: Module | ((...args: never[]) => unknown),
  args: readonly Tensor[],
  options?: O,
): Exported<O> {
  const {
    names,
    dynamic,
    opset = 20,
    modules,
    weights = 'float32',
    externalData,
  } = readExportOptions('exportOnnx', options);
  checkArgument('exportOnnx', 'f', f, modelOrFunction);
  checkArgument('exportOnnx', 'args', args, kinds.listOf(kinds.tensor));
  const { inputs, outputs } = namesOf(names, args.length);
  const axes = axesOf(dynamic, args, inputs);
  const model = f instanceof Module ? f : undefined;
  const recordings = inMode([model], false, () =>
    recordAll(forwardOf(f), args, axes, {
      modules: modules ?? model,
      names: inputs,
      opset,
    }),
  );
  const graph = graphOf(recordings, axes, { inputs, outputs, opset, weights });
  const proto: ModelProto = {
    irVersion: IR[opset] ?? 10,
    producerName: 'chainrule',
    producerVersion: VERSION,
    graph,
    opsetImport: [{ domain: '', version: opset }],
    metadata: [],
    functions: [],
  };
  const written = separate(proto, externalData);
  const bytes = encode(written.model, MODEL);
  const result = externalData === undefined ? bytes : { model: bytes, externalData: written.files };
  return result as Exported<O>;
}

interface Named {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly opset: number;
  readonly weights: WeightType;
}

function graphOf(
  recordings: Recordings,
  axes: readonly Axis[],
  { inputs, outputs, opset, weights }: Named,
): GraphProto {
  const [graph] = recordings.graphs as [Recordings['graphs'][number]];
  const changed = graph.states.find(({ next }) => next !== null);
  if (changed !== undefined) {
    throw new ChainruleError(
      `exportOnnx: the function changes '${changed.key}', and ONNX has no state; call eval() on its modules`,
    );
  }
  if (graph.outputs.length === 0)
    throw new ChainruleError('exportOnnx: the function returns no tensor');
  const emitter = new Emitter(opset, recordings.shape, leafOf(recordings, weights));
  const info = (name: string, node: GraphNode): ValueInfoProto =>
    infoOf(name, node, recordings, axes);
  const input = graph.arguments.map((node, i): ValueInfoProto => {
    const name = emitter.fresh(inputs[i] ?? node.name);
    emitter.define(node, name);
    return info(name, node);
  });
  writeItems({ e: emitter, recordings, info });
  emitter.path = '';
  const output = graph.outputs.map(({ name, node }, i): ValueInfoProto => {
    const given = outputs[i] ?? name;
    const own = emitter.fresh(given);
    if (own !== given && outputs[i] !== undefined)
      throw new ChainruleError(`exportOnnx: the output name '${given}' is that of another value`);
    return info(emitter.rename(emitter.value(node), own), node);
  });
  return {
    name: 'main',
    node: emitter.nodes,
    initializer: emitter.initializers,
    sparseInitializer: [],
    input,
    output,
    valueInfo: [],
  };
}

function infoOf(
  name: string,
  node: GraphNode,
  recordings: Recordings,
  axes: readonly Axis[],
): ValueInfoProto {
  const [graph] = recordings.graphs as [Recordings['graphs'][number]];
  const dim = recordings.shape(node).map((size) => {
    if (isFixed(size)) return { value: size[0] as number };
    const axis = axes.find(({ dims }) =>
      dims.some((d, i) => {
        const input = graph.arguments[i];
        if (d === null || input === undefined) return false;
        return recordings.shape(input)[d]?.join() === size.join();
      }),
    );
    return axis === undefined ? {} : { name: axis.name };
  });
  return { name, type: { tensor: { elementType: CODE[node.dtype], shape: { dim } } } };
}
