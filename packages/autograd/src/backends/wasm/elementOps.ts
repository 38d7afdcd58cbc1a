/**
 * @file The element functions of a loop body over four lanes at a time, for every dtype.
 *
 * A value of four lanes takes one register, or two when it is `float64` (low pair, high pair). A `bool` is a mask: all
 * bits of its lane set or none.
 */
import type { DType } from '../../graph/dtype.js';
import { isFloat, promote } from '../../graph/dtype.js';
import { ChainruleError } from '../../errors.js';
import type { Lanes, Register } from './lanes.js';
import { pow, vectorFunctions } from './math32.js';
import { expD, logD } from './math64.js';
import { F32x4, F64x2, I32x4, I64x2, V128 } from './opcodes.js';

export interface Value {
  readonly dtype: DType;
  readonly registers: readonly Register[];
}

/** Float functions of one argument without a vector form: an imported scalar function, lane by lane. */
const SCALAR_UNARY: ReadonlySet<string> = new Set([
  'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'expm1', 'log1p',
  'log2', 'log10', 'erf', 'erfc', 'erfinv', 'lgamma', 'digamma', 'exp2', 'softplus',
]);
const SCALAR_BINARY: ReadonlySet<string> = new Set(['atan2', 'fmod', 'remainder', 'pow', 'hypot']);

const FLOAT_UNARY: ReadonlySet<string> = new Set([
  ...SCALAR_UNARY, 'exp', 'log', 'sigmoid', 'sqrt', 'rsqrt', 'reciprocal',
]);
const ANY_UNARY: ReadonlySet<string> = new Set(['neg', 'abs', 'sign', 'square', 'floor', 'ceil', 'round', 'trunc', 'relu']);
const NUMBER_BINARY: ReadonlySet<string> = new Set([
  'add', 'sub', 'mul', 'strongMul', 'remainder', 'fmod', 'floorDivide', 'maximum', 'minimum',
]);
const FLOAT_BINARY: ReadonlySet<string> = new Set(['div', 'pow', 'atan2', 'hypot']);
const COMPARISONS = ['eq', 'ne', 'lt', 'gt', 'le', 'ge'] as const;
type Comparison = (typeof COMPARISONS)[number];
const LOGIC: ReadonlySet<string> = new Set(['logicalAnd', 'logicalOr', 'logicalXor', 'logicalNot']);
const TESTS: ReadonlySet<string> = new Set(['isNan', 'isInf', 'isFinite']);

/**
 * Whether a body may use `op` with results of `dtype` (for comparisons and tests: with arguments of `dtype`; they
 * give `bool`). What is not supported is for the interpreter.
 */
export function supports(op: string, dtype: DType): boolean {
  if (op === 'cast' || op === 'where' || LOGIC.has(op) || TESTS.has(op)) return true;
  if ((COMPARISONS as readonly string[]).includes(op)) return true;
  if (dtype === 'bool') return op === 'maximum' || op === 'minimum';
  if (ANY_UNARY.has(op) || NUMBER_BINARY.has(op)) return true;
  return isFloat(dtype) && (FLOAT_UNARY.has(op) || FLOAT_BINARY.has(op));
}

/** Applies one formula to each register of the arguments. */
function each(v: Lanes, dtype: DType, args: readonly Value[], formula: (...x: Register[]) => Register): Value {
  const count = dtype === 'float64' ? 2 : 1;
  const registers: Register[] = [];
  for (let i = 0; i < count; i++) {
    registers.push(v.one(() => formula(...args.map((x) => x.registers[i] as Register))));
  }
  return { dtype, registers };
}

/** A constant in every lane. */
export function constant(v: Lanes, value: number, dtype: DType): Value {
  switch (dtype) {
    case 'float32':
      return { dtype, registers: [v.f32(value)] };
    case 'float64':
      return { dtype, registers: [v.f64(value), v.f64(value)] };
    case 'int32':
      return { dtype, registers: [v.i32(value)] };
    case 'bool':
      return { dtype, registers: [v.i32(value !== 0 ? -1 : 0)] };
  }
}

/** Masks of 32 bits as masks of 64. */
function widenMask(v: Lanes, mask: Register): [Register, Register] {
  return [v.un(I64x2.extendLowS32, mask), v.un(I64x2.extendHighS32, mask)];
}

