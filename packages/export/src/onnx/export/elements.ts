/** @file Operations on elements, as operators of ONNX. */
import type { ElementName, OperationNode } from '@chainrule/autograd/graph';
import type { Emitter } from './emitter.js';

/** Writes an operation on values of one dtype, and returns the name of the result. */
type Element = (e: Emitter, inputs: readonly string[], node: OperationNode) => string;

const direct =
  (op: string): Element =>
  (e, inputs) =>
    e.node(op, inputs);

/** A rule that writes a composed formula. */
function formula(f: (k: Formula, x: string, y: string) => string): Element {
  return (e, [x = '', y = ''], node) => f(new Formula(e, node), x, y);
}

/** Writes expressions. */
export class Formula {
  private readonly e: Emitter;
  private readonly node: OperationNode;

  constructor(e: Emitter, node: OperationNode) {
    this.e = e;
    this.node = node;
  }

  /** Whether the inputs are integers. */
  get isInteger(): boolean {
    return this.node.inputs[0]?.dtype === 'int32';
  }

  number(x: number): string {
    return this.e.number(x, this.node.inputs[0]?.dtype ?? 'float32');
  }

  of(op: string, ...inputs: (string | number)[]): string {
    return this.e.node(
      op,
      inputs.map((x) => (typeof x === 'number' ? this.number(x) : x)),
    );
  }
}

const scaled = (op: string, factor: number): Element =>
  formula((k, x) => k.of('Mul', k.of(op, x), factor));

/** `log(1 + x)` that keeps the digits of small x: `2 atanh(x / (2 + x))`. */
const log1p = (k: Formula, x: string): string =>
  k.of('Mul', k.of('Atanh', k.of('Div', x, k.of('Add', x, 2))), 2);

/** Booleans are compared as numbers. */
const comparison =
  (op: string): Element =>
  (e, inputs, node) =>
    e.node(
      op,
      node.inputs[0]?.dtype === 'bool' ? inputs.map((x) => e.node('Cast', [x], { to: 6 })) : inputs,
    );

/** An operator for numbers only, and the operator that replaces it for booleans. */
const numbersOr =
  (op: string, ofBooleans: string): Element =>
  (e, inputs, node) =>
    e.node(node.dtype === 'bool' ? ofBooleans : op, inputs);

/** A choice between booleans, for which runtimes do not support `Where`. */
const where: Element = (e, inputs, node) => {
  if (node.dtype !== 'bool') return e.node('Where', inputs);
  const [condition = '', x = '', y = ''] = inputs;
  return e.node('Or', [
    e.node('And', [condition, x]),
    e.node('And', [e.node('Not', [condition]), y]),
  ]);
};

/** ONNX shifts unsigned integers; a negative x is shifted to the right as −1 − x. */
const shifted = (direction: 'LEFT' | 'RIGHT'): Element =>
  function (e, inputs, node) {
    const k = new Formula(e, node);
    const [x = '', y = ''] = inputs;
    const unsigned = (v: string): string => e.node('Cast', [v], { to: 12 });
    const shift = (v: string, by: string): string =>
      e.node('Cast', [e.node('BitShift', [unsigned(v), unsigned(by)], { direction })], { to: 6 });
    const possible = k.of('And', k.of('GreaterOrEqual', y, 0), k.of('LessOrEqual', y, 31));
    const by = k.of('Where', possible, y, direction === 'LEFT' ? 0 : 31);
    if (direction === 'LEFT') return k.of('Where', possible, shift(x, by), 0);
    const negative = k.of('Less', x, 0);
    const turned = (v: string): string => k.of('Where', negative, k.of('Sub', -1, v), v);
    return turned(shift(turned(x), by));
  };

/** Whether a number has a minus sign, −0 included, whose reciprocal is −∞. */
const negative = (k: Formula, x: string): string =>
  k.of('Less', k.of('Where', k.of('Equal', x, 0), k.of('Reciprocal', x), x), 0);

const integerOr = (op: string, f: (k: Formula, x: string, y: string) => string): Element =>
  formula((k, x, y) => (k.isInteger ? k.of(op, x, y) : f(k, x, y)));

const quotient = (k: Formula, x: string, y: string): string => k.of('Floor', k.of('Div', x, y));

const logaddexp = (k: Formula, x: string, y: string): string => {
  const apart = k.of('Neg', k.of('Abs', k.of('Sub', x, y)));
  return k.of('Add', k.of('Max', x, y), log1p(k, k.of('Exp', apart)));
};

/**
 * The number next to x towards y. x moves by φ|x|, with φ a little more than half of the distance between numbers, so that the
 * sum is rounded to the next one; near zero, where all numbers have the same distance, by that distance. Numbers below 1 are
 * scaled meanwhile, so that φ|x| has its digits.
 */
