/** @file What `fit` takes. Optimizers, schedules and averages are known by what they can do, whoever made them. */
import {
  defineOptions,
  kinds,
  type Kind,
  type OptionsReader,
  type Tensor,
} from '@chainrule/autograd';
import type { Metric } from '../metrics/index.js';
import type { Callback } from './events.js';
import type { Signal } from './interrupts.js';

/** Anything that updates parameters from their gradients: every optimizer of `@chainrule/optim`. */
export interface OptimizerLike {
  /** Clears the gradients. */
  zeroGrad(): void;
  /** Updates the parameters. */
  step(): unknown;
  /** Updates the parameters where a bool with one element is true. Where it is missing, `step` is called. */
  stepIf?(condition: Tensor): void;
  /** Groups of parameters with their learning rates. */
  readonly paramGroups: readonly {
    readonly lr?: number | Tensor;
    readonly params: readonly Tensor[];
  }[];
  /** How many steps were left out because of values that are not finite. */
  readonly skippedSteps?: number;
  /** The state, to be saved and given to `loadStateDict` later. */
  stateDict?(): unknown;
  /** Goes on from a state that `stateDict` gave. */
  loadStateDict?(state: never): void;
}

/** Anything that moves learning rates: every schedule of `@chainrule/optim`. */
export interface ScheduleLike {
  /** Schedules that look at a measure, as `ReduceLROnPlateau`, get the figure that is monitored; others get nothing. */
  step(measure: number): void;
  /** The state, to be saved and given to `loadStateDict` later. */
  stateDict?(): unknown;
  /** Goes on from a state that `stateDict` gave. */
  loadStateDict?(state: never): void;
}

/** Anything that averages parameters: `ExponentialMovingAverage` of `@chainrule/optim`. */
export interface AverageLike {
  /** Takes the parameters of now into the average. */
  update(): void;
  /** Runs `f` with the averages in place of the parameters. */
  use<R>(f: () => R): R;
  /** The state, to be saved and given to `loadStateDict` later. */
  stateDict?(): unknown;
  /** Goes on from a state that `stateDict` gave. */
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
  /** The folder; it is made where it is missing. */
  readonly dir: string;
  /** After how many epochs. Default 1. */
  readonly every?: number;
  /** Also after so many updates within an epoch. */
  readonly everySteps?: number;
  /** How many are kept. Default 3. */
  readonly keep?: number;
}

/** What `fit` takes. `B` is what the data gives: a pair `[input, target]`, or anything `step` understands. */
export interface FitOptions<B = unknown> {
  /** Batches: a `DataLoader`, or anything a loop can go over more than once. */
  readonly data: Iterable<B> | AsyncIterable<B>;
  /** Batches to judge the model by after every epoch. */
  readonly validate?: Iterable<B> | AsyncIterable<B>;
  /** The loss of a prediction and a target: `nn.functional.crossEntropy`, a loss module, a function of yours. */
  readonly loss?: LossLike;
  /** In place of `loss`, for batches that are no pairs: the loss of a batch, with what metrics are to be told. */
  readonly step?: (batch: B) => Tensor | StepResult;
  /** The optimizer of the model's parameters. */
  readonly optimizer: OptimizerLike;
  /** The learning-rate schedule. */
  readonly schedule?: ScheduleLike;
  /** When the schedule goes on: after every epoch (default), or every update, as `OneCycleLR` wants. */
  readonly scheduleEvery?: 'epoch' | 'step';
  /** Passes over the data. Default 1. */
  readonly epochs?: number;
  /** Metrics by name, fed with predictions and targets: of the validation data where there is any, else of the training. */
  readonly metrics?: Readonly<Record<string, Metric<unknown, never, never>>>;
  /** An average of the parameters, updated at every step and validated in their place. */
  readonly average?: AverageLike;
  /** How many batches make one update: their gradients are averaged. Default 1. */
  readonly accumulate?: number;
  /** Largest norm of all gradients together, or `{ value }` for each element. */
  readonly clip?: number | { readonly norm: number } | { readonly value: number };
  /** Functions or objects that are told of every event: `earlyStopping`, loggers, yours. */
  readonly callbacks?: readonly Callback[];
  /** Where, and how often, checkpoints are saved. */
  readonly checkpoint?: CheckpointPlan;
  /** Goes on from the newest checkpoint in the folder, if there is one. */
  readonly resume?: boolean;
  /**
   * A loss or gradient that is not finite. `'throw'` (default) ends with an error that names the batch and the operation:
   * a loss that is not finite changes nothing; a gradient alone is not looked at (that would take a tenth of the time of a
   * small network), and is named by the batch that it came from when the next loss or the end of the epoch shows it.
   * `'skip'` looks at gradients too, leaves such updates out and goes on. `'ignore'` does not look. `{ dump: dir }` saves
   * the batch, the weights and where it was.
   */
  readonly onNonFinite?: NonFinitePolicy | NonFiniteOptions;
  /** An `AbortSignal`: ends the training after the current step, saving a checkpoint. */
  readonly signal?: Signal;
  /** Whether Ctrl-C and SIGTERM finish the step, save and exit with 130. Default: where there is a checkpoint folder. */
  readonly handleSignals?: boolean;
  /** Whether steps are compiled: where possible (default), or never. */
  readonly compile?: boolean;
  /** The model ends with the weights of the epoch whose figure was best: `true` for the loss. */
  readonly restoreBest?: boolean | Monitor;
  /** The figure that schedules and `restoreBest` look at. Default `'loss'`. */
  readonly monitor?: string;
}

/** What happens about numbers that are not finite. */
export type NonFinitePolicy = 'throw' | 'skip' | 'ignore';

/** What happens about numbers that are not finite, and where the batch is kept. */
export interface NonFiniteOptions {
  /** Default `'throw'`. */
  readonly then?: NonFinitePolicy;
  /**
   * A folder, as checkpoints have: `loadCheckpoint(dir).state` has `batch`, `model`, `at` and `rng`, the random state that
   * the step began with; the tensors stand in `batch.safetensors` and `model.safetensors`. The newest ten are kept.
   */
  readonly dump?: string;
}

/** A figure, and which way is better. */
export interface Monitor {
  /** `'loss'` or the name of a metric. Default `'loss'`. */
  readonly monitor?: string;
  /** Default `'min'`. */
  readonly mode?: 'min' | 'max';
}

/** What a step may return besides the loss. */
export interface StepResult {
  /** The loss of the batch, to be differentiated. */
  readonly loss: Tensor;
  /** What metrics are told as the prediction. */
  readonly prediction?: unknown;
  /** What metrics are told as the target. */
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

/** The kinds of what `validate` takes. */
export const validateOptions: OptionsReader<Pick<FitOptions, keyof typeof judged>> =
  defineOptions<Pick<FitOptions, keyof typeof judged>>(judged);

/** The kinds of what `fit` takes. */
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
  checkpoint: kinds.kind<CheckpointPlan>('be an object { dir, every?, keep? }', (x) =>
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

/** What is done about numbers that are not finite, in short. */
export function policyOf(given: FitOptions['onNonFinite']): NonFinitePolicy {
  return typeof given === 'string' ? given : (given?.then ?? 'throw');
}

export const monitorOptions: OptionsReader<Monitor> = defineOptions<Monitor>({
  monitor: kinds.text,
  mode: kinds.oneOf('min', 'max'),
});