/** Masks of 64 bits as masks of 32. */
function narrowMask(v: Lanes, masks: readonly Register[]): Register {
  return v.shuffle(masks[0] as Register, masks[1] as Register, [0, 2, 4, 6]);
}

/** Float to integer truncates, NaN gives 0 and what does not fit the nearest that does; anything but 0 is true. */
export function cast(v: Lanes, x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  const [a = 0, b = 0] = x.registers;
  const registers = v.scope(() => {
    switch (dtype) {
      case 'float32':
        if (x.dtype === 'float64') return [v.narrow(a, b)];
        return [x.dtype === 'int32' ? v.un(F32x4.fromI32, a) : v.and(a, v.f32(1))];
      case 'float64':
        if (x.dtype === 'float32') return v.widen(a);
        if (x.dtype === 'int32') return [v.un(F64x2.fromLowI32, a), v.un(F64x2.fromLowI32, v.shuffle(a, a, [2, 3, 2, 3]))];
        return widenMask(v, a).map((mask) => v.and(mask, v.f64(1)));
      case 'int32':
        if (x.dtype === 'float32') return [v.un(I32x4.truncF32, a)];
        if (x.dtype === 'bool') return [v.and(a, v.i32(1))];
        return [v.shuffle(v.un(I32x4.truncF64Zero, a), v.un(I32x4.truncF64Zero, b), [0, 1, 4, 5])];
      case 'bool':
        if (x.dtype === 'float32') return [v.bin(F32x4.ne, a, v.f32(0))];
        if (x.dtype === 'int32') return [v.bin(I32x4.ne, a, v.i32(0))];
        return [narrowMask(v, [v.bin(F64x2.ne, a, v.f64(0)), v.bin(F64x2.ne, b, v.f64(0))])];
    }
  });
  return { dtype, registers };
}

/** One primitive applied to four lanes. */
export function applyOp(v: Lanes, op: string, dtype: DType, args: readonly Value[]): Value {
  const [x, y, z] = args as [Value, Value, Value];
  if (op === 'cast') return cast(v, x, dtype);
  if (op === 'where') return where(v, x, cast(v, y, dtype), cast(v, z, dtype));
  if (LOGIC.has(op)) return logic(v, op, args.map((arg) => cast(v, arg, 'bool')));
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
      if (op === 'maximum') return each(v, dtype, same, (a, b = 0) => v.or(a, b));
      if (op === 'minimum') return each(v, dtype, same, (a, b = 0) => v.and(a, b));
      return unknown(op, dtype);
  }
}

function unknown(op: string, dtype: DType): never {
  throw new ChainruleError(`wasm: there is no element function ${op} for ${dtype}; ask supports() first`);
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
  if (!isFloat(x.dtype)) return constant(v, op === 'isFinite' ? 1 : 0, 'bool');
  const single = x.dtype === 'float32';
  const registers = v.scope(() => {
    const masks = x.registers.map((a) => {
      if (op === 'isNan') return v.bin(single ? F32x4.ne : F64x2.ne, a, a);
      const magnitude = v.un(single ? F32x4.abs : F64x2.abs, a);
      const infinity = single ? v.f32(Infinity) : v.f64(Infinity);
      if (op === 'isInf') return v.bin(single ? F32x4.eq : F64x2.eq, magnitude, infinity);
      return v.bin(single ? F32x4.lt : F64x2.lt, magnitude, infinity);
    });
    return single ? masks : [narrowMask(v, masks)];
  });
  return { dtype: 'bool', registers };
}

function compare(v: Lanes, op: Comparison, x: Value, y: Value): Value {
  const registers = v.scope(() => {
    // A mask as an integer is 0 or −1: order is the other way round.
    const swap = x.dtype === 'bool';
    const [p, q] = swap ? [y, x] : [x, y];
    const code = x.dtype === 'float32' ? F32x4[op] : x.dtype === 'float64' ? F64x2[op] : I32x4[op];
    const masks = p.registers.map((a, i) => v.bin(code, a, q.registers[i] as Register));
    return x.dtype === 'float64' ? [narrowMask(v, masks)] : masks;
  });
  return { dtype: 'bool', registers };
}

