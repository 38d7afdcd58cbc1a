/** @file Runs the steps of a training run, counts them, and reports them. */
import type { Metric } from '../metrics/index.js';
import type { Module } from '../module/module.js';
import { drawn, isPage } from '../breathe.js';
import type { Listeners } from './listeners.js';
import { nameBatch } from './batches.js';
import type { Progress } from './events.js';
import { NonFinite } from './nonFinite.js';
import type { FitOptions } from './options.js';
import { ratesOf } from './rates.js';
import type { Tally } from './tally.js';
import { Trainer, type Outcome, type AccumulationStep } from './trainer.js';
import { examplesOf, feed } from './validate.js';

/** Metrics with their names. */
type Metrics = readonly (readonly [string, Metric<unknown, never, never>])[];

export class Steps<B> {
  /** The loss of the last step. */
  lastLoss = NaN;
  readonly nonFinite: NonFinite<B>;
  private readonly trainer: Trainer<B>;
  private readonly options: FitOptions<B>;
  private readonly audience: Listeners;
  private readonly tally: Tally;
  private readonly metrics: Metrics;

  constructor(
    model: Module,
    options: FitOptions<B>,
    audience: Listeners,
    tally: Tally,
    metrics: Metrics,
  ) {
    this.trainer = new Trainer(model, options, metrics.length > 0);
    this.nonFinite = new NonFinite(model, options);
    this.options = options;
    this.audience = audience;
    this.tally = tally;
    this.metrics = metrics;
  }

  /** In a page, before the first step: compiles the step, and lets the page draw meanwhile. */
  prepare(batch: B, place: AccumulationStep): Promise<void> | undefined {
    if (this.trainer.compiled !== null || !isPage()) return undefined;
    return drawn().then(() => this.trainer.prepare(batch, place, drawn));
  }

  /**
   * One step. What there is to wait for, if anything: most often nothing, and a promise for each step would cost more than all
   * else that is done beside it.
   */
  run(batch: B, position: AccumulationStep): Promise<void> | undefined {
    const heard = this.audience.hasListeners;
    const start = heard ? performance.now() : 0;
    const lr = heard ? ratesOf(this.options.optimizer) : [];
    const isFirst = this.trainer.compiled === null;
    const at = this.tally.progress;
    this.nonFinite.before(batch, at);
    const outcome = this.compute(batch, position);
    const finish = (loss: number): Promise<void> | undefined => {
      const examples = examplesOf(batch);
      const skipped = this.count(outcome, loss, examples, position.last);
      const tell = (): Promise<void> | undefined => {
        if (!heard) return undefined;
        const seconds = (performance.now() - start) / 1000;
        return this.audience.emit({
          type: 'batch',
          ...at,
          step: this.tally.step,
          loss,
          lr,
          examples,
          seconds,
        });
      };
      return skipped ? this.reportSkipped(at, loss).then(tell) : tell();
    };
    const { loss } = outcome;
    if (isFirst) return this.tellCompiled(loss).then(finish);
    return typeof loss === 'number' ? finish(loss) : loss.then(finish);
  }

  /** The update of the last batches of a stream: there are fewer than the number by which their gradients were divided. */
  async finish(factor: number): Promise<void> {
    await this.trainer.finish(factor);
    this.tally.step++;
  }

  /** Counts a step, and its loss unless the step was skipped; returns whether it was. */
  private count(
    { prediction, target, finite }: Outcome,
    loss: number,
    examples: number,
    last: boolean,
  ): boolean {
    this.lastLoss = loss;
    if (last) this.tally.step++;
    this.tally.batch++;
    if (this.nonFinite.skipped(loss, finite)) return true;
    this.tally.add(loss, examples);
    for (const [, metric] of this.metrics) feed(metric, prediction, target);
    return false;
  }

  /** Returns the loss of the first step, after reporting whether steps are compiled. */
  private async tellCompiled(loss: number | Promise<number>): Promise<number> {
    const known = await loss;
    const { compiled, reason } = this.trainer;
    await this.audience.emit({
      type: 'compiled',
      compiled: compiled === true,
      ...(reason === null ? {} : { reason }),
    });
    return known;
  }

  private async reportSkipped(at: Progress, loss: number): Promise<void> {
    const path = await this.nonFinite.report(loss);
    await this.audience.emit({ type: 'skipped', ...at, loss, ...(path === null ? {} : { path }) });
  }

  private compute(batch: B, position: AccumulationStep): Outcome {
    try {
      return this.trainer.run(batch, position);
    } catch (error) {
      nameBatch(error, this.tally.progress);
      throw error;
    }
  }
}
