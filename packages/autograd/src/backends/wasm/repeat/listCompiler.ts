/**
 * @file Makes kernel lists for loops. Loops are given this object, so that only bundles with WebAssembly contain the
 * compiler.
 */
import type { Kernel } from '../../../engine/compile/kernel.js';
import { lower, type Lowered } from '../../../engine/compile/lower.js';
import { schedule } from '../../../engine/compile/schedule.js';
import type { Schedule } from '../../../engine/compile/steps.js';
import { simplify } from '../../../engine/compile/simplify.js';
import type { Program } from '../../../engine/program.js';
import { supports } from '../elements/elementOps.js';
import type { Arrays } from '../run/arrays.js';
import { listKernels } from '../run/kernelList.js';
import type { Threads } from '../threads/threads.js';
import { bestVectorWidth } from '../run/vectorWidth.js';
import { WasmPlan } from '../run/wasmPlan.js';

export class ListCompiler {
  readonly arrays: Arrays;
  readonly threads: number;
  private readonly pool: () => Threads | undefined;

  constructor(arrays: Arrays, threads: number, pool: () => Threads | undefined) {
    this.arrays = arrays;
    this.threads = threads;
    this.pool = pool;
  }

  simplify(program: Program): Program {
    return simplify(program);
  }

  schedule(program: Program, persistent: Set<number>): Schedule {
    return schedule(program, (op, dtype) => supports(op, dtype), { lasting: persistent });
  }

  lower(scheduled: Schedule): readonly Lowered[] {
    return lower(scheduled);
  }

  /** A list in memory; `moving` are the buffers that move between its steps. */
  list(
    kernels: readonly Kernel[],
    threads: number,
    blas: boolean,
    moving?: ReadonlySet<number>,
  ): WasmPlan {
    const { forms } = this.arrays;
    const list = listKernels(kernels, forms, { threads, blas, ...bestVectorWidth() });
    return new WasmPlan(forms, list, list.parallel ? this.pool() : undefined, moving);
  }
}
