/** @file Element-wise functions in StableHLO. */
import type { ElementName } from '@chainrule/autograd/graph';
import { broadcast, elementType, type Node, type Rules } from './rule.js';
import { commonDivisor } from './stepping.js';
import type { Value, Writer } from './writer.js';

type Write = (w: Writer, xs: readonly Value[]) => Value;

/** A function that is a single instruction. */
const plain =
  (op: string): Write =>
  (w, xs) =>
    w.map(op, ...xs);

/** An instruction that loses digits in single precision, in double. */
export const wide =
  (op: string): Write =>
  (w, xs) => {
    const y = w.map(op, ...xs.map((x) => w.convert(x, 'f64')));
    return w.convert(y, (xs[0] as Value).type);
  };

/** A function of one operand, from instructions. */
const unary =
  (f: (w: Writer, x: Value) => Value): Write =>
  (w, [x]) =>
    f(w, x as Value);

/** A function of two operands, written with several instructions. */
const binary =
  (f: (w: Writer, x: Value, y: Value) => Value): Write =>
  (w, [x, y]) =>
    f(w, x as Value, y as Value);

const compare = (direction: 'EQ' | 'NE' | 'LT' | 'LE' | 'GT' | 'GE'): Write =>
  binary((w, x, y) => w.compare(direction, x, y));

const number = (w: Writer, n: number, x: Value): Value => w.constant(n, x.type, x.shape);
const times = (w: Writer, x: Value, n: number): Value => w.map('multiply', x, number(w, n, x));
const isNaN = (w: Writer, x: Value): Value => w.compare('NE', x, x);
const isZero = (w: Writer, x: Value): Value => w.compare('EQ', x, number(w, 0, x));

/** Whether the sign bit is set. */
function signbit(w: Writer, x: Value): Value {
  const type = x.type === 'f64' ? 'i64' : 'i32';
  const bits = x.type === type ? x : w.emit('stablehlo.bitcast_convert', [x], x.shape, type);
  return w.compare('LT', bits, number(w, 0, bits));
}

/** `x − y ⌊x / y⌋`, from StableHLO's remainder, which has the sign of x. */
function remainder(w: Writer, x: Value, y: Value): Value {
  const r = w.map('remainder', x, y);
  const zero = number(w, 0, x);
  const differ = w.compare('NE', w.compare('LT', r, zero), w.compare('LT', y, zero));
  const moved = w.map('and', differ, w.compare('NE', r, zero));
  return w.select(moved, w.map('add', r, y), r);
}

function normalCdf(w: Writer, x: Value): Value {
  return times(w, w.map('chlo.erfc', times(w, x, -Math.SQRT1_2)), 0.5);
}

/** `log(baseˣ + baseʸ)` to the given base. */
export function logaddexp(w: Writer, x: Value, y: Value, base: number): Value {
  const scale = Math.log(base);
  const high = w.map('maximum', x, y);
  const low = w.map('minimum', x, y);
  const gap = w.map('subtract', low, high);
  const more = w.map(
    'log_plus_one',
    w.map('exponential', scale === 1 ? gap : times(w, gap, scale)),
  );
  const sum = w.map('add', high, scale === 1 ? more : times(w, more, 1 / scale));
  // The difference of two equal infinities is NaN.
  return w.select(w.compare('EQ', x, y), w.map('add', x, number(w, Math.log(2) / scale, x)), sum);
}

