/** @file LBFGS: a quasi-Newton method for full batches and smooth losses. */
import {
  ChainruleError,
  checkArgument,
  DeviceError,
  enableGrad,
  FormatError,
  display,
  guardMethods,
  kinds,
} from '@chainrule/autograd';
import { count, nonNegative, oneOf, orNull, type Check } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { isSaved, type OptimizerState } from '../state.js';
import { History } from './history.js';
import { firstNonFinite, ParameterVector, type Measure } from './parameterVector.js';
import { readLater, readNow, type Reading } from './reading.js';
import { strongWolfe } from './strongWolfe.js';
import { absoluteSum, dot, largest, scaled } from './vector.js';

/** Hyper-parameters of {@link LBFGS}. */
export type LBFGSGroup = {
  /** The length of each step along its direction; the first tried, with a line search. */
  readonly lr: number;
  /** How many directions one `step()` takes at most. */
  readonly maxIter: number;
  /** How often one `step()` computes the loss at most; null for 1.25 · maxIter. */
  readonly maxEval: number | null;
  /** Stop when no element of the gradient is larger. */
  readonly toleranceGrad: number;
  /** Stop when neither parameters nor the loss change by more. */
  readonly toleranceChange: number;
  /** How many past steps the curvature is estimated from. */
  readonly historySize: number;
  /** How the length of a step is found: `'strong_wolfe'`, or null for the learning rate itself. */
  readonly lineSearchFn: 'strong_wolfe' | null;
};

/** Options of `LBFGS`. */
export type LBFGSOptions = Partial<LBFGSGroup> & CommonOptions;

const evaluations: Check = orNull(count);

const rule: Rule<LBFGSGroup> = {
  name: 'LBFGS',
  defaults: {
    lr: 1,
    maxIter: 20,
    maxEval: null,
    toleranceGrad: 1e-7,
    toleranceChange: 1e-9,
    historySize: 100,
    lineSearchFn: null,
  },
  checks: {
    lr: nonNegative,
    maxIter: count,
    maxEval: evaluations,
    toleranceGrad: nonNegative,
    toleranceChange: nonNegative,
    historySize: count,
    lineSearchFn: oneOf('strong_wolfe', null),
  },
  update: (p) => ({ param: p }),
};

/** Computes the loss and its gradient where the parameters are. */
type Measuring = () => Reading<Measure>;

/**
 * Limited-memory BFGS (Nocedal & Wright, algorithm 7.5): steps along `−H · g`, with the inverse Hessian `H` estimated
 * from past steps. `step(closure)` takes up to `maxIter` of them; the closure clears the gradients, computes the loss,
 * calls `backward()` and returns the loss. With `lineSearchFn: 'strong_wolfe'` the step length is searched for.
 *
 * Defaults: lr 1, maxIter 20, maxEval 1.25 · maxIter, toleranceGrad 1e-7, toleranceChange 1e-9, historySize 100, no
 * line search. PyTorch: `torch.optim.LBFGS`; vectors are kept in float64 here, also for float32 parameters.
 *
 * It reads values after every evaluation, so it cannot be compiled, and takes one parameter group only. Where parameters
 * are on WebGPU, whose values must be waited for, `await optimizer.stepAsync(closure)` takes the place of `step`.
 * @example
 * optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const loss = model.forward(x).sub(y).square().mean();
 *   loss.backward();
 *   return loss;
 * });
 */
export class LBFGS extends Optimizer<LBFGSGroup> {
  private history: History;
  private isUnderWay = false;

  constructor(params: ParamsOrGroups<Partial<LBFGSGroup>>, options?: LBFGSOptions) {
    super(rule, params, options);
    guardMethods(this, LBFGS.prototype, 'optimizer', (x) => x instanceof LBFGS, ['stepAsync']);
    this.history = new History();
  }

  override addParamGroup(group: Parameters<Optimizer<LBFGSGroup>['addParamGroup']>[0]): void {
    if (this.paramGroups.length > 0) {
      throw new ChainruleError(
        'LBFGS: all parameters are one vector, so there can be only one parameter group',
      );
    }
    super.addParamGroup(group);
  }

  /**
   * Takes up to `maxIter` steps; returns the result of the first call of the closure.
   * @throws {DeviceError} if a parameter is on a device whose values must be waited for: see `stepAsync`.
   */
  override step(): undefined;
  override step<L>(closure: () => L): L;
  override step<L>(closure?: () => L): L | undefined {
    const otherDevice = this.group.params.find(({ device }) => device !== 'cpu')?.device;
    if (otherDevice !== undefined) {
      throw new DeviceError(
        `LBFGS.step: each step reads the values of the parameters, which on ${otherDevice} must be awaited: ` +
          'await optimizer.stepAsync(closure)',
      );
    }
    return readNow('LBFGS', this.take('step', closure));
  }