const neighbour = (digits: number, lowest: number, most: number): Element =>
  formula((k, x, y) => {
    const size = k.of('Abs', x);
    const scale = k.of('Where', k.of('Less', size, 1), 2 ** (digits + 7), 1);
    const apart = k.of('Mul', k.of('Mul', size, scale), 2 ** (-1 - digits) * (1 + 2 ** -digits));
    const isSmall = k.of('Less', size, 2 ** (lowest + digits + 1));
    const step = k.of('Where', isSmall, 2 ** (lowest + digits + 7), apart);
    const signed = k.of('Where', k.of('Less', x, y), step, k.of('Neg', step));
    const sum = k.of('Div', k.of('Add', k.of('Mul', x, scale), signed), scale);
    // −0 comes from below.
    const isZero = k.of('And', k.of('Equal', sum, 0), k.of('Not', k.of('Equal', x, 0)));
    const moved = k.of('Where', isZero, k.of('Mul', x, 0), sum);
    const inside = k.of('Where', k.of('IsInf', x), k.of('Mul', k.of('Sign', x), most), moved);
    const stays = k.of('Or', k.of('Equal', x, y), k.of('IsNaN', y));
    return k.of('Where', stays, y, inside);
  });

/** The element-wise operations that ONNX has or can compose. */
export const ELEMENTS: { readonly [K in ElementName]?: Element } = {
  neg: direct('Neg'),
  reciprocal: direct('Reciprocal'),
  square: formula((k, x) => k.of('Mul', x, x)),
  isNan: direct('IsNaN'),
  isInf: direct('IsInf'),
  isFinite: formula((k, x) => k.of('Not', k.of('Or', k.of('IsNaN', x), k.of('IsInf', x)))),
  logicalNot: direct('Not'),
  floor: direct('Floor'),
  ceil: direct('Ceil'),
  trunc: formula((k, x) => k.of('Mul', k.of('Sign', x), k.of('Floor', k.of('Abs', x)))),
  round: direct('Round'),
  tanh: direct('Tanh'),
  sigmoid: direct('Sigmoid'),
  sigmoidDerivative: formula((k, x) =>
    k.of('Mul', k.of('Sigmoid', x), k.of('Sigmoid', k.of('Neg', x))),
  ),
  tanhDerivative: formula((k, x) => {
    const twice = k.of('Mul', x, 2);
    const halves = k.of('Mul', k.of('Sigmoid', twice), k.of('Sigmoid', k.of('Neg', twice)));
    return k.of('Mul', halves, 4);
  }),
  // Softplus of ONNX overflows in some runtimes; max(x, 0) + log(1 + e^−|x|) does not.
  softplus: formula((k, x) =>
    k.of('Add', k.of('Relu', x), log1p(k, k.of('Exp', k.of('Neg', k.of('Abs', x))))),
  ),
  exp: direct('Exp'),
  exp2: formula((k, x) => k.of('Exp', k.of('Mul', x, Math.LN2))),
  // tanh(x / 2) (eˣ + 1) keeps the digits of small x; eˣ − 1 is used for |x| > 1.
  expm1: formula((k, x) => {
    const small = k.of('Mul', k.of('Tanh', k.of('Mul', x, 0.5)), k.of('Add', k.of('Exp', x), 1));
    return k.of('Where', k.of('Greater', k.of('Abs', x), 1), k.of('Sub', k.of('Exp', x), 1), small);
  }),
  log: direct('Log'),
  log2: scaled('Log', Math.LOG2E),
  log10: scaled('Log', Math.LOG10E),
  log1p: formula((k, x) =>
    k.of(
      'Where',
      k.of('Greater', k.of('Abs', x), 0.5),
      k.of('Log', k.of('Add', x, 1)),
      log1p(k, x),
    ),
  ),
  sqrt: direct('Sqrt'),
  rsqrt: formula((k, x) => k.of('Reciprocal', k.of('Sqrt', x))),
  abs: direct('Abs'),
  sign: direct('Sign'),
  expNegSquare: formula((k, x) => k.of('Exp', k.of('Neg', k.of('Mul', x, x)))),
  normalPdf: formula((k, x) =>
    k.of('Mul', k.of('Exp', k.of('Mul', k.of('Mul', x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI)),
  ),
  normalCdf: formula((k, x) =>
    k.of('Mul', k.of('Add', k.of('Erf', k.of('Mul', x, Math.SQRT1_2)), 1), 0.5),
  ),
  erf: direct('Erf'),
  erfc: formula((k, x) => k.of('Sub', 1, k.of('Erf', x))),
  relu: direct('Relu'),
  bitwiseNot: formula((k, x) => k.of('Sub', k.of('Neg', x), 1)),
  logit: formula((k, x) => k.of('Log', k.of('Div', x, k.of('Sub', 1, x)))),
  sin: direct('Sin'),
  cos: direct('Cos'),
  tan: direct('Tan'),
  asin: direct('Asin'),
  acos: direct('Acos'),
  atan: direct('Atan'),
  sinh: direct('Sinh'),
  cosh: direct('Cosh'),
  asinh: direct('Asinh'),
  acosh: direct('Acosh'),
  atanh: direct('Atanh'),
  sinc: formula((k, x) => {
    const turn = k.of('Mul', x, Math.PI);
    return k.of('Where', k.of('Equal', x, 0), 1, k.of('Div', k.of('Sin', turn), turn));
  }),
  tanhshrink: formula((k, x) => k.of('Sub', x, k.of('Tanh', x))),
  'special.entr': formula((k, x) => {
    const inside = k.of('Neg', k.of('Mul', x, k.of('Log', x)));
    const rest = k.of('Where', k.of('Equal', x, 0), 0, -Infinity);
    return k.of('Where', k.of('Greater', x, 0), inside, k.of('Where', k.of('IsNaN', x), x, rest));
  }),
  add: direct('Add'),
  sub: direct('Sub'),
  mul: numbersOr('Mul', 'And'),
  div: direct('Div'),
  strongMul: formula((k, x, y) => k.of('Where', k.of('Equal', x, 0), 0, k.of('Mul', x, y))),
  strongProduct: formula((k, x, y) => {
    const zero = k.of('Or', k.of('Equal', x, 0), k.of('Equal', y, 0));
    return k.of('Where', zero, 0, k.of('Mul', x, y));
  }),
  pow: direct('Pow'),
  maximum: numbersOr('Max', 'Or'),
  minimum: numbersOr('Min', 'And'),
  remainder: integerOr('Mod', (k, x, y) => k.of('Sub', x, k.of('Mul', y, quotient(k, x, y)))),
  fmod: (e, inputs) => e.node('Mod', inputs, { fmod: 1 }),
  floorDivide: formula((k, x, y) =>
    k.isInteger ? k.of('Div', k.of('Sub', x, k.of('Mod', x, y)), y) : quotient(k, x, y),
  ),
  hypot: formula((k, x, y) => k.of('Sqrt', k.of('Add', k.of('Mul', x, x), k.of('Mul', y, y)))),
  logaddexp: formula(logaddexp),
  logaddexp2: formula((k, x, y) => {
    const [a, b] = [k.of('Mul', x, Math.LN2), k.of('Mul', y, Math.LN2)];
    return k.of('Mul', logaddexp(k, a, b), Math.LOG2E);
  }),
  // The angle of the quotient, turned by π left of the origin.
  atan2: formula((k, y, x) => {
    const turn = k.of('Where', k.of('Less', y, 0), -Math.PI, Math.PI);
    const side = k.of('Atan', k.of('Div', y, x));
    const left = k.of('Where', k.of('Less', x, 0), k.of('Add', side, turn), side);
    const upright = k.of(
      'Where',
      k.of('Equal', y, 0),
      0,
      k.of('Mul', k.of('Sign', y), Math.PI / 2),
    );
    return k.of('Where', k.of('Equal', x, 0), upright, left);
  }),
  xlogy: formula((k, x, y) => {
    const product = k.of('Mul', x, k.of('Log', y));
    const zero = k.of('And', k.of('Equal', x, 0), k.of('Not', k.of('IsNaN', y)));
    return k.of('Where', zero, 0, product);
  }),
  signbit: formula(negative),
  'nextafter.float32': neighbour(23, -149, (2 - 2 ** -23) * 2 ** 127),
  'nextafter.float64': neighbour(52, -1074, Number.MAX_VALUE),
  copysign: formula((k, x, y) => {
    const size = k.of('Abs', x);
    return k.of('Where', negative(k, y), k.of('Neg', size), size);
  }),
  'special.xlog1py': formula((k, x, y) => {
    const zero = k.of('And', k.of('Equal', x, 0), k.of('Not', k.of('IsNaN', y)));
    return k.of('Where', zero, 0, k.of('Mul', x, k.of('Log', k.of('Add', y, 1))));
  }),
  eq: direct('Equal'),
  ne: formula((k, x, y) => k.of('Not', k.of('Equal', x, y))),
  lt: comparison('Less'),
  le: comparison('LessOrEqual'),
  gt: comparison('Greater'),
  ge: comparison('GreaterOrEqual'),
  logicalAnd: direct('And'),
  logicalOr: direct('Or'),
  logicalXor: direct('Xor'),
  bitwiseAnd: numbersOr('BitwiseAnd', 'And'),
  bitwiseOr: numbersOr('BitwiseOr', 'Or'),
  bitwiseXor: numbersOr('BitwiseXor', 'Xor'),
  bitwiseLeftShift: shifted('LEFT'),
  bitwiseRightShift: shifted('RIGHT'),
  where,
};
