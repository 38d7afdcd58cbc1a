/** @file Pooling: windows over the last dimensions. */
import { planPool } from '../backends/wasm/operators/poolKernel.js';
import type { PoolKernel } from '../engine/compile/operators.js';
import type { BufferRef } from '../engine/compile/bufferRef.js';
import type { Instruction } from '../engine/program.js';
import { sizeOf } from '../graph/shape.js';
import type { Bare, KernelFamily, Site, Spec } from './family.js';

export const pooling: KernelFamily<Spec<'pool'>, PoolKernel> = {
  make: pool,
  plan: (kernel) => [planPool(kernel)],
};

/** The bounds of irregular windows are written into the code: up to this many windows. */
const MAX_WINDOWS = 4096;

function pool(
  { mode, size, step, starts, ends }: Spec<'pool'>,
  { operands, inputs, out }: Site,
): Bare<PoolKernel> | null {
  const { shape, dtype } = operands[0] as Instruction;
  if (dtype !== 'float32' && dtype !== 'float64') return null;
  const spans = size.map((n, d) => ({
    size: n,
    step: step?.[d] ?? 1,
    starts: starts[d] ?? [],
    ends: ends[d] ?? [],
  }));
  if (spans.length === 0 || spans.some((span) => span.starts.length > MAX_WINDOWS)) return null;
  const planes = sizeOf(shape.slice(0, shape.length - size.length));
  return { kind: 'pool', mode, planes, spans, inputs: inputs as [BufferRef], out };
}
