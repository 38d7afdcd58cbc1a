/** @file `@chainrule/optim`: optimizers, learning rate schedules, and the rules they are composed of. */
export { Optimizer, type CommonOptions } from './optimizer.js';
export type { Initial, Rule, Symbolic, Symbols, Update } from './rule.js';
export { chain } from './chain.js';
export {
  clipped,
  lookahead,
  scheduled,
  type ClipNorm,
  type ClipValue,
  type Lookahead,
} from './compose.js';
export { decayed, type Decay, type EitherDecay } from './rules/decay.js';
export * as rules from './rules/index.js';
export type { Check, Hypers, HyperValue } from './checks.js';
export type { OnNonFinite } from './finiteWatch.js';
export type { GroupOptions, ParamGroup, Params, ParamsOrGroups } from './paramGroup.js';
export type { OptimizerState, SavedGroup } from './state.js';
export { SGD, type SGDGroup, type SGDOptions } from './rules/sgd.js';
export { Adam, AdamW, type AdamGroup, type AdamOptions } from './rules/adam.js';
export { Adamax, type AdamaxGroup, type AdamaxOptions } from './rules/adamax.js';
export { NAdam, type NAdamGroup, type NAdamOptions } from './rules/nadam.js';
export { RAdam, type RAdamGroup, type RAdamOptions } from './rules/radam.js';
export { Adagrad, type AdagradGroup, type AdagradOptions } from './rules/adagrad.js';
export { Adadelta, type AdadeltaGroup, type AdadeltaOptions } from './rules/adadelta.js';
export { RMSprop, type RMSpropGroup, type RMSpropOptions } from './rules/rmsprop.js';
export { Rprop, type RpropGroup, type RpropOptions } from './rules/rprop.js';
export { ASGD, type ASGDGroup, type ASGDOptions } from './rules/asgd.js';
export { Adafactor, type AdafactorGroup, type AdafactorOptions } from './rules/adafactor.js';
export { Lion, type LionGroup, type LionOptions } from './rules/lion.js';
export { Muon, type MuonGroup, type MuonOptions } from './rules/muon.js';
export { LBFGS, type LBFGSGroup, type LBFGSOptions } from './lbfgs/lbfgs.js';
export { LRScheduler } from './schedules/schedule.js';
export type { ScheduleState } from './schedules/schedule.js';
export type { Scheduled, ScheduledGroup, ScheduleOptions } from './schedules/scheduled.js';
export { ExponentialLR, MultiStepLR, StepLR } from './schedules/decays.js';
export { ConstantLR, LinearLR, PolynomialLR } from './schedules/ramps.js';
export { CosineAnnealingLR, CosineAnnealingWarmRestarts } from './schedules/cosine.js';
export { OneCycleLR, type OneCycleOptions } from './schedules/oneCycleLR.js';
export { CyclicLR, type CyclicOptions } from './schedules/cyclicLR.js';
export {
  ReduceLROnPlateau,
  type PlateauOptions,
  type PlateauState,
} from './schedules/reduceLROnPlateau.js';
export { LambdaLR, MultiplicativeLR, type LambdaOptions } from './schedules/lambdaLR.js';
export { SWALR, type SWAOptions } from './schedules/swaLR.js';
export { ChainedScheduler, SequentialLR } from './schedules/combined.js';
export { ExponentialMovingAverage, type AverageState } from './ema.js';
