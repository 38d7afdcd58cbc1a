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

/** The second half: functions, of which the light ones are methods. */
const furtherMethods = list(`
  addcmul addcdiv copysign deg2rad rad2deg fmax fmin floatPower gcd lcm heaviside isNegInf isPosInf ldexp logaddexp2
  nanToNum sgn signbit bitwiseAnd bitwiseOr bitwiseXor bitwiseNot bitwiseLeftShift bitwiseRightShift clampMin clampMax clip
  aminmax countNonzero nansum nanmean fliplr flipud moveaxis ravel expandAs viewAs kron inner vdot logdet argwhere msort`);
const furtherFunctions = list(`
  isIn nextafter logcumsumexp nanmedian quantile nanquantile kthvalue mode stdMean varMean diff trapezoid
  cumulativeTrapezoid cov corrcoef dist cdist pdist renorm histc histogram bucketize gradient
  atleast1d atleast2d atleast3d blockDiag broadcastTensors cartesianProd columnStack combinations diagEmbed diagflat hstack
  vstack dstack hsplit vsplit dsplit tensorSplit rot90 cross trilIndices triuIndices unravelIndex uniqueConsecutive vander
  indexFill indexCopy indexReduce scatterReduce maskedScatter selectScatter sliceScatter diagonalScatter
  addmv addr addbmm baddbmm matrixExp stft istft multinomial normal poisson exponential gamma logspace gumbelSoftmax
  randintLike rearrange`);

const functionsOnly = list('where cat stack meshgrid einsum polygamma');

export const names = {
  /** Operations whose first argument is no tensor to be the subject of a method. */
  functionsOnly,
  functions: [
    ...operations,
    ...functionsOnly,
    ...furtherMethods,
    ...furtherFunctions,
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
    ...furtherMethods,
    ...list(
      'item toArray dataSync data backward detach requiresGrad_ retainGrad registerHook toString',
    ),
  ],
  linalg: list(`
    inv solve det slogdet cholesky qr eigh svd norm matrixPower triangularSolve lu luFactor luSolve lstsq pinv matrixRank
    cond multiDot eigvalsh svdvals vecdot vectorNorm matrixNorm choleskySolve choleskyInverse householderProduct tensorinv
    tensorsolve cross diagonal vander matrixExp`),
  fft: list(`
    fft ifft rfft irfft hfft ihfft fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn fftshift ifftshift fftfreq rfftfreq`),
  special: list(`
    entr erfcx i0 i0e i1 i1e gammainc gammaincc logNdtr ndtr ndtri xlog1py zeta multigammaln expit logit psi`),
  windows: list('hann hamming blackman bartlett kaiser gaussian cosine'),
  einops: list('rearrange reduce repeat'),
  io: list(`
    encodeSafetensors decodeSafetensors saveSafetensors loadSafetensors saveCheckpoint loadCheckpoint decodeNpy encodeNpy
    loadNpz encodeState decodeState`),
  testing: list('arbShape arbTensor arbBroadcastable checkGradients'),
};