  /**
   * Like `step(closure)`, on any device: waits for the values that it reads. Await it before the next step.
   * @throws {ChainruleError} without a closure, if it does not return the loss, or while a step is under way.
   */
  async stepAsync<L>(closure: () => L): Promise<L> {
    const steps = this.take('stepAsync', closure);
    this.isUnderWay = true;
    try {
      return await readLater(steps);
    } finally {
      this.isUnderWay = false;
    }
  }

  /** The generator of a step, after checking its arguments. */
  private take<L>(name: string, closure: (() => L) | undefined): Reading<L> {
    if (closure === undefined) {
      throw new ChainruleError(
        `LBFGS: ${name} needs a closure, which clears gradients, computes the loss, calls backward() and returns the loss`,
      );
    }
    checkArgument('LBFGS', 'closure', closure, kinds.callable);
    if (this.isUnderWay) {
      throw new ChainruleError(
        `LBFGS.${name}: the previous step is still running: await optimizer.stepAsync(closure)`,
      );
    }
    return this.steps(closure);
  }

  private *steps<L>(closure: () => L): Reading<L> {
    const loss = enableGrad(closure);
    const first = yield* this.vector.measure(loss);
    const measure = (): Reading<Measure> => this.vector.measure(enableGrad(closure));
    if (this.watch === null) yield* this.minimize(first, measure);
    else yield* this.guarded(first, measure);
    return loss;
  }

  /** Like `minimize`, but if the result is not finite, neither parameters nor history change. */
  private *guarded(first: Measure, measure: Measuring): Reading<void> {
    const [x, history] = [yield* this.vector.values(), this.history.save()];
    const bad = firstNonFinite(first);
    if (bad !== null) return this.watch?.refuse(bad, this.history.iterations);
    let last: Measure = first;
    yield* this.minimize(first, function* () {
      return (last = yield* measure());
    });
    const reached = (yield* this.vector.values()).every(Number.isFinite);
    const nonFinite = firstNonFinite(last) ?? (reached ? null : 'a parameter');
    if (nonFinite === null) return;
    const before = History.load(history, x.length);
    this.history = before;
    this.vector.move(x, 0, x);
    this.watch?.refuse(nonFinite, before.iterations);
  }

  private *minimize({ f, g }: Measure, measure: Measuring): Reading<void> {
    const { lr, maxIter, toleranceGrad, toleranceChange, historySize, lineSearchFn, maxEval } =
      this.group;
    const maxEvaluations = maxEval ?? Math.floor((maxIter * 5) / 4);
    const h = this.history;
    h.evaluations++;
    if (largest(g) <= toleranceGrad) return;
    let made = 1;
    for (let iteration = 1; iteration <= maxIter; iteration++) {
      const d = h.direction(g, historySize);
      const before = f;
      h.gradient = g;
      h.loss = f;
      h.t = h.iterations === 1 ? Math.min(1, 1 / absoluteSum(g)) * lr : lr;
      const slope = dot(g, d);
      if (slope > -toleranceChange) break;
      let tried = 0;
      const x = yield* this.vector.values();
      if (lineSearchFn !== null) {
        const at = (t: number): Reading<Measure> => {
          this.vector.move(x, t, d);
          return measure();
        };
        const start = { t: 0, f, g, slope };
        const most = maxEvaluations - made;
        const search = yield* strongWolfe(at, start, h.t, d, toleranceChange, most);
        ({ f, g, t: h.t } = search.point);
        tried = search.evaluations;
        this.vector.move(x, h.t, d);
      } else {
        this.vector.move(x, h.t, d);
        if (iteration !== maxIter) {
          ({ f, g } = yield* measure());
          tried = 1;
        }
      }
      made += tried;
      h.evaluations += tried;
      if (made >= maxEvaluations || largest(g) <= toleranceGrad) break;
      if (largest(scaled(d, h.t)) <= toleranceChange || Math.abs(f - before) < toleranceChange)
        break;
    }
  }

  override stateDict(): OptimizerState {
    const base = super.stateDict();
    return { ...base, state: { history: this.history.save() } };
  }

  /** @throws {FormatError} if the state does not fit, or its parameters come in another order. */
  override loadStateDict(saved: OptimizerState): void {
    if (!isSaved(saved)) {
      throw new FormatError(
        `LBFGS.loadStateDict: expected { optimizer, state, paramGroups }, got ${display(saved)}`,
      );
    }
    const size = this.group.params.reduce((n, p) => n + p.size, 0);
    const history = History.load(saved.state['history'], size);
    const names = this.group.paramNames;
    const keys = saved.paramGroups[0]?.params ?? [];
    if (names !== null && keys.some((key, i) => typeof key === 'string' && key !== names[i])) {
      throw new FormatError(
        'LBFGS.loadStateDict: the parameters must come in the order they had when it was saved',
      );
    }
    super.loadStateDict({ ...saved, state: {} });
    this.history = history;
  }

  private get group(): Optimizer<LBFGSGroup>['paramGroups'][number] {
    return this.paramGroups[0] as Optimizer<LBFGSGroup>['paramGroups'][number];
  }

  private get vector(): ParameterVector {
    return new ParameterVector(this.group.params);
  }
}
