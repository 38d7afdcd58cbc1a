/** @file `@chainrule/nn/train`: training loops you need not write again. */
export { fit, type Fit } from './fit.js';
export { validate, type ValidateOptions } from './validate.js';
export {
  findLearningRate,
  type FindLearningRateOptions,
  type LearningRatePoint,
  type LearningRateSearch,
} from './findLearningRate.js';
export { earlyStopping, type EarlyStoppingOptions } from './stopping.js';
export { breathe } from '../breathe.js';
export type * from './events.js';
export {
  serveTraining,
  trainInWorker,
  type WorkerContext,
  type WorkerLike,
  type WorkerTraining,
} from './worker.js';
export type {
  AverageLike,
  CheckpointPlan,
  FitOptions,
  LossLike,
  Monitor,
  NonFiniteOptions,
  NonFinitePolicy,
  OptimizerLike,
  ScheduleLike,
  StepResult,
} from './options.js';
export { csvLogger, jsonlLogger, type JsonlOptions, type Sink } from './loggers/lines.js';
export { progressLogger, type ProgressOptions } from './loggers/progress.js';
export {
  SummaryWriter,
  tensorboardLogger,
  type TensorboardOptions,
} from './loggers/tensorboard.js';
export type { GraphNodeLike } from './loggers/events.js';
