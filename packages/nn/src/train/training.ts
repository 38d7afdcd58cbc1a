/** @file One training run from its first event to its last. */
import { ChainruleError, getRngState } from '@chainrule/autograd';
import type { Metric } from '../metrics/index.js';
import type { Module } from '../module/module.js';
import { breathe } from '../breathe.js';
import { Listeners } from './listeners.js';
import { lengthOf, nameBatch, nothingIn, shareOf } from './batches.js';
import { Checkpoints, isStateful, type TrainingState } from './checkpoints.js';
import type { Ending, History } from './events.js';
import { figureOf } from './events.js';
import { Interrupts, INTERRUPTED } from './interrupts.js';
import { STOPPED } from './listener.js';
import { checkpointPlan, type CheckpointPlan, type FitOptions } from './options.js';
import { skipBatches } from './skipBatches.js';
import { ratesOf } from './rates.js';
import { BestWeights } from './stopping.js';
import { Steps } from './steps.js';
import { Tally } from './tally.js';
import { figuresOf, validate } from './validate.js';

export class Training<B> {
  /** The receivers of events. */
  readonly audience: Listeners;
  private readonly tally = new Tally();
  private reason: string | undefined;
  private stopping = false;
  private savedAt = -1;
  /** How many batches of the resumed epoch the data will yield again. */
  private again = 0;
  private readonly model: Module;
  private readonly options: FitOptions<B>;
  private readonly plan: CheckpointPlan | null;
  private readonly checkpoints: Checkpoints | null;
  private readonly best: BestWeights | null;
  private readonly steps: Steps<B>;
  /** Metrics on the training data, if there is no validation data. */
  private readonly metrics: readonly (readonly [string, Metric<unknown, never, never>])[];
  private interrupts: Interrupts | null = null;

  constructor(model: Module, options: FitOptions<B>) {
    this.model = model;
    this.options = options;
    const { checkpoint, restoreBest = false, validate: judged, metrics = {} } = options;
    this.plan = checkpoint === undefined ? null : checkpointPlan('fit: checkpoint', checkpoint);
    if (options.resume === true && this.plan === null)
      throw new ChainruleError(
        'fit: resume continues from checkpoint.dir; give checkpoint: { dir }',
      );
    if (options.loss !== undefined && options.step !== undefined)
      throw new ChainruleError('fit: give either loss or step; step computes the loss itself');
    this.best = restoreBest === false ? null : new BestWeights(model, restoreBest);
    this.metrics = judged === undefined ? Object.entries(metrics) : [];
    this.checkpoints = this.plan && new Checkpoints(this.plan, model, options, this.best);
    this.audience = new Listeners(options.callbacks ?? [], {
      model,
      stop: (reason) => {
        this.stopping = true;
        this.reason ??= reason;
      },
    });
    const { audience, tally, metrics: own } = this;
    this.steps = new Steps(model, options, audience, tally, own);
  }

  /** The whole run. Between two events, other code gets a turn. */
  async run(): Promise<History> {
    const { handleSignals = this.plan !== null, signal } = this.options;
    this.interrupts = new Interrupts(handleSignals, signal);
    try {
      return await this.runEpochs();
    } catch (error) {
      if (error !== STOPPED) throw error;
      // The loop over the events has been left: only the state to resume from is saved.
      if (this.checkpoints !== null && this.savedAt !== this.tally.step)
        await this.checkpoints.save(this.tally.state);
      return this.history('stopped', 'the loop was left');
    } finally {
      const { received } = this.interrupts;
      this.interrupts.close();
      if (received !== null) process.exit(INTERRUPTED);
    }
  }

  private async runEpochs(): Promise<History> {
    const { epochs = 1, resume = false, data } = this.options;
    if (resume) this.takeOver(await this.checkpoints?.load());
    await this.audience.emit({
      type: 'start',
      epochs,
      batches: lengthOf(data),
      from: this.tally.progress,
    });
    while (this.tally.epoch < epochs && this.ending === null) await this.runEpoch();
    const ending = this.ending ?? 'epochs';
    // A run that ends in the middle of an epoch can be resumed.
    if (ending !== 'epochs') await this.save();
    this.best?.restore();
    const history = this.history(ending);
    await this.audience.emit({
      type: 'end',
      ...this.tally.progress,
      ...reasonOf(history),
      ending,
      history,
    });
    return history;
  }

  /** The history so far. */
  history(ending: Ending, reason = this.reason): History {
    const best = this.best?.record;
    return {
      epochs: [...this.tally.epochs],
      step: this.tally.step,
      ending,
      ...(reason === undefined ? {} : { reason }),
      ...(best === null || best === undefined ? {} : { best }),
    };
  }

