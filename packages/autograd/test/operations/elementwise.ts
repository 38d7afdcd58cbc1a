/** @file Table entries of the element-wise operations. */
import * as A from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { spread, type OpLine } from '../opChecks.js';

const two = (domain?: readonly [number, number], more: OpLine = {}): OpLine => ({
  arity: 2,
  ...(domain && { domain }),
  ...more,
});
const step: OpLine = { away: [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2] };

export const arithmetic: Record<string, OpLine> = {
  add: two(undefined, { reference: (x, y) => x + y }),
  sub: two(undefined, { reference: (x, y) => x - y }),
  mul: two(undefined, { reference: (x, y) => x * y }),
  div: two(undefined, { away: [0], reference: (x, y) => x / y }),
  neg: { reference: (x) => -x },
  square: { reference: (x) => x * x },
  reciprocal: { away: [0], reference: (x) => 1 / x },
  sqrt: { domain: [0.2, 4], reference: Math.sqrt },
  rsqrt: { domain: [0.2, 4], reference: (x) => 1 / Math.sqrt(x) },
  pow: two(undefined, {
    domains: [
      [0.2, 3],
      [-2, 2],
    ],
    reference: Math.pow,
  }),
  abs: { away: [0], reference: Math.abs },
  sign: { away: [0], reference: Math.sign },
  exp: { reference: Math.exp },
  exp2: { reference: (x) => 2 ** x },
  expm1: { reference: Math.expm1 },
  log: { domain: [0.2, 5], reference: Math.log },
  log2: { domain: [0.2, 5], reference: Math.log2 },
  log10: { domain: [0.2, 5], reference: Math.log10 },
  log1p: { domain: [-0.8, 5], reference: Math.log1p },
  logaddexp: two(undefined, { reference: (x, y) => Math.log(Math.exp(x) + Math.exp(y)) }),
  remainder: two(undefined, {
    domains: [
      [1.1, 1.9],
      [0.7, 1],
    ],
    reference: (x, y) => x - y * Math.floor(x / y),
  }),
  fmod: two(undefined, {
    domains: [
      [1.1, 1.9],
      [0.7, 1],
    ],
    reference: (x, y) => x % y,
  }),
  floorDivide: two(undefined, {
    domains: [
      [1.1, 1.9],
      [0.7, 1],
    ],
    reference: (x, y) => Math.floor(x / y),
  }),
  maximum: two(undefined, { reference: Math.max }),
  minimum: two(undefined, { reference: Math.min }),
  clamp: {
    call: (x: Tensor) => A.clamp(x, -1, 1),
    away: [-1, 1],
    reference: (x) => Math.min(1, Math.max(-1, x)),
  },
  assertBetween: {
    call: (x: Tensor) => A.assertBetween(x, -2, 2),
    samples: () => [[spread([2, 3], -2, 2)], [spread([], -2, 2)], [spread([70], -2, 2)]],
  },
  lerp: { arity: 3, reference: (x, y, w) => x + w * (y - x) },
  hypot: two(undefined, { away: [0], reference: Math.hypot }),
};

export const trigonometric: Record<string, OpLine> = {
  sin: { domain: [-10, 10], reference: Math.sin },
  cos: { domain: [-10, 10], reference: Math.cos },
  tan: { domain: [-1.3, 1.3], reference: Math.tan },
  asin: { domain: [-0.9, 0.9], reference: Math.asin },
  acos: { domain: [-0.9, 0.9], reference: Math.acos },
  atan: { reference: Math.atan },
  atan2: two(undefined, { away: [0], reference: Math.atan2 }),
  sinh: { reference: Math.sinh },
  cosh: { reference: Math.cosh },
  tanh: { reference: Math.tanh },
  asinh: { reference: Math.asinh },
  acosh: { domain: [1.3, 5], reference: Math.acosh },
  atanh: { domain: [-0.9, 0.9], reference: Math.atanh },
  sigmoid: { reference: (x) => 1 / (1 + Math.exp(-x)) },
  logit: { domain: [0.1, 0.9], reference: (x) => Math.log(x / (1 - x)) },
  softplus: { reference: (x) => Math.log1p(Math.exp(x)) },
  erf: {},
  erfc: {},
  erfinv: { domain: [-0.9, 0.9] },
  lgamma: { domain: [0.4, 6], rtol32: 2e-5 },
  digamma: { domain: [0.4, 6], rtol32: 2e-5 },
  polygamma: { call: (x: Tensor) => A.polygamma(1, x), domain: [0.4, 6], rtol32: 2e-5 },
  sinc: { away: [0], reference: (x) => Math.sin(Math.PI * x) / (Math.PI * x) },
  xlogy: two([0.2, 3], { reference: (x, y) => x * Math.log(y) }),
};