const elements: Readonly<Partial<Record<ElementName, Write>>> = {
  neg: plain('negate'),
  abs: plain('abs'),
  exp: plain('exponential'),
  expm1: plain('exponential_minus_one'),
  log: plain('log'),
  log1p: plain('log_plus_one'),
  sqrt: plain('sqrt'),
  rsqrt: plain('rsqrt'),
  tanh: plain('tanh'),
  floor: plain('floor'),
  ceil: plain('ceil'),
  round: plain('round_nearest_even'),
  sin: plain('sine'),
  cos: plain('cosine'),
  tan: plain('stablehlo.tan'),
  logicalNot: plain('not'),
  bitwiseNot: plain('not'),
  asin: plain('chlo.asin'),
  acos: plain('chlo.acos'),
  atan: plain('chlo.atan'),
  sinh: plain('chlo.sinh'),
  cosh: plain('chlo.cosh'),
  asinh: plain('chlo.asinh'),
  acosh: plain('chlo.acosh'),
  atanh: plain('chlo.atanh'),
  erf: plain('chlo.erf'),
  erfc: plain('chlo.erfc'),
  erfinv: wide('chlo.erf_inv'),
  lgamma: wide('chlo.lgamma'),
  digamma: wide('chlo.digamma'),
  sigmoid: plain('logistic'),
  sign: unary((w, x) => w.select(isNaN(w, x), number(w, 0, x), w.map('sign', x))),
  reciprocal: unary((w, x) => w.map('divide', number(w, 1, x), x)),
  square: unary((w, x) => w.map('multiply', x, x)),
  relu: unary((w, x) => w.map('maximum', x, number(w, 0, x))),
  exp2: unary((w, x) => w.map('exponential', times(w, x, Math.LN2))),
  log2: unary((w, x) => times(w, w.map('log', x), Math.LOG2E)),
  log10: unary((w, x) => times(w, w.map('log', x), Math.LOG10E)),
  trunc: unary((w, x) =>
    w.select(w.compare('LT', x, number(w, 0, x)), w.map('ceil', x), w.map('floor', x)),
  ),
  isNan: unary(isNaN),
  isInf: unary((w, x) => w.compare('EQ', w.map('abs', x), number(w, Infinity, x))),
  isFinite: unary((w, x) => w.emit('stablehlo.is_finite', [x], x.shape, 'i1')),
  softplus: unary((w, x) => logaddexp(w, x, number(w, 0, x), Math.E)),
  sigmoidDerivative: unary((w, x) =>
    w.map('multiply', w.map('logistic', x), w.map('logistic', w.map('negate', x))),
  ),
  // 4 σ(2x) σ(−2x) has no cancellation.
  tanhDerivative: unary((w, x) => {
    const twice = w.map('add', x, x);
    return times(
      w,
      w.map('multiply', w.map('logistic', twice), w.map('logistic', w.map('negate', twice))),
      4,
    );
  }),
  expNegSquare: unary((w, x) => w.map('exponential', w.map('negate', w.map('multiply', x, x)))),
  normalPdf: unary((w, x) =>
    times(
      w,
      w.map('exponential', times(w, w.map('multiply', x, x), -0.5)),
      1 / Math.sqrt(2 * Math.PI),
    ),
  ),
  normalCdf: unary(normalCdf),
  signbit: unary(signbit),
  sinc: unary((w, x) => {
    const turn = times(w, x, Math.PI);
    return w.select(isZero(w, x), number(w, 1, x), w.map('divide', w.map('sine', turn), turn));
  }),
  'special.entr': unary((w, x) => {
    const inside = w.map('negate', w.map('multiply', x, w.map('log', x)));
    const atZero = w.select(isZero(w, x), number(w, 0, x), inside);
    return w.select(w.compare('LT', x, number(w, 0, x)), number(w, -Infinity, x), atZero);
  }),
  tanhshrink: unary((w, x) => w.map('subtract', x, w.map('tanh', x))),
  logit: unary((w, x) => w.map('log', w.map('divide', x, w.map('subtract', number(w, 1, x), x)))),
  add: plain('add'),
  sub: plain('subtract'),
  mul: plain('multiply'),
  div: plain('divide'),
  pow: plain('power'),
  maximum: plain('maximum'),
  minimum: plain('minimum'),
  atan2: plain('atan2'),
  fmod: plain('remainder'),
  remainder: binary(remainder),
  floorDivide: binary((w, x, y) => {
    if (x.type !== 'i32') return w.map('floor', w.map('divide', x, y));
    return w.map('divide', w.map('subtract', x, remainder(w, x, y)), y);
  }),
  logicalAnd: plain('and'),
  logicalOr: plain('or'),
  logicalXor: plain('xor'),
  bitwiseAnd: plain('and'),
  bitwiseOr: plain('or'),
  bitwiseXor: plain('xor'),
  bitwiseLeftShift: plain('shift_left'),
  bitwiseRightShift: plain('shift_right_arithmetic'),
  gcd: binary(commonDivisor),
  lcm: binary((w, x, y) => {
    const divisor = commonDivisor(w, x, y);
    const none = isZero(w, divisor);
    const parts = w.map('divide', x, w.select(none, number(w, 1, x), divisor));
    return w.map('abs', w.map('multiply', parts, y));
  }),
  'nextafter.float32': plain('chlo.next_after'),
  'nextafter.float64': plain('chlo.next_after'),
  logaddexp: binary((w, x, y) => logaddexp(w, x, y, Math.E)),
  logaddexp2: binary((w, x, y) => logaddexp(w, x, y, 2)),
  hypot: binary((w, x, y) => {
    const [a, b] = [w.map('abs', x), w.map('abs', y)];
    const [high, low] = [w.map('maximum', a, b), w.map('minimum', a, b)];
    const ratio = w.map('divide', low, high);
    const one = number(w, 1, x);
    const long = w.map(
      'multiply',
      high,
      w.map('sqrt', w.map('add', one, w.map('multiply', ratio, ratio))),
    );
    const infinite = w.compare('EQ', high, number(w, Infinity, x));
    return w.select(w.map('or', isZero(w, high), infinite), high, long);
  }),
  xlogy: binary((w, x, y) => {
    const chosen = w.map('and', isZero(w, x), w.map('not', isNaN(w, y)));
    return w.select(chosen, number(w, 0, x), w.map('multiply', x, w.map('log', y)));
  }),
  'special.xlog1py': binary((w, x, y) => {
    const chosen = w.map('and', isZero(w, x), w.map('not', isNaN(w, y)));
    return w.select(chosen, number(w, 0, x), w.map('multiply', x, w.map('log_plus_one', y)));
  }),
  'special.zeta': wide('chlo.zeta'),
  copysign: binary((w, x, y) => {
    const size = w.map('abs', x);
    return w.select(signbit(w, y), w.map('negate', size), size);
  }),
  strongMul: binary((w, x, y) => w.select(isZero(w, x), number(w, 0, x), w.map('multiply', x, y))),
  strongProduct: binary((w, x, y) =>
    w.select(w.map('or', isZero(w, x), isZero(w, y)), number(w, 0, x), w.map('multiply', x, y)),
  ),
  eq: compare('EQ'),
  ne: compare('NE'),
  lt: compare('LT'),
  le: compare('LE'),
  gt: compare('GT'),
  ge: compare('GE'),
  where: (w, [condition, x, y]) => w.select(condition as Value, x as Value, y as Value),
};

/** The rules; operands are broadcast to the shape of the result. */
export const elementRules: Rules = Object.fromEntries(
  Object.entries(elements).map(([name, write]) => [
    name,
    (w: Writer, xs: readonly Value[], node: Node<ElementName>) =>
      write(w, broadcast(w, xs, node.shape)),
  ]),
);

export const castRules: Rules = {
  cast(w, [x], { dtype }) {
    const [from, to] = [x as Value, elementType(dtype)];
    if (to !== 'i32' || (from.type !== 'f32' && from.type !== 'f64')) return w.convert(from, to);
    // Rounds towards zero; NaN becomes 0, and numbers that do not fit become the nearest that does.
    const whole = w.convert(from, 'i32');
    const low = w.compare('LE', from, number(w, -2147483648, from));
    const high = w.compare('GE', from, number(w, 2147483647, from));
    const bounded = w.select(
      low,
      w.constant(-2147483648, to, from.shape),
      w.select(high, w.constant(2147483647, to, from.shape), whole),
    );
    return w.select(isNaN(w, from), w.constant(0, to, from.shape), bounded);
  },
};
