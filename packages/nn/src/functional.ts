/** @file `nn.functional`: autograd's neural operations, and the losses. */
export {
  adaptiveAvgPool2d, adaptiveMaxPool2d, avgPool1d, avgPool2d, batchNorm, celu, conv1d, conv2d, conv3d,
  convTranspose1d, convTranspose2d, cosineSimilarity, dropout, elu, embedding, fold, gelu, glu, groupNorm,
  hardsigmoid, hardswish, hardtanh, instanceNorm, interpolate, layerNorm, leakyRelu, linear, logSigmoid, logSoftmax,
  maxPool1d, maxPool2d, mish, normalize, oneHot, pad, pixelShuffle, prelu, relu, relu6, rmsNorm,
  scaledDotProductAttention, selu, sigmoid, silu, softmax, softplus, softshrink, softsign, tanh, unfold,
} from '@chainrule/autograd';
export * from './losses/functions.js';
