/** @file One training step: forward, backward, clipping, update; compiled if possible. */
import {
  all,
  Cell,
  ChainruleError,
  compile,
  type CompiledFunction,
  evaluate,
  getRngState,
  isFinite,
  logicalAnd,
  noGrad,
  Parameter,
  plural,
  setRngState,
  stack,
  Tensor,
  tensor,
  where,
} from '@chainrule/autograd';
import type { Module } from '../module/module.js';
import { clipGradNorm, clipGradValue } from '../utils/index.js';
import {
  policyOf,
  type FitOptions,
  type LossLike,
  type NonFinitePolicy,
  type StepResult,
} from './options.js';

/** The result of a batch. The loss is a number on the CPU; on other devices it has to be awaited. */
export interface Outcome {
  readonly loss: number | Promise<number>;
  /** If gradients are watched too: whether all were finite, so that the update was made; to be asked when the loss is known. */
  readonly finite?: () => boolean;
  readonly prediction: unknown;
  readonly target: unknown;
}

/** The position of a batch among those whose gradients are accumulated for one update. */
export interface AccumulationStep {
  /** Whether it is the first, so that gradients are cleared before. */
  readonly first: boolean;
  /** Whether it is the last, so that the update follows. */
  readonly last: boolean;
  /** One divided by the number of these batches. */
  readonly share: number;
}

interface Stepped extends StepResult {
  readonly finite?: Tensor;
}

/** `share` is null if it is 1: then a recorded step has no product with it. */
type Traced = (
  batch: unknown,
  first: boolean,
  last: boolean,
  share: number | null,
) => Stepped | Tensor;

/** Runs the steps of a training run. */
export class Trainer<B> {
  /** Null until the first step has run. */
  compiled: boolean | null = null;
  /** Why steps are not compiled. */
  reason: string | null = null;
  private readonly plain: Traced;
  private replay: CompiledFunction<Parameters<Traced>, ReturnType<Traced>> | null;
  private readonly options: FitOptions<B>;

  constructor(model: Module, options: FitOptions<B>, keepPredictions: boolean) {
    const judge = judgeOf(model, options);
    const { optimizer } = options;
    this.options = options;
    const watched = policyOf(options.onNonFinite);
    const step = (guard: boolean): Traced => {
      return (batch, first, last, share) => {
        if (first) optimizer.zeroGrad();
        const buffers = guard ? buffersOf(model).map((b) => [b, b.detach()] as const) : [];
        const { loss, prediction, target } = judge(batch as B);
        (share === null ? loss : loss.mul(share)).backward();
        const known: Tensor = isFinite(loss.detach().sum());
        const finite = last ? this.update(known) : known;
        noGrad(() => {
          for (const [buffer, old] of buffers) buffer.assign(where(known, buffer, old));
        });
        // A single tensor is returned faster than an object.
        if (!keepPredictions && watched !== 'skip') return loss;
        return {
          loss,
          ...(keepPredictions ? { prediction, target } : {}),
          ...(watched === 'skip' ? { finite } : {}),
        };
      };
    };
    this.plain = this.guarded(model, watched, step(false));
    this.replay = options.compile === false ? null : compile(step(watched !== 'ignore'));
    if (this.replay === null) this.reason = 'compile: false was given';
  }

  /** Forward, backward and, after the last batch of an update, the update. */
  run(batch: B, { first, last, share }: AccumulationStep): Outcome {
    const result = this.compute(batch, first, last, share === 1 ? null : share);
    const { loss, finite, ...rest }: Stepped = isTensor(result) ? { loss: result } : result;
    const outcome = { prediction: undefined, target: undefined, ...rest };
    if (loss.device !== 'cpu') return { ...outcome, ...this.awaited(loss, finite, last) };
    const isFine = finite === undefined ? {} : { finite: () => finite.item() !== 0 };
    return { ...outcome, ...isFine, loss: loss.item() };
  }

  /** The outcome of a step on a device: the host counts updates, so it makes one when it knows that the numbers are finite. */
  private awaited(
    loss: Tensor,
    finite: Tensor | undefined,
    last: boolean,
  ): Pick<Outcome, 'loss' | 'finite'> {
    let isFine = true;
    const settled = async (): Promise<number> => {
      const value = await loss.itemAsync();
      isFine = finite === undefined ? Number.isFinite(value) : (await finite.itemAsync()) !== 0;
      if (last && isFine && policyOf(this.options.onNonFinite) !== 'ignore') this.step();
      return value;
    };
    return { loss: settled(), ...(finite === undefined ? {} : { finite: () => isFine }) };
  }

  /** The parameters that the optimizer updates. Gradients of other parameters are never cleared, so they are not checked. */
  private get parameters(): Parameter[] {
    return this.options.optimizer.paramGroups.flatMap(({ params }) =>
      params.filter((p): p is Parameter => p instanceof Parameter),
    );
  }

