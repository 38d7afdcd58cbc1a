/** @file All layers. */
export * from './activations/activations.js';
export * from './linear/adaptiveLogSoftmax.js';
export * from './attention/attention.js';
export { causalMask } from './attention/attentionMask.js';
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormOptions,
} from './normalization/batchNorm.js';
export * from './containers.js';
export * from './convolution/convolution.js';
export * from './convolution/convTranspose.js';
export * from './linear/distance.js';
export * from './dropout.js';
export * from './linear/embedding.js';
export * from './convolution/folding.js';
export * from './normalization/instanceNorm.js';
export * from './normalization/layerNorm.js';
export * from './parameters.js';
export * from './linear/linear.js';
export * from './convolution/padding.js';
export * from './pooling/adaptivePooling.js';
export * from './pooling/avgPooling.js';
export * from './pooling/maxPooling.js';
export * from './recurrent/rnn.js';
export type { RecurrentOptions } from './recurrent/recurrent.js';
export { GRUCell, LSTMCell, RNNCell, type CellOptions } from './recurrent/recurrentCells.js';
export * from './shape.js';
export type { PerDim } from './convolution/spatial.js';
export * from './activations/thresholds.js';
export * from './attention/transformer.js';
export { TransformerDecoderLayer, type DecoderLayerCall } from './attention/decoderLayer.js';
export { TransformerEncoderLayer, type EncoderLayerCall } from './attention/encoderLayer.js';
export type { TransformerLayerOptions } from './attention/transformerLayer.js';
