/** @file What `fit` tells while it trains. */
import { ChainruleError } from '@chainrule/autograd';
import type { Module } from '../module/module.js';

/** Figures by name: the loss and what the metrics say. */
export type Figures = Readonly<Record<string, unknown>>;

/** Where a training stands. */
export interface Progress {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The batch within the epoch, from 0. */
  readonly batch: number;
  /** How many updates of the parameters there have been. */
  readonly step: number;
}

/** The first event: how training runs. */
export interface StartEvent {
  /** Which event it is. */
  readonly type: 'start';
  /** How many epochs there will be. */
  readonly epochs: number;
  /** How many batches an epoch has; null where nobody knows. */
  readonly batches: number | null;
  /** Where it goes on: all 0 for a new run. */
  readonly from: Progress;
}

/** Whether a step is compiled, said once, when the first batch has been through. */
export interface CompiledEvent {
  /** Which event it is. */
  readonly type: 'compiled';
  /** Whether steps are compiled. */
  readonly compiled: boolean;
  /** Why not. */
  readonly reason?: string;
}

/** A batch is through. */
export interface BatchEvent extends Progress {
  /** Which event it is. */
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

/** The validation data is through. */
export interface ValidateEvent extends Progress {
  /** Which event it is. */
  readonly type: 'validate';
  /** The loss and the metrics on the validation data. */
  readonly figures: Figures;
}

/** An epoch is over. */
export interface EpochEvent extends Progress {
  /** Which event it is. */
  readonly type: 'epoch';
  /** The mean loss of its batches. */
  readonly loss: number;
  /** The loss and the metrics on the validation data, where there is any; else the metrics on the training data. */
  readonly figures: Figures;
  /** The learning rate; a tensor where it may change in a compiled step. */
  readonly lr: readonly number[];
  /** How long it took. */
  readonly seconds: number;
}

/** A checkpoint was saved. */
export interface CheckpointEvent extends Progress {
  /** Which event it is. */
  readonly type: 'checkpoint';
  /** Where it was saved. */
  readonly path: string;
}

/** A step changed nothing, as its loss or a gradient was not finite (`onNonFinite: 'skip'`). */
export interface SkippedEvent extends Progress {
  /** Which event it is. */
  readonly type: 'skipped';
  /** The loss of the batch; where it is finite, a gradient was not. */
  readonly loss: number;
  /** Where the batch was saved, if `onNonFinite` has a `dump`. */
  readonly path?: string;
}

/** Why a training ended. */
export type Ending = 'epochs' | 'stopped' | 'aborted' | 'signal';

/** The last event. */
export interface EndEvent extends Progress {
  /** Which event it is. */
  readonly type: 'end';
  /** How it ended. */
  readonly ending: Ending;
  /** What whoever stopped it said. */
  readonly reason?: string;
  /** What happened, epoch by epoch. */
  readonly history: History;
}

/** What `fit` tells: each kind has a `type` and its own figures. */
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
  /** The learning rate; a tensor where it may change in a compiled step. */
  readonly lr: readonly number[];
  /** How long it took. */
  readonly seconds: number;
}

/** What a training leaves behind. */
export interface History {
  /** A record of each epoch. */
  readonly epochs: readonly EpochRecord[];
  /** How many updates of the parameters there have been. */
  readonly step: number;
  /** How it ended. */
  readonly ending: Ending;
  /** What whoever stopped it said. */
  readonly reason?: string;
  /** The epoch whose weights the model has, where `restoreBest` was asked for. */
  readonly best?: EpochRecord;
}

/** What a callback may do. */
export interface FitControl {
  /** The model that is trained. */
  readonly model: Module;
  /** Ends the training after this batch; what it says stands in the history. */
  stop(reason?: string): void;
}

/** Told of every event, in order; training waits for its promise. */
export type Callback =
  ((event: FitEvent, control: FitControl) => void | Promise<void>) | CallbackObject;

/** A callback that remembers: its state is part of checkpoints. */
export interface CallbackObject {
  /** Is told of every event, and may stop the training. */
  on(event: FitEvent, control: FitControl): void | Promise<void>;
  /** The state, to be saved and given to `loadStateDict` later. */
  stateDict?(): Readonly<Record<string, unknown>>;
  /** Goes on from a state that `stateDict` gave. */
  loadStateDict?(state: Readonly<Record<string, unknown>>): void;
}

/** The figure that is watched: `'loss'` or the name of a metric. */
export function figureOf(op: string, figures: Figures, name: string): number {
  const value = figures[name];
  if (typeof value === 'number') return value;
  const numbers = Object.keys(figures).filter((key) => typeof figures[key] === 'number');
  throw new ChainruleError(
    `${op}: there is no figure '${name}' that is a number; there is ${numbers.join(', ') || 'none'}`,
  );
}
