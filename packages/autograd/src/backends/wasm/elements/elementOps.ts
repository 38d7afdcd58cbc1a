/**
 * @file The element functions of a loop body over four lanes at a time, for every dtype.
 *
 * A value of four lanes takes one register, or two if it is `float64` (low pair, high pair). A `bool` is a mask: all bits of
 * its lane are set, or none.
 */
import type { DType } from '../../../graph/dtype.js';
import { isFloat, promote } from '../../../graph/dtype.js';
import { vectorForms } from '../../../kernels/elements/vectorForms.js';
import { float32, float64 } from './floatOps.js';
import { int32 } from './integerOps.js';
import type { Lanes, Register } from './lanes.js';
import { F32x4, F64x2, I32x4, I64x2 } from '../assembler/opcodes.js';
import { SCALAR_UNARY } from './scalarOps.js';
import { cast, constant, each, narrowMask, unknown, widenMask } from './values.js';
import type { Value } from './values.js';

export { cast, constant } from './values.js';
export type { Value } from './values.js';

const FLOAT_UNARY: ReadonlySet<string> = new Set([
  ...SCALAR_UNARY,
  'exp',
  'log',
  'sigmoid',
  'sigmoidDerivative',
  'tanhDerivative',
  'normalPdf',
  'expNegSquare',
  'sqrt',
  'rsqrt',
  'reciprocal',
]);
const ANY_UNARY: ReadonlySet<string> = new Set([
  'neg',
  'abs',
  'sign',
  'square',
  'floor',
  'ceil',
  'round',
  'trunc',
  'relu',
]);
const NUMBER_BINARY: ReadonlySet<string> = new Set([
  'add',
  'sub',
  'mul',
  'strongMul',
  'strongProduct',
  'remainder',
  'fmod',
  'floorDivide',
  'maximum',
  'minimum',
]);
const FLOAT_BINARY: ReadonlySet<string> = new Set(['div', 'pow', 'atan2', 'hypot', 'copysign']);
const BOOLEAN: ReadonlySet<string> = new Set(['mul', 'maximum', 'minimum']);
const BITS: ReadonlySet<string> = new Set(['bitwiseAnd', 'bitwiseOr', 'bitwiseXor']);
const SHIFTS: ReadonlySet<string> = new Set(['bitwiseLeftShift', 'bitwiseRightShift']);
const COMPARISONS = ['eq', 'ne', 'lt', 'gt', 'le', 'ge'] as const;
type Comparison = (typeof COMPARISONS)[number];
const LOGIC: ReadonlySet<string> = new Set(['logicalAnd', 'logicalOr', 'logicalXor', 'logicalNot']);
const TESTS: ReadonlySet<string> = new Set(['isNan', 'isInf', 'isFinite', 'signbit']);

/**
 * Whether a body may use `op` with results of `dtype` (for comparisons and tests, which return `bool`: with arguments of
 * `dtype`). The interpreter runs whatever is not supported.
 */
export function supports(op: string, dtype: DType): boolean {
  if (op === 'cast' || op === 'where' || op === 'assertBetween' || LOGIC.has(op) || TESTS.has(op))
    return true;
  if ((COMPARISONS as readonly string[]).includes(op)) return true;
  if (dtype === 'bool') return BOOLEAN.has(op) || BITS.has(op);
  if (BITS.has(op) || SHIFTS.has(op) || op === 'bitwiseNot') return dtype === 'int32';
  if (ANY_UNARY.has(op) || NUMBER_BINARY.has(op)) return true;
  if (dtype === 'int32') return false;
  return FLOAT_UNARY.has(op) || FLOAT_BINARY.has(op) || vectorForms.get(op)?.[dtype] !== undefined;
}

/** One primitive applied to four lanes. */
export function applyOp(v: Lanes, op: string, dtype: DType, args: readonly Value[]): Value {
  const [x, y, z] = args as [Value, Value, Value];
  if (op === 'cast' || op === 'assertBetween') return cast(v, x, dtype);
  if (op === 'where') return where(v, x, cast(v, y, dtype), cast(v, z, dtype));
  if (LOGIC.has(op))
    return logic(
      v,
      op,
      args.map((arg) => cast(v, arg, 'bool')),
    );
  if (TESTS.has(op)) return test(v, op, x);
  if ((COMPARISONS as readonly string[]).includes(op)) {
    const common = promote(x.dtype, y.dtype);
    return compare(v, op as Comparison, cast(v, x, common), cast(v, y, common));
  }
  const same = args.map((arg) => cast(v, arg, dtype));
  switch (dtype) {
    case 'float32':
      return each(v, dtype, same, (a, b = 0) => float32(v, op, a, b));
    case 'float64':
      return each(v, dtype, same, (a, b = 0) => float64(v, op, a, b));
    case 'int32':
      return int32(v, op, same);
    case 'bool':
      return each(v, dtype, same, (a, b = 0) => {
        if (op === 'maximum' || op === 'bitwiseOr') return v.or(a, b);
        if (op === 'minimum' || op === 'mul' || op === 'bitwiseAnd') return v.and(a, b);
        return op === 'bitwiseXor' ? v.xor(a, b) : unknown(op, dtype);
      });
  }
}