export const logic: Record<string, OpLine> = {
  floor: { ...step, reference: Math.floor },
  ceil: { ...step, reference: Math.ceil },
  round: step,
  trunc: { ...step, reference: Math.trunc },
  frac: { ...step, reference: (x) => x - Math.trunc(x) },
  eq: two(undefined, { order: 0, reference: (x, y) => Number(x === y) }),
  ne: two(undefined, { order: 0, reference: (x, y) => Number(x !== y) }),
  lt: two(undefined, { order: 0, reference: (x, y) => Number(x < y) }),
  le: two(undefined, { order: 0, reference: (x, y) => Number(x <= y) }),
  gt: two(undefined, { order: 0, reference: (x, y) => Number(x > y) }),
  ge: two(undefined, { order: 0, reference: (x, y) => Number(x >= y) }),
  isNan: { order: 0, reference: (x) => Number(Number.isNaN(x)) },
  isInf: { order: 0, reference: (x) => Number(Math.abs(x) === Infinity) },
  isFinite: { order: 0, reference: (x) => Number(Number.isFinite(x)) },
  isClose: two(undefined, { order: 0 }),
  logicalAnd: two(undefined, { order: 0, reference: (x, y) => Number(x !== 0 && y !== 0) }),
  logicalOr: two(undefined, { order: 0, reference: (x, y) => Number(x !== 0 || y !== 0) }),
  logicalXor: two(undefined, { order: 0, reference: (x, y) => Number((x !== 0) !== (y !== 0)) }),
  logicalNot: { order: 0, reference: (x) => Number(x === 0) },
  where: {
    samples: () => [
      [A.tensor([true, false, true]), spread([2, 3], -2, 2), spread([3], -2, 2, [], 2)],
      [A.tensor([[true], [false]]), spread([3], -2, 2), 0.5],
    ],
  },
  // To float32: a step large enough for its seven digits. A second cast would undo a flipped sign.
  cast: {
    call: (x: Tensor) => A.cast(x, 'float32').mul(2),
    samples: () => [[spread([2, 3], -2, 2)]],
    order: 1,
    eps: 1e-2,
    rtol: 1e-4,
    dtypes: false,
  },
  detach: { call: (x: Tensor) => A.detach(x), order: 0 },
  clone: {},
};

/** Whole numbers of both signs, as floats would be refused. */
const whole = (): A.Tensor[][] => [
  [
    A.tensor(
      [
        [12, -18, 0],
        [7, 1, -40],
      ],
      { dtype: 'int32' },
    ),
    A.tensor([8, 12, 5], { dtype: 'int32' }),
  ],
  [A.tensor(6, { dtype: 'int32' }), A.tensor(4, { dtype: 'int32' })],
];
const ofIntegers: OpLine = { order: 0, samples: whole };

export const further: Record<string, OpLine> = {
  addcmul: { arity: 3, reference: (x, y, z) => x + y * z },
  addcdiv: { arity: 3, away: [0], reference: (x, y, z) => x + y / z },
  copysign: two(undefined, { away: [0], reference: (x, y) => Math.sign(y) * Math.abs(x) }),
  deg2rad: { reference: (x) => (x * Math.PI) / 180 },
  rad2deg: { reference: (x) => (x * 180) / Math.PI },
  fmax: two(undefined, { reference: Math.max }),
  fmin: two(undefined, { reference: Math.min }),
  floatPower: {
    samples: () => [
      [spread([2, 3], 0.2, 2), spread([3], -2, 2, [], 2)],
      [spread([3], 0.2, 2), -1.5],
    ],
    dtypes: false,
  },
  gcd: ofIntegers,
  lcm: ofIntegers,
  heaviside: {
    samples: () => [
      [A.tensor([-1, 0, 2, 0], { dtype: 'int32' }), spread([4], -2, 2)],
      [A.tensor([[-1], [0]], { dtype: 'int32' }), spread([3], -2, 2)],
    ],
  },
  isNegInf: { order: 0, reference: (x) => Number(x === -Infinity) },
  isPosInf: { order: 0, reference: (x) => Number(x === Infinity) },
  isIn: {
    order: 0,
    samples: () => [
      [A.tensor([1, 2, 3], { dtype: 'float64' }), A.tensor([2, 5], { dtype: 'float64' })],
      [A.randn([2, 20], { dtype: 'float64' }), A.randn([30], { dtype: 'float64' })],
    ],
  },
  ldexp: two(undefined, { reference: (x, y) => x * 2 ** y }),
  logaddexp2: two(undefined, { reference: (x, y) => Math.log2(2 ** x + 2 ** y) }),
  nanToNum: { reference: (x) => x },
  // Of both precisions: the rule of each is met.
  nextafter: two(undefined, {
    call: (x: Tensor, y: Tensor) => {
      const single = A.nextafter(x.cast('float32'), y.cast('float32'));
      return A.add(A.nextafter(x, y), A.mul(single, 0));
    },
  }),
  sgn: { away: [0], reference: Math.sign },
  signbit: { order: 0, reference: (x) => Number(x < 0) },
  bitwiseAnd: ofIntegers,
  bitwiseOr: ofIntegers,
  bitwiseXor: ofIntegers,
  bitwiseNot: { order: 0, samples: () => whole().map(([x]) => [x]) },
  bitwiseLeftShift: ofIntegers,
  bitwiseRightShift: ofIntegers,
  clampMin: {
    call: (x: Tensor) => A.clampMin(x, -1),
    away: [-1],
    reference: (x) => Math.max(x, -1),
  },
  clampMax: { call: (x: Tensor) => A.clampMax(x, 1), away: [1], reference: (x) => Math.min(x, 1) },
  clip: {
    call: (x: Tensor) => A.clip(x, -1, 1),
    away: [-1, 1],
    reference: (x) => Math.min(1, Math.max(-1, x)),
  },
};

