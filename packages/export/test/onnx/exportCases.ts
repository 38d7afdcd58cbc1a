/**
 * @file What is exported and run again: each layer, and each differentiable operation that ONNX has. Shared by the test that
 * imports the files, and by the check in onnxruntime (`npm run onnx:check`).
 */
import * as cr from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';

export interface ExportCase {
  readonly name: string;
  readonly f: nn.Module | ((...xs: readonly Tensor[]) => unknown);
  /** Arguments for a size of what is dynamic, the same ones each time. */
  readonly args: (batch: number) => Tensor[];
  /** The dimension that moves; null for none. */
  readonly batch: number | null | Readonly<Record<string, number>>;
  /** The first version that has all of it, beyond 17. */
  readonly since?: number;
}

/** Numbers that are the same in every run, from `low` to `high`. */
export function numbers(shape: readonly number[], low = -1, high = 1, seed = 1): Tensor {
  const size = shape.reduce((n, d) => n * d, 1);
  let state = seed * 7919 + 13;
  const data = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + (high - low) * (state / 2 ** 32);
  });
  return cr.tensor(data, { shape });
}

export function integers(shape: readonly number[], below: number): Tensor {
  return numbers(shape, 0, below - 0.01)
    .floor()
    .cast('int32');
}

function layer(
  name: string,
  make: () => nn.Module,
  shape: readonly number[],
  since = 17,
): ExportCase {
  cr.manualSeed(3);
  const f = make();
  // Statistics and weights that are not those they begin with.
  for (const [k, p] of f.namedParameters().entries())
    if (p[1].ndim <= 1) p[1].assign(numbers(p[1].shape, 0.5, 1.5, k + 1));
  for (const [k, b] of f.buffers().entries())
    if (b.dtype === 'float32') b.assign(numbers(b.shape, 0.5, 1.5, k + 7));
  return { name, f, args: (batch) => [numbers([batch, ...shape])], batch: 0, since };
}

function unary(
  name: string,
  f: (x: Tensor) => unknown,
  low = -2,
  high = 2,
  since = 17,
): ExportCase {
  return { name, f, args: (batch) => [numbers([batch, 3, 4], low, high)], batch: 0, since };
}

function binary(
  name: string,
  f: (x: Tensor, y: Tensor) => unknown,
  low = -2,
  high = 2,
  since = 17,
): ExportCase {
  const args = (batch: number): Tensor[] => [
    numbers([batch, 3, 4], low, high),
    numbers([batch, 1, 4], low, high, 2),
  ];
  return { name, f, args, batch: 0, since };
}

function image(name: string, f: (x: Tensor) => unknown, since = 17): ExportCase {
  return { name, f, args: (batch) => [numbers([batch, 4, 6, 6])], batch: 0, since };
}

const SMALL = { dimFeedforward: 8, batchFirst: true } as const;

