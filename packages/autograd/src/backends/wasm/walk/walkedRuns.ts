/**
 * @file Decides how many runs of a new program are walked before it is planned: as long as a plan would cost more than it
 * saves.
 */
import type { Instruction, Program } from '../../../engine/program.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';

/** The cost of a plan for each operation, and the extra cost of a walked operation: for each call, and for each byte. */
const PLAN_NS = 100_000;
const CALL_NS = 300;
const BYTE_NS = 0.04;
/** Programs that write more bytes per operation are planned on the first run: a walk gives every value memory of its own. */
const MAX_WALKED_BYTES = 200_000;
/** Programs that run this often are planned, however little they compute. */
const MAX_WALKED_RUNS = 44;
/**
 * Programs of this many operations or more, whose plan takes most of a second, are planned when they have run once for each
 * `nodesPerRun`; not those of single numbers, whose trees are planned faster and run much faster.
 */
const LATE = { nodes: 4096, nodesPerRun: 16, bytesPerNode: 32 };

/**
 * Returns 0 if values are large, or if an output is a loop itself. An estimate from sizes alone, so that a program is always
 * planned at the same run.
 */
export function walkedRuns({ instructions, outputs }: Program): number {
  let bytes = 0;
  let nodes = 0;
  for (let slot = 0; slot < instructions.length; slot++) {
    const written = bytesWritten(instructions[slot]!);
    if (written < 0) continue;
    nodes++;
    bytes += written;
  }
  // A loop whose results are read by another program runs by its reference.
  for (const slot of outputs) if (instructions[slot]?.op?.lowering.kind === 'loop') return 0;
  if (bytes > nodes * MAX_WALKED_BYTES) return 0;
  const isLate = nodes >= LATE.nodes && bytes >= nodes * LATE.bytesPerNode;
  const most = isLate ? nodes / LATE.nodesPerRun : MAX_WALKED_RUNS;
  return Math.floor(Math.min(most, (nodes * PLAN_NS) / (nodes * CALL_NS + bytes * BYTE_NS)));
}

/** −1 for an instruction that computes nothing. */
function bytesWritten({ op, shape, dtype }: Instruction): number {
  if (op === null) return -1;
  const { kind } = op.lowering;
  const isThere = kind === 'alias' || kind === 'view' || kind === 'leaf';
  return isThere ? -1 : sizeOf(shape) * itemSize[dtype];
}
