/** @file The common part of all optimizers: groups, the step, saving and loading. `updates.ts` computes a step by the rule. */
import {
  afterRun,
  compile,
  dependsOn,
  enableGrad,
  evaluate,
  isCompiling,
  keptCells,
  ShapeError,
  type Tensor,
  where,
  zerosLike,
} from '@chainrule/autograd';
import { checkArgument, defineOptions, guardMethods, kinds, noGrad } from '@chainrule/autograd';
import type { Cell, Kind, Parameter } from '@chainrule/autograd';
import type { Hypers, HyperValue } from './checks.js';
import { FiniteWatch, refuseUndecided, watchedOf, type OnNonFinite } from './finiteWatch.js';
import { reportMissing } from './missingGradients.js';
import { namedState } from './namedState.js';
import { buildGroup, groupsOf, structureOf } from './paramGroup.js';
import type { BuiltGroup, GroupOptions, ParamGroup, ParamsOrGroups } from './paramGroup.js';
import { ParameterStates } from './parameterStates.js';
import { complete, type CompleteRule, type Rule } from './rule.js';
import { load, save, type OptimizerState } from './state.js';
import { updatesOf } from './updates.js';

/** Options that concern the whole optimizer. */
export interface CommonOptions {
  /** Throw if a parameter has no gradient at `step()`, instead of skipping it. Default false. */
  readonly strict?: boolean;
  /**
   * What `step()` does if a gradient, or the loss returned by its closure, contains a NaN or an infinity. 'ignore', the
   * default, checks nothing. 'skip' changes nothing, even in a compiled step, and counts the step in `skippedSteps`.
   * 'throw' changes nothing and throws an error that names the parameter, the step and the first operation that produced
   * such a number, for which the last batch is kept until the step. Neither works for parameters on WebGPU: wait for the loss
   * there, and step if it is finite.
   */
  readonly onNonFinite?: OnNonFinite;
}

/** Options of `zeroGrad`. */
export interface ZeroGradOptions {
  /** Whether gradients become null; otherwise existing gradients become zeros. Default true. */
  readonly setToNone?: boolean;
}

const zeroGradOptions = defineOptions<ZeroGradOptions>({ setToNone: kinds.flag });

/** Methods whose further arguments would be ignored. */
const EXACT = ['addParamGroup', 'stepIf', 'stateDict', 'loadStateDict', 'namedState'];

/**
 * An optimizer: a rule, and the parameters it works on. PyTorch: `torch.optim.Optimizer`.
 *
 * `Adam`, `SGD` and the others are optimizers with a built-in rule; `new Optimizer(rule, params, options)` takes any
 * rule.
 *
 * Differences from PyTorch: `foreach`, `fused`, `capturable` and
 * `differentiable` do not exist, because every step runs as one program; a parameter that never has a gradient is
 * reported once; state dictionaries of named parameters are matched by name.
 * @example new Optimizer(clipped(rules.adam, { maxNorm: 1 }), model.parameters(), { lr: 1e-3 })
 */
export class Optimizer<H extends Hypers = { readonly lr: number }> {
  private readonly rule: CompleteRule<H>;
  private readonly defaults: H;
  private readonly strict: boolean;
  /** Watches for non-finite numbers; null if they are ignored. */
  protected readonly watch: FiniteWatch | null;
  private readonly built: BuiltGroup<H>[] = [];
  private readonly states: ParameterStates<H>;
  private warned = false;
  /**
   * Whether the optimizer is created inside a function that is being recorded, and so anew at each call, with its own states.
   */
  private readonly isPassing = isCompiling();
  private layoutAt = -1;
  private layoutKey = '';
  /** The recorded step. Every step has the same graph, and replaying it takes a fraction of the time that building it takes. */
  private readonly replay = compile(() => this.update(null, null));
  private readonly replayIf = compile((condition: Tensor) => this.update(null, null, condition));

  /**
   * An optimizer with your own rule: see {@link Rule}.
   * @throws {ChainruleError} if there are no parameters, one is given twice or frozen, or an option cannot be used.
   */
  constructor(
    given: Rule<H>,
    params: ParamsOrGroups<Partial<H>>,
    options?: Partial<H> & CommonOptions,
  ) {
    guardMethods(this, Optimizer.prototype, 'optimizer', isMade, undefined, EXACT);
    const rule = complete(given);
    const read = defineOptions<Record<string, unknown> & CommonOptions>({
      ...(rule.checks as Record<string, Kind>),
      strict: kinds.flag,
      onNonFinite: kinds.oneOf('ignore', 'skip', 'throw'),
    });
    const { strict = false, onNonFinite = 'ignore', ...hypers } = read(rule.name, options);
    this.rule = rule;
    this.states = new ParameterStates(rule);
    this.strict = strict;
    this.watch = onNonFinite === 'ignore' ? null : new FiniteWatch(rule.name, onNonFinite);
    const set = Object.entries(hypers).filter(([, value]) => value !== undefined);
    this.defaults = { ...rule.defaults, ...Object.fromEntries(set) };
    for (const group of groupsOf(rule.name, params)) this.addParamGroup(group);
  }

  /** The groups: `optimizer.paramGroups[0].lr = 0.01`. */
  get paramGroups(): readonly ParamGroup<H>[] {
    return this.built.map(({ view: shown }) => shown);
  }

  /**
   * Adds parameters, with their own hyperparameters if given: for layers that are unfrozen during training.
   * @throws {ChainruleError} if a parameter is frozen, not a Parameter or already in a group.
   */
  addParamGroup(group: GroupOptions<Partial<H>>): void {
    const used = new Map<Parameter, string>();
    this.built.forEach(({ group: { params } }, g) => {
      params.forEach((p, i) => used.set(p, `parameter ${i} of group ${g}`));
    });
    this.states.changes++;
    this.built.push(buildGroup(this.rule, this.defaults, group, used, this.built.length));
  }

