/** @file A fused loop nest made ready: how it is walked, its form, and the words that its function reads. */
import type { LoopKernel } from '../../../engine/compile/kernel.js';
import type { FormedKernel } from '../assembler/block.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { analyseBody, type ScalarFacts } from './loopBody.js';
import { loopForm, type LoopForm } from './loopForm.js';
import { LoopWriter } from './loopWriter.js';
import { planNest, type Nest, type Walk } from './loopNest.js';
import { levelToShare, planCaches, planPasses, vectorsOf, type Pass } from './loopPasses.js';

/** Points times instructions below which one thread is as fast as many. */
const SERIAL_WORK = 32 * 1024;

/**
 * What a row's length says of the steps along the vector level: any number with some lanes left, whole steps, or one
 * step alone. Short rows would lose more than they compute to loops and tails that never run.
 */
export type StepClass = 'any' | 'whole' | 'one';

/** What is decided of a loop kernel before its function is written. */
export interface LoopPlan {
  readonly nest: Nest;
  readonly facts: readonly ScalarFacts[];
  readonly passes: readonly Pass[];
  /** Rows of values that are kept from one pass to the next. */
  readonly caches: ReadonlyMap<number, Walk>;
  readonly form: LoopForm;
  /** Vectors side by side along the vector level. */
  readonly width: number;
  readonly steps: StepClass;
  /** The level that threads share, or −1. */
  readonly shared: number;
}

/** The kernel ready to be called; null where there is nothing to compute. */
export function planLoop(kernel: LoopKernel, context: KernelContext): FormedKernel | null {
  const { body } = kernel;
  const nest = planNest(kernel);
  const { sizes, outer, vector } = nest;
  for (let level = 0; level < outer; level++) if (sizes[level] === 0) return null;
  const facts = analyseBody(kernel, nest);
  const passes = planPasses(body, nest, facts);
  const width = vectorsOf(body, nest, facts, context.width);
  const { caches, bytes } = planCaches(kernel, nest, facts, passes);
  const length = sizes[vector] as number;
  const step = 4 * width;
  const uneven = length % step !== 0 || length === 0 || context.alone === true;
  const steps = uneven ? 'any' : length === step ? 'one' : 'whole';

  let work = 0;
  for (const { expensive } of facts) work += expensive ? 8 : 1;
  for (const size of sizes) work *= size;
  const split = levelToShare(nest, width);
  const parallel = split >= 0 && work >= SERIAL_WORK && context.alone !== true;
  const shared = parallel ? split : -1;

  const form = loopForm(kernel, nest, caches);
  const plan: LoopPlan = { nest, facts, passes, caches, form, width, steps, shared };
  return {
    key: `${form.key}|${width}${steps}${shared}`,
    block: form.block,
    parallel,
    threadScratch: bytes,
    write: (module) => new LoopWriter(module, body, context, plan).write(),
  };
}
