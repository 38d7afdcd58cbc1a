/** @file Operations by family, with inputs: each must give the same results in XLA. */
import * as cr from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { numbers } from '../onnx/cases/exportCase.js';
import { specialCases } from '../onnx/cases/specialFunctions.js';

const { tensor } = cr;
const grid = tensor([
  [-2.5, -1, -0.5, 0],
  [0.25, 1, 1.5, 3],
]);
const other = tensor([
  [1.5, -2, 3, 0.5],
  [2, -0.75, 1, -3],
]);
const positive = tensor([
  [0.2, 0.5, 1, 1.5],
  [2, 3.25, 7, 0.9],
]);
const inside = tensor([
  [-0.9, -0.5, 0, 0.1],
  [0.3, 0.5, 0.8, 0.99],
]);
const ints = tensor(Int32Array.of(-7, -3, 0, 2, 5, 9, 13, 4), { shape: [2, 4] });
const intsToo = tensor(Int32Array.of(2, -2, 3, 5, -4, 7, 1, 3), { shape: [2, 4] });
const odd = tensor([
  [NaN, 1, -Infinity, 2],
  [Infinity, NaN, 0, 2],
]);
const index = tensor(Int32Array.of(2, 0, 1, 1, 0, 2, 2, 1), { shape: [2, 4] });
const picks = tensor(Int32Array.of(3, 0, 3), { shape: [3] });
const image = cr
  .arange(2 * 2 * 7 * 6)
  .cast('float32')
  .mul(0.37)
  .sin()
  .reshape([2, 2, 7, 6]);
const spd = tensor([
  [4, 1, 0.5],
  [1, 3, 0.2],
  [0.5, 0.2, 2],
]);

/** The gradient of the sum of a function. */
const slope = (f: (x: Tensor) => Tensor, x: Tensor): Tensor =>
  cr.grad((y: Tensor) => f(y).sum())(x);

