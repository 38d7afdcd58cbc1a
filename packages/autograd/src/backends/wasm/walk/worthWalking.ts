/** @file Whether a program that is met for the first time is walked, or planned at once. */
import type { Instruction, Program } from '../../../engine/program.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';

/** So many bytes an operation, and a plan takes little time beside what it computes. */
const LARGE = 64 * 1024;

/** @internal Tests turn it on. */
export const walking = {
  /**
   * Whether programs with sums and products of elements are walked. A fused loop may still add in another order than one that
   * does nothing else, and what is computed again would differ in its last bits.
   */
  sums: false,
};

/** Large programs gain by fused loops and threads from their first run on. */
export function worthWalking({ instructions }: Program): boolean {
  let bytes = 0;
  let nodes = 0;
  for (const instruction of instructions) {
    const { op, shape, dtype } = instruction;
    if (op === null) continue;
    const { kind } = op.lowering;
    if (kind === 'alias' || kind === 'view' || kind === 'leaf') continue;
    if (!walking.sums && addsUp(instruction)) return false;
    nodes++;
    bytes += sizeOf(shape) * itemSize[dtype];
  }
  return bytes < LARGE * nodes;
}

function addsUp({ op }: Instruction): boolean {
  return (
    op?.lowering.kind === 'fold' && (op.lowering.fold === 'sum' || op.lowering.fold === 'prod')
  );
}
