/** @file Element-wise operators on one input. */
import * as cr from '@chainrule/autograd';
import { elementwise } from '../../import/host.js';
import type { Call } from '../../import/call.js';
import { ELEMENTS as RANGES } from '../../schema/elementTypes.js';
import { perChannel } from '../helpers.js';
import { operator, type Operator } from '../operator.js';

/** An operator without attributes. */
function unary(
  name: string,
  f: (x: cr.Tensor) => cr.Tensor,
  host?: (x: number) => number,
  dtype?: cr.DType,
): Operator {
  const fold = host === undefined ? null : elementwise(host, dtype);
  return operator(name, (call) => f(call.tensor(0)), { fold });
}

/** An operator with attributes, or with bounds as further inputs. */
function configured(name: string, f: (x: cr.Tensor, call: Call) => cr.Tensor): Operator {
  return operator(name, (call) => f(call.tensor(0), call), { constants: [1, 2] });
}

/** `x Φ(x)`; `tanh` for the approximation. */
function gelu(x: cr.Tensor, tanh: boolean): cr.Tensor {
  return tanh ? cr.gelu(x, { approximate: 'tanh' }) : cr.gelu(x);
}

function clip(x: cr.Tensor, call: Call): cr.Tensor {
  const bound = (name: string, input: number): cr.Tensor | number | null =>
    call.attributeGiven(name) ? call.float(name) : call.maybe(input);
  const [min, max] = [bound('min', 1), bound('max', 2)];
  return min === null && max === null ? x : cr.clamp(x, { min, max });
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** An affine function, clamped to [0, 1]. */
const hardSigmoid = (x: cr.Tensor, alpha: number, beta: number): cr.Tensor =>
  x.mul(alpha).add(beta).clamp(0, 1);

const elementary: readonly Operator[] = [
  unary('Abs', cr.abs, Math.abs),
  unary('Acos', cr.acos),
  unary('Acosh', cr.acosh),
  unary('Asin', cr.asin),
  unary('Asinh', cr.asinh),
  unary('Atan', cr.atan),
  unary('Atanh', cr.atanh),
  unary('Ceil', cr.ceil, Math.ceil),
  unary('Cos', cr.cos, Math.cos),
  unary('Cosh', cr.cosh),
  unary('Erf', cr.erf),
  unary('Exp', cr.exp, Math.exp),
  unary('Floor', cr.floor, Math.floor),
  unary('Log', cr.log, Math.log),
  unary('Neg', cr.neg, (x) => -x),
  unary('Reciprocal', cr.reciprocal, (x) => 1 / x),
  unary('Round', (x) => cr.round(x), roundHalfEven),
  unary('Sign', cr.sign, Math.sign),
  unary('Sin', cr.sin, Math.sin),
  unary('Sinh', cr.sinh),
  unary('Sqrt', cr.sqrt, Math.sqrt),
  unary('Tan', cr.tan),
  unary('Tanh', cr.tanh, Math.tanh),
  unary('Not', cr.logicalNot, (x) => (x === 0 ? 1 : 0), 'bool'),
  configured('BitwiseNot', (x, call) => {
    const [low, high] = RANGES[call.type(0) ?? 'int32'].range ?? [-1, 0];
    return low === 0 && high < 2 ** 31 ? cr.sub(high, x) : cr.bitwiseNot(x);
  }),
  unary(
    'IsNaN',
    (x) => x.ne(x),
    (x) => (Number.isNaN(x) ? 1 : 0),
    'bool',
  ),
  configured('IsInf', (x, call) => {
    const [up, down] = [x.eq(Infinity), x.eq(-Infinity)];
    if (!call.flag('detect_negative', true))
      return call.flag('detect_positive', true) ? up : up.logicalXor(up);
    return call.flag('detect_positive', true) ? up.logicalOr(down) : down;
  }),
];

const activations: readonly Operator[] = [
  configured('Clip', clip),
  unary('Relu', cr.relu, (x) => Math.max(x, 0)),
  unary('Sigmoid', cr.sigmoid),
  unary('Softplus', (x) => cr.softplus(x)),
  unary('Softsign', cr.softsign),
  unary('Mish', cr.mish),
  configured('Elu', (x, call) => cr.elu(x, { alpha: call.float('alpha', 1) })),
  configured('Celu', (x, call) => cr.celu(x, { alpha: call.float('alpha', 1) })),
  configured('LeakyRelu', (x, call) =>
    cr.leakyRelu(x, { negativeSlope: call.float('alpha', 0.01) }),
  ),
  unary('HardSwish', (x) => x.mul(hardSigmoid(x, 1 / 6, 0.5))),
  configured('HardSigmoid', (x, call) =>
    hardSigmoid(x, call.float('alpha', 0.2), call.float('beta', 0.5)),
  ),
  configured('Selu', (x, call) => {
    // The first version of the operator gave fewer digits.
    const [alpha, gamma] =
      call.version < 6 ? [1.6732, 1.0507] : [1.6732632423543772, 1.0507009873554805];
    return cr.elu(x, { alpha: call.float('alpha', alpha) }).mul(call.float('gamma', gamma));
  }),
  configured('ThresholdedRelu', (x, call) => cr.where(x.gt(call.float('alpha', 1)), x, 0)),
  configured('Shrink', (x, call) => {
    const [lambda, bias] = [call.float('lambd', 0.5), call.float('bias', 0)];
    const shrunk = cr.where(x.lt(-lambda), x.add(bias), cr.where(x.gt(lambda), x.sub(bias), 0));
    return shrunk.cast(x.dtype);
  }),
  configured('Gelu', (x, call) => gelu(x, call.text('approximate', 'none') === 'tanh')),
  configured('Swish', (x, call) => x.mul(x.mul(call.float('alpha', 1)).sigmoid())),
  operator('PRelu', (call) => {
    const [x, slope] = [call.tensor(0), call.tensor(1)];
    // Up to version 6, a vector has one slope for each channel.
    const channelled = call.version < 7 && slope.ndim === 1 && slope.size > 1;
    return cr.where(x.lt(0), x.mul(channelled ? perChannel(slope, x.ndim) : slope), x);
  }),
  operator('SwiGLU', (call) => {
    const [gate, x] = [call.tensor(0), call.tensor(1)];
    return gate.mul(gate.mul(call.float('alpha', 1)).sigmoid()).mul(x);
  }),
];

const contributed: readonly Operator[] = [
  operator('Gelu', (call) => gelu(call.tensor(0), false), { domain: 'com.microsoft' }),
  operator(
    'QuickGelu',
    (call) => {
      const x = call.tensor(0);
      return x.mul(x.mul(call.float('alpha', 1.702)).sigmoid());
    },
    { domain: 'com.microsoft' },
  ),
  operator(
    'FastGelu',
    (call) => {
      const bias = call.maybe(1);
      return gelu(bias === null ? call.tensor(0) : call.tensor(0).add(bias), true);
    },
    { domain: 'com.microsoft' },
  ),
  operator('BiasGelu', (call) => gelu(call.tensor(0).add(call.tensor(1)), false), {
    domain: 'com.microsoft',
  }),
];

/** Operators that ONNX removed around version 5, kept because files still contain them. */
const retired: readonly Operator[] = [
  configured('Affine', (x, call) => x.mul(call.float('alpha', 1)).add(call.float('beta', 0))),
  configured('ScaledTanh', (x, call) =>
    x.mul(call.float('beta', 1)).tanh().mul(call.float('alpha', 1)),
  ),
  configured('ParametricSoftplus', (x, call) =>
    cr.softplus(x.mul(call.float('beta', 1))).mul(call.float('alpha', 1)),
  ),
  configured('ImageScaler', (x, call) => {
    const bias = cr.tensor(Float32Array.from(call.floats('bias', [])), {
      shape: [1, x.shape[1] ?? 1, 1, 1],
    });
    return x.mul(call.float('scale', 1)).add(bias);
  }),
  configured('Scale', (x, call) => x.mul(call.float('scale', 1))),
];

export const ELEMENTS: readonly Operator[] = [
  ...elementary,
  ...activations,
  ...contributed,
  ...retired,
];
