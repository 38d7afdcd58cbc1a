/** @file One training from its first event to its last. */
import { ChainruleError } from '@chainrule/autograd';
import type { Metric } from '../metrics/index.js';
import type { Module } from '../module/module.js';
import { breathe } from './breathe.js';
import { Checkpoints, type TrainingState } from './checkpoints.js';
import type {
  Callback,
  Ending,
  EpochRecord,
  FitControl,
  FitEvent,
  History,
  Progress,
} from './events.js';
import { figureOf } from './events.js';
import { Interrupts, INTERRUPTED } from './interrupts.js';
import { checkpointPlan, type CheckpointPlan, type FitOptions } from './options.js';
import { ratesOf } from './rates.js';
import { BestWeights } from './stopping.js';
import { Trainer } from './trainer.js';
import { examplesOf, feed, figuresOf, validate } from './validate.js';

type Events = AsyncGenerator<FitEvent, History>;

export class Training<B> {
  private epoch = 0;
  private batch = 0;
  private step = 0;
  private epochs: EpochRecord[] = [];
  private lossSum = 0;
  private examples = 0;
  private lastLoss = NaN;
  private reason: string | undefined;
  private stopping = false;
  private savedAt = -1;
  private readonly model: Module;
  private readonly options: FitOptions<B>;
  private readonly plan: CheckpointPlan | null;
  private readonly checkpoints: Checkpoints | null;
  private readonly best: BestWeights | null;
  private readonly trainer: Trainer<B>;
  /** Metrics on the training data, where there is no other. */
  private readonly metrics: readonly (readonly [string, Metric<unknown, never, never>])[];
  private readonly control: FitControl;
  private interrupts: Interrupts | null = null;

  constructor(model: Module, options: FitOptions<B>) {
    this.model = model;
    this.options = options;
    const { checkpoint, restoreBest = false, validate: judged, metrics = {} } = options;
    this.plan = checkpoint === undefined ? null : checkpointPlan('fit: checkpoint', checkpoint);
    if (options.resume === true && this.plan === null)
      throw new ChainruleError('fit: resume goes on from checkpoint.dir; give checkpoint: { dir }');
    if (options.loss !== undefined && options.step !== undefined)
      throw new ChainruleError('fit: give either loss or step; step makes the loss itself');
    this.best = restoreBest === false ? null : new BestWeights(model, restoreBest);
    this.metrics = judged === undefined ? Object.entries(metrics) : [];
    this.trainer = new Trainer(model, options, this.metrics.length > 0);
    this.checkpoints = this.plan && new Checkpoints(this.plan, model, options, this.best);
    this.control = {
      model,
      stop: (reason) => {
        this.stopping = true;
        this.reason ??= reason;
      },
    };
  }

  /** The whole training, event by event; between two events somebody else has the word. */
  async *run(): Events {
    const { epochs = 1, resume = false, signal, data } = this.options;
    const { handleSignals = this.plan !== null } = this.options;
    this.interrupts = new Interrupts(handleSignals, signal);
    try {
      if (resume) this.takeOver((await this.checkpoints?.load()) ?? null);
      const batches = lengthOf(data);
      yield* this.tell({ type: 'start', epochs, batches, from: this.progress });
      while (this.epoch < epochs && this.ending === null) yield* this.runEpoch();
      const ending = this.ending ?? 'epochs';
      // A training that ends in the middle of an epoch can be gone on with.
      if (ending !== 'epochs') yield* this.save();
      this.best?.restore();
      const history = this.history(ending);
      yield* this.tell({ type: 'end', ...this.progress, ...reasonOf(history), ending, history });
      return history;
    } finally {
      const { received } = this.interrupts;
      this.interrupts.close();
      if (received !== null) process.exit(INTERRUPTED);
    }
  }

  /** What is there so far. */
  history(ending: Ending, reason = this.reason): History {
    const best = this.best?.record;
    return {
      epochs: [...this.epochs],
      step: this.step,
      ending,
      ...(reason === undefined ? {} : { reason }),
      ...(best === null || best === undefined ? {} : { best }),
    };
  }

  /** Whoever goes over the events has left: what can be gone on with is saved. */
  async leave(): Promise<void> {
    if (this.checkpoints !== null && this.savedAt !== this.step)
      await this.checkpoints.save(this.state);
  }

  private async *runEpoch(): AsyncGenerator<FitEvent, void> {
    const { data, accumulate = 1, scheduleEvery = 'epoch', monitor = 'loss' } = this.options;
    const start = performance.now();
    const length = lengthOf(data);
    this.model.train();
    if (this.batch === 0) for (const [, metric] of this.metrics) metric.reset();
    let together = this.batch % accumulate;
    for await (const batch of data) {
      // The batches of an update that is not full, at the end, share it among them.
      const share = length === null ? accumulate : shareOf(this.batch, accumulate, length);
      const last = together + 1 === share;
      yield* this.runBatch(batch, { first: together === 0, last, share: 1 / share });
      together = last ? 0 : together + 1;
      if (last) {
        if (scheduleEvery === 'step') this.reschedule(() => this.lastLoss);
        const { everySteps } = this.plan ?? {};
        if (everySteps !== undefined && this.step % everySteps === 0) yield* this.save();
        if (this.ending !== null) return;
      }
      await breathe();
    }
    if (this.batch === 0) throw new ChainruleError('fit: the data gave no batch');
    const loss = this.lossSum / this.examples;
    const figures = yield* this.judge();
    const seconds = (performance.now() - start) / 1000;
    const { epoch, step } = this;
    const record = { epoch, step, loss, figures, lr: ratesOf(this.options.optimizer), seconds };
    this.epochs.push(record);
    this.best?.consider(record);
    if (scheduleEvery === 'epoch') this.reschedule(() => figureOf('fit', figures, monitor));
    const event = { type: 'epoch' as const, ...this.progress, ...record };
    [this.epoch, this.batch, this.lossSum, this.examples] = [epoch + 1, 0, 0, 0];
    yield* this.tell(event);
    if (this.plan !== null && this.epoch % (this.plan.every ?? 1) === 0) yield* this.save();
  }

