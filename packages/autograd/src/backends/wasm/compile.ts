/**
 * @file A list of kernels as one WebAssembly module.
 *
 * One module for a plan: V8 compiles a hundred kernels in one module several times faster than in a hundred. Its
 * function `run(table, thread, threads, maySleep)` calls them in order; threads meet between kernels where one could
 * read what another is still writing.
 */
import type { Kernel, LoopKernel } from '../../engine/kernel.js';
import { ModuleBuilder } from './assembler.js';
import type { FunctionBuilder } from './assembler.js';
import { barrierFunction, BARRIER_BYTES } from './barrier.js';
import { chunkReductions } from './chunkReductions.js';
import type { Scratch } from './chunkReductions.js';
import { columnSums } from './columnSums.js';
import { supports } from './elementOps.js';
import { FOLD_BYTES, TABLE, THREAD, THREADS } from './kernelFunction.js';
import type { CompiledKernel, KernelContext, VectorWidth } from './kernelFunction.js';
import { compileLoop } from './loopKernel.js';
import { compileMatmul, matmulAsLoop } from './matmul.js';
import { I32 } from './opcodes.js';
import { compileOperator } from './operatorKernel.js';
import { keyOf, PointerTable, SCRATCH_ENTRY } from './pointerTable.js';
import { mayRefuse } from './refusals.js';

export interface CompileOptions {
  /** Whether the memory is shared: needed for more than one thread. */
  readonly shared: boolean;
  /** The most threads that will run the plan; scratch memory is measured for them. */
  readonly threads: number;
  /** Which vectors to use; `'simd128'` unless told. */
  readonly width?: VectorWidth;
  /** Fused multiply-add in matrix products and polynomials; by default where `width` is not `'simd128'`. */
  readonly fma?: boolean;
  /** Whether large products call a BLAS library; they do not unless told. */
  readonly blas?: boolean;
}

export interface CompiledPlan {
  /** The module. It imports `env.memory` and functions of `math`, and exports `run`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /**
   * Which buffer's address each entry of the pointer table holds; `SCRATCH_BUFFER` for that of `scratchBytes` bytes,
   * aligned to 64 and zeroed once.
   */
  readonly table: readonly number[];
  readonly scratchBytes: number;
  /** Whether any kernel is large enough to be shared by threads. */
  readonly parallel: boolean;
  /** Whether the module also imports `math.sgemm` or `math.dgemm`. */
  readonly usesBlas: boolean;
  /** Whether an element may be refused, an index or a divisor: the plan then sets the word at `FAULT` of its scratch memory. */
  readonly mayFault: boolean;
}

/** `run(table, thread, threads, maySleep)` of a compiled plan: 0, or 1 when a thread never came to a meeting point. */
export type RunFunction = (
  table: number,
  thread: number,
  threads: number,
  maySleep: number,
) => number;

/** Whether a kernel can be compiled; the interpreter runs the others. */
export function supportsKernel(kernel: Kernel): boolean {
  if (kernel.kind === 'matmul') return kernel.out.dtype !== 'bool';
  if (kernel.kind !== 'loop') return true;
  return kernel.body.every((scalar) => {
    if (scalar.kind === 'reduce')
      return scalar.dtype !== 'bool' || scalar.op === 'max' || scalar.op === 'min';
    return scalar.kind !== 'op' || supports(scalar.op, scalar.dtype);
  });
}

/**
 * Compiles kernels into one module.
 *
 * The same kernels give the same bits for any number of threads; another `width` may round matrix products
 * differently.
 */
