/** @file Whether a program that is met for the first time is walked, or planned at once. */
import type { Program } from '../../../engine/program.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';

/** So many bytes an operation, and a plan takes little time beside what it computes. */
const LARGE = 64 * 1024;

/** Large programs gain by fused loops and threads from their first run on. */
export function worthWalking({ instructions, outputs }: Program): boolean {
  let bytes = 0;
  let nodes = 0;
  for (const { op, shape, dtype } of instructions) {
    if (op === null) continue;
    const { kind } = op.lowering;
    if (kind === 'alias' || kind === 'view' || kind === 'leaf') continue;
    nodes++;
    bytes += sizeOf(shape) * itemSize[dtype];
  }
  // A loop whose results are another program's runs as its reference does.
  const isLoop = (slot: number): boolean => instructions[slot]?.op?.lowering.kind === 'loop';
  return bytes < LARGE * nodes && !outputs.some(isLoop);
}
