/** @file Decides when to stop, and which weights to keep. */
import { defineOptions, FormatError, kinds, noGrad, type Tensor } from '@chainrule/autograd';
import type { Module } from '../module/module.js';
import { figureOf, type CallbackObject, type EpochRecord } from './events.js';
import { monitorOptions, type Monitor } from './options.js';

/** Options of `earlyStopping`. */
export interface EarlyStoppingOptions extends Monitor {
  /** How many epochs without an improvement to accept. Default 3. */
  readonly patience?: number;
  /** What counts as an improvement. Default 0: anything. */
  readonly minDelta?: number;
}

const stoppingOptions = defineOptions<EarlyStoppingOptions>({
  ...monitorOptions.table,
  patience: kinds.size,
  minDelta: kinds.nonNegative,
});

/**
 * Ends training once a figure has not improved for more than `patience` epochs: a callback for `fit`. NaN is never an
 * improvement. Its state is part of checkpoints.
 * @example
 * await fit(model, { …, callbacks: [earlyStopping({ monitor: 'accuracy', mode: 'max', patience: 5 })] });
 */
export function earlyStopping(options?: EarlyStoppingOptions): CallbackObject {
  const {
    monitor = 'loss',
    mode = 'min',
    patience = 3,
    minDelta = 0,
  } = stoppingOptions('earlyStopping', options);
  const sign = mode === 'min' ? 1 : -1;
  let best = Infinity;
  let waited = 0;
  return {
    on(event, control) {
      if (event.type !== 'epoch') return;
      const value = sign * figureOf('earlyStopping', event.figures, monitor);
      if (value < best - minDelta) {
        best = value;
        waited = 0;
      } else if (++waited > patience) {
        control.stop(`${monitor} has not improved for ${waited} epochs`);
      }
    },
    // JSON cannot represent infinity.
    stateDict: () => ({ best: Number.isFinite(best) ? best : null, waited }),
    loadStateDict(state) {
      const { best: b, waited: w } = state;
      if ((b !== null && typeof b !== 'number') || typeof w !== 'number')
        throw new FormatError('earlyStopping: expected { best, waited } as stateDict() gives them');
      best = b ?? Infinity;
      waited = w;
    },
  };
}

/** Keeps the weights of the best epoch. */
export class BestWeights {
  record: EpochRecord | null = null;
  private weights: Record<string, Tensor> | null = null;
  private readonly model: Module;
  private readonly sign: number;
  private readonly monitor: string;

  constructor(model: Module, given: boolean | Monitor) {
    this.model = model;
    const { monitor = 'loss', mode = 'min' } = monitorOptions(
      'fit: restoreBest',
      typeof given === 'boolean' ? undefined : given,
    );
    this.monitor = monitor;
    this.sign = mode === 'min' ? 1 : -1;
  }

  /** Saves the current weights if the figure is the best so far. */
  consider(record: EpochRecord): void {
    const value = this.sign * figureOf('fit: restoreBest', record.figures, this.monitor);
    const best =
      this.record === null
        ? Infinity
        : this.sign * figureOf('fit: restoreBest', this.record.figures, this.monitor);
    if (!(value < best)) return;
    this.record = record;
    this.weights = { ...this.model.stateDict() };
  }

  /** Restores the best weights. */
  restore(): void {
    const { weights } = this;
    if (weights !== null) noGrad(() => this.model.loadStateDict(weights));
  }

  stateDict(): Record<string, unknown> {
    return this.weights === null ? {} : { record: this.record, weights: this.weights };
  }

  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    this.record = (state['record'] as EpochRecord | undefined) ?? null;
    this.weights = (state['weights'] as Record<string, Tensor> | undefined) ?? null;
  }
}