function float32(v: Lanes, op: string, x: Register, y: Register): Register {
  const formula = vectorFunctions[op];
  if (formula !== undefined) return formula(v, x);
  switch (op) {
    case 'neg':
      return v.un(F32x4.neg, x);
    case 'abs':
      return v.un(F32x4.abs, x);
    case 'square':
      return v.mul(x, x);
    case 'sqrt':
      return v.un(F32x4.sqrt, x);
    case 'rsqrt':
      return v.div(v.f32(1), v.un(F32x4.sqrt, x));
    case 'reciprocal':
      return v.div(v.f32(1), x);
    case 'sign': {
      const unit = v.or(v.and(x, v.f32(-0)), v.f32(1));
      // ±0 and NaN are their own sign.
      return v.select(v.bin(F32x4.gt, v.un(F32x4.abs, x), v.f32(0)), unit, x);
    }
    case 'floor':
      return v.un(F32x4.floor, x);
    case 'ceil':
      return v.un(F32x4.ceil, x);
    case 'trunc':
      return v.un(F32x4.trunc, x);
    case 'round':
      return v.un(F32x4.nearest, x);
    case 'relu':
      return v.bin(F32x4.pmax, x, v.f32(0));
    case 'add':
      return v.add(x, y);
    case 'sub':
      return v.sub(x, y);
    case 'mul':
      return v.mul(x, y);
    case 'strongMul':
      return v.bin(V128.andnot, v.mul(x, y), v.bin(F32x4.eq, x, v.f32(0)));
    case 'div':
      return v.div(x, y);
    case 'maximum':
      return v.bin(F32x4.max, x, y);
    case 'minimum':
      return v.bin(F32x4.min, x, y);
    case 'pow':
      return pow(v, x, y);
    case 'floorDivide': {
      const [xLow, xHigh] = v.widen(x);
      const [yLow, yHigh] = v.widen(y);
      const half = (a: Register, b: Register): Register => v.un(F64x2.floor, v.divD(a, b));
      return v.narrow(half(xLow, yLow), half(xHigh, yHigh));
    }
    case 'hypot': {
      const [xLow, xHigh] = v.widen(x);
      const [yLow, yHigh] = v.widen(y);
      const half = (a: Register, b: Register): Register =>
        v.un(F64x2.sqrt, v.addD(v.mulD(a, a), v.mulD(b, b)));
      const infinite = (a: Register): Register => v.bin(F32x4.eq, v.un(F32x4.abs, a), v.f32(Infinity));
      const edge = v.or(infinite(x), infinite(y));
      return v.select(edge, v.f32(Infinity), v.narrow(half(xLow, yLow), half(xHigh, yHigh)));
    }
  }
  if (SCALAR_UNARY.has(op)) return v.call(op, x);
  if (SCALAR_BINARY.has(op)) return v.call(op, x, y);
  return unknown(op, 'float32');
}

/** ln of any double: denormal numbers are scaled first. */
function log64(v: Lanes, x: Register): Register {
  const small = v.bin(F64x2.lt, x, v.f64(2 ** -1022));
  const scaled = v.select(small, v.mulD(x, v.f64(2 ** 54)), x);
  const y = v.subD(logD(v, scaled), v.and(small, v.f64(54 * Math.LN2)));
  const finite = v.select(v.bin(F64x2.eq, x, v.f64(Infinity)), x, y);
  const edge = v.select(v.bin(F64x2.eq, x, v.f64(0)), v.f64(-Infinity), finite);
  return v.select(v.bin(F64x2.ge, x, v.f64(0)), edge, v.f64(NaN));
}

function float64(v: Lanes, op: string, x: Register, y: Register): Register {
  switch (op) {
    case 'neg':
      return v.un(F64x2.neg, x);
    case 'abs':
      return v.un(F64x2.abs, x);
    case 'square':
      return v.mulD(x, x);
    case 'sqrt':
      return v.un(F64x2.sqrt, x);
    case 'rsqrt':
      return v.divD(v.f64(1), v.un(F64x2.sqrt, x));
    case 'reciprocal':
      return v.divD(v.f64(1), x);
    case 'sign': {
      const unit = v.or(v.and(x, v.f64(-0)), v.f64(1));
      return v.select(v.bin(F64x2.gt, v.un(F64x2.abs, x), v.f64(0)), unit, x);
    }
    case 'floor':
      return v.un(F64x2.floor, x);
    case 'ceil':
      return v.un(F64x2.ceil, x);
    case 'trunc':
      return v.un(F64x2.trunc, x);
    case 'round':
      return v.un(F64x2.nearest, x);
    case 'relu':
      return v.bin(F64x2.pmax, x, v.f64(0));
    case 'exp':
      return expD(v, x);
    case 'log':
      return log64(v, x);
    case 'sigmoid': {
      const e = expD(v, v.or(x, v.f64(-0)));
      const numerator = v.select(v.bin(F64x2.lt, x, v.f64(0)), e, v.f64(1));
      return v.divD(numerator, v.addD(e, v.f64(1)));
    }
    case 'add':
      return v.addD(x, y);
    case 'sub':
      return v.subD(x, y);
    case 'mul':
      return v.mulD(x, y);
    case 'strongMul':
      return v.bin(V128.andnot, v.mulD(x, y), v.bin(F64x2.eq, x, v.f64(0)));
    case 'div':
      return v.divD(x, y);
    case 'maximum':
      return v.bin(F64x2.max, x, y);
    case 'minimum':
      return v.bin(F64x2.min, x, y);
    case 'floorDivide':
      return v.un(F64x2.floor, v.divD(x, y));
  }
  if (SCALAR_UNARY.has(op)) return v.callD(op, x);
  if (SCALAR_BINARY.has(op)) return v.callD(op, x, y);
  return unknown(op, 'float64');
}

