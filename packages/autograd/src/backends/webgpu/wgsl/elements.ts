/** @file The element functions of a loop body as WGSL, for every dtype of the device. */
import type { ReduceOp, Scalar } from '../../../engine/compile/kernel.js';
import type { DType } from '../../../graph/dtype.js';
import type { ShaderWriter } from './shaderWriter.js';
import { literal, typeOf } from './values.js';

/** Functions of one float32: of the library where the name ends in `f`, else of WGSL. */
const FLOAT_UNARY: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...[
        'exp',
        'exp2',
        'expm1',
        'sigmoid',
        'sigmoidDerivative',
        'tanh',
        'tanhDerivative',
        'softplus',
      ],
      ...['log', 'log2', 'log10', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan'],
      ...['sinh', 'cosh', 'asinh', 'acosh', 'atanh', 'erf', 'erfc', 'erfinv', 'expNegSquare'],
      ...['normalPdf', 'normalCdf', 'lgamma', 'digamma', 'logit', 'tanhshrink'],
    ].map((name) => [name, `${name}f`]),
  ),
  'special.entr': 'entrf',
  'special.ndtri': 'ndtrif',
};
const FLOAT_BINARY: Readonly<Record<string, string>> = {
  pow: 'powf',
  atan2: 'atan2f',
  hypot: 'hypotf',
  logaddexp: 'logaddexpf',
  logaddexp2: 'logaddexp2f',
  copysign: 'withSign',
  xlogy: 'xlogyf',
  'special.xlog1py': 'xlog1pyf',
  'special.zeta': 'zetaf',
  'special.gammainc': 'gammaincf',
  'special.gammaincc': 'gammainccf',
  'special.gammaDensity': 'gammaDensityf',
  gammaSlope: 'gammaSlopef',
  'nextafter.float32': 'nextafterf',
};
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
const COMPARISONS: Readonly<Record<string, string>> = {
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};
const LOGIC = new Set(['logicalAnd', 'logicalOr', 'logicalXor', 'logicalNot']);
const TESTS = new Set(['isNan', 'isInf', 'isFinite', 'signbit']);
const BITS: Readonly<Record<string, string>> = {
  bitwiseAnd: '&',
  bitwiseOr: '|',
  bitwiseXor: '^',
};
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

/** NaN compares as nothing, told by its bits. */
function comparison(w: ShaderWriter, op: string, x: string, y: string): string {
  const nan = w.use('isnan');
  const unordered = `(${nan}(${x}) || ${nan}(${y}))`;
  if (op === 'ne') return `(${unordered} || ${x} != ${y})`;
  return `(!${unordered} && ${x} ${COMPARISONS[op]!} ${y})`;
}

function test(w: ShaderWriter, op: string, x: string, from: DType): string {
  if (from !== 'float32' && from !== 'float64') {
    if (op === 'signbit' && from === 'int32') return `(${x} < 0)`;
    return op === 'isFinite' ? 'true' : 'false';
  }
  if (op === 'isNan') return `${w.use('isnan')}(${x})`;
  if (op === 'isInf') return `${w.use('isinf')}(${x})`;
  if (op === 'signbit') return `${w.use('negative')}(${x})`;
  return `!(${w.use('isnan')}(${x}) || ${w.use('isinf')}(${x}))`;
}

function logic(op: string, args: readonly string[]): string {
  const [x = '', y = ''] = args;
  if (op === 'logicalNot') return `(!${x})`;
  return `(${x} ${op === 'logicalAnd' ? '&&' : op === 'logicalOr' ? '||' : '!='} ${y})`;
}

function ofBooleans(op: string, x: string, y: string): string {
  if (op === 'bitwiseNot') return `(!${x})`;
  switch (op) {
    case 'bitwiseXor':
    case 'sub':
      return `(${x} != ${y})`;
    case 'maximum':
    case 'bitwiseOr':
    case 'add':
      return `(${x} || ${y})`;
    case 'pow':
      return `(${x} || !${y})`;
    case 'remainder':
    case 'fmod':
      return 'false';
  }
  // Of one operand its truth, of two whether both hold.
  return y === '' ? x : `(${x} && ${y})`;
}

function ofIntegers(w: ShaderWriter, op: string, x: string, y: string): string {
  switch (op) {
    case 'neg':
      return `(0 - ${x})`;
    case 'abs':
    case 'sign':
      return `${op}(${x})`;
    case 'square':
      return `(${x} * ${x})`;
    case 'floor':
    case 'ceil':
    case 'round':
    case 'trunc':
      return x;
    case 'relu':
      return `max(${x}, 0)`;
    case 'add':
      return `(${x} + ${y})`;
    case 'sub':
      return `(${x} - ${y})`;
    case 'mul':
    case 'strongMul':
    case 'strongProduct':
      return `(${x} * ${y})`;
    case 'maximum':
      return `max(${x}, ${y})`;
    case 'minimum':
      return `min(${x}, ${y})`;
    case 'bitwiseNot':
      return `(~${x})`;
    case 'bitwiseLeftShift':
      return `select(0, ${x} << u32(${y} & 31), ${y} >= 0 && ${y} < 32)`;
    case 'bitwiseRightShift':
      return `(${x} >> u32(clamp(${y}, 0, 31)))`;
  }
  if (op in BITS) return `(${x} ${BITS[op]!} ${y})`;
  return `${w.use(`${op}i`)}(${x}, ${y})`;
}

function ofFloats(w: ShaderWriter, op: string, x: string, y: string): string {
  switch (op) {
    case 'neg':
      return `(-${x})`;
    case 'reciprocal':
      return `(1.0f / ${x})`;
    case 'square':
      return `(${x} * ${x})`;
    case 'abs':
    case 'floor':
    case 'ceil':
    case 'round':
    case 'trunc':
      return `${op}(${x})`;
    case 'sqrt':
      return `select(sqrt(${x}), ${w.use('nan')}(), ${x} < 0.0f)`;
    case 'rsqrt':
      return `select(1.0f / sqrt(${x}), ${w.use('nan')}(), ${x} < 0.0f)`;
    case 'sign':
      return `${w.use('signf')}(${x})`;
    case 'relu':
      return `${w.use('reluf')}(${x})`;
    case 'add':
      return `(${x} + ${y})`;
    case 'sub':
      return `(${x} - ${y})`;
    case 'mul':
      return `(${x} * ${y})`;
    case 'div':
      return `${w.use('dividef')}(${x}, ${y})`;
    case 'strongMul':
      return `${w.use('strong')}(${x}, ${y})`;
    case 'strongProduct':
      return `${w.use('strongBoth')}(${x}, ${y})`;
    case 'maximum':
      return `${w.use('maxf')}(${x}, ${y})`;
    case 'minimum':
      return `${w.use('minf')}(${x}, ${y})`;
    case 'remainder':
    case 'fmod':
    case 'floorDivide':
      return `${w.use(`${op}f`)}(${x}, ${y})`;
  }
  const one = FLOAT_UNARY[op];
  if (one !== undefined) return `${w.use(one)}(${x})`;
  return `${w.use(FLOAT_BINARY[op]!)}(${x}, ${y})`;
}

/** What a reduction begins with. */
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