  /** An update with the existing gradients, times a factor. */
  async finish(factor: number): Promise<void> {
    for (const parameter of this.parameters)
      if (parameter.grad !== null) parameter.grad = parameter.grad.mul(factor);
    const finite = this.update(tensor(true, { device: 'cpu' }));
    if (finite.device !== 'cpu' && (await finite.itemAsync()) !== 0) this.step();
  }

  /**
   * Clips gradients, and updates the parameters if `known` is true and all watched numbers are finite; returns whether they
   * are. If only a device knows, `step` has to be called when the answer has been awaited.
   */
  private update(known: Tensor): Tensor {
    const { optimizer, average, clip, onNonFinite } = this.options;
    const watched = policyOf(onNonFinite);
    const { parameters } = this;
    clipGradients(parameters, clip);
    const finite = watched === 'skip' ? logicalAnd(known, areFinite(parameters)) : known;
    if (watched === 'ignore') optimizer.step();
    else if (finite.device !== 'cpu') return finite;
    else if (optimizer.stepIf !== undefined) optimizer.stepIf(finite);
    // The condition is read here, so such a step is not recorded.
    else if (finite.item() !== 0) optimizer.step();
    average?.update();
    return finite;
  }

  /** Updates the parameters, and their average. */
  private step(): void {
    const { optimizer, average } = this.options;
    optimizer.step();
    average?.update();
  }

  /** Prepares the first step in parts, so that a page can draw in between; `turn` waits until the page has drawn. */
  async prepare(
    batch: B,
    { first, last, share }: AccumulationStep,
    turn: () => Promise<void>,
  ): Promise<void> {
    if (this.replay === null) return;
    evaluate(...this.parameters);
    await turn();
    const random = getRngState();
    try {
      await this.replay.ready(batch, first, last, share === 1 ? null : share);
    } catch {
      // The first step will report the error.
      setRngState(random);
    }
    await turn();
  }

  /** Wraps a step that is not recorded: if the loss is not finite, the buffers that the forward pass wrote are restored. */
  private guarded(model: Module, watched: NonFinitePolicy, step: Traced): Traced {
    const buffers = buffersOf(model);
    if (watched === 'ignore' || buffers.length === 0) return step;
    return (...args) => {
      if (buffers.some(({ device }) => device !== 'cpu')) return step(...args);
      const before = buffers.map(copyOf);
      const result = step(...args);
      const { loss } = isTensor(result) ? { loss: result } : result;
      if (!Number.isFinite(loss.item()))
        buffers.forEach((buffer, i) => buffer.assign(before[i] as Tensor));
      return result;
    };
  }

  private compute(...[batch, first, last, share]: Parameters<Traced>): ReturnType<Traced> {
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
      // A step that cannot be recorded may still run, for example one that reads values. A real mistake is reported then,
      // too.
      setRngState(random);
      this.replay = null;
      this.compiled = false;
      this.reason = error.message;
      return this.plain(batch, first, last, share);
    }
  }
}

/** The loss as a number; only on devices other than the CPU it has to be awaited. */
export function numberIn(loss: Tensor): number | Promise<number> {
  return loss.device === 'cpu' ? loss.item() : loss.itemAsync();
}

/** `instanceof`, without the shape in the type. */
const isTensor = (x: unknown): x is Tensor => x instanceof Tensor;

/** Whether every gradient is finite: 0 · x is 0 for a finite x and NaN for others. */
function areFinite(parameters: readonly Parameter[]): Tensor {
  const sums = parameters.flatMap(({ grad }) => (grad === null ? [] : [grad.mul(0).sum()]));
  return sums.length === 0 ? tensor(true) : all(stack(sums.map((x) => isFinite(x))));
}

/** The tensors that a forward pass may write besides gradients, such as running statistics. */
function buffersOf(model: Module): Cell[] {
  return [...model.buffers()].filter((buffer): buffer is Cell => buffer instanceof Cell);
}

function copyOf(x: Tensor): Tensor {
  return tensor(x.dataSync(), { shape: x.shape, dtype: x.dtype });
}

/** A function that computes the loss of a batch, by the user's step or by model and loss. */
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
  // The type of a module does not state the arguments of its forward.
  const callable = model as unknown as { forward(input: unknown): unknown };
  return (batch) => {
    if (!Array.isArray(batch) || batch.length !== 2) {
      throw new ChainruleError(
        `fit: batches must be pairs [input, target]${Array.isArray(batch) ? `, got ${plural(batch.length, 'part')}` : ''}; for others give a step, (batch) => loss`,
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
    "fit: the loss must be a tensor with one element; use a reduction other than 'none'",
  );
}

function clipGradients(parameters: readonly Parameter[], clip: FitOptions['clip']): void {
  if (clip === undefined) return;
  if (typeof clip === 'number') clipGradNorm(parameters, clip);
  else if ('norm' in clip) clipGradNorm(parameters, clip.norm);
  else clipGradValue(parameters, clip.value);
}
