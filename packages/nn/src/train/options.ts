/** @file The options of `fit`. Optimizers, schedules and averages are structural types, so any implementation works. */
import {
  defineOptions,
  kinds,
  type Kind,
  type OptionsReader,
  type Tensor,
} from '@chainrule/autograd';
import type { Metric } from '../metrics/index.js';
import { Module } from '../module/module.js';
import type { Callback } from './events.js';
import type { Signal } from './interrupts.js';

/** Anything that updates parameters from their gradients: every optimizer of `@chainrule/optim`. */
export interface OptimizerLike {
  /** Clears the gradients. */
  zeroGrad(): void;
  /** Updates the parameters. */
  step(): unknown;
  /**
   * Updates the parameters if a bool with one element is true. Without this method, `fit` reads whether the loss is finite before
   * it calls `step`; such steps cannot be compiled.
   */
  stepIf?(condition: Tensor): void;
  /** Groups of parameters with their learning rates. */
  readonly paramGroups: readonly {
    readonly lr?: number | Tensor;
    readonly params: readonly Tensor[];
  }[];
  /** How many steps were skipped because of values that are not finite. */
  readonly skippedSteps?: number;
  /** The state, for saving and for `loadStateDict`. */
  stateDict?(): unknown;
  /** Restores a state returned by `stateDict`. */
  loadStateDict?(state: never): void;
}

/** Anything that moves learning rates: every schedule of `@chainrule/optim`. */
export interface ScheduleLike {
  /** Schedules that take a measure, such as `ReduceLROnPlateau`, receive the monitored figure; others receive nothing. */
  step(measure: number): void;
  /** The state, for saving and for `loadStateDict`. */
  stateDict?(): unknown;
  /** Restores a state returned by `stateDict`. */
  loadStateDict?(state: never): void;
}

/** Anything that averages parameters: `ExponentialMovingAverage` of `@chainrule/optim`. */
export interface AverageLike {
  /** Adds the current parameters to the average. */
  update(): void;
  /** Runs `f` with the averages in place of the parameters. */
  use<R>(f: () => R): R;
  /** The state, for saving and for `loadStateDict`. */
  stateDict?(): unknown;
  /** Restores a state returned by `stateDict`. */
  loadStateDict?(state: never): void;
}

/** The loss of a prediction: a function, or a loss module. */
export type LossLike =
  | ((prediction: never, target: never) => Tensor)
  | {
      /** The loss of a prediction and a target. */
      forward(prediction: never, target: never): Tensor;
    };

/** Where and how often checkpoints are saved. */
export interface CheckpointPlan {
  /** The folder; created if it does not exist. */
  readonly dir: string;
  /** After how many epochs. Default 1. */
  readonly every?: number;
  /** Also save after this many updates within an epoch. */
  readonly everySteps?: number;
  /** How many to keep. Default 3. */
  readonly keep?: number;
}