export const specialFunctions: Record<string, OpLine> = {
  'special.entr': { domain: [0.2, 3], reference: (x) => -x * Math.log(x) },
  'special.erfcx': {},
  'special.i0': {},
  'special.i1': {},
  'special.i0e': { away: [0] },
  'special.i1e': { away: [0] },
  // By their second argument alone: there is no derivative by the first.
  'special.gammainc': {
    call: (x: Tensor) => A.special.gammainc(0.7, x),
    domain: [0.3, 4],
  },
  'special.gammaincc': {
    call: (x: Tensor) => A.special.gammaincc(1.5, x),
    domain: [0.3, 4],
  },
  'special.logNdtr': {},
  'special.ndtr': {},
  'special.ndtri': { domain: [0.1, 0.9] },
  'special.xlog1py': two([-0.7, 3], { reference: (x, y) => x * Math.log1p(y) }),
  // By q alone, as the incomplete gamma functions.
  'special.zeta': { call: (q: Tensor) => A.special.zeta(2.5, q), domain: [0.4, 6] },
  'special.multigammaln': {
    call: (x: Tensor) => A.special.multigammaln(x, 3),
    domain: [1.2, 5],
    rtol32: 2e-5,
  },
  'special.expit': { reference: (x) => 1 / (1 + Math.exp(-x)) },
  'special.logit': { domain: [0.1, 0.9], reference: (x) => Math.log(x / (1 - x)) },
  'special.psi': { domain: [0.4, 6], rtol32: 2e-5 },
};

export const activations: Record<string, OpLine> = {
  relu: { away: [0], reference: (x) => Math.max(0, x) },
  leakyRelu: { away: [0], reference: (x) => (x > 0 ? x : 0.01 * x) },
  elu: { away: [0], reference: (x) => (x > 0 ? x : Math.expm1(x)) },
  selu: { away: [0] },
  celu: { away: [0], reference: (x) => (x > 0 ? x : Math.expm1(x)) },
  gelu: {},
  silu: { reference: (x) => x / (1 + Math.exp(-x)) },
  mish: { reference: (x) => x * Math.tanh(Math.log1p(Math.exp(x))) },
  hardtanh: { away: [-1, 1], reference: (x) => Math.min(1, Math.max(-1, x)) },
  hardswish: {
    domain: [-5, 5],
    away: [-3, 3],
    reference: (x) => (x * Math.min(6, Math.max(0, x + 3))) / 6,
  },
  hardsigmoid: {
    domain: [-5, 5],
    away: [-3, 3],
    reference: (x) => Math.min(6, Math.max(0, x + 3)) / 6,
  },
  relu6: { domain: [-2, 8], away: [0, 6], reference: (x) => Math.min(6, Math.max(0, x)) },
  softsign: { away: [0], reference: (x) => x / (1 + Math.abs(x)) },
  softshrink: { away: [-0.5, 0.5], reference: (x) => (x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0) },
  logSigmoid: { reference: (x) => -Math.log1p(Math.exp(-x)) },
  prelu: {
    samples: () => [
      [spread([2, 3, 2], -2, 2, [0]), spread([3], 0.1, 0.4)],
      [spread([4], -2, 2, [0]), spread([1], 0.1, 0.4)],
    ],
  },
  glu: { samples: () => [[spread([2, 6], -2, 2)], [spread([4, 3], -2, 2), 0]] },
  softmax: {
    samples: () => [
      [spread([2, 5], -2, 2), -1],
      [spread([2, 3, 2], -2, 2), 1],
    ],
  },
  logSoftmax: {
    samples: () => [
      [spread([2, 5], -2, 2), -1],
      [spread([2, 3, 2], -2, 2), 1],
    ],
  },
};
