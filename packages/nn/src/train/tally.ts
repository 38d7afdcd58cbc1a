/** @file The progress of a training run, and the sums of the current epoch. */
import type { TrainingState } from './checkpoints.js';
import type { EpochRecord, Progress } from './events.js';

export class Tally {
  epoch = 0;
  /** The batch within this epoch. */
  batch = 0;
  /** The number of updates since the start. */
  step = 0;
  epochs: EpochRecord[] = [];
  /** The random state in which this epoch began. */
  began: unknown;
  /** Sums over all examples of this epoch. */
  private lossSum = 0;
  private examples = 0;

  get progress(): Progress {
    return { epoch: this.epoch, batch: this.batch, step: this.step };
  }

  /** The mean over the examples of this epoch. */
  get loss(): number {
    return this.lossSum / this.examples;
  }

  add(loss: number, examples: number): void {
    this.lossSum += loss * examples;
    this.examples += examples;
  }

  /** Begins the next epoch. */
  next(): void {
    [this.epoch, this.batch, this.lossSum, this.examples] = [this.epoch + 1, 0, 0, 0];
  }

  get state(): TrainingState {
    const { epochs, lossSum, examples, began } = this;
    return { ...this.progress, epochs, lossSum, examples, began };
  }

  takeOver(state: TrainingState): void {
    ({ epoch: this.epoch, batch: this.batch, step: this.step } = state);
    ({ lossSum: this.lossSum, examples: this.examples } = state);
    this.epochs = [...state.epochs];
    this.began = state.began;
  }
}
