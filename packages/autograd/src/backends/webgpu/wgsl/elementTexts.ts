/** @file Element functions of one dtype as WGSL, for operands of that dtype. */
import type { DType } from '../../../graph/dtype.js';
import type { ShaderWriter } from './shaderWriter.js';

/** Functions of one float32: library functions if the name ends in `f`, otherwise WGSL's own. */
export const FLOAT_UNARY: Readonly<Record<string, string>> = {
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
export const FLOAT_BINARY: Readonly<Record<string, string>> = {
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
export const COMPARISONS: Readonly<Record<string, string>> = {
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};
export const BITS: Readonly<Record<string, string>> = {
  bitwiseAnd: '&',
  bitwiseOr: '|',
  bitwiseXor: '^',
};

/** Comparisons with NaN are false; NaN is detected by its bits. */
export function comparison(w: ShaderWriter, op: string, x: string, y: string): string {
  const nan = w.use('isnan');
  const unordered = `(${nan}(${x}) || ${nan}(${y}))`;
  if (op === 'ne') return `(${unordered} || ${x} != ${y})`;
  return `(!${unordered} && ${x} ${COMPARISONS[op]!} ${y})`;
}

export function test(w: ShaderWriter, op: string, x: string, from: DType): string {
  if (from !== 'float32' && from !== 'float64') {
    if (op === 'signbit' && from === 'int32') return `(${x} < 0)`;
    return op === 'isFinite' ? 'true' : 'false';
  }
  if (op === 'isNan') return `${w.use('isnan')}(${x})`;
  if (op === 'isInf') return `${w.use('isinf')}(${x})`;
  if (op === 'signbit') return `${w.use('negative')}(${x})`;
  return `!(${w.use('isnan')}(${x}) || ${w.use('isinf')}(${x}))`;
}

export function logic(op: string, args: readonly string[]): string {
  const [x = '', y = ''] = args;
  if (op === 'logicalNot') return `(!${x})`;
  return `(${x} ${op === 'logicalAnd' ? '&&' : op === 'logicalOr' ? '||' : '!='} ${y})`;
}

export function ofBooleans(op: string, x: string, y: string): string {
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
  // For one operand whether it is true, for two whether both are.
  return y === '' ? x : `(${x} && ${y})`;
}

export function ofIntegers(w: ShaderWriter, op: string, x: string, y: string): string {
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

export function ofFloats(w: ShaderWriter, op: string, x: string, y: string): string {
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
