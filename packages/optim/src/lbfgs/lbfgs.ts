/** @file LBFGS: a quasi-Newton method for full batches and smooth losses. */
import {
  borrowGrad,
  ChainruleError,
  enableGrad,
  evaluate,
  FormatError,
  tensor,
  Tensor,
  display,
} from '@chainrule/autograd';
import { count, nonNegative, oneOf, orNull, type Check } from '../checks.js';
import { Optimizer, type CommonOptions } from '../optimizer.js';
import type { ParamsOrGroups } from '../paramGroup.js';
import type { Rule } from '../rule.js';
import { isSaved, type OptimizerState } from '../state.js';
import { History } from './history.js';
import { strongWolfe } from './strongWolfe.js';
import { absoluteSum, addScaled, dot, largest, scaled, type Vector } from './vector.js';

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

/** The loss and its gradient at one point. */
interface Measure {
  readonly f: number;
  readonly g: Vector;
}

function firstNonFinite({ f, g }: Measure): string | null {
  if (!Number.isFinite(f)) return 'the loss';
  return g.every(Number.isFinite) ? null : 'the gradient';
}

/**
 * Limited-memory BFGS (Nocedal & Wright, algorithm 7.5): steps along `−H · g`, with the inverse Hessian `H` estimated
 * from past steps. `step(closure)` takes up to `maxIter` of them; the closure clears the gradients, computes the loss,
 * calls `backward()` and returns the loss. With `lineSearchFn: 'strong_wolfe'` the step length is searched for.
 *
 * Defaults: lr 1, maxIter 20, maxEval 1.25 · maxIter, toleranceGrad 1e-7, toleranceChange 1e-9, historySize 100, no
 * line search. PyTorch: `torch.optim.LBFGS`; vectors are kept in float64 here, also for float32 parameters.
 *
 * It reads values after every evaluation, so it cannot be compiled, and takes one parameter group only.
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

  constructor(params: ParamsOrGroups<Partial<LBFGSGroup>>, options?: LBFGSOptions) {
    super(rule, params, options);
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

  override step(): undefined;
  override step<L>(closure: () => L): L;
  override step<L>(closure?: () => L): L | undefined {
    if (closure === undefined) {
      throw new ChainruleError(
        'LBFGS: step needs a closure, which clears gradients, computes the loss, calls backward() and returns the loss',
      );
    }
    const measure = (): { f: number; g: Vector; loss: L } => {
      const loss = enableGrad(closure);
      return { f: numberOf(loss), g: this.gradient(), loss };
    };
    const first = measure();
    if (this.watch === null) this.minimize(first.f, first.g, measure);
    else this.guarded(first, measure);
    return first.loss;
  }

  /** As `minimize`, but what ends in numbers that are not finite changes neither parameters nor history. */
  private guarded(first: Measure, measure: () => Measure): void {
    const [x, history] = [this.values(), this.history.save()];
    const bad = firstNonFinite(first);
    if (bad !== null) return this.watch?.refuse(bad, this.history.iterations);
    let last: Measure = first;
    this.minimize(first.f, first.g, () => (last = measure()));
    const reached = this.values().every(Number.isFinite);
    const found = firstNonFinite(last) ?? (reached ? null : 'a parameter');
    if (found === null) return;
    const before = History.load(history, x.length);
    this.history = before;
    this.move(x, 0, x);
    this.watch?.refuse(found, before.iterations);
  }

  private minimize(f: number, g: Vector, measure: () => Measure): void {
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
      if (lineSearchFn !== null) {
        const x = this.values();
        const at = (t: number): { f: number; g: Vector } => {
          this.move(x, t, d);
          return measure();
        };
        const start = { t: 0, f, g, slope };
        const search = strongWolfe(at, start, h.t, d, toleranceChange, maxEvaluations - made);
        ({ f, g, t: h.t } = search.found);
        tried = search.evaluations;
        this.move(x, h.t, d);
      } else {
        this.move(this.values(), h.t, d);
        if (iteration !== maxIter) {
          ({ f, g } = measure());
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

  private gradient(): Vector {
    return this.flatten((p) => borrowGrad(p));
  }

  private values(): Vector {
    return this.flatten((p) => p);
  }

  private flatten(part: (p: Tensor) => Tensor | null): Vector {
    const { params } = this.group;
    const flat = new Float64Array(params.reduce((n, p) => n + p.size, 0));
    let at = 0;
    for (const p of params) {
      const t = part(p);
      if (t !== null) flat.set(t.dataSync(), at);
      at += p.size;
    }
    return flat;
  }

  /** Sets the parameters to `x + t · d`. */
  private move(x: Vector, t: number, d: Vector): void {
    const next = x.slice();
    addScaled(next, t, d);
    let at = 0;
    for (const p of this.group.params) {
      const part = next.slice(at, at + p.size);
      p.assign(tensor(p.dtype === 'float32' ? Float32Array.from(part) : part, { shape: p.shape }));
      at += p.size;
    }
    evaluate();
  }
}

function numberOf(loss: unknown): number {
  if (loss instanceof Tensor) {
    try {
      return loss.item();
    } catch (error) {
      if (error instanceof ChainruleError) error.message = `LBFGS: ${error.message}`;
      throw error;
    }
  }
  if (typeof loss === 'number') return loss;
  throw new ChainruleError(
    'LBFGS: the closure must return the loss, a tensor of one element or a number',
  );
}
