/** @file How many runs of a new program are walked before it is planned: as long as making a plan would cost more than it saves. */
import type { Instruction, Program } from '../../../engine/program.js';
import { itemSize } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';

/** What a plan costs for each operation, and what an operation that is walked costs more: by itself, and for each byte. */
const PLAN_NS = 100_000;
const CALL_NS = 300;
const BYTE_NS = 0.04;
/** Programs with more bytes an operation are planned at once: a walk has a place for every value. */
const LARGE = 200_000;
/** Programs that come so often are planned, however little they compute. */
const MOST = 44;

/**
 * None where values are large, or where a loop's results are the program's own. An estimate by sizes alone, so that a program is
 * planned at the same run every time.
 */
export function runsWorthWalking({ instructions, outputs }: Program): number {
  let bytes = 0;
  let nodes = 0;
  for (let slot = 0; slot < instructions.length; slot++) {
    const written = bytesWritten(instructions[slot]!);
    if (written < 0) continue;
    nodes++;
    bytes += written;
  }
  // A loop whose results are another program's runs as its reference does.
  for (const slot of outputs) if (instructions[slot]?.op?.lowering.kind === 'loop') return 0;
  if (bytes > nodes * LARGE) return 0;
  return Math.min(MOST, Math.floor((nodes * PLAN_NS) / (nodes * CALL_NS + bytes * BYTE_NS)));
}

/** −1 where nothing is computed. */
function bytesWritten({ op, shape, dtype }: Instruction): number {
  if (op === null) return -1;
  const { kind } = op.lowering;
  const isThere = kind === 'alias' || kind === 'view' || kind === 'leaf';
  return isThere ? -1 : sizeOf(shape) * itemSize[dtype];
}
