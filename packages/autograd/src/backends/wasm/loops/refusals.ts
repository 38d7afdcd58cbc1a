/**
 * @file Arguments that an element function refuses: they set the plan's fault flag, and the results are discarded. The
 * reference then runs and reports which element it was.
 */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Word } from '../assembler/moduleBuilder.js';
import { I32, I32x4, V128 } from '../assembler/opcodes.js';
import { applyOp, cast, type Value } from '../elements/elementOps.js';
import type { Lanes, Register } from '../elements/lanes.js';
import type { LaneCount } from './laneMemory.js';

const DIVISIONS: ReadonlySet<string> = new Set(['floorDivide', 'remainder', 'fmod']);

/** Whether a scalar of a loop body may get arguments that it refuses. */
export function mayRefuse(scalar: Scalar, body: LoopKernel['body']): boolean {
  if (scalar.kind !== 'op') return false;
  if (scalar.op === 'assertBetween') return true;
  if (scalar.dtype !== 'int32' || !DIVISIONS.has(scalar.op)) return false;
  const divisor = body[scalar.args[1] as number] as Scalar;
  return divisor.kind !== 'const' || divisor.value === 0;
}

/** Sets the plan's fault flag, at the address in the word `fault`, if an operation refuses its arguments in a real lane. */
export function refuse(
  v: Lanes,
  op: string,
  args: readonly Value[],
  lanes: LaneCount,
  fault: Word,
): void {
  v.scope(() => {
    const refused = refusedLanes(v, op, args);
    const counted = lanes === 4 ? refused : v.and(refused, realLanes(v, lanes));
    v.f
      .get(counted)
      .op(V128.anyTrue)
      .if(() => v.f.push(fault).i32(1).memory(I32.store, 0));
    return [];
  });
}

/** A mask of the lanes that are real. */
function realLanes(v: Lanes, lanes: 1 | 'rest'): Register {
  return lanes === 1 ? v.bin(I32x4.lt, v.iota(), v.i32(1)) : v.restMask(1, 0);
}

/** A mask of the lanes whose arguments are refused. */
function refusedLanes(v: Lanes, op: string, args: readonly Value[]): Register {
  const [x, y, z] = args as [Value, Value, Value];
  if (DIVISIONS.has(op))
    return v.bin(I32x4.eq, cast(v, y, 'int32').registers[0] as Register, v.i32(0));
  const [above, below] = [applyOp(v, 'ge', 'bool', [x, y]), applyOp(v, 'le', 'bool', [x, z])];
  return v.not(v.and(above.registers[0] as Register, below.registers[0] as Register));
}
