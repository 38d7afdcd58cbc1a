/** @file The element functions of a loop body as WGSL, for every dtype of the device. */
import type { ReduceOp, Scalar } from '../../../engine/compile/kernel.js';
import type { DType } from '../../../graph/dtype.js';
import {
  BITS,
  COMPARISONS,
  comparison,
  FLOAT_BINARY,
  FLOAT_UNARY,
  logic,
  ofBooleans,
  ofFloats,
  ofIntegers,
  test,
} from './elementTexts.js';
import type { ShaderWriter } from './shaderWriter.js';
import { literal, typeOf } from './values.js';

/** Functions of one number of any kind. */
const ANY_UNARY = new Set([
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
const ANY_BINARY = new Set([
  ...['add', 'sub', 'mul', 'strongMul', 'strongProduct', 'remainder', 'fmod', 'floorDivide'],
  ...['maximum', 'minimum'],
]);
const FLOAT_PLAIN = new Set(['sqrt', 'rsqrt', 'reciprocal', 'div']);
const LOGIC = new Set(['logicalAnd', 'logicalOr', 'logicalXor', 'logicalNot']);
const TESTS = new Set(['isNan', 'isInf', 'isFinite', 'signbit']);
const INTEGER = new Set([
  ...['gcd', 'lcm', 'bitwiseLeftShift', 'bitwiseRightShift', 'bitwiseNot'],
  ...Object.keys(BITS),
]);

/** Whether a loop may compute `op` with results of `dtype`. */
export function supports(op: string, dtype: DType): boolean {
  if (dtype === 'float64') return false;
  if (op === 'cast' || op === 'where' || LOGIC.has(op) || TESTS.has(op)) return true;
  if (op in COMPARISONS) return true;
  if (dtype === 'bool')
    return (
      ANY_BINARY.has(op) || ANY_UNARY.has(op) || op in BITS || op === 'bitwiseNot' || op === 'pow'
    );
  if (ANY_UNARY.has(op) || ANY_BINARY.has(op)) return true;
  if (dtype === 'int32') return INTEGER.has(op) || op === 'pow';
  return op in FLOAT_UNARY || op in FLOAT_BINARY || FLOAT_PLAIN.has(op);
}

/** A value in another dtype. */
export function cast(w: ShaderWriter, x: string, from: DType, to: DType): string {
  const [a, b] = [typeOf(from), typeOf(to)];
  if (a === b) return x;
  if (to === 'bool') return from === 'int32' ? `(${x} != 0)` : `${w.use('truth')}(${x})`;
  if (to === 'int32' && from !== 'bool') return `${w.use('toInt')}(${x})`;
  return from === 'bool' && to === 'int32' ? `select(0, 1, ${x})` : `${b}(${x})`;
}

/** The text of one operation on values of the dtypes `from`. */
export function expression(
  w: ShaderWriter,
  { op, dtype }: Scalar & { kind: 'op' },
  args: readonly string[],
  from: readonly DType[],
): string {
  const as = (k: number, to: DType): string => cast(w, args[k]!, from[k]!, to);
  if (op === 'cast') return as(0, dtype);
  if (op === 'where') return `select(${as(2, dtype)}, ${as(1, dtype)}, ${as(0, 'bool')})`;
  if (op in COMPARISONS) {
    const float = from.some((d) => d === 'float32' || d === 'float64');
    if (!float) return `(${as(0, 'int32')} ${COMPARISONS[op]!} ${as(1, 'int32')})`;
    return comparison(w, op, as(0, 'float32'), as(1, 'float32'));
  }
  if (TESTS.has(op)) return test(w, op, args[0]!, from[0]!);
  if (LOGIC.has(op))
    return logic(
      op,
      args.map((_, k) => as(k, 'bool')),
    );
  const [x = '', y = ''] = args.map((_, k) => as(k, dtype));
  if (dtype === 'bool') return ofBooleans(op, x, y);
  return dtype === 'int32' ? ofIntegers(w, op, x, y) : ofFloats(w, op, x, y);
}

/** The initial value of a reduction. */
export function identity(w: ShaderWriter, op: ReduceOp, dtype: DType): string {
  if (op === 'sum') return literal(w, 0, dtype);
  if (op === 'prod') return literal(w, 1, dtype);
  const most = dtype === 'int32' ? 2147483647 : Infinity;
  const least = dtype === 'int32' ? -2147483648 : -Infinity;
  if (dtype === 'bool') return op === 'max' ? 'false' : 'true';
  return literal(w, op === 'max' ? least : most, dtype);
}

/** One value folded into another. */
export function fold(w: ShaderWriter, op: ReduceOp, dtype: DType, x: string, y: string): string {
  const names = { sum: 'add', prod: 'mul', max: 'maximum', min: 'minimum' } as const;
  return expression(w, { kind: 'op', op: names[op], args: [0, 1], dtype }, [x, y], [dtype, dtype]);
}
