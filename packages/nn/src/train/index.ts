/** @file `@chainrule/nn/train`: training loops that need not be written again. */
export { fit, type Fit } from './fit.js';
export { validate, type ValidateOptions } from './validate.js';
export { earlyStopping, type EarlyStoppingOptions } from './stopping.js';
export { breathe } from './breathe.js';
export type * from './events.js';
export type {
  AverageLike,
  CheckpointPlan,
  FitOptions,
  LossLike,
  Monitor,
  OptimizerLike,
  ScheduleLike,
  StepResult,
} from './options.js';
