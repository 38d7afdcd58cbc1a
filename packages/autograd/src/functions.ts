/**
 * @file `@chainrule/autograd/functions`: every operation and transform as a function, for pages where each kilobyte counts.
 * Tensors have no methods for operations, so that a bundler leaves out what is not called, and JavaScript computes until
 * `@chainrule/autograd/wasm` is imported.
 */
import { interpreter } from './backends/interpreter/interpreter.js';
import { engine } from './engine/engine.js';

engine.backend ??= interpreter;

export {
  ChainruleError,
  DeviceError,
  DTypeError,
  FormatError,
  GradError,
  IndexError,
  ShapeError,
} from './errors.js';
export {
  byPosition,
  checkArgument,
  defineOptions,
  display,
  guardMethods,
  plural,
  printable,
  kinds,
  passes,
  readList,
  reading,
  type Kind,
  type OptionsReader,
  type OptionPick,
  type OptionTable,
} from './arguments/index.js';
export type { DType, TypedArray } from './graph/dtype.js';
export type { Shape } from './graph/shape.js';
export type { Operand } from './ops/build/primitive.js';
export type * from './types/index.js';
export { COPY, foreignCopy, type Copy } from './graph/copy.js';
export { borrowGrad } from './graph/cells/gradient.js';
export { peek, type NestedArray } from './graph/values/reading.js';
export { Tensor } from './graph/tensor.js';
export { Cell } from './graph/cells/cell.js';
export { cell, Parameter } from './graph/cells/parameter.js';
export { flatten as flattenTree, type Structure, type Tree } from './tree.js';
export {
  afterRun,
  dependsOn,
  enableGrad,
  isCompiling,
  isGradEnabled,
  keptCells,
  noGrad,
  passingCells,
  scope,
} from './graph/mode.js';
export { region } from './graph/region.js';
export { evaluate } from './engine/evaluate.js';
export * from './ops/index.js';
export { grad } from './transforms/grad.js';
export type { GradOptions } from './transforms/gradOf.js';
export { valueAndGrad, vjp, type GradFunctionOptions } from './transforms/functional.js';
export type { Argnums } from './types/trees.js';
export { hessian, hvp, jacfwd, jacrev } from './transforms/jacobian.js';
export { compile, withoutCompile, type CompiledFunction } from './transforms/compile.js';
export type { GpuRange } from './graph/values/storage.js';
export { checkpoint } from './transforms/checkpoint.js';
export { closureConvert } from './transforms/closureConvert.js';
export { pureCallback } from './transforms/pureCallback.js';
export { customGrad, type CustomGrad, type GradContext } from './transforms/customGrad.js';
export { jvp } from './transforms/jvp.js';
export { vmap, type Dims, type VmapOptions } from './transforms/vmap.js';
export { scan, type Loose, type ScanOptions } from './transforms/loops/scan.js';
export { whileLoop, type WhileLoopOptions } from './transforms/loops/whileLoop.js';
export { cond, switchCase } from './transforms/loops/branch.js';
export {
  associativeScan,
  type AssociativeScanOptions,
} from './transforms/loops/associativeScan.js';
export { gradcheck, gradgradcheck, type GradcheckOptions } from './testing/gradcheck.js';
export { graph, type Graph, type GraphEdge, type GraphNode } from './debug/graph.js';
export { explain, setDebug } from './debug/explain.js';
export { detectAnomaly } from './debug/anomaly.js';
export { culprit, forgetRun, rememberRuns } from './debug/culprit.js';
export { profile, type Profile, type ProfileRow } from './debug/profile.js';
