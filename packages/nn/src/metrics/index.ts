/** @file `@chainrule/nn/metrics`: the usual measures of a model's quality, gathered over many batches. */
export { Metric, type MetricState } from './metric.js';
export type { Numbers, WeightOptions } from './read.js';
export type { LabelOptions } from './labels.js';
export { Accuracy, TopKAccuracy } from './accuracy.js';
export { ConfusionMatrix, type ConfusionOptions } from './confusion.js';
export {
  F1Score,
  FBetaScore,
  IoU,
  Precision,
  Recall,
  type Average,
  type AverageOptions,
} from './classFigures.js';
export {
  AveragePrecision,
  PrecisionRecallCurve,
  RocAuc,
  RocCurve,
  type PrecisionRecall,
  type Roc,
} from './scores.js';
export { CalibrationError, type CalibrationBin, type CalibrationOptions } from './calibration.js';
export {
  Mean,
  MeanAbsoluteError,
  MeanSquaredError,
  R2Score,
  RootMeanSquaredError,
} from './regression.js';
export {
  BleuScore,
  Perplexity,
  type BleuOptions,
  type PerplexityOptions,
  type Tokens,
} from './text.js';
