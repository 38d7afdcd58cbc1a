/** @file All layers. */
export * from './activations.js';
export * from './attention.js';
export * from './batchNorm.js';
export * from './containers.js';
export * from './convolution.js';
export * from './convTranspose.js';
export * from './dropout.js';
export * from './embedding.js';
export * from './layerNorm.js';
export * from './linear.js';
export * from './pooling.js';
export * from './recurrent.js';
export { GRUCell, LSTMCell, RNNCell, type CellOptions } from './recurrentCells.js';
export * from './shape.js';
export type { PerDim } from './spatial.js';
export * from './transformer.js';
export {
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type DecoderLayerCall,
  type EncoderLayerCall,
  type TransformerLayerOptions,
} from './transformerLayers.js';
