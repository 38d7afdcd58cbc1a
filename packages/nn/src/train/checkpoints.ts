/** @file Checkpoints of everything that the next step depends on. */
import { getRngState, setRngState } from '@chainrule/autograd';
import type { Module } from '../module/module.js';
import type { EpochRecord, Progress } from './events.js';
import type { CheckpointPlan, FitOptions } from './options.js';
import type { BestWeights } from './stopping.js';

/** How far a run is, and the records of earlier epochs. */
export interface TrainingState extends Progress {
  readonly epochs: readonly EpochRecord[];
  /** The sum of the losses in this epoch, weighted by the number of examples, and the number of examples. */
  readonly lossSum: number;
  readonly examples: number;
  /** The random state in which this epoch began. */
  readonly began?: unknown;
}

/** The options that a checkpoint saves the state of. */
export type CheckpointedOptions = Pick<
  FitOptions,
  'optimizer' | 'schedule' | 'average' | 'data' | 'validate' | 'callbacks' | 'metrics'
>;

interface Stateful {
  stateDict(): unknown;
  loadStateDict(state: never): void;
}

/** Whether a value can save its state and restore it. */
export const isStateful = (x: unknown): x is Stateful =>
  typeof (x as Partial<Stateful> | null | undefined)?.stateDict === 'function' &&
  typeof (x as Partial<Stateful>).loadStateDict === 'function';

/** Saves and loads the state of a training run. */
export class Checkpoints {
  /** State of a fixed structure: a checkpoint is compared with it before anything is changed. */
  private readonly fixed: Record<string, Stateful>;
  /** State that grows during training: metrics, callbacks, the best weights. */
  private readonly growing: Record<string, Stateful>;
  private readonly plan: CheckpointPlan;

  constructor(
    plan: CheckpointPlan,
    model: Module,
    options: CheckpointedOptions,
    best: BestWeights | null,
  ) {
    this.plan = plan;
    const { optimizer, schedule, average, data, callbacks = [], metrics = {} } = options;
    this.fixed = stateful({ model, optimizer, schedule, average, loader: data });
    this.growing = stateful({
      best,
      ...Object.fromEntries(callbacks.map((callback, i) => [`callback${i}`, callback])),
      ...(options.validate === undefined
        ? Object.fromEntries(Object.entries(metrics).map(([name, m]) => [`metric ${name}`, m]))
        : {}),
    });
  }

  /** Saves the state, and returns the path. */
  async save(training: TrainingState): Promise<string> {
    const { saveCheckpoint } = await import('@chainrule/autograd/io');
    const { dir, keep = 3 } = this.plan;
    const growing = Object.fromEntries(
      Object.entries(this.growing).map(([name, part]) => [name, part.stateDict()]),
    );
    const entries = { ...this.fixed, growing, step: training.step, training, rng: getRngState() };
    return saveCheckpoint(dir, entries, { keep });
  }

  /** Restores the newest checkpoint; null if there is none yet. */
  async load(): Promise<TrainingState | null> {
    const { hasCheckpoint, loadCheckpoint } = await import('@chainrule/autograd/io');
    const { dir } = this.plan;
    if (!(await hasCheckpoint(dir))) return null;
    const { state } = await loadCheckpoint(dir, this.fixed);
    const growing = state['growing'] as Readonly<Record<string, unknown>>;
    for (const [name, part] of Object.entries(this.growing)) {
      if (Object.hasOwn(growing, name)) part.loadStateDict(growing[name] as never);
    }
    setRngState(state['rng']);
    return state['training'] as TrainingState;
  }
}

function stateful(parts: Readonly<Record<string, unknown>>): Record<string, Stateful> {
  return Object.fromEntries(
    Object.entries(parts).filter((entry): entry is [string, Stateful] => isStateful(entry[1])),
  );
}
