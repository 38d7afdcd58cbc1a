/** @file Kernels of their own kind: which function writes which. */
import type { LoopKernel, OperatorKernel } from '../../engine/kernel.js';
import type { ModuleBuilder } from './assembler.js';
import type { Scratch } from './chunkReductions.js';
import { compileConv } from './convKernel.js';
import { compileIndex } from './indexKernel.js';
import type { CompiledKernel, KernelContext } from './kernelFunction.js';
import { compilePool } from './poolKernel.js';
import { compilePosition } from './positionKernel.js';
import { compileRandom } from './randomKernel.js';
import { compileScan } from './scanKernel.js';
import { compileSearch } from './searchKernel.js';
import { compileSort } from './sortKernel.js';

/** What an operator becomes, in order: functions of its own, and loops that finish the work. */
export type Piece = CompiledKernel | LoopKernel;

/** Compiles an operator; `scratch` is memory that all threads see. */
export function compileOperator(
  module: ModuleBuilder,
  kernel: OperatorKernel,
  context: KernelContext,
  scratch: Scratch,
): Piece[] {
  switch (kernel.kind) {
    case 'conv':
      return compileConv(module, kernel, context, scratch);
    case 'index':
      return compileIndex(module, kernel, scratch);
    case 'pool':
      return [compilePool(module, kernel)];
    case 'position':
      return [compilePosition(module, kernel)];
    case 'random':
      return [compileRandom(module, kernel)];
    case 'scan':
      return [compileScan(module, kernel)];
    case 'search':
      return [compileSearch(module, kernel)];
    case 'sort':
      return [compileSort(module, kernel, scratch)];
  }
}