/** The options of `fit`. `B` is the type of a batch: a pair `[input, target]`, or anything `step` understands. */
export interface FitOptions<B = unknown> {
  /** Batches: a `DataLoader`, or anything that can be iterated more than once. */
  readonly data: Iterable<B> | AsyncIterable<B>;
  /** Batches to evaluate the model on after every epoch. */
  readonly validate?: Iterable<B> | AsyncIterable<B>;
  /** The loss of a prediction and a target: `nn.functional.crossEntropy`, a loss module, a function of yours. */
  readonly loss?: LossLike;
  /** Instead of `loss`, for batches that are not pairs: the loss of a batch, and the prediction and target for metrics. */
  readonly step?: (batch: B) => Tensor | StepResult;
  /** The optimizer of the model's parameters. */
  readonly optimizer: OptimizerLike;
  /** The learning-rate schedule. */
  readonly schedule?: ScheduleLike;
  /** When the schedule steps: after every epoch (default), or after every update, as `OneCycleLR` requires. */
  readonly scheduleEvery?: 'epoch' | 'step';
  /** Passes over the data. Default 1. */
  readonly epochs?: number;
  /** Metrics by name, computed from the predictions and targets of the validation data or, without any, the training data. */
  readonly metrics?: Readonly<Record<string, Metric<unknown, never, never>>>;
  /** An average of the parameters, updated at every step and validated in their place. */
  readonly average?: AverageLike;
  /** How many batches make one update, fewer at the end of an epoch: their gradients are averaged. Default 1. */
  readonly accumulate?: number;
  /** Largest norm of all gradients together that the optimizer uses, or `{ value }` for each element. */
  readonly clip?: number | { readonly norm: number } | { readonly value: number };
  /** Functions or objects that receive every event: `earlyStopping`, loggers, your own. */
  readonly callbacks?: readonly Callback[];
  /** Where, and how often, checkpoints are saved. */
  readonly checkpoint?: CheckpointPlan;
  /**
   * Resumes from the newest checkpoint in the folder, if there is one, also in the middle of an epoch: data without
   * `stateDict()`, such as an array, is read from its beginning, and the batches already seen are skipped.
   */
  readonly resume?: boolean;
  /**
   * What to do about a loss or gradient that is not finite. `'throw'` (default) ends with an error that names the batch
   * and the operation. A loss that is not finite changes nothing. Gradients are not checked (that would take a tenth of
   * a small network's time): if only a gradient is not finite, the next loss or the end of the epoch shows it, and the
   * error names the batch it came from. `'skip'` also checks gradients, skips such updates and continues. `'ignore'`
   * checks nothing. `{ dump: dir }` saves the batch, the weights and the position.
   */
  readonly onNonFinite?: NonFinitePolicy | NonFiniteOptions;
  /** An `AbortSignal`: ends the training after the current step, saving a checkpoint. */
  readonly signal?: Signal;
  /** Whether Ctrl-C and SIGTERM finish the step, save and exit with 130. Default: if there is a checkpoint folder. */
  readonly handleSignals?: boolean;
  /** Whether steps are compiled: if possible (default), or never. */
  readonly compile?: boolean;
  /** Restore the weights of the epoch with the best figure at the end: `true` for the loss. */
  readonly restoreBest?: boolean | Monitor;
  /** The figure that a schedule such as `ReduceLROnPlateau` receives. Default `'loss'`. */
  readonly monitor?: string;
}

/** What to do about numbers that are not finite. */
export type NonFinitePolicy = 'throw' | 'skip' | 'ignore';

/** What to do about numbers that are not finite, and where to save the batch. */
export interface NonFiniteOptions {
  /** Default `'throw'`. */
  readonly then?: NonFinitePolicy;
  /**
   * A folder in the format of checkpoints: `loadCheckpoint(dir).state` has `batch`, `model`, `at` and `rng`, the random state
   * at the start of the step; the tensors are in `batch.safetensors` and `model.safetensors`. The newest ten are kept.
   */
  readonly dump?: string;
}

/** A figure, and whether lower or higher is better. */
export interface Monitor {
  /** `'loss'` or the name of a metric. Default `'loss'`. */
  readonly monitor?: string;
  /** Default `'min'`. */
  readonly mode?: 'min' | 'max';
}

/** The result of a step: the loss, and what metrics receive. */
export interface StepResult {
  /** The loss of the batch, to be differentiated. */
  readonly loss: Tensor;
  /** The prediction that metrics receive. */
  readonly prediction?: unknown;
  /** The target that metrics receive. */
  readonly target?: unknown;
}

/** An object with these methods. */
function able<T>(...methods: readonly string[]): Kind<T> {
  return kinds.kind<T>(`have ${methods.map((name) => `${name}()`).join(' and ')}`, (x) =>
    methods.every((name) => typeof (x as Record<string, unknown> | null)?.[name] === 'function'),
  );
}
const loopable = kinds.kind<FitOptions['data']>(
  'be a DataLoader or something else to loop over',
  (x) => typeof x === 'object' && x !== null && (Symbol.iterator in x || Symbol.asyncIterator in x),
);
const callback = kinds.kind<Callback>(
  'be a function or have on()',
  (x) =>
    typeof x === 'function' || typeof (x as Partial<{ on: unknown }> | null)?.on === 'function',
);
const isMetric = able<Metric<unknown, never, never>>('update', 'compute', 'reset');