/** What is computed, by name. */
export const operationCases: Record<string, (zero: Tensor) => Tensor | Tensor[]> = {
  // one element
  ...Object.fromEntries(
    (
      [
        'neg',
        'abs',
        'sign',
        'exp',
        'exp2',
        'expm1',
        'square',
        'tanh',
        'sigmoid',
        'softplus',
        'relu',
        'floor',
        'ceil',
        'round',
        'trunc',
        'sin',
        'cos',
        'tan',
        'sinh',
        'cosh',
        'asinh',
        'atan',
        'erf',
        'erfc',
        'gelu',
        'silu',
        'mish',
        'isNan',
        'isInf',
        'isFinite',
        'elu',
        'hardswish',
      ] as const
    ).map((name) => [name, (z: Tensor) => cr[name](grid.add(z))]),
  ),
  ...Object.fromEntries(
    (
      ['log', 'log2', 'log10', 'log1p', 'sqrt', 'rsqrt', 'reciprocal', 'lgamma', 'digamma'] as const
    ).map((name) => [name, (z: Tensor) => cr[name](positive.add(z))]),
  ),
  ...Object.fromEntries(
    (['asin', 'acos', 'atanh', 'erfinv'] as const).map((name) => [
      name,
      (z: Tensor) => cr[name](inside.add(z)),
    ]),
  ),
  acosh: (z) => cr.acosh(positive.add(z).add(1)),
  logit: (z) => cr.logit(inside.abs().mul(0.9).add(0.05).add(z)),
  // two
  ...Object.fromEntries(
    (
      [
        'add',
        'sub',
        'mul',
        'div',
        'maximum',
        'minimum',
        'remainder',
        'fmod',
        'floorDivide',
        'atan2',
        'hypot',
        'logaddexp',
        'eq',
        'ne',
        'lt',
        'le',
        'gt',
        'ge',
      ] as const
    ).map((name) => [`${name} of two`, (z: Tensor) => cr[name](grid.add(z), other)]),
  ),
  ...Object.fromEntries(
    (
      [
        'add',
        'sub',
        'mul',
        'div',
        'maximum',
        'minimum',
        'remainder',
        'fmod',
        'floorDivide',
        'bitwiseAnd',
        'bitwiseOr',
        'bitwiseXor',
      ] as const
    ).map((name) => [
      `${name} of int32`,
      (z: Tensor) => cr[name](ints.add(z.sum().cast('int32')), intsToo),
    ]),
  ),
  'gcd and lcm': (z) => {
    const x = cr.cat([
      ints.add(z.sum().cast('int32')),
      tensor(Int32Array.of(0, -(2 ** 31), 2 ** 30, 0), { shape: [1, 4] }),
    ]);
    const y = cr.cat([intsToo, tensor(Int32Array.of(0, 6, 3 * 2 ** 20, -5), { shape: [1, 4] })]);
    return [cr.gcd(x, y), cr.lcm(x, y), cr.gcd(x.at(0, 0), y)];
  },
  pow: (z) => cr.pow(positive.add(z), other),
  xlogy: (z) => cr.xlogy(tensor([0, 1, 2, 0]).add(z.at(0)), tensor([0, 2, 3, NaN])),
  logical: (z) => cr.logicalXor(grid.add(z).gt(0), other.lt(1)).logicalOr(grid.eq(0)).logicalNot(),
  broadcast: (z) => grid.add(z).at(':', '0:1').mul(other.at(0)),
  where: (z) => cr.where(grid.add(z).gt(0), other, 7),
  'maximum with NaN': (z) => cr.maximum(odd.add(z), 1),
  'sign with NaN': (z) => odd.add(z).sign(),
  'cast to int32': (z) =>
    tensor([
      [NaN, 1.9, -1.9, 3e9],
      [-3e9, Infinity, -Infinity, 0],
    ])
      .add(z)
      .cast('int32'),
  'cast to bool': (z) => odd.add(z).cast('bool'),
  // many
  sum: (z) => grid.add(z).sum([0], { keepdim: true }),
  'sum of bool': (z) => grid.add(z).gt(0).sum(1),
  mean: (z) => grid.add(z).mean(),
  prod: (z) => grid.add(z).add(0.1).prod(1),
  amax: (z) => odd.add(z).amax(1),
  amin: (z) => grid.add(z).amin(0),
  argmax: (z) => odd.add(z).argmax(1),
  argmin: (z) => grid.add(z).argmin(0, { keepdim: true }),
  'argmax of equal ones': (z) => grid.add(z).mul(0).argmax(1),
  any: (z) => grid.add(z).gt(2).any(1),
  all: (z) => grid.add(z).gt(-3).all(1),
  std: (z) => grid.add(z).std(1),
  logsumexp: (z) => grid.add(z).logsumexp(1),
  softmax: (z) => cr.softmax(grid.add(z), 0),
  cumsum: (z) => grid.add(z).cumsum(1),
  cumprod: (z) => grid.add(z).cumprod(0),
  sort: (z) => odd.add(z).sort(1).values,
  'argsort downwards': (z) => odd.add(z).argsort(1, { descending: true }),
  topk: (z) => grid.add(z).topk(2, 1).indices,
  searchsorted: (z) => cr.searchsorted(tensor([-1, 0, 0, 2]), grid.add(z)),
  cdist: (z) => cr.cdist(grid.add(z), grid),
  'cdist of order 1': (z) => cr.cdist(grid.add(z), grid, { p: 1 }),
  'cdist of the largest': (z) => cr.cdist(grid.add(z), grid, { p: Infinity }),
  'slope of many distances': (z) => {
    const rows = image.reshape([42, 4]).add(z.at(0, 0));
    const far = (x: Tensor, y: Tensor): Tensor => cr.cdist(x, y).square().sum();
    return cr.cat([...cr.grad(far, [0, 1])(rows, rows.narrow(0, 0, 36).flip(0).mul(2))]);
  },
  'searchsorted right': (z) => cr.searchsorted(tensor([-1, 0, 0, 2]), grid.add(z), { right: true }),
  logcumsumexp: (z) => cr.logcumsumexp(grid.add(z).mul(40), 1),
  cummax: (z) => cr.cummax(odd.add(z), 1).indices,
  'cummin of equal ones': (z) => cr.cummin(grid.add(z).round().abs().neg(), 1).indices,
  'cummax of int32': (z) => cr.cummax(ints.add(z.sum().cast('int32')), 1).values,
  'median with NaN': (z) => cr.median(odd.add(z), 1).indices,
  'median of all': (z) => cr.median(grid.add(z)),
  'median over two dimensions': (z) => cr.median(image.add(z.at(0, 0)).neg(), 2).values,
  mode: (z) => cr.mode(grid.add(z).round().abs(), 1).indices,
  'mode with NaN': (z) => cr.mode(odd.add(z), 1).values,
  'mode of int32 and of bool': (z) => [
    cr.mode(ints.add(z.sum().cast('int32')).div(3).cast('int32'), 0).indices,
    cr.mode(grid.add(z).gt(0), 1).indices,
  ],
  nanmedian: (z) => cr.nanmedian(odd.add(z), 1).values,
  'nanmedian of NaN': (z) => cr.nanmedian(odd.add(z).mul(NaN), 1).indices,
  'signbit, copysign': (z) => cr.copysign(grid.add(z), other.mul(0)).add(cr.signbit(grid.mul(0))),
  sinc: (z) => cr.sinc(grid.add(z)),
  entr: (z) => cr.special.entr(grid.add(z)),
  xlog1py: (z) => cr.special.xlog1py(tensor([0, 1, 2, 0]).add(z.at(0)), tensor([0, 2, 3, NaN])),
  zeta: (z) => cr.special.zeta(positive.add(z).add(1), positive),
  polygamma: (z) => cr.polygamma(2, positive.add(z)),
  ...Object.fromEntries(
    specialCases.map(({ name, f, low, high }) => [
      `${name}, with its slopes`,
      (z: Tensor) => f(numbers([2, 4], low, high).add(z)),
    ]),
  ),
  // Fourier
  ...Object.fromEntries(
    ([1, 6, 7] as const).flatMap((n): [string, (z: Tensor) => Tensor[]][] => {
      const x = (z: Tensor): Tensor => image.reshape([24, 7]).add(z.at(0, 0)).narrow(1, 0, n);
      const parts = (y: cr.fft.Complex): Tensor[] => [y.real, y.imag];
      return [
        [`rfft of ${n}`, (z) => parts(cr.fft.rfft(x(z)))],
        [`rfft of ${n} across`, (z) => parts(cr.fft.rfft(x(z).transpose(0, 1), { dim: 0 }))],
        [`fft of ${n}`, (z) => parts(cr.fft.fft({ real: x(z), imag: x(z).cos() }))],
        [`ifft of ${n}`, (z) => parts(cr.fft.ifft({ real: x(z), imag: x(z).cos() }))],
        [`irfft to ${n}`, (z) => [cr.fft.irfft({ real: x(z), imag: x(z).cos() }, { n: 2 * n })]],
        [
          `irfft to odd ${n}`,
          (z) => [cr.fft.irfft({ real: x(z), imag: x(z).cos() }, { n: 2 * n - 1 })],
        ],
        [`ihfft of ${n}`, (z) => parts(cr.fft.ihfft(x(z)))],
        [
          `slope of rfft of ${n}`,
          (z) => [
            cr.grad((u: Tensor) => {
              const y = cr.fft.rfft(u);
              return y.real.square().add(y.imag.sin()).sum();
            })(x(z)),
          ],
        ],
      ];
    }),
  ),
  rfft2: (z) => cr.fft.irfft2(cr.fft.rfft2(image.add(z.at(0, 0)))),
  // moved
  flip: (z) => grid.add(z).flip([0, 1]),
  'slice backwards': (z) => grid.add(z).at(':', '::-2'),
  roll: (z) => grid.add(z).roll(1, 1),
  pad: (z) => cr.pad(grid.add(z), [1, 2, 0, 1], { value: 5 }),
  'pad away': (z) => cr.pad(grid.add(z), [-1, 1]),
  cat: (z) => cr.cat([grid.add(z), other], 1),
  permute: (z) => image.add(z.at(0, 0)).permute(2, 0, 3, 1),
  tril: (z) => cr.tril(grid.add(z)),
  repeat: (z) => grid.add(z).repeat([2, 3]),
  // by index
  gather: (z) => grid.add(z).gather(1, index),
  scatter: (z) => grid.add(z).scatter(1, picks.reshape([1, 3]), tensor([[7, 8, 9]])),
  scatterAdd: (z) => grid.add(z).scatterAdd(1, index, other),
  indexSelect: (z) => grid.add(z).indexSelect(1, picks),
  'index by two': (z) => grid.add(z).at(tensor(Int32Array.of(1, 0, 1)), picks),
  indexAdd: (z) => grid.add(z).indexAdd(1, picks, cr.ones([2, 3])),
  oneHot: (z) => cr.oneHot(index, 3).cast('float32').add(z.at(0, 0)),
  embedding: (z) => cr.embedding(index, image.add(z.at(0, 0)).reshape([28, 6])),
  // products
  matmul: (z) => grid.add(z).matmul(other.t()),
  'matmul of batches': (z) => image.add(z.at(0, 0)).matmul(image.transpose(-1, -2)),
  'matmul broadcast': (z) => image.add(z.at(0, 0)).at(0, 0).matmul(image.transpose(-1, -2)),
  einsum: (z) => cr.einsum('bchw,bcwk->hk', image.add(z.at(0, 0)), image.transpose(-1, -2)),
  // windows
  maxPool: (z) => cr.maxPool2d(image.add(z.at(0, 0)), 3, { stride: 2, padding: 1, ceilMode: true }),
  'maxPool dilated': (z) => cr.maxPool2d(image.add(z.at(0, 0)), 2, { stride: 1, dilation: 2 }),
  avgPool: (z) => cr.avgPool2d(image.add(z.at(0, 0)), 3, { stride: 2, padding: 1 }),
  adaptiveAvgPool: (z) => cr.adaptiveAvgPool2d(image.add(z.at(0, 0)), [3, 4]),
  conv1d: (z) =>
    cr.conv1d(image.add(z.at(0, 0)).flatten(2), cr.ones([4, 1, 5]), null, {
      groups: 2,
      stride: 3,
      padding: 2,
    }),
  convTranspose: (z) =>
    cr.convTranspose2d(image.add(z.at(0, 0)), image.at(':', ':', '0:3', '0:2'), null, {
      stride: 2,
      padding: 1,
      outputPadding: 1,
      dilation: 2,
    }),
  layerNorm: (z) => cr.layerNorm(grid.add(z), [4]),
  attention: (z) =>
    cr.scaledDotProductAttention(image.add(z.at(0, 0)), image, image, null, { isCausal: true }),
  // the rest
  cholesky: (z) => cr.linalg.cholesky(spd.add(z.at(0, 0))),
  triangularSolve: (z) =>
    cr.linalg.triangularSolve(cr.tril(spd.add(z.at(0, 0))), other.at(':', '0:3').t(), {
      upper: false,
    }),
  ...factorizationCases(),
  'a derivative': (z) => cr.grad((x: Tensor) => cr.gelu(x).pow(3).sum())(grid.add(z)),
  'a second derivative': (z) =>
    cr.hessian((x: Tensor) => x.tanh().pow(2).sum())(tensor([0.3, -0.8]).add(z.at(0, '0:2'))),
  'a batched function': (z) => cr.vmap((x: Tensor) => x.outer(x).sum(0))(grid.add(z)),
  rand: (z) => cr.rand([3, 5]).add(z.at(0, 0)),
  'rand of float64': (z) => cr.rand([7], { dtype: 'float64' }).add(z.at(0, 0).cast('float64')),
  randn: (z) => cr.randn([3, 5]).add(z.at(0, 0)),
  'randn of float64': (z) => cr.randn([5], { dtype: 'float64' }).add(z.at(0, 0).cast('float64')),
  bernoulli: (z) => cr.bernoulli(inside.abs().add(z)),
  // The generator goes back: what is added to its count is negative.
  'rand from a seed': (z) => {
    cr.rand([3]);
    const state = cr.getRngState();
    cr.manualSeed(state.seed);
    const drawn = cr.rand([2, 4]).add(z);
    cr.setRngState(state);
    return drawn;
  },
  maskedScatter: (z) => cr.maskedScatter(grid.add(z), grid.add(z).gt(0), other),
  'cumsum of bool': (z) => grid.add(z).gt(0).cumsum(1),
  'slope of cumprod': (z) => slope((x) => cr.cumprod(x, 1), grid.add(z)),
  'slope of cumprod down': (z) => slope((x) => cr.cumprod(x, 0), positive.add(z)),
  'slope of logcumsumexp': (z) => slope((x) => cr.logcumsumexp(x, 1), grid.add(z)),
  'slope of erfinv': (z) => slope(cr.erfinv, inside.add(z)),
  'slope of erfinv near its ends': (z) =>
    slope(cr.erfinv, tensor([0.999, -0.9999999, 0.45]).add(z.at(0, '0:3'))).log(),
  'slopes of sinc': (z) => {
    const x = grid.add(z);
    const first = (y: Tensor): Tensor => slope(cr.sinc, y);
    return [first(x), slope((y) => first(y), x)];
  },
  dropout: (z) => cr.dropout(grid.add(z).add(5), 0.5),
};