const layers: readonly ExportCase[] = [
  layer('Linear', () => new nn.Linear(4, 5), [4]),
  layer('Linear on sequences', () => new nn.Linear(4, 5), [3, 4]),
  layer('Linear without bias', () => new nn.Linear(4, 5, { bias: false }), [4]),
  layer('Bilinear', () => bilinear(), [4]),
  layer('Conv1d', () => new nn.Conv1d(3, 4, 3, { padding: 1, stride: 2 }), [3, 8]),
  layer('Conv2d', () => new nn.Conv2d(4, 6, 3, { padding: 1, groups: 2 }), [4, 6, 6]),
  layer('Conv2d same', () => new nn.Conv2d(4, 6, 4, { padding: 'same', dilation: 2 }), [4, 9, 9]),
  layer('Conv3d', () => new nn.Conv3d(2, 3, 2), [2, 4, 4, 4]),
  layer(
    'ConvTranspose1d',
    () => new nn.ConvTranspose1d(3, 4, 3, { stride: 2, outputPadding: 1, padding: 1 }),
    [3, 5],
  ),
  layer(
    'ConvTranspose2d',
    () => new nn.ConvTranspose2d(4, 6, 3, { stride: 2, groups: 2 }),
    [4, 4, 4],
  ),
  layer('ConvTranspose3d', () => new nn.ConvTranspose3d(2, 3, 2), [2, 3, 3, 3]),
  layer('BatchNorm1d', () => new nn.BatchNorm1d(4), [4]),
  layer('BatchNorm2d', () => new nn.BatchNorm2d(4), [4, 3, 3]),
  layer('BatchNorm3d', () => new nn.BatchNorm3d(4), [4, 2, 2, 2]),
  layer('LayerNorm', () => new nn.LayerNorm([3, 4]), [3, 4]),
  layer('LayerNorm plain', () => new nn.LayerNorm([4], { elementwiseAffine: false }), [3, 4]),
  layer('GroupNorm', () => new nn.GroupNorm(2, 4), [4, 3, 3]),
  layer('GroupNorm as one operator', () => new nn.GroupNorm(2, 4), [4, 3, 3], 21),
  layer('InstanceNorm2d', () => new nn.InstanceNorm2d(4, { affine: true }), [4, 3, 3]),
  layer('RMSNorm', () => new nn.RMSNorm(4), [3, 4]),
  layer('LocalResponseNorm', () => new nn.LocalResponseNorm(2), [4, 3, 3]),
  layer('MaxPool1d', () => new nn.MaxPool1d(3, { stride: 2, padding: 1 }), [3, 8]),
  layer('MaxPool2d', () => new nn.MaxPool2d(3, { stride: 2, padding: 1 }), [4, 7, 7]),
  layer('MaxPool2d dilated', () => new nn.MaxPool2d(2, { stride: 1, dilation: 2 }), [4, 7, 7]),
  layer('MaxPool3d', () => new nn.MaxPool3d(2), [2, 4, 4, 4]),
  layer('AvgPool1d', () => new nn.AvgPool1d(3, { stride: 2, padding: 1 }), [3, 8]),
  layer('AvgPool2d', () => new nn.AvgPool2d(2), [4, 6, 6]),
  layer(
    'AvgPool2d padded',
    () => new nn.AvgPool2d(3, { padding: 1, stride: 2, countIncludePad: false }),
    [4, 7, 7],
  ),
  layer('AvgPool3d', () => new nn.AvgPool3d(2), [2, 4, 4, 4]),
  layer('LPPool2d', () => new nn.LPPool2d(2, 2), [4, 6, 6]),
  layer('AdaptiveAvgPool2d', () => new nn.AdaptiveAvgPool2d(1), [4, 6, 6]),
  layer('AdaptiveAvgPool2d regular', () => new nn.AdaptiveAvgPool2d(3), [4, 6, 6]),
  layer('AdaptiveMaxPool2d', () => new nn.AdaptiveMaxPool2d(1), [4, 6, 6]),
  layer('Dropout', () => new nn.Dropout(0.5), [4]),
  layer('Flatten', () => new nn.Flatten(), [3, 4]),
  layer('Unflatten', () => new nn.Unflatten(1, [2, 3]), [6]),
  layer('Upsample nearest', () => new nn.Upsample({ scaleFactor: 2 }), [4, 3, 3]),
  layer(
    'Upsample bilinear',
    () => new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' }),
    [4, 3, 3],
  ),
  layer(
    'Upsample to a size',
    () => new nn.Upsample({ size: [5, 7], mode: 'bilinear', alignCorners: true }),
    [4, 3, 3],
  ),
  layer('Upsample bicubic', () => new nn.Upsample({ scaleFactor: 2, mode: 'bicubic' }), [2, 4, 4]),
  layer('PixelShuffle', () => new nn.PixelShuffle(2), [8, 3, 3]),
  layer('PixelUnshuffle', () => new nn.PixelUnshuffle(2), [2, 4, 4]),
  layer('ChannelShuffle', () => new nn.ChannelShuffle(2), [4, 3, 3]),
  layer('ZeroPad2d', () => new nn.ZeroPad2d([1, 2, 0, 1]), [4, 3, 3]),
  layer('ReflectionPad2d', () => new nn.ReflectionPad2d(1), [4, 3, 3]),
  layer('ReplicationPad2d', () => new nn.ReplicationPad2d([1, 2, 0, 1]), [4, 3, 3]),
  layer('ConstantPad1d', () => new nn.ConstantPad1d([1, 2], 0.5), [4, 3]),
  ...(
    [
      'ReLU',
      'ReLU6',
      'Sigmoid',
      'Tanh',
      'GELU',
      'SiLU',
      'Mish',
      'ELU',
      'SELU',
      'CELU',
      'LeakyReLU',
      'Hardtanh',
      'Hardsigmoid',
      'Hardswish',
      'Softplus',
      'Softsign',
      'Softshrink',
      'Hardshrink',
      'Tanhshrink',
      'LogSigmoid',
      'PReLU',
    ] as const
  ).map((name) => layer(name, () => new nn[name](), [3, 4])),
  layer('GELU, as tanh', () => new nn.GELU({ approximate: 'tanh' }), [3, 4]),
  layer('Threshold', () => new nn.Threshold(0.1, -3), [3, 4]),
  layer('PReLU of channels', () => new nn.PReLU({ numParameters: 4 }), [4, 3, 3]),
  layer('GLU', () => new nn.GLU(), [4, 6]),
  layer('Softmax', () => new nn.Softmax(1), [4, 3]),
  layer('Softmin', () => new nn.Softmin(-1), [4, 3]),
  layer('LogSoftmax', () => new nn.LogSoftmax(1), [4, 3]),
  layer(
    'CosineSimilarity',
    () => wrap((x) => new nn.CosineSimilarity().forward(x, x.square())),
    [4, 3],
  ),
  layer(
    'PairwiseDistance',
    () => wrap((x) => new nn.PairwiseDistance().forward(x, x.square())),
    [4, 3],
  ),
  layer('Softmax2d', () => new nn.Softmax2d(), [4, 3, 3]),
  layer('AdaptiveAvgPool1d', () => new nn.AdaptiveAvgPool1d(1), [4, 6]),
  layer('AdaptiveAvgPool3d', () => new nn.AdaptiveAvgPool3d(2), [2, 4, 4, 4]),
  layer('LPPool1d', () => new nn.LPPool1d(2, 2), [4, 6]),
  layer('Dropout2d', () => new nn.Dropout2d(0.5), [4, 3, 3]),
  layer('AlphaDropout', () => new nn.AlphaDropout(0.5), [4]),
  layer('CircularPad2d', () => new nn.CircularPad2d(1), [4, 3, 3]),
  layer('ReflectionPad1d', () => new nn.ReflectionPad1d(2), [4, 5]),
  layer('ReplicationPad3d', () => new nn.ReplicationPad3d(1), [2, 3, 3, 3]),
  layer('InstanceNorm1d', () => new nn.InstanceNorm1d(4, { affine: true }), [4, 5]),
  layer('InstanceNorm3d', () => new nn.InstanceNorm3d(2, { affine: true }), [2, 2, 2, 3]),
  layer('Identity', () => new nn.Identity(), [4]),
  layer('UpsamplingBilinear2d', () => new nn.UpsamplingBilinear2d({ scaleFactor: 2 }), [2, 3, 3]),
  layer('RNNCell', () => new nn.RNNCell(3, 4), [3]),
  layer('LSTMCell', () => first(new nn.LSTMCell(3, 4)), [3]),
  layer('GRUCell', () => new nn.GRUCell(3, 4), [3]),
  layer('TransformerEncoder', () => encoder(), [5, 4]),
  layer('TransformerDecoderLayer', () => decoderLayer(), [5, 4]),
  layer('RNN', () => first(new nn.RNN(3, 4, { batchFirst: true, nonlinearity: 'relu' })), [5, 3]),
  layer(
    'LSTM',
    () => first(new nn.LSTM(3, 4, { batchFirst: true, numLayers: 2, bidirectional: true })),
    [5, 3],
  ),
  layer(
    'LSTM without bias',
    () => first(new nn.LSTM(3, 4, { batchFirst: true, bias: false })),
    [5, 3],
  ),
  layer('GRU', () => first(new nn.GRU(3, 4, { batchFirst: true, bidirectional: true })), [3, 3]),
  layer('MultiheadAttention', () => attention(), [5, 4]),
  layer(
    'TransformerEncoderLayer',
    () => new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, batchFirst: true }),
    [5, 4],
  ),
  layer(
    'TransformerEncoderLayer, norm first',
    () =>
      new nn.TransformerEncoderLayer(4, 2, {
        dimFeedforward: 8,
        batchFirst: true,
        normFirst: true,
        activation: 'gelu',
      }),
    [5, 4],
  ),
  layer(
    'Sequential',
    () =>
      new nn.Sequential(
        new nn.Conv2d(4, 8, 3),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(32, 3),
      ),
    [4, 6, 6],
  ),
];