  private async *runBatch(
    batch: B,
    place: { first: boolean; last: boolean; share: number },
  ): AsyncGenerator<FitEvent, void> {
    const { optimizer, onNonFinite = 'throw' } = this.options;
    const start = performance.now();
    const lr = ratesOf(optimizer);
    const told = this.trainer.compiled !== null;
    const skipped = optimizer.skippedSteps ?? 0;
    const { loss, prediction, target } = await this.trainer.run(batch, place);
    if (!told) {
      const { compiled, reason } = this.trainer;
      yield* this.tell({
        type: 'compiled',
        compiled: compiled === true,
        ...(reason === null ? {} : { reason }),
      });
    }
    this.lastLoss = loss;
    const examples = examplesOf(batch);
    const at = this.progress;
    if (place.last) this.step++;
    this.batch++;
    const left = (optimizer.skippedSteps ?? 0) > skipped;
    if (onNonFinite !== 'ignore' && (left || !Number.isFinite(loss))) {
      if (onNonFinite === 'throw') throw notFinite(at, loss);
      yield* this.tell({ type: 'skipped', ...at, loss });
    } else {
      this.lossSum += loss * examples;
      this.examples += examples;
      for (const [, metric] of this.metrics) feed(metric, prediction, target);
    }
    const seconds = (performance.now() - start) / 1000;
    yield* this.tell({ type: 'batch', ...at, step: this.step, loss, lr, examples, seconds });
  }

  /** The figures of an epoch. */
  private async *judge(): AsyncGenerator<FitEvent, Readonly<Record<string, unknown>>> {
    const { validate: data, average, loss, step, metrics } = this.options;
    if (data === undefined)
      return { loss: this.lossSum / this.examples, ...figuresOf(this.metrics) };
    const options = {
      data,
      ...(loss === undefined ? {} : { loss }),
      ...(step === undefined ? {} : { step }),
      ...(metrics === undefined ? {} : { metrics }),
    };
    const run = (): ReturnType<typeof validate> => validate(this.model, options);
    const figures = await (average === undefined ? run() : average.use(run));
    yield* this.tell({ type: 'validate', ...this.progress, figures });
    return figures;
  }

  /** The schedule's next step, with a measure if it asks for one. */
  private reschedule(measure: () => number): void {
    const { schedule } = this.options;
    if (schedule === undefined) return;
    if (schedule.step.length > 0) schedule.step(measure());
    else (schedule.step as () => void).call(schedule);
  }

  private async *save(): AsyncGenerator<FitEvent, void> {
    if (this.checkpoints === null || this.savedAt === this.step) return;
    this.savedAt = this.step;
    const path = await this.checkpoints.save(this.state);
    yield* this.tell({ type: 'checkpoint', ...this.progress, path });
  }

  /** Tells the callbacks, then whoever goes over the events. */
  private async *tell(event: FitEvent): AsyncGenerator<FitEvent, void> {
    for (const callback of this.options.callbacks ?? []) {
      const told = call(callback, event, this.control);
      if (told !== undefined) await told;
    }
    yield event;
  }

  private takeOver(state: TrainingState | null): void {
    if (state === null) return;
    ({ epoch: this.epoch, batch: this.batch, step: this.step } = state);
    ({ lossSum: this.lossSum, examples: this.examples } = state);
    this.epochs = [...state.epochs];
    this.savedAt = state.step;
  }

  private get progress(): Progress {
    return { epoch: this.epoch, batch: this.batch, step: this.step };
  }

  private get state(): TrainingState {
    const { epochs, lossSum, examples } = this;
    return { ...this.progress, epochs, lossSum, examples };
  }

  /** Why to stop now, or null. */
  private get ending(): Ending | null {
    if (this.interrupts !== null && this.interrupts.received !== null) {
      this.reason = this.interrupts.received;
      return 'signal';
    }
    if (this.interrupts?.aborted === true) return 'aborted';
    return this.stopping ? 'stopped' : null;
  }
}

function call(callback: Callback, event: FitEvent, control: FitControl): void | Promise<void> {
  return typeof callback === 'function' ? callback(event, control) : callback.on(event, control);
}

/** How many batches there are, where that is known. */
function lengthOf(data: object): number | null {
  let length: unknown = null;
  try {
    ({ length } = data as { length?: unknown });
  } catch {
    // A loader over a stream has none.
  }
  return typeof length === 'number' ? length : null;
}

/** How many batches share the update that batch `at` belongs to. */
function shareOf(at: number, accumulate: number, length: number): number {
  const begin = at - (at % accumulate);
  return Math.max(1, Math.min(accumulate, length - begin));
}

function reasonOf({ reason }: History): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

function notFinite({ epoch, batch, step }: Progress, loss: number): ChainruleError {
  const what = Number.isFinite(loss) ? 'a gradient is not finite' : `the loss is ${loss}`;
  return new ChainruleError(
    `fit: ${what} in batch ${batch} of epoch ${epoch}, after ${step} updates; detectAnomaly(() => …) names the ` +
      `operation, onNonFinite: 'skip' leaves such batches out`,
  );
}
