/**
 * @file Watches for gradients that are not finite: a step that has one changes nothing. The check is part of the graph of the
 * step, so a compiled step is guarded too.
 */
import {
  all,
  borrowGrad,
  cell,
  ChainruleError,
  culprit,
  DeviceError,
  evaluate,
  forgetRun,
  isFinite,
  mul,
  rememberRuns,
  stack,
  sum,
  Tensor,
  tensor,
  where,
} from '@chainrule/autograd';
import type { Cell } from '@chainrule/autograd';
import type { Hypers } from './checks.js';
import { nameOf } from './missingGradients.js';
import { number, type BuiltGroup } from './paramGroup.js';
import type { ParameterStates } from './parameterStates.js';

/** What to do about a gradient that is not finite. */
export type OnNonFinite = 'ignore' | 'skip' | 'throw';

/** A tensor that must be finite, its name in messages, and the number of steps before the one that it belongs to. */
export interface Watched {
  readonly label: () => string;
  readonly value: Tensor;
  readonly step: Tensor;
}

type Assignment = [Cell, Tensor];

/** 0 · x is 0 for every finite x and NaN for all others, and a sum of floats is the quickest reduction. */
function isAllFinite(x: Tensor): Tensor {
  return isFinite(sum(mul(x, 0)));
}

export class FiniteWatch {
  private readonly owner: string;
  private readonly policy: 'skip' | 'throw';
  private readonly skips = cell(number(0));
  /**
   * For each number of watched tensors, which of them were finite. A recorded step keeps writing to the cell that it was
   * recorded with.
   */
  private readonly flags = new Map<number, Cell>();
  private last: { readonly flags: Cell; readonly watched: readonly Watched[] } | null = null;

  constructor(owner: string, policy: 'skip' | 'throw') {
    this.owner = owner;
    this.policy = policy;
    if (policy === 'throw') rememberRuns();
  }

  get skipped(): number {
    return this.skips.item();
  }

  /** The assignments of a step, changed so that they have no effect unless all watched tensors are finite. */
  guard(assignments: readonly Assignment[], watch: () => readonly Watched[]): Assignment[] {
    const watched = watch();
    this.last = null;
    if (watched.length === 0) return [...assignments];
    const finiteFlags = stack(watched.map(({ value }) => isAllFinite(value)));
    const ok = all(finiteFlags);
    refuseUndecided(this.owner, ok);
    const guarded = assignments.map(([target, next]): Assignment => [
      target,
      where(ok, next, target),
    ]);
    if (this.policy === 'skip') {
      return [...guarded, [this.skips, where(ok, this.skips, this.skips.add(1))]];
    }
    let flags = this.flags.get(watched.length);
    if (flags === undefined) {
      flags = cell(tensor(new Uint8Array(watched.length).fill(1), { dtype: 'bool' }));
      this.flags.set(watched.length, flags);
    }
    this.last = { flags, watched };
    return [...guarded, [flags, finiteFlags]];
  }

  /** Returns a function to call after the step has run. @throws {ChainruleError} if a watched tensor was not finite. */
  reporter(): () => void {
    const { last } = this;
    return () => {
      if (last === null) return;
      const bad = last.flags.dataSync().indexOf(0);
      if (bad >= 0) this.fail(last.watched[bad] as Watched);
      forgetRun();
    };
  }

  /**
   * For a rule that reads numbers itself: records that it skipped a step. @throws {ChainruleError} if the policy is 'throw'.
   */
  refuse(what: string, steps: number): void {
    if (this.policy === 'throw') this.fail({ label: () => what, step: number(steps) });
    this.skips.assign(this.skips.add(1));
    evaluate();
  }

  private fail({ label, step }: Pick<Watched, 'label' | 'step'>): never {
    const cause = culprit();
    forgetRun();
    throw new ChainruleError(
      `${this.owner}: step ${step.item() + 1}: ${label()} is not finite, and nothing was changed` +
        (cause === null ? '' : `; first, ${cause}`),
    );
  }
}

/**
 * @throws {DeviceError} for a condition computed on a device: steps are counted on the host, which would have to wait for it.
 */
export function refuseUndecided(what: string, condition: Tensor): void {
  if (condition.device !== 'cpu')
    throw new DeviceError(
      `${what}: the host counts the steps: await loss.itemAsync(), and call step() if it is finite`,
    );
}

/** The tensors that must be finite: the loss, if it is known, and every gradient, each with its step count. */
export function watchedOf<H extends Hypers>(
  built: readonly BuiltGroup<H>[],
  states: ParameterStates<H>,
  loss: unknown,
): Watched[] {
  const gradients = built.flatMap(({ group }, g) =>
    group.params.flatMap((p, i): Watched[] => {
      const value = borrowGrad(p);
      const step = states.states.get(p)?.clock.step;
      if (value === null || step === undefined) return [];
      return [{ label: () => `the gradient of ${nameOf(group, g, i)}`, value, step }];
    }),
  );
  const step = gradients[0]?.step;
  const isLoss = loss instanceof Tensor && step !== undefined;
  return isLoss
    ? [{ label: () => 'the loss', value: loss as Tensor, step }, ...gradients]
    : gradients;
}