function where(v: Lanes, condition: Value, x: Value, y: Value): Value {
  const registers = v.scope(() => {
    const mask = cast(v, condition, 'bool').registers[0] as Register;
    const masks = x.dtype === 'float64' ? widenMask(v, mask) : [mask];
    return masks.map((m, i) => v.select(m, x.registers[i] as Register, y.registers[i] as Register));
  });
  return { dtype: x.dtype, registers };
}

function logic(v: Lanes, op: string, args: readonly Value[]): Value {
  return each(v, 'bool', args, (a, b = 0) => {
    if (op === 'logicalNot') return v.not(a);
    return op === 'logicalAnd' ? v.and(a, b) : op === 'logicalOr' ? v.or(a, b) : v.xor(a, b);
  });
}

function test(v: Lanes, op: string, x: Value): Value {
  if (!isFloat(x.dtype)) {
    const [a = 0] = x.registers;
    if (op === 'signbit' && x.dtype === 'int32')
      return { dtype: 'bool', registers: [v.one(() => v.shift(I32x4.shrS, a, 31))] };
    return constant(v, op === 'isFinite' ? 1 : 0, 'bool');
  }
  const single = x.dtype === 'float32';
  const registers = v.scope(() => {
    const masks = x.registers.map((a) => {
      if (op === 'isNan') return v.bin(single ? F32x4.ne : F64x2.ne, a, a);
      if (op === 'signbit') return single ? v.shift(I32x4.shrS, a, 31) : v.shift(I64x2.shrS, a, 63);
      const magnitude = v.un(single ? F32x4.abs : F64x2.abs, a);
      const infinity = single ? v.f32(Infinity) : v.f64(Infinity);
      if (op === 'isInf') return v.bin(single ? F32x4.eq : F64x2.eq, magnitude, infinity);
      return v.bin(single ? F32x4.lt : F64x2.lt, magnitude, infinity);
    });
    return single ? masks : [narrowMask(v, masks)];
  });
  return { dtype: 'bool', registers };
}

/** Opcodes for float32, float64 and integers. */
const COMPARING: Readonly<Record<Comparison, readonly [number, number, number]>> = {
  eq: [F32x4.eq, F64x2.eq, I32x4.eq],
  ne: [F32x4.ne, F64x2.ne, I32x4.ne],
  lt: [F32x4.lt, F64x2.lt, I32x4.lt],
  le: [F32x4.le, F64x2.le, I32x4.le],
  gt: [F32x4.gt, F64x2.gt, I32x4.gt],
  ge: [F32x4.ge, F64x2.ge, I32x4.ge],
};

function compare(v: Lanes, op: Comparison, x: Value, y: Value): Value {
  const registers = v.scope(() => {
    // A mask as an integer is 0 or −1, so the order is reversed.
    const swap = x.dtype === 'bool';
    const [p, q] = swap ? [y, x] : [x, y];
    const [float32, float64, int32] = COMPARING[op];
    const code = x.dtype === 'float32' ? float32 : x.dtype === 'float64' ? float64 : int32;
    const masks = p.registers.map((a, i) => v.bin(code, a, q.registers[i] as Register));
    return x.dtype === 'float64' ? [narrowMask(v, masks)] : masks;
  });
  return { dtype: 'bool', registers };
}

/** Folds one value into another: the step of a reduction. */
export function combine(
  v: Lanes,
  op: 'sum' | 'prod' | 'max' | 'min',
  dtype: DType,
  x: Value,
  y: Value,
): Value {
  const names = { sum: 'add', prod: 'mul', max: 'maximum', min: 'minimum' } as const;
  return applyOp(v, names[op], dtype, [x, y]);
}

/** The result of a reduction over nothing. */
export function identity(op: 'sum' | 'prod' | 'max' | 'min', dtype: DType): number {
  if (op === 'sum') return 0;
  if (op === 'prod') return 1;
  if (dtype === 'bool') return op === 'max' ? 0 : 1;
  if (dtype === 'int32') return op === 'max' ? -2147483648 : 2147483647;
  return op === 'max' ? -Infinity : Infinity;
}