/** Factorizations, with their gradients where they are determined; of vectors with arbitrary signs what does not depend on these. */
function factorizationCases(): Record<string, (zero: Tensor) => Tensor | Tensor[]> {
  const square = tensor([
    [2, 0.5, -1],
    [0.3, -1, 0.7],
    [1.5, 0.2, 3],
  ]);
  const tall = other.t();
  const { linalg } = cr;
  const both = (f: (x: Tensor) => Tensor, given: Tensor) => (z: Tensor) => {
    const x = given.add(z.at(0, 0));
    return [f(x), slope(f, x)];
  };
  return {
    det: both((x) => linalg.det(x), square),
    'det of singular matrices': both(
      (x) => linalg.det(x),
      tensor([
        [1, 2, 3],
        [2, 4, 6],
        [1, 0, 1],
      ]),
    ),
    slogdet: both((x) => linalg.slogdet(x).logabsdet, square),
    inv: both((x) => linalg.inv(x), square),
    'solve of several': both((x) => linalg.solve(x, square), cr.stack([square, spd])),
    lu: both((x) => linalg.lu(x).U, square),
    luSolve: both((x) => {
      const { LU, pivots } = linalg.luFactor(x);
      return linalg.luSolve(LU, pivots, square);
    }, square),
    qr: both((x) => linalg.qr(x).R, tall),
    'qr, complete': (z) => linalg.qr(tall.add(z.at(0, 0)), { mode: 'complete' }).Q,
    eigh: both((x) => linalg.eigh(x).values, spd),
    'eigh of functions': both((x) => {
      const { values, vectors } = linalg.eigh(x);
      return vectors.mul(values.log()).matmul(vectors.mT);
    }, spd),
    svd: both((x) => linalg.svd(x).S, other),
    pinv: both((x) => linalg.pinv(x), other),
    matrixExp: both((x) => cr.matrixExp(x), square),
    'cholesky and its slope': both((x) => linalg.cholesky(x.matmul(x.mT).add(cr.eye(3))), square),
    'second slope of det': (z) =>
      slope((y) => slope((x) => linalg.det(x), y).square(), square.add(z.at(0, 0))),
  };
}
