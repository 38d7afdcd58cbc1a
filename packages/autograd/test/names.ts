/** @file Every public name, as the documentation lists them. */
const list = (text: string): string[] => text.trim().split(/\s+/);

const operations = list(`
  add sub mul div neg pow square sqrt rsqrt reciprocal abs sign exp exp2 expm1 log log2 log10 log1p remainder fmod
  floorDivide maximum minimum clamp lerp hypot
  sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf erfc erfinv lgamma digamma sigmoid logit softplus
  sinc xlogy
  floor ceil round trunc frac
  eq ne lt le gt ge isNan isInf isFinite logicalAnd logicalOr logicalNot logicalXor isClose allClose equal
  sum mean prod max min amax amin argmax argmin var std norm logsumexp any all cumsum cumprod cummax cummin median
  reshape view flatten unflatten squeeze unsqueeze permute transpose t swapaxes movedim expand broadcastTo repeat tile
  repeatInterleave flip roll pad split chunk unbind narrow select diag diagonal tril triu contiguous cast
  at gather indexSelect take takeAlongDim maskedFill maskedSelect scatter scatterAdd indexAdd indexPut nonzero
  sort argsort topk searchsorted bincount unique
  matmul mm bmm mv dot outer tensordot trace addmm
  relu leakyRelu elu selu celu gelu silu mish hardtanh hardswish hardsigmoid relu6 softsign softshrink logSigmoid prelu
  glu softmax logSoftmax oneHot embedding dropout linear conv1d conv2d conv3d convTranspose1d convTranspose2d maxPool1d
  maxPool2d avgPool1d avgPool2d adaptiveAvgPool2d adaptiveMaxPool2d layerNorm groupNorm batchNorm rmsNorm instanceNorm
  unfold fold interpolate pixelShuffle scaledDotProductAttention cosineSimilarity normalize`);

const functionsOnly = list('where cat stack meshgrid einsum polygamma');

export const names = {
  /** Operations whose first argument is no tensor to be the subject of a method. */
  functionsOnly,
  functions: [
    ...operations,
    ...functionsOnly,
    ...list(`
      tensor scalar zeros ones full eye arange linspace rand randn randint randperm bernoulli zerosLike onesLike fullLike
      randLike randnLike manualSeed getRngState setRngState
      grad noGrad enableGrad isGradEnabled valueAndGrad vjp jvp jacrev jacfwd hessian hvp vmap checkpoint customGrad
      Parameter cell scope gradcheck gradgradcheck compile evaluate setDevice devices setNumThreads getNumThreads
      graph explain setDebug profile detectAnomaly memoryUsage blas enableWideSimd Tensor
      ChainruleError ShapeError DTypeError IndexError GradError DeviceError FormatError`),
  ],
  methods: [
    ...operations,
    ...list(
      'item toArray dataSync data backward detach requiresGrad_ retainGrad registerHook toString',
    ),
  ],
  linalg: list('inv solve det slogdet cholesky qr eigh svd norm matrixPower triangularSolve'),
  io: list(`
    encodeSafetensors decodeSafetensors saveSafetensors loadSafetensors saveCheckpoint loadCheckpoint decodeNpy encodeNpy
    loadNpz`),
  testing: list('arbShape arbTensor arbBroadcastable checkGradients'),
};
