/** @file The lifetimes of the values of an image. */
import { bufferRefsOf, type Kernel } from '../../../engine/compile/kernel.js';
import type { Lowered } from '../../../engine/compile/lower.js';

/** The first and last steps that need each computed value; values that are computed once stay. */
export function spansOf(
  once: readonly Kernel[],
  each: readonly Lowered[],
  isInput: ReadonlySet<number>,
  outputs: readonly number[],
): Map<number, { first: number; last: number }> {
  const spans = new Map<number, { first: number; last: number }>();
  const use = (slot: number, step: number): void => {
    if (isInput.has(slot)) return;
    const span = spans.get(slot);
    if (span === undefined) spans.set(slot, { first: step, last: step });
    else span.last = Math.max(span.last, step);
  };
  for (const kernel of once)
    for (const { buffer } of bufferRefsOf(kernel)) {
      use(buffer, 0);
      use(buffer, each.length);
    }
  each.forEach((step, i) => {
    if (step.kind === 'kernel') for (const { buffer } of bufferRefsOf(step.kernel)) use(buffer, i);
    else {
      const results = step.kind === 'loop' ? step.results.values() : [step.slot];
      for (const slot of [...step.operands, ...results]) use(slot, i);
    }
  });
  for (const slot of outputs) use(slot, each.length);
  return spans;
}
