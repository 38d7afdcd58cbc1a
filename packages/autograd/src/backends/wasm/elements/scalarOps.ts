/** @file Element functions that run one lane at a time, by an imported function of doubles. */

/** Float functions of one argument without a vector form: an imported scalar function computes them lane by lane. */
export const SCALAR_UNARY: ReadonlySet<string> = new Set([
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
  'expm1',
  'log1p',
  'log2',
  'log10',
  'erf',
  'erfc',
  'erfinv',
  'normalCdf',
  'lgamma',
  'digamma',
  'exp2',
  'softplus',
]);
export const SCALAR_BINARY: ReadonlySet<string> = new Set([
  'atan2',
  'floorDivide',
  'fmod',
  'remainder',
  'pow',
  'hypot',
]);
