/** @file One step of training: forward, backward, clipping, update; compiled where nothing prevents it. */
import {
  ChainruleError,
  compile,
  getRngState,
  setRngState,
  Tensor,
  type Parameter,
} from '@chainrule/autograd';
import type { Module } from '../module/module.js';
import { clipGradNorm, clipGradValue } from '../utils/index.js';
import type { FitOptions, LossLike, StepResult } from './options.js';

/** What a batch gave: its loss is a number that has been read. */
export interface Outcome {
  readonly loss: number;
  readonly prediction: unknown;
  readonly target: unknown;
}

/** Where a batch stands among those whose gradients become one update. */
export interface Place {
  /** Whether it is the first, so that gradients begin anew. */
  readonly first: boolean;
  /** Whether the update follows. */
  readonly last: boolean;
  /** One over how many there are. */
  readonly share: number;
}

type Traced = (batch: unknown, first: boolean, last: boolean, share: number) => StepResult;

/** Makes the steps of a training. */
export class Trainer<B> {
  /** Null until the first batch has been through. */
  compiled: boolean | null = null;
  /** Why steps are not compiled. */
  reason: string | null = null;
  private readonly plain: Traced;
  private replay: Traced | null;

  constructor(model: Module, options: FitOptions<B>, keepPredictions: boolean) {
    const judge = judgeOf(model, options);
    const { optimizer, average, clip } = options;
    const parameters = [...model.parameters()];
    this.plain = (batch, first, last, share) => {
      if (first) optimizer.zeroGrad();
      const { loss, prediction, target } = judge(batch as B);
      (share === 1 ? loss : loss.mul(share)).backward();
      if (last) {
        clipGradients(parameters, clip);
        optimizer.step();
        average?.update();
      }
      return keepPredictions ? { loss, prediction, target } : { loss };
    };
    this.replay = options.compile === false ? null : compile(this.plain);
    if (this.replay === null) this.reason = 'compile: false was given';
  }

  /** Forward, backward and, after the last batch of an update, the update. */
  async run(batch: B, { first, last, share }: Place): Promise<Outcome> {
    const result = this.compute(batch, first, last, share);
    const loss = (await result.loss.data())[0] as number;
    return { loss, prediction: result.prediction, target: result.target };
  }

  private compute(batch: B, first: boolean, last: boolean, share: number): StepResult {
    if (this.replay === null) {
      this.compiled ??= false;
      return this.plain(batch, first, last, share);
    }
    if (this.compiled === true) return this.replay(batch, first, last, share);
    const random = getRngState();
    try {
      const result = this.replay(batch, first, last, share);
      this.compiled = true;
      return result;
    } catch (error) {
      if (!(error instanceof ChainruleError)) throw error;
      // What cannot be recorded may still run: a step that reads values, say. Its own mistakes show there.
      setRngState(random);
      this.replay = null;
      this.compiled = false;
      this.reason = error.message;
      return this.plain(batch, first, last, share);
    }
  }
}

/** `instanceof`, without any shape in the type. */
const isTensor = (x: unknown): x is Tensor => x instanceof Tensor;

/** The loss of a batch, in the user's own words or by model and loss. */
export function judgeOf<B>(
  model: Module,
  { loss, step }: Pick<FitOptions<B>, 'loss' | 'step'>,
): (batch: B) => StepResult {
  if (step !== undefined) {
    return (batch) => {
      const result: unknown = step(batch);
      if (isTensor(result)) return { loss: result };
      const parts = result as Partial<StepResult> | null | undefined;
      if (isTensor(parts?.loss)) return parts as StepResult;
      throw new ChainruleError(
        'fit: step must return the loss, a tensor, or { loss, prediction, target }',
      );
    };
  }
  if (loss === undefined)
    throw new ChainruleError(
      'fit: give a loss, (prediction, target) => tensor, or a step, (batch) => tensor',
    );
  // A module's own type does not know what its forward takes.
  const callable = model as unknown as { forward(input: unknown): unknown };
  return (batch) => {
    if (!Array.isArray(batch) || batch.length !== 2) {
      throw new ChainruleError(
        `fit: batches must be pairs [input, target]${Array.isArray(batch) ? `, got ${batch.length} parts` : ''}; for others give a step, (batch) => loss`,
      );
    }
    const [input, target] = batch as [unknown, unknown];
    const prediction = callable.forward(input);
    return { loss: applyLoss(loss, prediction, target), prediction, target };
  };
}

function applyLoss(loss: LossLike, prediction: unknown, target: unknown): Tensor {
  const f = typeof loss === 'function' ? loss : loss.forward.bind(loss);
  const value: unknown = f(prediction as never, target as never);
  if (isTensor(value) && value.size === 1) return value;
  throw new ChainruleError(
    'fit: the loss must be a tensor with one element; reductions other than none give one',
  );
}

function clipGradients(parameters: readonly Parameter[], clip: FitOptions['clip']): void {
  if (clip === undefined) return;
  if (typeof clip === 'number') clipGradNorm(parameters, clip);
  else if ('norm' in clip) clipGradNorm(parameters, clip.norm);
  else clipGradValue(parameters, clip.value);
}
