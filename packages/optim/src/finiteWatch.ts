/**
 * @file Gradients that are not finite: a step that meets one changes nothing. Whether all are finite is computed in the
 * graph of the step, so that a compiled step is guarded too.
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

/** A tensor that must be finite, what messages call it, and the count of the steps before the one it is for. */
export interface Watched {
  readonly what: () => string;
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
  /** Which of the watched were finite, by how many there are: a recorded step keeps writing to the one it met. */
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

  /** The assignments of a step, so that they change nothing unless all that is watched is finite. */
  guard(assignments: readonly Assignment[], watch: () => readonly Watched[]): Assignment[] {
    const watched = watch();
    this.last = null;
    if (watched.length === 0) return [...assignments];
    const each = stack(watched.map(({ value }) => isAllFinite(value)));
    const ok = all(each);
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
    return [...guarded, [flags, each]];
  }

  /** What to call once the step has run. @throws {ChainruleError} if something watched was not finite. */
  reporter(): () => void {
    const { last } = this;
    return () => {
      if (last === null) return;
      const bad = last.flags.dataSync().indexOf(0);
      if (bad >= 0) this.fail(last.watched[bad] as Watched);
      forgetRun();
    };
  }

  /** For a rule that reads its numbers itself: notes a step that it left out. @throws {ChainruleError} if so asked. */
  refuse(what: string, steps: number): void {
    if (this.policy === 'throw') this.fail({ what: () => what, step: number(steps) });
    this.skips.assign(this.skips.add(1));
    evaluate();
  }

  private fail({ what, step }: Pick<Watched, 'what' | 'step'>): never {
    const cause = culprit();
    forgetRun();
    throw new ChainruleError(
      `${this.owner}: step ${step.item() + 1}: ${what()} is not finite, and nothing was changed` +
        (cause === null ? '' : `; first, ${cause}`),
    );
  }
}

/** @throws {DeviceError} for a condition that only a device knows: steps are counted on the host, which would have to wait. */
export function refuseUndecided(what: string, condition: Tensor): void {
  if (condition.device !== 'cpu')
    throw new DeviceError(
      `${what}: steps are counted on the host: await loss.itemAsync(), and step if it is finite`,
    );
}

/** What must be finite: the loss if it is known, and every gradient, with the step that it is for. */
export function watchedOf<H extends Hypers>(
  built: readonly BuiltGroup<H>[],
  kept: ParameterStates<H>,
  loss: unknown,
): Watched[] {
  const gradients = built.flatMap(({ group }, g) =>
    group.params.flatMap((p, i): Watched[] => {
      const value = borrowGrad(p);
      const step = kept.states.get(p)?.clock.step;
      if (value === null || step === undefined) return [];
      return [{ what: () => `the gradient of ${nameOf(group, g, i)}`, value, step }];
    }),
  );
  const step = gradients[0]?.step;
  const isLoss = loss instanceof Tensor && step !== undefined;
  return isLoss
    ? [{ what: () => 'the loss', value: loss as Tensor, step }, ...gradients]
    : gradients;
}
