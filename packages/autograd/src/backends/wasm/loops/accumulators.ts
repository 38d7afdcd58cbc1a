/**
 * @file The accumulators of a reduction: how they start, take a value, and become one result.
 *
 * A maximum of floats keeps track of NaN in a separate mask: V8's own maximum, which propagates NaN, is several times slower.
 */
import type { Scalar } from '../../../engine/compile/kernel.js';
import { isFloat } from '../../../graph/dtype.js';
import { combine, constant, identity } from '../elements/elementOps.js';
import type { Value } from '../elements/elementOps.js';
import type { LaneCount } from './laneMemory.js';
import type { Lanes, Register } from '../elements/lanes.js';
import { F32x4, F64x2 } from '../assembler/opcodes.js';

export type Reduce = Extract<Scalar, { kind: 'reduce' }>;

function tracksNan(scalar: Reduce): boolean {
  return (scalar.op === 'max' || scalar.op === 'min') && isFloat(scalar.dtype);
}

/** `count` accumulators with the result of a reduction over nothing. */
export function freshAccumulators(v: Lanes, scalar: Reduce, count: number): readonly Value[] {
  const start = constant(v, identity(scalar.op, scalar.dtype), scalar.dtype);
  const masks = tracksNan(scalar) ? start.registers.map(() => v.i32(0)) : [];
  return Array.from({ length: count }, () => ({
    dtype: scalar.dtype,
    registers: [...start.registers, ...masks].map((register) => v.copy(register)),
  }));
}

/** Folds the real lanes of a value into an accumulator. */
export function accumulate(
  v: Lanes,
  scalar: Reduce,
  target: Value,
  value: Value,
  lanes: LaneCount,
): void {
  v.scope(() => {
    const part = lanes === 'rest' ? realLanes(v, scalar, value) : value;
    const sums = tracksNan(scalar)
      ? extremes(v, scalar, target, part)
      : combine(v, scalar.op, scalar.dtype, target, part).registers;
    sums.forEach((register, k) => v.f.get(register).set(target.registers[k] as Register));
    return [];
  });
}

/** The extremes so far and, after them, the masks of lanes that met NaN. */
function extremes(v: Lanes, scalar: Reduce, target: Value, part: Value): Register[] {
  const single = scalar.dtype === 'float32';
  const [max, min, differs] = single
    ? [F32x4.pmax, F32x4.pmin, F32x4.ne]
    : [F64x2.pmax, F64x2.pmin, F64x2.ne];
  const pick = scalar.op === 'max' ? max : min;
  const best = part.registers.map((x, k) => v.bin(pick, target.registers[k] as Register, x));
  const masks = part.registers.map((x, k) =>
    v.or(target.registers[part.registers.length + k] as Register, v.bin(differs, x, x)),
  );
  return [...best, ...masks];
}

/** The value with the lanes beyond the row's end replaced by the neutral element. */
function realLanes(v: Lanes, scalar: Reduce, value: Value): Value {
  const neutral = constant(v, identity(scalar.op, scalar.dtype), scalar.dtype);
  const masks =
    scalar.dtype === 'float64' ? [v.restMask(2, 0), v.restMask(2, 4)] : [v.restMask(1, 0)];
  const registers = masks.map((mask, k) =>
    v.select(mask, value.registers[k] as Register, neutral.registers[k] as Register),
  );
  return { dtype: scalar.dtype, registers };
}

/** An accumulator's value: an extreme, with NaN in the lanes that met it (all bits set are a NaN). */
export function settle(v: Lanes, scalar: Reduce, part: Value): Value {
  if (!tracksNan(scalar)) return part;
  const count = part.registers.length / 2;
  const registers = part.registers
    .slice(0, count)
    .map((register, k) => v.or(register, part.registers[count + k] as Register));
  return { dtype: part.dtype, registers };
}

/** All accumulators combined into one, with its lanes still separate. */
export function joinParts(v: Lanes, scalar: Reduce, partial: readonly Value[]): Value {
  const registers = v.scope(() => {
    let parts = partial.map((part) => settle(v, scalar, part));
    while (parts.length > 1) {
      const half = parts.length / 2;
      parts = parts
        .slice(0, half)
        .map((part, k) => combine(v, scalar.op, scalar.dtype, part, parts[k + half] as Value));
    }
    return (parts[0] as Value).registers;
  });
  return { dtype: scalar.dtype, registers };
}

/** All accumulators and all their lanes combined, the result in every lane. */
export function fold(v: Lanes, scalar: Reduce, partial: readonly Value[]): Value {
  const join = (x: Value, y: Value): Value => combine(v, scalar.op, scalar.dtype, x, y);
  const registers = v.scope(() => {
    let result = joinParts(v, scalar, partial);
    const turned = (order: readonly number[]): Value => ({
      dtype: scalar.dtype,
      registers: result.registers.map((register) => v.shuffle(register, register, order)),
    });
    if (scalar.dtype === 'float64') {
      const [low, high] = result.registers as [Register, Register];
      result = join(
        { dtype: 'float64', registers: [low, low] },
        { dtype: 'float64', registers: [high, high] },
      );
      return join(result, turned([2, 3, 0, 1])).registers;
    }
    result = join(result, turned([2, 3, 0, 1]));
    return join(result, turned([1, 0, 3, 2])).registers;
  });
  return { dtype: scalar.dtype, registers };
}