  /** How many steps `onNonFinite: 'skip'` has skipped since this optimizer was created. */
  get skippedSteps(): number {
    return this.watch?.skipped ?? 0;
  }

  /**
   * Clears all gradients. Call it before `backward()`, which adds to them. With `{ setToNone: false }` existing
   * gradients become zeros, so the next step still updates their parameters. PyTorch: `zero_grad`.
   */
  zeroGrad(options?: ZeroGradOptions): void {
    const { setToNone = true } = zeroGradOptions('zeroGrad', options);
    for (const { group } of this.built)
      for (const p of group.params) p.grad = setToNone || p.grad === null ? null : zerosLike(p);
  }

  /**
   * Updates every parameter from its gradient, in one run. A parameter without a gradient does not change.
   *
   * @param closure recomputes the loss and calls `backward()`; `step` returns its result. Only LBFGS needs one.
   * @throws {GradError} if `strict` is set and a parameter has no gradient. @throws {ChainruleError} if `onNonFinite` is
   * 'throw' and a gradient or the loss is not finite. Nothing has changed then.
   */
  step(): undefined;
  step<L>(closure: () => L): L;
  step<L>(closure?: () => L): L | undefined {
    if (closure !== undefined) checkArgument(this.rule.name, 'closure', closure, kinds.callable);
    const loss = closure === undefined ? undefined : enableGrad(closure);
    this.reportMissing();
    if (this.watch === null) {
      this.replay();
    } else {
      this.update(this.watch, loss);
      evaluate();
      afterRun(this.watch.reporter());
    }
    return loss;
  }

  /**
   * Like `step()` if `condition`, a bool tensor with one element, is true; otherwise nothing changes. The condition is part
   * of the graph, so a compiled step can skip an update without reading a value: `stepIf(isFinite(loss))`.
   * @throws {DeviceError} for a condition computed on WebGPU, because steps are counted on the host, which would have
   * to wait for it.
   */
  stepIf(condition: Tensor): void {
    checkArgument(`${this.rule.name}.stepIf`, 'condition', condition, kinds.tensor);
    if (condition.dtype !== 'bool' || condition.size !== 1) {
      throw new ShapeError(
        `${this.rule.name}.stepIf: condition must be a bool tensor with one element, got ${condition.dtype} of shape ` +
          `[${condition.shape.join(', ')}]`,
      );
    }
    refuseUndecided(this.rule.name, condition);
    this.reportMissing();
    const one = condition.reshape([]);
    if (this.watch === null) {
      this.replayIf(one);
    } else {
      this.update(this.watch, undefined, one);
      evaluate();
      afterRun(this.watch.reporter());
    }
  }

  /** Gives every parameter and its state their next versions, if the condition is true. */
  private update(watch: FiniteWatch | null, loss: unknown, condition?: Tensor): void {
    if (this.isPassing) this.assign(watch, loss, condition);
    else keptCells(() => this.assign(watch, loss, condition));
  }

  private assign(watch: FiniteWatch | null, loss: unknown, condition?: Tensor): void {
    noGrad(() => {
      const { rule, built, states } = this;
      const assignments = updatesOf(rule, built, states);
      const guarded =
        watch?.guard(assignments, () => watchedOf(built, states, loss)) ?? assignments;
      for (const [target, next] of guarded)
        target.assign(condition === undefined ? next : where(condition, next, target));
      dependsOn(
        () => this.layout(),
        () => `the groups, options or states of ${this.constructor.name} have changed`,
      );
    });
  }

  /** A snapshot of the hyperparameters and the state, as plain objects, numbers and tensors. */
  stateDict(): OptimizerState {
    return save(this.rule, this.built, this.states.states);
  }

  /**
   * Restores a state returned by `stateDict()`: the steps that follow equal those of the first optimizer bit for bit.
   * Parameters are matched by name where both sides have names, else by order.
   * @throws {FormatError} if anything in it does not match. Nothing has changed then.
   */
  loadStateDict(state: OptimizerState): void {
    load(this.rule, this.built, this.states.states, state);
    this.states.changes++;
    evaluate();
  }

  /**
   * The cells that steps read and change besides the parameters, by name: the state of each parameter (`weight.expAvg`), step
   * counts, and hyperparameters by group. For exporting a step as a graph.
   */
  namedState(): [name: string, state: Cell][] {
    return namedState(this.built, this.states.states);
  }

  /** Everything that shapes the graph of a step: `compile` records the step again when this changes. */
  private layout(): string {
    const at = this.built.reduce((sum, { changes }) => sum + changes.count, this.states.changes);
    if (at !== this.layoutAt) {
      const names = Object.keys(this.rule.checks);
      const groups = this.built.map(({ group }) =>
        names.map((name) => structureOf(this.rule, name, group[name] as HyperValue)),
      );
      this.layoutKey = JSON.stringify([this.states.changes, groups]);
      this.layoutAt = at;
    }
    return this.layoutKey;
  }

  private reportMissing(): void {
    if (this.warned && !this.strict) return;
    const groups = this.built.map(({ group }) => group);
    reportMissing(this.rule.name, groups, this.strict);
    this.warned = true;
  }
}

/** Whether `x` is a constructed optimizer, and not only an object with its prototype. */
function isMade(x: unknown): boolean {
  return x instanceof Optimizer && Reflect.get(x, 'built') !== undefined;
}
