/** @file Kernels of their own kind: which function plans which. */
import type { LoopKernel, OperatorKernel } from '../../../engine/compile/kernel.js';
import type { FormedKernel, Scratch } from '../assembler/block.js';
import { planConv } from './convKernel.js';
import { planIndex } from './indexKernel.js';
import { planDistance } from './distanceKernel.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { planPool } from './poolKernel.js';
import { planPosition } from './positionKernel.js';
import { planRandom } from './randomKernel.js';
import { planCumulative } from './cumulativeKernel.js';
import { planSearch } from './searchKernel.js';
import { planSort } from './sortKernel.js';

/** What an operator becomes, in order: functions of its own, and loops that start or finish the work. */
export function planOperator(
  kernel: OperatorKernel,
  context: KernelContext,
  scratch: Scratch,
): (FormedKernel | LoopKernel)[] {
  switch (kernel.kind) {
    case 'conv':
      return planConv(kernel, context, scratch);
    case 'index':
      return planIndex(kernel);
    case 'pool':
      return [planPool(kernel)];
    case 'position':
      return [planPosition(kernel)];
    case 'random':
      return [planRandom(kernel)];
    case 'cumulative':
      return [planCumulative(kernel)];
    case 'search':
      return [planSearch(kernel)];
    case 'distance':
      return planDistance(kernel, context);
    case 'sort':
      return [planSort(kernel, scratch)];
  }
}