/** The sequence that a recurrent layer gives, and its last state. */
function first(rnn: nn.RNN | nn.LSTM | nn.GRU | nn.LSTMCell): nn.Module {
  return wrap((x) => rnn.forward(x as never), rnn);
}

function encoder(): nn.Module {
  return new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2, SMALL), 2);
}

function decoderLayer(): nn.Module {
  const layer = new nn.TransformerDecoderLayer(4, 2, SMALL);
  return wrap((x) => layer.forward(x, x.square()), layer);
}

function bilinear(): nn.Module {
  const layer = new nn.Bilinear(4, 4, 3);
  return wrap((x) => layer.forward(x, x), layer);
}

function attention(): nn.Module {
  const layer = new nn.MultiheadAttention(4, 2, { batchFirst: true });
  return wrap((x) => layer.forward(x, x, x, { needWeights: false })[0], layer);
}

function wrap(f: (x: Tensor) => unknown, inner?: nn.Module): nn.Module {
  class Wrapped extends nn.Module {
    readonly inner = inner ?? null;
    override forward(x: Tensor): unknown {
      return f(x);
    }
  }
  return new Wrapped();
}

const parts = ({ values, indices }: cr.ValuesAndIndices): Tensor[] => [values, indices];

const functions: readonly ExportCase[] = [
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

/** A causal model over tokens, with a length that moves. */
class Decoder extends nn.Module {
  embed = new nn.Embedding(11, 8);
  places = new nn.Embedding(16, 8);
  norm = new nn.LayerNorm([8]);
  qkv = new nn.Linear(8, 24);
  out = new nn.Linear(8, 11);
  override forward(tokens: Tensor): Tensor {
    const [n, length] = tokens.shape as [number, number];
    const x = this.embed
      .forward(tokens)
      .add(this.places.forward(cr.arange(length, { dtype: 'int32' })));
    const heads = this.qkv
      .forward(this.norm.forward(x))
      .reshape([n, length, 3, 2, 4])
      .permute([2, 0, 3, 1, 4]);
    const [q, k, v] = heads.unbind(0) as [Tensor, Tensor, Tensor];
    const y = cr.scaledDotProductAttention(q, k, v, { isCausal: true });
    return this.out.forward(y.permute([0, 2, 1, 3]).reshape([n, length, 8]).add(x));
  }
}

const whole: readonly ExportCase[] = [
  {
    name: 'a decoder of any length',
    f: new Decoder(),
    args: (n) => [integers([2, n], 11)],
    batch: { tokens: 1 },
  },
  {
    name: 'a decoder of any batch',
    f: new Decoder(),
    args: (n) => [integers([n, 5], 11)],
    batch: 0,
  },
  {
    name: 'an LSTM over any length',
    f: first(new nn.LSTM(3, 4)),
    args: (n) => [numbers([n, 2, 3])],
    batch: 0,
  },
];

export const exportCases: readonly ExportCase[] = [...layers, ...functions, ...whole];
