/** @file The kernels of a program as text. */
import { loopOf } from '../loop.js';
import type { Lowered } from './lower.js';
import type { Schedule } from './steps.js';

/** Kernels as text, a line each: `loop [64] over [10]: max sub exp sum div → %7`. */
export function printKernels({ instructions }: Schedule, steps: readonly Lowered[]): string {
  const name = (slot: number): string => instructions[slot]?.op?.name ?? 'input';
  return steps
    .map((step) => {
      if (step.kind === 'opaque') return `reference ${name(step.slot)} → %${step.slot}`;
      if (step.kind === 'loop') {
        const { name, length } = loopOf(instructions[step.slot]?.attrs ?? {});
        const to = Array.from(step.results.values(), (slot) => `%${slot}`).join(' ');
        return `${name} of ${length} steps → ${to}`;
      }
      const { kernel } = step;
      if (kernel.kind === 'loop') {
        const over = kernel.inner.length > 0 ? ` over [${kernel.inner.join(', ')}]` : '';
        const to = kernel.outputs.map(({ buffer }) => `%${buffer}`).join(' ');
        return `loop [${kernel.outer.join(', ')}]${over}: ${step.slots.map(name).join(' ')} → ${to}`;
      }
      if (kernel.kind === 'matmul') {
        const { batch, m, n, k, out } = kernel;
        return `matmul ${[...batch, `${m}×${n}×${k}`].join(' × ')} → %${out.buffer}`;
      }
      return `${kernel.kind} ${step.slots.map(name).join(' ')} → %${kernel.out.buffer}`;
    })
    .join('\n');
}
