/** @file All layers. */
export * from './activations.js';
export * from './adaptiveLogSoftmax.js';
export * from './attention.js';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from './batchNorm.js';
export * from './containers.js';
export * from './convolution.js';
export * from './convTranspose.js';
export * from './distance.js';
export * from './dropout.js';
export * from './embedding.js';
export * from './folding.js';
export * from './instanceNorm.js';
export * from './layerNorm.js';
export * from './parameters.js';
export * from './linear.js';
export * from './padding.js';
export * from './pooling/adaptivePooling.js';
export * from './pooling/avgPooling.js';
export * from './pooling/maxPooling.js';
export * from './recurrent.js';
export { GRUCell, LSTMCell, RNNCell, type CellOptions } from './recurrentCells.js';
export * from './shape.js';
export type { PerDim } from './spatial.js';
export * from './thresholds.js';
export * from './transformer.js';
export {
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type DecoderLayerCall,
  type EncoderLayerCall,
  type TransformerLayerOptions,
} from './transformerLayers.js';
