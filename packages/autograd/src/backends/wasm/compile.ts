/**
 * @file A list of kernels as one WebAssembly module.
 *
 * One module for a plan: V8 compiles a hundred kernels in one module several times faster than in a hundred. Its
 * function `run(table, thread, threads, maySleep)` calls them in order; threads meet between kernels where one could
 * read what another is still writing.
 */
import { placesOf, type Kernel, type LoopKernel } from '../../engine/kernel.js';
import { ModuleBuilder } from './assembler.js';
import type { FunctionBuilder } from './assembler.js';
import { barrierFunction, BARRIER_BYTES } from './barrier.js';
import { chunkReductions } from './chunkReductions.js';
import type { Scratch } from './chunkReductions.js';
import { supports } from './elementOps.js';
import { FOLD_BYTES, TABLE, THREAD, THREADS } from './kernelFunction.js';
import type { CompiledKernel, KernelContext, VectorWidth } from './kernelFunction.js';
import { compileLoop } from './loopKernel.js';
import { compileMatmul, matmulAsLoop } from './matmul.js';
import { I32 } from './opcodes.js';
import { compileOperator } from './operatorKernel.js';

export interface CompileOptions {
  /** Whether the memory is shared: needed for more than one thread. */
  readonly shared: boolean;
  /** The most threads that will run the plan; scratch memory is measured for them. */
  readonly threads: number;
  /** Which vectors to use; `'simd128'` unless told. */
  readonly width?: VectorWidth;
  /** Fused multiply-add in matrix products; by default where `width` is not `'simd128'`. */
  readonly fma?: boolean;
  /** Whether large products call a BLAS library; they do not unless told. */
  readonly blas?: boolean;
}

export interface CompiledPlan {
  /** The module. It imports `env.memory` and functions of `math`, and exports `run`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The entry of the pointer table that must hold the address of `scratchBytes` bytes, aligned to 64 and zeroed once. */
  readonly scratchSlot: number;
  readonly scratchBytes: number;
  /** Entries of the pointer table. */
  readonly tableLength: number;
  /** Whether any kernel is large enough to be shared by threads. */
  readonly parallel: boolean;
  /** Whether the module also imports `math.sgemm` or `math.dgemm`. */
  readonly usesBlas: boolean;
  /** Whether an index may turn out to be out of range: the plan then sets the word at `FAULT` of its scratch memory. */
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
  const scratchSlot =
    kernels.flatMap(placesOf).reduce((most, place) => Math.max(most, place.buffer), -1) + 1;
  const fma = options.fma ?? width !== 'simd128';
  const context: KernelContext = { width, fma, blas: options.blas ?? false, scratchSlot };
  const module = new ModuleBuilder(options.shared);
  const parts: CompiledKernel[] = [];
  // The barrier comes first in scratch memory, then what threads share, then what each has for itself.
  let shared = BARRIER_BYTES;
  const compileLoops = (
    kernel: LoopKernel,
    scratch: Scratch = { slot: scratchSlot, bytes: BARRIER_BYTES },
  ): void => {
    for (const piece of chunkReductions(kernel, scratch))
      parts.push(compileLoop(module, piece, context));
    shared = Math.max(shared, scratch.bytes);
  };
  for (const kernel of kernels) {
    if (kernel.kind === 'loop') {
      compileLoops(kernel);
    } else if (kernel.kind !== 'matmul') {
      const scratch: Scratch = { slot: scratchSlot, bytes: BARRIER_BYTES };
      for (const piece of compileOperator(module, kernel, context, scratch)) {
        if ('kind' in piece) compileLoops(piece, scratch);
        else parts.push(piece);
      }
      shared = Math.max(shared, scratch.bytes);
    } else {
      const loop = matmulAsLoop(kernel);
      if (loop !== undefined) compileLoops(loop);
      else parts.push(compileMatmul(module, kernel, context));
    }
  }

  const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
  const own = align(
    FOLD_BYTES + parts.reduce((most, part) => Math.max(most, part.threadScratch), 0),
  );
  emitRun(module, parts, { options, scratchSlot, shared: align(shared), own });
  return {
    bytes: module.finish(),
    scratchSlot,
    scratchBytes: align(shared) + own * options.threads,
    tableLength: scratchSlot + 1,
    parallel: options.shared && parts.some((part) => part.parallel),
    usesBlas: module.usesBlas,
    mayFault: kernels.some((kernel) => kernel.kind === 'index'),
  };
}

interface RunLayout {
  readonly options: CompileOptions;
  readonly scratchSlot: number;
  readonly shared: number;
  readonly own: number;
}

function emitRun(module: ModuleBuilder, parts: readonly CompiledKernel[], layout: RunLayout): void {
  const f = module.function(['i32', 'i32', 'i32', 'i32'], ['i32']);
  const maySleep = 3;
  const barrier =
    layout.options.shared && parts.some((part) => part.parallel)
      ? barrierFunction(module)
      : undefined;
  const shared = f.local('i32');
  const own = f.local('i32');
  f.get(TABLE)
    .memory(I32.load, layout.scratchSlot * 4)
    .set(shared);
  f.get(shared)
    .i32(layout.shared)
    .op(I32.add)
    .get(THREAD)
    .i32(layout.own)
    .op(I32.mul)
    .op(I32.add)
    .set(own);
  const call = (part: CompiledKernel): FunctionBuilder =>
    f.get(TABLE).get(THREAD).get(THREADS).get(own).call(part.function);

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