function int32(v: Lanes, op: string, args: readonly Value[]): Value {
  const simple = (formula: (a: Register, b: Register) => Register): Value =>
    each(v, 'int32', args, (a, b = 0) => formula(a, b));
  switch (op) {
    case 'neg':
      return simple((a) => v.un(I32x4.neg, a));
    case 'abs':
      return simple((a) => v.un(I32x4.abs, a));
    case 'square':
      return simple((a) => v.bin(I32x4.mul, a, a));
    case 'sign':
      return simple((a) => v.bin(I32x4.max, v.i32(-1), v.bin(I32x4.min, v.i32(1), a)));
    case 'floor':
    case 'ceil':
    case 'round':
    case 'trunc':
      return args[0] as Value;
    case 'relu':
      return simple((a) => v.bin(I32x4.max, a, v.i32(0)));
    case 'add':
      return simple((a, b) => v.bin(I32x4.add, a, b));
    case 'sub':
      return simple((a, b) => v.bin(I32x4.sub, a, b));
    case 'mul':
    case 'strongMul':
      return simple((a, b) => v.bin(I32x4.mul, a, b));
    case 'maximum':
      return simple((a, b) => v.bin(I32x4.max, a, b));
    case 'minimum':
      return simple((a, b) => v.bin(I32x4.min, a, b));
    case 'floorDivide':
      return simple((a, b) => quotient(v, a, b, F64x2.floor));
    case 'remainder':
    case 'fmod':
      return simple((a, b) => {
        const q = quotient(v, a, b, op === 'fmod' ? F64x2.trunc : F64x2.floor);
        const r = v.bin(I32x4.sub, a, v.bin(I32x4.mul, q, b));
        return v.bin(V128.andnot, r, v.bin(I32x4.eq, b, v.i32(0)));
      });
  }
  return unknown(op, 'int32');
}

/** The quotient of integers, exact in doubles before it is rounded; 0 where the divisor is 0. */
function quotient(v: Lanes, a: Register, b: Register, rounding: number): Register {
  const x = cast(v, { dtype: 'int32', registers: [a] }, 'float64');
  const y = cast(v, { dtype: 'int32', registers: [b] }, 'float64');
  const rounded = x.registers.map((d, i) => v.un(rounding, v.divD(d, y.registers[i] as Register)));
  const q = cast(v, { dtype: 'float64', registers: rounded }, 'int32').registers[0] as Register;
  return v.bin(V128.andnot, q, v.bin(I32x4.eq, b, v.i32(0)));
}

/** Folds one value into another: the step of a reduction. */
export function combine(v: Lanes, op: 'sum' | 'prod' | 'max' | 'min', dtype: DType, x: Value, y: Value): Value {
  const names = { sum: 'add', prod: 'mul', max: 'maximum', min: 'minimum' } as const;
  return applyOp(v, names[op], dtype, [x, y]);
}

/** What a reduction over nothing gives. */
export function identity(op: 'sum' | 'prod' | 'max' | 'min', dtype: DType): number {
  if (op === 'sum') return 0;
  if (op === 'prod') return 1;
  if (dtype === 'bool') return op === 'max' ? 0 : 1;
  if (dtype === 'int32') return op === 'max' ? -2147483648 : 2147483647;
  return op === 'max' ? -Infinity : Infinity;
}
