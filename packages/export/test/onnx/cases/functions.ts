/** @file Each differentiable operation that ONNX has. */
import * as cr from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { binary, image, integers, numbers, unary, type ExportCase } from './exportCase.js';

const PLACES = cr.tensor(
  [
    [0, 2],
    [2, 1],
  ],
  { dtype: 'int32' },
);

const parts = ({ values, indices }: cr.ValuesAndIndices): Tensor[] => [values, indices];

export const functions: readonly ExportCase[] = [
  ...(
    [
      'abs',
      'neg',
      'square',
      'exp',
      'expm1',
      'sin',
      'cos',
      'sinh',
      'cosh',
      'asinh',
      'atan',
      'tanh',
      'sigmoid',
      'erf',
      'erfc',
      'floor',
      'ceil',
      'round',
      'trunc',
      'sign',
      'relu',
      'exp2',
      'tan',
      'softplus',
      'frac',
    ] as const
  ).map((name) => unary(name, (x) => cr[name](x))),
  ...(['log', 'log2', 'log10', 'log1p', 'sqrt', 'rsqrt', 'reciprocal', 'acosh'] as const).map(
    (name) => unary(name, (x) => cr[name](x), 1.1, 4),
  ),
  ...(['asin', 'acos', 'atanh'] as const).map((name) => unary(name, (x) => cr[name](x), -0.9, 0.9)),
  unary('logit', (x) => cr.logit(x), 0.1, 0.9),
  ...(
    [
      'add',
      'sub',
      'mul',
      'maximum',
      'minimum',
      'hypot',
      'logaddexp',
      'logaddexp2',
      'atan2',
    ] as const
  ).map((name) => binary(name, (x, y) => cr[name](x, y))),
  ...(['div', 'pow', 'remainder', 'fmod', 'floorDivide', 'xlogy'] as const).map((name) =>
    binary(name, (x, y) => cr[name](x, y), 0.5, 3),
  ),
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const).map((name) =>
    binary(name, (x, y) => cr[name](x.round(), y.round())),
  ),
  binary('where', (x, y) => cr.where(x.gt(y), x, y)),
  binary('logicalAnd', (x, y) =>
    x.gt(0).logicalAnd(y.gt(0)).logicalOr(x.lt(-1)).logicalXor(y.lt(-1)).logicalNot(),
  ),
  ...Object.entries({
    'products and extremes': (a: Tensor, b: Tensor) => [
      a.mul(b),
      cr.maximum(a, b),
      cr.minimum(a, b),
      cr.where(a, b, b.logicalNot()),
      a.unsqueeze(-1).expand([-1, 3, 4, 4]).triu(1),
    ],
    bits: (a: Tensor, b: Tensor) => [
      cr.bitwiseAnd(a, b),
      cr.bitwiseOr(a, b),
      cr.bitwiseXor(a, b),
      cr.bitwiseNot(a),
    ],
    'orders and places': (a: Tensor, b: Tensor) => [
      a.argmax(2),
      b.argmin(1),
      cr.sort(a, 1).values,
      cr.topk(b, 2).values,
      ...parts(cr.max(a, 1)),
      ...parts(cr.cummax(a, 2)),
      a.cumsum(1),
    ],
  }).map(([name, f]) => binary(`booleans: ${name}`, (x, y) => f(x.gt(0), y.lt(0.5)))),
  binary('lerp', (x, y) => cr.lerp(x, y, 0.3)),
  binary('addcmul', (x, y) => cr.addcmul(x, x, y, { value: 0.5 })),
  binary('matmul', (x, y) => x.matmul(y.transpose(1, 2))),
  binary('matmul of matrices', (x, y) => x.reshape([-1, 4]).matmul(y.reshape([-1, 4]).t())),
  binary('einsum', (x, y) => cr.einsum('bij,bkj->bik', x, y)),
  binary('cat', (x, y) => cr.cat([x, y], 1)),
  binary('stack', (x, y) => cr.stack([x.sum(1), y.sum(1)], 1)),
  binary('scaledDotProductAttention', (x, y) => cr.scaledDotProductAttention(x, y, y)),
  {
    name: 'attention of heads, one operator',
    f: (q, mask) => {
      const [x, allowed] = [q, mask];
      return [
        cr.scaledDotProductAttention(x, x.square(), x, { isCausal: true }),
        cr.scaledDotProductAttention(x, x, x.neg(), { attnMask: allowed, scale: 0.3 }),
      ];
    },
    args: (batch) => [numbers([batch, 2, 3, 4]), numbers([3, 3])],
    batch: { arg0: 0 },
    since: 23,
  },
  unary('causal attention', (x) => cr.scaledDotProductAttention(x, x, x, { isCausal: true })),
  ...(['sum', 'mean', 'amax', 'amin', 'prod', 'logsumexp', 'norm', 'std', 'var'] as const).map(
    (name) => unary(`${name} of rows`, (x) => cr[name](x, 1), 0.5, 2),
  ),
  unary('mean of all', (x) => x.mean()),
  unary('mean over the batch', (x) => x.mean(0)),
  unary('sum over the batch, kept', (x) => x.sub(x.sum(0, { keepdim: true }))),
  unary('argmax', (x) => x.argmax(-1)),
  unary('argmin', (x) => x.argmin(1, { keepdim: true })),
  unary('topk', (x) => parts(cr.topk(x, 2))),
  unary('sort', (x) => parts(cr.sort(x, 1, { descending: true }))),
  unary('cumsum', (x) => x.cumsum(1)),
  unary('max with indices', (x) => parts(cr.max(x, 1))),
  unary('permute', (x) => x.permute([0, 2, 1])),
  unary('reshape', (x) => x.reshape([-1, 12])),
  unary('flatten with the batch', (x) => x.reshape([-1, 4]).mul(2)),
  unary('expand', (x) => cr.expand(x.unsqueeze(1), [x.shape[0] as number, 2, 3, 4])),
  unary('repeat', (x) => x.repeat([1, 2, 1])),
  unary('flip', (x) => x.flip([1, 2])),
  unary('roll', (x) => x.roll(1, 1)),
  unary('slice', (x) => x.at(':', '1:', '::2')),
  unary('the last', (x) => x.at(-1)),
  unary('all but the first of the batch', (x) => x.at('1:').mul(2)),
  unary('split', (x) => x.split(2, 2)),
  unary('unbind', (x) => x.unbind(1)),
  unary('pad', (x) => cr.pad(x, [1, 2], { value: 0.5 })),
  unary('pad, reflected', (x) => cr.pad(x, [1, 2], { mode: 'reflect' })),
  unary('tril', (x) => x.tril()),
  unary('diagonal', (x) => x.diagonal(0, 1, 2)),
  unary('clamp', (x) => x.clamp(-0.5, 0.5)),
  unary('a mask', (x) => x.maskedFill(x.lt(0), -1)),
  unary('cast', (x) => x.cast('int32').mul(3).cast('float32')),
  unary('double', (x) => x.cast('float64').exp().cast('float32')),
  unary('gather', (x) =>
    x.gather(
      1,
      cr
        .tensor(Int32Array.of(0, 2, 1, 1), { shape: [1, 1, 4] })
        .expand([x.shape[0] as number, 1, 4]),
    ),
  ),
  unary('indexSelect', (x) => x.indexSelect(1, cr.tensor(Int32Array.of(2, 0)))),
  unary('scatterAdd', (x) => cr.zerosLike(x).scatterAdd(1, cr.zerosLike(x, { dtype: 'int32' }), x)),
  unary('positions', (x) =>
    x.add(cr.arange(x.shape[1] as number, { dtype: 'float32' }).unsqueeze(1)),
  ),
  unary('positions in the batch', (x) =>
    x.add(cr.arange(x.shape[0] as number, { dtype: 'float32' }).reshape([-1, 1, 1])),
  ),
  unary('elu', (x) => cr.elu(x, { alpha: 0.5 })),
  unary('gelu, one operator', (x) => cr.gelu(x), -2, 2, 20),
  unary('softmax', (x) => cr.softmax(x, 1)),
  unary('log of small numbers', (x) => cr.log1p(x), -1e-4, 1e-4),
  unary('expm1 of small numbers', (x) => cr.expm1(x), -1e-4, 1e-4),
  unary('deg2rad', (x) => cr.deg2rad(x)),
  unary('median', (x) => x.sort(-1).values.select(-1, 1)),
  unary('tile', (x) => x.repeat([1, 1, 3])),
  unary('rot90', (x) => cr.rot90(x, 1, [1, 2])),
  unary('movedim', (x) => x.movedim(1, 2)),
  unary('cosineSimilarity', (x) => cr.cosineSimilarity(x, x.square(), { dim: 1 })),
  unary('normalize', (x) => cr.normalize(x, { dim: 1 })),
  unary('triu', (x) => x.triu(1)),
  unary('trace', (x) => x.matmul(x.transpose(1, 2)).diagonal(0, 1, 2).sum(1)),
  unary('outer', (x) => x.select(1, 0).unsqueeze(2).mul(x.select(1, 1).unsqueeze(1))),
  unary('linalg.det', (x) => cr.linalg.det(x.matmul(x.transpose(1, 2)).add(cr.eye(3)))),
  unary('glu', (x) => cr.glu(x)),
  unary('softmax over the batch', (x) => cr.softmax(x, 0)),
  unary('indexAdd', (x) => x.indexAdd(1, cr.tensor(Int32Array.of(0, 0)), x.narrow(1, 0, 2))),
  unary('cumprod', (x) => [x.cumprod(1), cr.logcumsumexp(x, 2)]),
  unary('cumulative extremes', (x) => [...parts(cr.cummax(x, 1)), ...parts(cr.cummin(x, -1))]),
  unary('a linear recurrence', (x) =>
    x
      .cumprod(0)
      .mul(2)
      .sub(cr.cumsum(x.flip([0]), 0)),
  ),
  unary('median of rows', (x) => parts(cr.median(x, -1))),
  unary('median over two dimensions', (x) => cr.flatten(x, 1).median(1).values),
  unary('distances of rows', (x) =>
    [1, 2, Infinity].map((p) => cr.cdist(x, x.add(0.5).flip([1]), { p })),
  ),
  unary('searchsorted', (x) => [
    cr.searchsorted(cr.tensor(Float32Array.of(-1, 0, 0.5, 1)), x),
    cr.searchsorted(x.sort(-1).values, x, { right: true }),
  ]),
  unary('fft', (x) => [
    cr.fft.fft(x),
    cr.fft.ifft(x, { dim: 1 }),
    cr.fft.irfft(cr.fft.rfft(x)),
    cr.fft.fft2({ real: x, imag: x.square() }),
    cr.fft.irfft2(cr.fft.rfft2(x)),
  ]),
  {
    name: 'gradients of transforms of prime length',
    f: (x) =>
      cr.grad((y: Tensor) => {
        const { real, imag } = cr.fft.fft(y.sin());
        return real.square().add(imag.mul(3)).sum();
      })(x),
    args: (batch) => [numbers([batch, 31])],
    batch: 0,
  },
  unary('what is no number', (x) => {
    const y = x.round().div(x.round().add(1).round());
    return [cr.isNan(y), cr.isInf(y), cr.isFinite(y)];
  }),
  unary('special functions', (x) => [cr.special.entr(x), cr.special.xlog1py(x.round(), x.abs())]),
  unary(
    'bits',
    (x) => {
      const i = x.mul(9).cast('int32');
      return [
        cr.bitwiseNot(i),
        cr.bitwiseAnd(i, 5),
        cr.bitwiseOr(i, 5),
        cr.bitwiseXor(i, i.add(3)),
      ];
    },
    -2,
    2,
    18,
  ),
  unary('shifts', (x) => {
    const i = x.mul(2 ** 29).cast('int32');
    const by = x.mul(20).cast('int32');
    return [cr.bitwiseLeftShift(i, by), cr.bitwiseRightShift(i, by), cr.bitwiseLeftShift(3, by)];
  }),
  unary('signs', (x) => {
    const zeros = x.mul(0);
    return [cr.signbit(x), cr.signbit(zeros), cr.copysign(x.square(), zeros), cr.copysign(2, x)];
  }),
  unary('neighbours', (x) => [cr.nextafter(x, 0), cr.nextafter(x.cast('float64'), 9)]),
  unary('sinc', (x) => [cr.sinc(x), cr.sinc(x.round())]),
  unary(
    'scattering by the largest and by products',
    (x) => {
      const places = x.mul(1e-3).add(1).cast('int32');
      return [
        cr.scatterReduce(x, 1, places, x.mul(2), 'amax'),
        cr.scatterReduce(x, 1, places, x.mul(2), 'amin'),
        cr.scatterReduce(x, 1, places, x.mul(2), 'prod'),
      ];
    },
    -2,
    2,
    18,
  ),
  {
    name: 'the median of all',
    f: (x) => [x.median(), cr.median(x.mul(2))],
    args: () => [numbers([3, 5])],
    batch: null,
  },
  unary('derivatives', (x) => [
    cr.grad((y: Tensor) => y.sigmoid().add(y.tanh()).add(cr.erf(y)).sum())(x),
    cr.grad((y: Tensor) => cr.adaptiveAvgPool2d(y.unsqueeze(1), [2, 3]).square().sum())(x),
    cr.grad((y: Tensor) => cr.checkpoint((z: Tensor) => z.sin().exp(), y).sum())(x),
    cr.grad((y: Tensor) => y.cumprod(1).sum())(x),
    cr.grad((y: Tensor) =>
      cr
        .grad((z: Tensor) => z.mul(z.relu()).pow(3).sum())(y)
        .sum(),
    )(x),
    cr.grad((y: Tensor) => cr.logcumsumexp(y, 1).square().sum())(x),
    cr.grad((y: Tensor) =>
      cr
        .take(numbers([4, 2]).mul(y.mean()), PLACES)
        .exp()
        .sum(),
    )(x),
    cr.grad((y: Tensor) => cr.gelu(y).pow(3).sum())(x),
  ]),
  // Training steps: gradients by weights too.
  ...(
    [
      ['plain', [3, 4, 3, 3], {}],
      ['strided', [3, 4, 3, 2], { stride: 2, padding: [1, 0] }],
      ['dilated', [3, 4, 2, 3], { dilation: 2, padding: 2 }],
      ['in groups', [6, 2, 3, 3], { groups: 2, stride: [1, 3], padding: 1 }],
      ['that leave elements out', [3, 4, 1, 1], { stride: 4 }],
    ] as const
  ).map(([name, shape, options]) =>
    image(`gradients of convolutions ${name}`, (x) =>
      cr.grad((w: Tensor, y: Tensor) => cr.conv2d(y, w, null, options).sin().sum(), [0, 1])(
        numbers(shape),
        x,
      ),
    ),
  ),
  image('gradients of transposed convolutions', (x) =>
    cr.grad(
      (w: Tensor, y: Tensor) =>
        cr.convTranspose2d(y, w, null, { groups: 2, stride: 2, padding: 1 }).sin().sum(),
      [0, 1],
    )(numbers([4, 3, 3, 3]), x),
  ),
  unary('gradients of elements taken', (x) => [
    cr.grad((y: Tensor) => y.at(':', '::2', '1::3').sin().sum())(x),
    cr.grad((y: Tensor) => y.flip([1, 2]).at(':', ':', ':2').sin().sum())(x),
    cr.grad((y: Tensor) => y.at('::-1', '::-2').sin().sum())(x),
    cr.grad((y: Tensor) => cr.diagonal(y, { dim1: 1, dim2: 2 }).sin().sum())(x),
  ]),
  unary('gradients of distances and of sinc', (x) => [
    cr.grad((y: Tensor) => cr.cdist(y, y.at(':', ':2').mul(2).add(1)).sum())(x),
    cr.grad((y: Tensor) => cr.sinc(y.mul(3)).sum())(x),
    cr.grad((y: Tensor) =>
      cr
        .grad((z: Tensor) => cr.sinc(z).sum())(y)
        .sum(),
    )(x),
  ]),
  {
    name: 'gradients of many distances',
    f: (x, y) => cr.grad((a: Tensor, b: Tensor) => cr.cdist(a, b).square().mean(), [0, 1])(x, y),
    args: () => [numbers([2, 42, 4]), numbers([2, 36, 4], -1, 1, 2)],
    batch: null,
  },
  unary('orders with NaN', (x) => {
    const whole = x.mul(2).round();
    const y = cr.where(x.gt(1), NaN, whole);
    return [
      ...parts(cr.sort(y, 1)),
      ...parts(cr.sort(y, 2, { descending: true })),
      ...parts(cr.nanmedian(y, 1, { keepdim: true })),
      ...parts(cr.nanmedian(whole.cast('int32'), 2)),
      ...parts(cr.mode(y, 2)),
      ...parts(cr.mode(whole.cast('int32'), 1, { keepdim: true })),
      ...parts(cr.mode(y.mul(NaN), 1)),
      cr.nanquantile(y, 0.3, 2),
    ];
  }),
  ...factorizations(),
  image('avgPool2d, padded in one dimension', (x) =>
    cr.avgPool2d(x, [5, 3], { stride: [3, 1], padding: [2, 0] }),
  ),
  image('adaptiveAvgPool2d, padded in one dimension', (x) =>
    cr.adaptiveAvgPool2d(x.repeat([1, 1, 5, 3]).at(':', ':', ':20'), 3),
  ),
  image('adaptiveAvgPool2d, uneven', (x) => cr.adaptiveAvgPool2d(x, 4)),
  image('adaptiveMaxPool2d, uneven', (x) => cr.adaptiveMaxPool2d(x, 4)),
  image('maxPool2d with places', (x) =>
    parts(cr.maxPool2d(x, 3, { stride: 2, padding: 1, returnIndices: true })),
  ),
  image('avgPool2d, ceil', (x) => cr.avgPool2d(x, 4, { stride: 3, ceilMode: true })),
  image('maxPool2d, ceil', (x) => cr.maxPool2d(x, 4, { stride: 3, ceilMode: true })),
  image('fold and unfold', (x) => {
    const columns = cr.unfold(x, 3, { padding: 1, stride: 2, dilation: 2 });
    return [columns, cr.fold(columns, [6, 6], 3, { padding: 1, stride: 2, dilation: 2 })];
  }),
  image('conv2d', (x) => cr.conv2d(x, numbers([2, 4, 3, 3]), { padding: 1 })),
  image('unfold', (x) => x.narrow(2, 1, 3).narrow(3, 0, 4)),
  image('maxPool2d', (x) => cr.maxPool2d(x, 2)),
  image('interpolate', (x) => cr.interpolate(x, { scaleFactor: 1.5, mode: 'bilinear' })),
  image(
    'gridSample',
    (x) =>
      cr.gridSample(
        x,
        cr.affineGrid(numbers([1, 2, 3]), [1, 4, 3, 3]).expand([x.shape[0] as number, 3, 3, 2]),
      ),
    20,
  ),
  {
    name: 'embedding, oneHot',
    f: (i) => [cr.embedding(i, numbers([7, 3])), cr.oneHot(i, 7)],
    args: (batch) => [integers([batch, 4], 7)],
    batch: 0,
  },
  {
    name: 'integers',
    f: (x, y) => [cr.add(x, y), cr.remainder(x, 3), cr.floorDivide(x, 2), cr.maximum(x, y)],
    args: (batch) => [integers([batch, 4], 9), integers([batch, 4], 5)],
    batch: 0,
  },
];