const policy = kinds.oneOf('throw', 'skip', 'ignore');

const judged = {
  data: kinds.required(loopable),
  loss: kinds.kind<LossLike>(
    'be a function or a loss module',
    (x) => typeof x === 'function' || able('forward').test(x),
  ),
  step: kinds.kind<NonNullable<FitOptions['step']>>('be a function', (x) => kinds.callable.test(x)),
  metrics: kinds.kind<NonNullable<FitOptions['metrics']>>(
    'be an object of metrics by name',
    (x) => kinds.object.test(x) && Object.values(x).every((metric) => isMetric.test(metric)),
  ),
};

/** The model and its loss. */
export const aModule: Kind<Module> = kinds.kind('be a Module', (x) => x instanceof Module);

/** The kinds of the arguments of `validate`. */
export const validateOptions: OptionsReader<Pick<FitOptions, keyof typeof judged>> =
  defineOptions<Pick<FitOptions, keyof typeof judged>>(judged);

/** The kinds of the arguments of `fit`. */
export const fitOptions: OptionsReader<FitOptions> = defineOptions<FitOptions>({
  ...judged,
  validate: loopable,
  optimizer: kinds.required(able<OptimizerLike>('zeroGrad', 'step')),
  schedule: able<ScheduleLike>('step'),
  scheduleEvery: kinds.oneOf('epoch', 'step'),
  epochs: kinds.size,
  average: able<AverageLike>('update', 'use'),
  accumulate: kinds.count,
  clip: kinds.kind<NonNullable<FitOptions['clip']>>(
    'be a number > 0, { norm } or { value }',
    (x) =>
      kinds.positive.test(x) ||
      (kinds.object.test(x) &&
        Object.keys(x).length === 1 &&
        Object.entries(x).every(
          ([key, y]) => (key === 'norm' || key === 'value') && kinds.positive.test(y),
        )),
  ),
  callbacks: kinds.listOf(callback),
  checkpoint: kinds.kind<CheckpointPlan>('be an object { dir, every?, everySteps?, keep? }', (x) =>
    kinds.object.test(x),
  ),
  resume: kinds.flag,
  onNonFinite: kinds.kind<NonNullable<FitOptions['onNonFinite']>>(
    "be 'throw', 'skip', 'ignore' or an object { then?, dump? }",
    (x) => policy.test(x) || kinds.object.test(x),
  ),
  signal: kinds.kind<Signal>('be an AbortSignal', (x) => able('addEventListener').test(x)),
  handleSignals: kinds.flag,
  compile: kinds.flag,
  restoreBest: kinds.kind<boolean | Monitor>(
    'be true, false or { monitor, mode }',
    (x) => typeof x === 'boolean' || kinds.object.test(x),
  ),
  monitor: kinds.text,
});

export const checkpointPlan: OptionsReader<CheckpointPlan> = defineOptions<CheckpointPlan>({
  dir: kinds.required(kinds.text),
  every: kinds.count,
  everySteps: kinds.count,
  keep: kinds.count,
});

export const nonFiniteOptions: OptionsReader<NonFiniteOptions> = defineOptions<NonFiniteOptions>({
  then: policy,
  dump: kinds.text,
});

/** The policy for numbers that are not finite, without the dump. */
export function policyOf(given: FitOptions['onNonFinite']): NonFinitePolicy {
  return typeof given === 'string' ? given : (given?.then ?? 'throw');
}

export const monitorOptions: OptionsReader<Monitor> = defineOptions<Monitor>({
  monitor: kinds.text,
  mode: kinds.oneOf('min', 'max'),
});
