/**
 * @file Decides how many runs of a new program are walked before it is planned: as long as a plan would cost more than it
 * saves.
 */
import type { Instruction, Program } from '../../../engine/program.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';

/**
 * The cost of a plan for each operation, and the extra cost of a walked operation: for each call, and for each byte. Measured on
 * perceptrons, recurrent cells, graphs and policies: a plan of small values saves 0 to 60 ns an operation.
 */
const PLAN_NS = 100_000;
const CALL_NS = 60;
const BYTE_NS = 0.04;
/** Programs that write more bytes per operation are planned on the first run: a walk gives every value memory of its own. */
const MAX_WALKED_BYTES = 200_000;
/** The most walked runs: short programs are planned early, which takes a few milliseconds once. */
const MAX_RUNS = { short: 44, perNode: 4 };
/** Programs with fewer bytes per operation are of single numbers mostly, whose trees are planned faster and run much faster. */
const BYTES_OF_NUMBERS = 32;

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
  const perNode = bytes < nodes * BYTES_OF_NUMBERS ? 0 : MAX_RUNS.perNode;
  const most = Math.max(MAX_RUNS.short, perNode * nodes);
  return Math.floor(Math.min(most, (nodes * PLAN_NS) / (nodes * CALL_NS + bytes * BYTE_NS)));
}

/** −1 for an instruction that computes nothing. */
function bytesWritten({ op, shape, dtype }: Instruction): number {
  if (op === null) return -1;
  const { kind } = op.lowering;
  const isThere = kind === 'alias' || kind === 'view' || kind === 'leaf';
  return isThere ? -1 : sizeOf(shape) * itemSize[dtype];
}
