/** @file The events of `fit`. */
import { ChainruleError } from '@chainrule/autograd';
import type { Module } from '../module/module.js';

/** Figures by name: the loss and the metrics. */
export type Figures = Readonly<Record<string, unknown>>;

/** The position of a training run. */
export interface Progress {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The batch within the epoch, from 0. */
  readonly batch: number;
  /** How many updates of the parameters there have been. */
  readonly step: number;
}

/** The first event. */
export interface StartEvent {
  /** The kind of event. */
  readonly type: 'start';
  /** How many epochs there will be. */
  readonly epochs: number;
  /** How many batches an epoch has; null if unknown. */
  readonly batches: number | null;
  /** Where training starts: all 0 for a new run. */
  readonly from: Progress;
}

/** Whether the step is compiled; sent once, after the first batch. */
export interface CompiledEvent {
  /** The kind of event. */
  readonly type: 'compiled';
  /** Whether steps are compiled. */
  readonly compiled: boolean;
  /** Why not. */
  readonly reason?: string;
}

/** A batch is done. */
export interface BatchEvent extends Progress {
  /** The kind of event. */
  readonly type: 'batch';
  /** The mean loss of the batch. */
  readonly loss: number;
  /** The learning rates of the groups that the step used. */
  readonly lr: readonly number[];
  /** How many examples the batch had. */
  readonly examples: number;
  /** How long it took. */
  readonly seconds: number;
}

/** Validation is done. */
export interface ValidateEvent extends Progress {
  /** The kind of event. */
  readonly type: 'validate';
  /** The loss and the metrics on the validation data. */
  readonly figures: Figures;
}

/** An epoch is done. */
export interface EpochEvent extends Progress {
  /** The kind of event. */
  readonly type: 'epoch';
  /** The mean loss of its batches. */
  readonly loss: number;
  /** The loss and the metrics on the validation data, where there is any; else the metrics on the training data. */
  readonly figures: Figures;
  /** The learning rates of the groups at the end of the epoch. */
  readonly lr: readonly number[];
  /** How long it took. */
  readonly seconds: number;
}

/** A checkpoint was saved. */
export interface CheckpointEvent extends Progress {
  /** The kind of event. */
  readonly type: 'checkpoint';
  /** Where it was saved. */
  readonly path: string;
}

/** A step was skipped because its loss or a gradient was not finite (`onNonFinite: 'skip'`). */
export interface SkippedEvent extends Progress {
  /** The kind of event. */
  readonly type: 'skipped';
  /** The loss of the batch; if it is finite, a gradient was not. */
  readonly loss: number;
  /** Where the batch was saved, if `onNonFinite` has a `dump`. */
  readonly path?: string;
}

/** Why a training run ended. */
export type Ending = 'epochs' | 'stopped' | 'aborted' | 'signal';

/** The last event. */
export interface EndEvent extends Progress {
  /** The kind of event. */
  readonly type: 'end';
  /** How it ended. */
  readonly ending: Ending;
  /** The reason given to `stop`, or the name of the signal. */
  readonly reason?: string;
  /** What happened, epoch by epoch. */
  readonly history: History;
}

/** The events of `fit`: each kind has a `type` and its own figures. */
export type FitEvent =
  | StartEvent
  | CompiledEvent
  | BatchEvent
  | ValidateEvent
  | EpochEvent
  | CheckpointEvent
  | SkippedEvent
  | EndEvent;

/** One epoch of a history. */
export interface EpochRecord {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** How many updates of the parameters there have been. */
  readonly step: number;
  /** The mean loss of the epoch's batches. */
  readonly loss: number;
  /** The loss and metrics on the validation data, else the metrics on the training data. */
  readonly figures: Figures;
  /** The learning rates of the groups at the end of the epoch. */
  readonly lr: readonly number[];
  /** How long it took. */
  readonly seconds: number;
}

/** The result of a training run. */
export interface History {
  /** A record of each epoch. */
  readonly epochs: readonly EpochRecord[];
  /** How many updates of the parameters there have been. */
  readonly step: number;
  /** How it ended. */
  readonly ending: Ending;
  /** The reason given to `stop`, or the name of the signal. */
  readonly reason?: string;
  /** The epoch whose weights the model has, with `restoreBest`. */
  readonly best?: EpochRecord;
}

/** What a callback can do. */
export interface FitControl {
  /** The model that is trained. */
  readonly model: Module;
  /** Ends training after this batch; the reason is recorded in the history. */
  stop(reason?: string): void;
}

/** Receives every event, in order; training waits for its promise. */
export type Callback =
  ((event: FitEvent, control: FitControl) => void | Promise<void>) | CallbackObject;

/** A callback with a state that is saved in checkpoints. */
export interface CallbackObject {
  /** Receives every event, and may stop training. */
  on(event: FitEvent, control: FitControl): void | Promise<void>;
  /** The state, for saving and for `loadStateDict`. */
  stateDict?(): Readonly<Record<string, unknown>>;
  /** Restores a state returned by `stateDict`. */
  loadStateDict?(state: Readonly<Record<string, unknown>>): void;
}

/** The figure that is watched: `'loss'` or the name of a metric. */
export function figureOf(op: string, figures: Figures, name: string): number {
  const value = figures[name];
  if (typeof value === 'number') return value;
  const numbers = Object.keys(figures).filter((key) => typeof figures[key] === 'number');
  throw new ChainruleError(
    `${op}: there is no number '${name}'; there are: ${numbers.join(', ') || 'none'}`,
  );
}
