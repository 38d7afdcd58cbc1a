/** @file Each layer of `@chainrule/nn`, in evaluation mode. */
import type * as cr from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { integers, layer, numbers, wrap, type ExportCase } from './exportCase.js';

const SMALL = { dimFeedforward: 8, batchFirst: true } as const;

export const layers: readonly ExportCase[] = [
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
  pair('CosineSimilarity', () => new nn.CosineSimilarity()),
  pair('PairwiseDistance', () => new nn.PairwiseDistance()),
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
  layer('UpsamplingNearest2d', () => new nn.UpsamplingNearest2d({ scaleFactor: 2 }), [2, 3, 3]),
  layer('AdaptiveMaxPool1d', () => new nn.AdaptiveMaxPool1d(2), [4, 6]),
  layer('AdaptiveMaxPool3d', () => new nn.AdaptiveMaxPool3d(2), [2, 4, 4, 4]),
  layer('LPPool3d', () => new nn.LPPool3d(2, 2), [2, 4, 4, 4]),
  layer('CircularPad1d', () => new nn.CircularPad1d(1), [4, 3]),
  layer('CircularPad3d', () => new nn.CircularPad3d(1), [2, 3, 3, 3]),
  layer('ConstantPad2d', () => new nn.ConstantPad2d(1, 0.5), [4, 3, 3]),
  layer('ConstantPad3d', () => new nn.ConstantPad3d(1, 0.5), [2, 3, 3, 3]),
  layer('ReflectionPad3d', () => new nn.ReflectionPad3d(1), [2, 3, 3, 3]),
  layer('ReplicationPad1d', () => new nn.ReplicationPad1d(2), [4, 3]),
  layer('ZeroPad1d', () => new nn.ZeroPad1d(1), [4, 3]),
  layer('ZeroPad3d', () => new nn.ZeroPad3d(1), [2, 3, 3, 3]),
  layer('Dropout1d', () => new nn.Dropout1d(0.5), [4, 3]),
  layer('Dropout3d', () => new nn.Dropout3d(0.5), [4, 2, 2, 2]),
  layer('FeatureAlphaDropout', () => new nn.FeatureAlphaDropout(0.5), [4, 3]),
  layer('RReLU', () => new nn.RReLU(), [3, 4]),
  layer('Fold', () => new nn.Fold([4, 5], [2, 2]), [8, 12]),
  layer('Unfold', () => new nn.Unfold([2, 3], { padding: 1, stride: 2 }), [2, 5, 6]),
  layer('ModuleDict', () => named(), [4]),
  layer('ParameterList', () => listed(), [4]),
  layer('ParameterDict', () => keyed(), [4]),
  layer('TransformerDecoder', () => decoder(), [5, 4]),
  layer('Transformer', () => transformer(), [5, 4]),
  layer(
    'MaxUnpool1d',
    () => unpooled(new nn.MaxPool1d(2, { returnIndices: true }), new nn.MaxUnpool1d(2)),
    [4, 6],
  ),
  layer(
    'MaxUnpool2d',
    () => unpooled(new nn.MaxPool2d(2, { returnIndices: true }), new nn.MaxUnpool2d(2)),
    [4, 6, 6],
  ),
  layer(
    'MaxUnpool3d',
    () => unpooled(new nn.MaxPool3d(2, { returnIndices: true }), new nn.MaxUnpool3d(2)),
    [2, 4, 4, 4],
  ),
  bag('EmbeddingBag', 'mean'),
  bag('EmbeddingBag, sum', 'sum'),
  bag('EmbeddingBag, max', 'max'),
  layer('AdaptiveLogSoftmaxWithLoss', () => adaptive(), [4]),
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

/** A layer of two arguments. */
function pair(name: string, make: () => nn.CosineSimilarity | nn.PairwiseDistance): ExportCase {
  return {
    name,
    f: make(),
    args: (n) => [numbers([n, 4, 3]), numbers([n, 4, 3], -1, 1, 2)],
    batch: 0,
  };
}

function named(): nn.Module {
  const [a, b] = [new nn.Linear(4, 3), new nn.Linear(4, 3)];
  return wrap((x) => a.forward(x).mul(b.forward(x)), new nn.ModuleDict({ a, b }));
}

function listed(): nn.Module {
  const list = new nn.ParameterList([numbers([4]), numbers([4], -1, 1, 2)]);
  return wrap((x) => [...list].reduce<Tensor>((y, p) => y.mul(p), x), list);
}

function keyed(): nn.Module {
  const weights = new nn.ParameterDict({ scale: numbers([4]), shift: numbers([4], -1, 1, 2) });
  return wrap((x) => [...weights.values()].reduce<Tensor>((y, p) => y.mul(p), x), weights);
}

function decoder(): nn.Module {
  const stack = new nn.TransformerDecoder(new nn.TransformerDecoderLayer(4, 2, SMALL), 2);
  return wrap((x) => stack.forward(x, x.square()), stack);
}

function transformer(): nn.Module {
  const whole = new nn.Transformer({
    ...SMALL,
    dModel: 4,
    nhead: 2,
    numEncoderLayers: 1,
    numDecoderLayers: 1,
  });
  return wrap((x) => whole.forward(x, x.square()), whole);
}

type Pool = { forward(x: Tensor): unknown };
type Unpool = nn.MaxUnpool1d | nn.MaxUnpool2d | nn.MaxUnpool3d;

function unpooled(pool: Pool, unpool: Unpool): nn.Module {
  return wrap((x) => {
    const { values, indices } = pool.forward(x) as cr.ValuesAndIndices;
    return unpool.forward(values, indices);
  }, unpool);
}

function bag(name: string, mode: 'sum' | 'mean' | 'max'): ExportCase {
  return {
    name,
    f: new nn.EmbeddingBag(7, 3, { mode }),
    args: (n) => [integers([n, 4], 7)],
    batch: 0,
  };
}

function adaptive(): nn.Module {
  const head = new nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3, 6]);
  return wrap((x) => head.logProb(x), head);
}
