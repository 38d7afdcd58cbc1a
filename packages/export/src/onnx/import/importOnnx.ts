/** @file Reading an ONNX file: bytes in, a module out. */
import { checkArgument, defineOptions, FormatError, kinds } from '@chainrule/autograd';
import { decode } from '../protobuf/decode.js';
import { MODEL } from '../schema/onnx.js';
import { dequantizeWeights } from './dequantize.js';
import { externalReader, type OnnxExternalData } from './externalData.js';
import { GraphReader } from './graphReader.js';
import { hoistWeights } from './hoist.js';
import { DEFAULT_LIMITS, readLimits, type OnnxLimits } from './limits.js';
import { moduleOf, type OnnxModule } from './onnxModule.js';

/** Options of `importOnnx`. */
export interface ImportOnnxOptions {
  /** The files that hold large weights, by the names used in the model, or a function that returns one. */
  readonly externalData?: OnnxExternalData;
  /** Limits on the resources that the file may use. */
  readonly limits?: OnnxLimits;
}

const importOptions = defineOptions<ImportOnnxOptions>({
  externalData: kinds.either(kinds.object, kinds.callable) as never,
  limits: kinds.object,
});

/**
 * A model in an ONNX file as a `Module`: it runs, is differentiable, and can be trained further.
 *
 * Float initializers with at least one dimension become parameters under their names, and statistics of batch normalization
 * become buffers; so do those in the graphs of branches and loops, and floats of more than one element in `Constant` nodes,
 * if all are finite. Everything else is a constant. The module starts in evaluation mode, in which it computes what the file
 * says; in training mode dropout drops and batch normalization uses the batch. Integers are int32, narrower floats are
 * float32. docs/onnx.md lists the operators; their versions 7 to 23 are supported, and most of the older ones.
 *
 * A file is not trusted: lengths, nesting, counts and names are checked before they are used, files beside the model are read
 * only through `externalData`, and no code is run.
 *
 * @throws {FormatError} if the file is damaged or hostile, exceeds a limit, or needs an unsupported operator;
 * the message says what and where.
 * @example
 * const model = importOnnx(readFileSync('resnet18.onnx'));
 * const [logits] = model.run(image);
 * const optimizer = new SGD(model.parameters(), { lr: 1e-3 });
 */
export function importOnnx(bytes: Uint8Array, options?: ImportOnnxOptions): OnnxModule {
  const { externalData, limits: given } = importOptions('importOnnx', options);
  const limits = { ...DEFAULT_LIMITS, ...readLimits('importOnnx', given) };
  checkArgument('importOnnx', 'bytes', bytes, bytesKind);
  const model = decode(bytes, MODEL, limits);
  if (model.graph === undefined) throw new FormatError('importOnnx: there is no graph in the file');
  const context = { limits, external: externalReader(externalData) };
  const graph = new GraphReader(context).read(model.graph, model.functions, model.opsetImport);
  dequantizeWeights(graph, limits);
  hoistWeights(graph);
  return moduleOf(graph, limits);
}

const bytesKind = kinds.kind<Uint8Array>(
  'be the bytes of a file, a Uint8Array',
  (x) => x instanceof Uint8Array,
);
