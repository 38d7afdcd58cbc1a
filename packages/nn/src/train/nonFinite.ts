/** @file Losses and gradients that are not finite: finds the batch and the operation that caused them, and saves the batch. */
import {
  ChainruleError,
  detectAnomaly,
  getRngState,
  noGrad,
  setRngState,
  Tensor,
} from '@chainrule/autograd';
import type { Module } from '../module/module.js';
import type { Progress } from './events.js';
import { nonFiniteOptions, policyOf, type FitOptions, type NonFinitePolicy } from './options.js';
import { judgeOf } from './trainer.js';

/** A batch, and what a step on it depends on besides the weights. */
interface Step<B> {
  readonly batch: B;
  readonly at: Progress;
  readonly rng: unknown;
}

/** How many dumps are kept. */
const MAX_DUMPS = 10;

export class NonFinite<B> {
  private readonly policy: NonFinitePolicy;
  private readonly dump: string | undefined;
  private readonly model: Module;
  private readonly options: FitOptions<B>;
  private current: Step<B> | null = null;
  private previous: Step<B | null> | null = null;
  private skippedBefore = 0;

  constructor(model: Module, options: FitOptions<B>) {
    this.model = model;
    this.options = options;
    const { onNonFinite = 'throw' } = options;
    this.policy = policyOf(onNonFinite);
    this.dump =
      typeof onNonFinite === 'string'
        ? undefined
        : nonFiniteOptions('fit: onNonFinite', onNonFinite).dump;
  }

  /** Notes that a step is about to run. */
  before(batch: B, at: Progress): void {
    const last = this.current;
    // Its batch is needed only for a dump.
    this.previous = last !== null && this.dump === undefined ? { ...last, batch: null } : last;
    this.current = { batch, at, rng: getRngState() };
    this.skippedBefore = this.options.optimizer.skippedSteps ?? 0;
  }

  /** Whether the step skipped the update, or should have skipped it. */
  skipped(loss: number, finite: (() => boolean) | undefined): boolean {
    if (this.policy === 'ignore') return false;
    const { skippedSteps = 0 } = this.options.optimizer;
    return !Number.isFinite(loss) || skippedSteps > this.skippedBefore || finite?.() === false;
  }

  /**
   * Saves the batch if asked to, and returns where. @throws {ChainruleError} that names the batch, unless such batches are
   * skipped.
   */
  async report(loss: number): Promise<string | null> {
    if (this.policy === 'throw') await this.checkParameters(loss);
    const step = this.current as Step<B>;
    const path = await this.writeDump(step, loss);
    if (this.policy === 'skip') return path;
    const what = Number.isFinite(loss) ? 'a gradient is not finite' : `the loss is ${loss}`;
    const operation = this.culprit(step);
    const given = notFiniteIn(step.batch, 'batch');
    // The search finds operations, and NaN in data; infinite data, which may be meant as in masks, is the cause if no operation is.
    const isFound = operation?.includes(' gave ') === true || Number.isNaN(loss);
    const cause = isFound ? (operation ?? given) : (given ?? operation);
    throw new ChainruleError(
      `fit: ${what} in ${positionOf(step.at)}${cause === null ? '' : `; first, ${cause}`}${kept(path)}`,
    );
  }

  /** @throws {ChainruleError} if the last update has made the parameters other than finite, though its loss was not. */
  async checkParameters(nextLoss?: number): Promise<void> {
    if (this.policy !== 'throw') return;
    const broken = await this.brokenParameter();
    if (broken === null) return;
    const step = nextLoss === undefined ? this.current : this.previous;
    const path = step === null ? null : await this.writeDump(step, NaN);
    throw new ChainruleError(
      step === null
        ? `fit: ${broken} is not finite before the first step`
        : `fit: ${broken} is not finite since ${positionOf(step.at)}, though the loss was: a gradient was not (detectAnomaly(() => …) ` +
            `names the operation, onNonFinite: 'skip' leaves such updates out), or the update was too large (lower lr)${kept(path)}`,
    );
  }

  private async brokenParameter(): Promise<string | null> {
    for (const [name, parameter] of this.model.namedParameters()) {
      const data = await parameter.data();
      // The sum is 0 only if all numbers are finite; calling a function for each element would take ten times as long.
      let zero = 0;
      for (let i = 0; i < data.length; i++) zero += 0 * (data[i] as number);
      if (zero !== 0) return name;
    }
    return null;
  }

  /** The operation that first produced a non-finite number, found by repeating the step. */
  private culprit({ batch, rng }: Step<B>): string | null {
    const after = getRngState();
    const weights = this.model.stateDict();
    const judge = judgeOf(this.model, this.options);
    try {
      setRngState(rng);
      detectAnomaly(() => {
        const { loss } = judge(batch);
        loss.backward();
        return loss;
      });
      return null;
    } catch (error) {
      const { message } = error as Error;
      // Other errors do not matter here.
      return message.startsWith(DETECTED) ? message.slice(DETECTED.length) : null;
    } finally {
      setRngState(after);
      this.options.optimizer.zeroGrad();
      noGrad(() => this.model.loadStateDict(weights));
    }
  }

  private async writeDump(
    { batch, at, rng }: Step<B | null>,
    loss: number,
  ): Promise<string | null> {
    if (this.dump === undefined) return null;
    const { saveCheckpoint } = await import('@chainrule/autograd/io');
    const { model } = this;
    return saveCheckpoint(
      this.dump,
      { step: at.step, batch, model, at, loss, rng },
      { keep: MAX_DUMPS },
    );
  }
}

/** The first float tensor in a batch that is not finite, such as a target that is infinite: no operation made it so. */
function notFiniteIn(tree: unknown, path: string): string | null {
  if (tree instanceof Tensor) {
    const at = tree.dataSync().findIndex((x) => !Number.isFinite(x));
    return at < 0 ? null : `${path} holds ${tree.dataSync()[at]} at element ${at}`;
  }
  if (typeof tree !== 'object' || tree === null || ArrayBuffer.isView(tree)) return null;
  for (const [name, part] of Object.entries(tree)) {
    const found = notFiniteIn(part, `${path}[${name}]`);
    if (found !== null) return found;
  }
  return null;
}

const DETECTED = 'detectAnomaly: ';

function positionOf({ epoch, batch, step }: Progress): string {
  return `batch ${batch} of epoch ${epoch}, after ${step} updates`;
}

function kept(path: string | null): string {
  return path === null ? '' : `; the batch is in ${path}`;
}