export function compileKernels(kernels: readonly Kernel[], options: CompileOptions): CompiledPlan {
  const width = options.width ?? 'simd128';
  const fma = options.fma ?? width !== 'simd128';
  const context: KernelContext = { width, fma, blas: options.blas ?? false };
  const module = new ModuleBuilder(options.shared);
  const table = new PointerTable();
  const known = new Map<string, readonly CompiledKernel[]>();
  const parts: Part[] = [];
  // The barrier comes first in scratch memory, then what threads share, then what each has for itself.
  const scratch: Scratch = { entry: SCRATCH_ENTRY, bytes: BARRIER_BYTES };
  let shared = BARRIER_BYTES;
  for (const given of kernels) {
    const { start, kernel } = table.add(given);
    const key = keyOf(kernel);
    let compiled = known.get(key);
    if (compiled === undefined) {
      scratch.bytes = BARRIER_BYTES;
      compiled = compileKernel(module, kernel, context, scratch);
      shared = Math.max(shared, scratch.bytes);
      known.set(key, compiled);
    }
    for (const part of compiled) parts.push({ ...part, start });
  }

  const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
  const own = align(
    FOLD_BYTES + parts.reduce((most, part) => Math.max(most, part.threadScratch), 0),
  );
  emitRun(module, parts, { options, shared: align(shared), own });
  return {
    bytes: module.finish(),
    table: table.buffers,
    scratchBytes: align(shared) + own * options.threads,
    parallel: options.shared && parts.some((part) => part.parallel),
    usesBlas: module.usesBlas,
    mayFault: kernels.some(mayFault),
  };
}

/** Whether what a kernel reads can be wrong: an index, or what an element function refuses. */
function mayFault(kernel: Kernel): boolean {
  if (kernel.kind !== 'loop') return kernel.kind === 'index';
  return kernel.body.some((scalar) => mayRefuse(scalar, kernel.body));
}

/** The functions that do what a kernel does, in order. */
function compileKernel(
  module: ModuleBuilder,
  kernel: Kernel,
  context: KernelContext,
  scratch: Scratch,
): CompiledKernel[] {
  const loops = (loop: LoopKernel): CompiledKernel[] =>
    chunkReductions(loop, scratch)
      .flatMap((piece) => columnSums(piece, scratch))
      .map((piece) => compileLoop(module, piece, context));
  if (kernel.kind === 'loop') return loops(kernel);
  if (kernel.kind === 'matmul') {
    const loop = matmulAsLoop(kernel);
    return loop === undefined ? [compileMatmul(module, kernel, context)] : loops(loop);
  }
  return compileOperator(module, kernel, context, scratch).flatMap((piece) =>
    'kind' in piece ? loops(piece) : [piece],
  );
}

/** A function and where the entries of its kernel begin. */
interface Part extends CompiledKernel {
  readonly start: number;
}

interface RunLayout {
  readonly options: CompileOptions;
  readonly shared: number;
  readonly own: number;
}

function emitRun(module: ModuleBuilder, parts: readonly Part[], layout: RunLayout): void {
  const f = module.function(['i32', 'i32', 'i32', 'i32'], ['i32']);
  const maySleep = 3;
  const barrier =
    layout.options.shared && parts.some((part) => part.parallel)
      ? barrierFunction(module)
      : undefined;
  const shared = f.local('i32');
  const own = f.local('i32');
  f.get(TABLE)
    .memory(I32.load, SCRATCH_ENTRY * 4)
    .set(shared);
  f.get(shared)
    .i32(layout.shared)
    .op(I32.add)
    .get(THREAD)
    .i32(layout.own)
    .op(I32.mul)
    .op(I32.add)
    .set(own);
  const call = (part: Part): FunctionBuilder =>
    f
      .get(TABLE)
      .i32(part.start * 4)
      .op(I32.add)
      .get(THREAD)
      .get(THREADS)
      .get(own)
      .call(part.function);

  let previous = false;
  parts.forEach((part, i) => {
    if (barrier !== undefined && i > 0 && (previous || part.parallel)) {
      f.get(THREADS)
        .i32(1)
        .op(I32.gtU)
        .if(() => {
          f.get(shared)
            .get(THREADS)
            .get(maySleep)
            .call(barrier)
            .if(() => f.i32(1).return());
        });
    }
    previous = part.parallel;
    if (part.parallel) call(part);
    else
      f.get(THREAD)
        .op(I32.eqz)
        .if(() => call(part));
  });
  f.i32(0);
  module.export('run', f);
}