/** Factorizations, with gradients where these are determined; of vectors with arbitrary signs what does not depend on these. */
function factorizations(): ExportCase[] {
  const { linalg } = cr;
  const matrices = (
    name: string,
    f: (x: Tensor) => Tensor,
    [m, n]: readonly [number, number] = [4, 4],
  ): ExportCase => ({
    name,
    f: (x) => [f(x), cr.grad((y: Tensor) => f(y).sum())(x)],
    args: (batch) => [numbers([batch, m, n])],
    batch: 0,
  });
  const positive = (x: Tensor): Tensor => x.matmul(x.mT).add(cr.eye(x.shape.at(-1) as number));
  return [
    matrices('det, with its slope', (x) => linalg.det(x)),
    matrices('second slope of det', (x) => cr.grad((y: Tensor) => linalg.det(y).square().sum())(x)),
    matrices('slogdet', (x) => linalg.slogdet(x).logabsdet),
    matrices('inv', (x) => linalg.inv(positive(x))),
    matrices('cholesky', (x) => linalg.cholesky(positive(x))),
    matrices('luSolve', (x) => {
      const { LU, pivots } = linalg.luFactor(x);
      return linalg.luSolve(LU, pivots, x.square());
    }),
    matrices('qr', (x) => linalg.qr(x).R, [5, 3]),
    unary('qr, complete', (x) => linalg.qr(x.mT, { mode: 'complete' }).Q),
    matrices('eigh', (x) => {
      const { values, vectors } = linalg.eigh(positive(x));
      return vectors.mul(values.log().unsqueeze(-2)).matmul(vectors.mT);
    }),
    matrices('svd', (x) => linalg.svd(x).S, [3, 5]),
    matrices('pinv', (x) => linalg.pinv(x), [5, 3]),
    matrices('matrixExp', (x) => cr.matrixExp(x)),
    matrices('triangularSolve', (x) => linalg.triangularSolve(positive(x), x, { upper: true })),
  ];
}
