/** @file Plans a fused loop nest: how it is traversed, its form, and the words that its function reads. */
import type { LoopKernel } from '../../../engine/compile/kernel.js';
import type { FormedKernel } from '../assembler/block.js';
import { FOLD_BYTES } from '../assembler/kernelFunction.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { COLUMN_BLOCK, ROW_BLOCK, rounds, waitingBytes } from './blockSums.js';
import { analyseBody, type ScalarFacts } from './loopBody.js';
import { loopForm, type LoopForm } from './loopForm.js';
import { LoopWriter } from './loopWriter.js';
import { planNest, type Nest, type Walk } from './loopNest.js';
import { levelToShare, planCaches, planPasses, vectorsOf, type Pass } from './loopPasses.js';

/** Points times instructions below which one thread is as fast as many. */
const SERIAL_WORK = 32 * 1024;

/**
 * What is known of the number of steps along the vector level: any number and a rest, whole steps only, or a single step.
 * Short rows would lose more than they compute to loops and tails that never run.
 */
export type StepClass = 'any' | 'whole' | 'one';

/** What is decided about a loop kernel before its function is written. */
export interface LoopPlan {
  readonly nest: Nest;
  readonly facts: readonly ScalarFacts[];
  readonly passes: readonly Pass[];
  /** Rows of values that are kept from one pass to the next. */
  readonly caches: ReadonlyMap<number, Walk>;
  readonly form: LoopForm;
  /** How many vectors are side by side along the vector level. */
  readonly width: number;
  readonly steps: StepClass;
  /** The level that threads share, or −1. */
  readonly shared: number;
  /** The offset in scratch memory of the waiting sums of blocks; null if rows are short. */
  readonly waiting: number | null;
}

/** The kernel ready to be called; null if there is nothing to compute. */
export function planLoop(kernel: LoopKernel, context: KernelContext): FormedKernel | null {
  const { body } = kernel;
  const nest = planNest(kernel);
  const { sizes, outer, vector } = nest;
  for (let level = 0; level < outer; level++) if (sizes[level] === 0) return null;
  const facts = analyseBody(kernel, nest);
  const passes = planPasses(body, nest, facts);
  const width = vectorsOf(body, nest, facts);
  const step = 4 * width;
  const { caches, bytes } = planCaches(kernel, nest, facts, passes, step);
  const length = sizes[vector] as number;
  const uneven = length % step !== 0 || length === 0 || context.alone === true;
  const steps = uneven ? 'any' : length === step ? 'one' : 'whole';

  let work = 0;
  for (const { expensive } of facts) work += expensive ? 8 : 1;
  for (const size of sizes) work *= size;
  const split = levelToShare(nest, width);
  const parallel = split >= 0 && work >= SERIAL_WORK && context.alone !== true;
  const shared = parallel ? split : -1;

  let points = 1;
  for (const size of sizes.slice(outer)) points *= size;
  const long = points > (vector < outer ? COLUMN_BLOCK : ROW_BLOCK);
  const sums = long ? body.filter((x) => x.kind === 'reduce' && rounds(x)) : [];
  const vectors = sums.reduce((n, { dtype }) => n + width * (dtype === 'float64' ? 2 : 1), 0);
  const kept = waitingBytes(vectors);

  const waiting = vectors > 0 ? FOLD_BYTES : null;
  const form = loopForm(kernel, nest, caches, FOLD_BYTES + kept);
  const plan: LoopPlan = { nest, facts, passes, caches, form, width, steps, shared, waiting };
  return {
    key: `${form.key}|${width}${steps}${shared}${waiting === null ? '' : 'b'}`,
    block: form.block,
    parallel,
    threadScratch: bytes + kept,
    write: (module) => new LoopWriter(module, body, context, plan).write(),
  };
}