  private async runEpoch(): Promise<void> {
    const { data, accumulate = 1, scheduleEvery = 'epoch', monitor = 'loss' } = this.options;
    const start = performance.now();
    const length = lengthOf(data);
    this.model.train();
    if (this.tally.batch === 0) {
      for (const [, metric] of this.metrics) metric.reset();
      this.tally.began = getRngState();
    }
    // An epoch can be left and resumed only between two updates.
    let together = 0;
    let isReading = true;
    const reschedule = (): void => {
      if (scheduleEvery === 'step') this.reschedule(() => this.steps.lastLoss);
    };
    const batches = this.again > 0 ? skipBatches(data, this.again, this.tally.began) : data;
    this.again = 0;
    try {
      for await (const batch of batches) {
        isReading = false;
        // The last update of an epoch may have fewer batches, each of which has more weight.
        const share = length === null ? accumulate : shareOf(this.tally.batch, accumulate, length);
        const last = together + 1 === share;
        const place = { first: together === 0, last, share: 1 / share };
        const prepared = this.steps.prepare(batch, place);
        if (prepared !== undefined) await prepared;
        const rest = this.steps.run(batch, place);
        if (rest !== undefined) await rest;
        together = last ? 0 : together + 1;
        if (last) {
          reschedule();
          const { everySteps } = this.plan ?? {};
          if (everySteps !== undefined && this.tally.step % everySteps === 0) await this.save();
          if (this.ending !== null) return;
        }
        const turn = breathe();
        if (turn !== undefined) await turn;
        isReading = true;
      }
    } catch (error) {
      if (isReading) nameBatch(error, this.tally.progress);
      throw error;
    }
    if (this.tally.batch === 0) throw nothingIn('fit', this.options.data, 'batches');
    // Only here is it known that this update gets no more batches.
    if (together > 0) {
      await this.steps.finish(accumulate / together);
      reschedule();
    }
    await this.steps.nonFinite.checkParameters();
    const { loss } = this.tally;
    const figures = await this.judge();
    const seconds = (performance.now() - start) / 1000;
    const { epoch, step } = this.tally;
    const record = { epoch, step, loss, figures, lr: ratesOf(this.options.optimizer), seconds };
    this.tally.epochs.push(record);
    this.asJudged(() => this.best?.consider(record));
    if (scheduleEvery === 'epoch') this.reschedule(() => figureOf('fit', figures, monitor));
    const event = { type: 'epoch' as const, ...this.tally.progress, ...record };
    this.tally.next();
    await this.audience.emit(event);
    if (this.plan !== null && this.tally.epoch % (this.plan.every ?? 1) === 0) await this.save();
  }

  /** The figures of an epoch: of validation, or of the metrics on the training data. */
  private async judge(): Promise<Readonly<Record<string, unknown>>> {
    const { validate: data, loss, step, metrics } = this.options;
    if (data === undefined) return { loss: this.tally.loss, ...figuresOf(this.metrics) };
    const options = {
      data,
      ...(loss === undefined ? {} : { loss }),
      ...(step === undefined ? {} : { step }),
      ...(metrics === undefined ? {} : { metrics }),
    };
    const figures = await this.asJudged(() => validate(this.model, options));
    await this.audience.emit({ type: 'validate', ...this.tally.progress, figures });
    return figures;
  }

  /** Runs `f` with the weights that are validated: the averages, if there are any. */
  private asJudged<R>(f: () => R): R {
    const { average, validate: data } = this.options;
    return average === undefined || data === undefined ? f() : average.use(f);
  }

  /** Advances the schedule, with a measure if it takes one. */
  private reschedule(measure: () => number): void {
    const { schedule } = this.options;
    if (schedule === undefined) return;
    if (schedule.step.length > 0) schedule.step(measure());
    else (schedule.step as () => void).call(schedule);
  }

  private async save(): Promise<void> {
    if (this.checkpoints === null || this.savedAt === this.tally.step) return;
    await this.steps.nonFinite.checkParameters();
    this.savedAt = this.tally.step;
    const path = await this.checkpoints.save(this.tally.state);
    await this.audience.emit({ type: 'checkpoint', ...this.tally.progress, path });
  }

  private takeOver(state: TrainingState | null | undefined): void {
    if (state === null || state === undefined) return;
    this.tally.takeOver(state);
    this.savedAt = state.step;
    this.again = isStateful(this.options.data) ? 0 : state.batch;
  }

  /** The reason to stop now, or null. */
  private get ending(): Ending | null {
    if (this.interrupts !== null && this.interrupts.received !== null) {
      this.reason = this.interrupts.received;
      return 'signal';
    }
    if (this.interrupts?.aborted === true) return 'aborted';
    return this.stopping ? 'stopped' : null;
  }
}

function reasonOf({ reason }: History): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
