/** @file Convolutions and their gradients. */
import { planConv } from '../backends/wasm/operators/convKernel.js';
import type { ConvKernel } from '../engine/compile/operators.js';
import type { BufferRef } from '../engine/compile/bufferRef.js';
import type { Instruction } from '../engine/program.js';
import { sizeOf } from '../graph/shape.js';
import type { Bare, KernelFamily, Site, Spec } from './family.js';

export const convolution: KernelFamily<Spec<'conv'>, ConvKernel> = { make: conv, plan: planConv };

function conv(
  { direction, groups, stride, padLow, padHigh, dilation }: Spec<'conv'>,
  { instruction, operands, inputs, out }: Site,
): Bare<ConvKernel> | null {
  const [p, q] = operands as readonly [Instruction, Instruction];
  const roles: Record<ConvKernel['direction'], readonly [Instruction, Instruction, Instruction]> = {
    forward: [p, q, instruction],
    gradInput: [instruction, q, p],
    gradWeight: [p, instruction, q],
  };
  const [x, w, y] = roles[direction];
  if ([x, w, y].some((i) => sizeOf(i.shape) === 0 || i.dtype !== out.dtype)) return null;
  if (out.dtype !== 'float32' && out.dtype !== 'float64') return null;
  return {
    kind: 'conv',
    direction,
    batch: x.shape[0] as number,
    groups,
    inChannels: (x.shape[1] as number) / groups,
    outChannels: (y.shape[1] as number) / groups,
    size: x.shape.slice(2),
    window: w.shape.slice(2),
    outSize: y.shape.slice(2),
    stride,
    padLow,
    padHigh,
    dilation,
    inputs: inputs as [BufferRef, BufferRef],
    out,
  };
}
