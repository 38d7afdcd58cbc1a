/** @file What all optimizers share: groups, state, the step, saving and loading. A rule says the rest. */
import {
  afterRun,
  borrowGrad,
  cast,
  cell,
  compile,
  dependsOn,
  enableGrad,
  evaluate,
  GradError,
  isCompiling,
  keptCells,
  ShapeError,
  Tensor,
  where,
} from '@chainrule/autograd';
import { checkArgument, defineOptions, kinds, neg, noGrad, tensor } from '@chainrule/autograd';
import { Cell } from '@chainrule/autograd';
import type { DType, Kind, Parameter } from '@chainrule/autograd';
import type { Hypers, HyperValue } from './checks.js';
import { Clock } from './clock.js';
import { FiniteWatch, type OnNonFinite, type Watched } from './finiteWatch.js';
import { buildGroup, groupsOf, structureOf } from './paramGroup.js';
import type { BuiltGroup, GroupOptions, ParamGroup, ParamsOrGroups } from './paramGroup.js';
import { complete, paramAfter, type CompleteRule, type Initial, type Rule } from './rule.js';
import { load, save, type OptimizerState } from './state.js';

/** What an optimizer remembers of one parameter. */
export interface ParamState {
  clock: Clock;
  readonly cells: Record<string, Cell>;
}

/** Options that concern the whole optimizer. */
export interface CommonOptions {
  /** Throw if a parameter has no gradient at `step()`, instead of skipping it. Default false. */
  readonly strict?: boolean;
  /**
   * What `step()` does if a gradient, or the loss that its closure returns, holds a NaN or an infinity. 'ignore', the
   * default: nothing is looked at. 'skip': the step changes nothing, in a compiled step too, and counts in
   * `skippedSteps`. 'throw': it changes nothing and throws an error that names the parameter, the step and the first
   * operation that gave such a number, which needs the last batch to be kept until the step.
   */
  readonly onNonFinite?: OnNonFinite;
}

/**
 * An optimizer: a rule, and the parameters it works on. PyTorch: `torch.optim.Optimizer`.
 *
 * `Adam`, `SGD` and the others are optimizers with a rule of their own; `new Optimizer(rule, params, options)` takes any.
 *
 * Differences from PyTorch: gradients are cleared to `null` always; `foreach`, `fused`, `capturable` and
 * `differentiable` do not exist, as every step runs as one program; a parameter that never has a gradient is reported
 * once; state dictionaries of parameters with names are matched by name.
 */
export class Optimizer<H extends Hypers = { readonly lr: number }> {
  private readonly rule: CompleteRule<H>;
  private readonly defaults: H;
  private readonly strict: boolean;
  /** What watches over non-finite numbers; null where they are ignored. */
  protected readonly watch: FiniteWatch | null;
  private readonly built: BuiltGroup<H>[] = [];
  private readonly states = new Map<Parameter, ParamState>();
  private warned = false;
  /** Whether it is made by a function that is being recorded, and so at each call of it, with states of its own. */
  private readonly isPassing = isCompiling();
  /** Grows whenever parameters move to other clocks or states to other cells. */
  private generation = 0;
  private layoutAt = -1;
  private layoutKey = '';
  /** A step is the same at every turn: recorded once, it takes a fraction of the time that building it would. */
  private readonly replay = compile(() => this.update(null, null));
  private readonly replayIf = compile((condition: Tensor) => this.update(null, null, condition));

  /**
   * An optimizer that goes by a rule of yours: see {@link Rule}.
   * @throws {ChainruleError} if there are no parameters, one is given twice or frozen, or an option cannot be used.
   */
  constructor(
    given: Rule<H>,
    params: ParamsOrGroups<Partial<H>>,
    options?: Partial<H> & CommonOptions,
  ) {
    const rule = complete(given);
    const read = defineOptions<Record<string, unknown> & CommonOptions>({
      ...(rule.checks as Record<string, Kind>),
      strict: kinds.flag,
      onNonFinite: kinds.oneOf('ignore', 'skip', 'throw'),
    });
    const { strict = false, onNonFinite = 'ignore', ...hypers } = read(rule.name, options);
    this.rule = rule;
    this.strict = strict;
    this.watch = onNonFinite === 'ignore' ? null : new FiniteWatch(rule.name, onNonFinite);
    const set = Object.entries(hypers).filter(([, value]) => value !== undefined);
    this.defaults = { ...rule.defaults, ...Object.fromEntries(set) };
    for (const group of groupsOf(rule.name, params)) this.addParamGroup(group);
  }

  /** The groups: `optimizer.paramGroups[0].lr = 0.01`. */
  get paramGroups(): readonly ParamGroup<H>[] {
    return this.built.map(({ group }) => group);
  }

  /**
   * Adds parameters, with hyper-parameters of their own where given: layers that thaw while training goes on.
   * @throws {ChainruleError} if a parameter is frozen, no Parameter or already in a group.
   */
  addParamGroup(group: GroupOptions<Partial<H>>): void {
    const used = new Map<Parameter, string>();
    this.built.forEach(({ group: { params } }, g) => {
      params.forEach((p, i) => used.set(p, `parameter ${i} of group ${g}`));
    });
    this.generation++;
    this.built.push(buildGroup(this.rule, this.defaults, group, used, this.built.length));
  }

  /** How many steps `onNonFinite: 'skip'` has left out since this optimizer was made. */
  get skippedSteps(): number {
    return this.watch?.skipped ?? 0;
  }

  /** Forgets all gradients. Call it before `backward()`, which adds to them. */
  zeroGrad(): void {
    for (const { group } of this.built) for (const p of group.params) p.grad = null;
  }

  /**
   * Updates every parameter from its gradient, in one run. A parameter without gradient is left as it is.
   *
   * @param closure computes the loss anew and calls `backward()`; its result is returned. Only LBFGS needs one.
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
   * As `step()` where `condition`, a boolean with one element, is true; else nothing changes. The condition is part of the
   * graph, so that a compiled step can leave out an update without being read: `stepIf(isFinite(loss))`.
   */
  stepIf(condition: Tensor): void {
    checkArgument(`${this.rule.name}.stepIf`, 'condition', condition, kinds.tensor);
    if (condition.dtype !== 'bool' || condition.size !== 1) {
      throw new ShapeError(
        `${this.rule.name}.stepIf: condition must be a bool tensor with one element, got ${condition.dtype} of shape ` +
          `[${condition.shape.join(', ')}]`,
      );
    }
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

  /** Gives every parameter and its state their next versions, where the condition is true. */
  private update(watch: FiniteWatch | null, loss: unknown, condition?: Tensor): void {
    if (this.isPassing) this.assign(watch, loss, condition);
    else keptCells(() => this.assign(watch, loss, condition));
  }

  private assign(watch: FiniteWatch | null, loss: unknown, condition?: Tensor): void {
    noGrad(() => {
      const measures = this.rule.measures?.(this.gradients()) ?? {};
      const assignments = this.built.flatMap((group) => this.updateGroup(group, measures));
      const guarded = watch?.guard(assignments, () => this.watched(loss)) ?? assignments;
      for (const [target, next] of guarded)
        target.assign(condition === undefined ? next : where(condition, next, target));
      dependsOn(() => this.layout());
    });
  }

  /** Hyper-parameters and state, as plain objects, numbers and tensors: a snapshot. */
  stateDict(): OptimizerState {
    return save(this.rule, this.built, this.states);
  }

  /**
   * Goes on from a state that `stateDict()` gave: the steps that follow equal those of the first optimizer bit for bit.
   * Parameters are matched by name where both sides have names, else by order.
   * @throws {FormatError} if anything in it does not fit. Nothing has changed then.
   */
  loadStateDict(state: OptimizerState): void {
    load(this.rule, this.built, this.states, state);
    this.generation++;
    evaluate();
  }

  /**
   * The cells that steps read and change beside the parameters, by name: what the rule remembers of each parameter
   * (`weight.expAvg`), step counts, and hyper-parameters by group. For those who export a step as a graph.
   */
  namedState(): [name: string, state: Cell][] {
    const named: [string, Cell][] = [];
    const clocks = new Set<Clock>();
    let place = 0;
    this.built.forEach(({ group, symbols }, g) => {
      group.params.forEach((p, i) => {
        const key = group.paramNames?.[i] ?? (p.label === '' ? `parameter${place}` : p.label);
        place++;
        const state = this.states.get(p);
        if (state === undefined) return;
        for (const [name, c] of Object.entries(state.cells)) named.push([`${key}.${name}`, c]);
        clocks.add(state.clock);
      });
      for (const [name, symbol] of Object.entries(symbols)) {
        if (isCell(symbol)) named.push([`group${g}.${name}`, symbol]);
        else if (Array.isArray(symbol)) {
          symbol.forEach((c: unknown, k) => {
            if (isCell(c)) named.push([`group${g}.${name}.${k}`, c]);
          });
        }
      }
    });
    [...clocks].forEach(({ step, counters }, k) => {
      const end = k === 0 ? '' : `.${k}`;
      named.push([`step${end}`, step]);
      for (const [name, c] of Object.entries(counters)) named.push([`${name}${end}`, c]);
    });
    return named;
  }

  /** What must be finite: the loss if it is known, and every gradient, with the step that it is for. */
  private watched(loss: unknown): Watched[] {
    const gradients = this.built.flatMap(({ group }, g) =>
      group.params.flatMap((p, i): Watched[] => {
        const value = borrowGrad(p);
        const step = this.states.get(p)?.clock.step;
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

  private gradients(): Tensor[] {
    const params = this.built.flatMap(({ group }) => group.params);
    return params.map((p) => borrowGrad(p)).filter((g) => g !== null);
  }

  private updateGroup(
    { group, symbols }: BuiltGroup<H>,
    measures: Readonly<Record<string, Tensor>>,
  ): [Cell, Tensor][] {
    const values = group as unknown as H;
    const assignments: [Cell, Tensor][] = [];
    for (const [clock, params] of this.clocksOf(group)) {
      const t = clock.step.add(1);
      const scalars = this.rule.scalars(symbols, t, clock.counters, values, measures);
      assignments.push([clock.step, t]);
      for (const [name, next] of Object.entries(
        this.rule.count?.(symbols, t, clock.counters) ?? {},
      )) {
        assignments.push([clock.counters[name] as Cell, next]);
      }
      const cache = new Map<DType, Record<string, Tensor>>();
      for (const p of params) {
        const state = this.stateOf(values, p);
        const scalarsOfType = castAll(scalars, p.dtype, cache);
        const gradient = borrowGrad(p) as Tensor;
        const g = group['maximize'] === true ? neg(gradient) : gradient;
        const update = this.rule.update(p, g, state, scalarsOfType, values);
        const { param: _param, step: _step, ...rest } = update;
        assignments.push([p, paramAfter(p, update)]);
        for (const [name, value] of Object.entries(rest))
          assignments.push([state[name] as Cell, value as Tensor]);
      }
    }
    return assignments;
  }

  /** The parameters that have a gradient, by the steps they have made. */
  private clocksOf(group: ParamGroup<H>): Map<Clock, readonly Parameter[]> {
    const byClock = new Map<Clock, Parameter[]>();
    let fresh: Clock | null = null;
    for (const p of group.params) {
      if (borrowGrad(p) === null) continue;
      let state = this.states.get(p);
      if (state === undefined) {
        if (fresh === null) this.generation++;
        fresh ??= Clock.start(this.rule.counters?.(group) ?? {});
        fresh.members.add(p);
        this.states.set(p, (state = { clock: fresh, cells: {} }));
      }
      const members = byClock.get(state.clock);
      if (members === undefined) byClock.set(state.clock, [p]);
      else members.push(p);
    }
    const result = new Map<Clock, readonly Parameter[]>();
    for (const [clock, params] of byClock) {
      const own = clock.for(params);
      if (own !== clock) {
        this.generation++;
        for (const p of params) (this.states.get(p) as ParamState).clock = own;
      }
      result.set(own, params);
    }
    return result;
  }

  /** The state of a parameter; what the rule needs and is not there yet starts now. */
  private stateOf(values: H, p: Parameter): Record<string, Cell> {
    const { cells } = this.states.get(p) as ParamState;
    for (const [name, initial] of Object.entries(this.rule.state(values, p))) {
      cells[name] ??= cell(initialTensor(initial as Initial, p));
    }
    return cells;
  }

  /** What the graph of a step depends on, beside numbers: `compile` records it anew when this has changed. */
  private layout(): string {
    const at = this.built.reduce((sum, { changes }) => sum + changes.count, this.generation);
    if (at !== this.layoutAt) {
      const names = Object.keys(this.rule.checks);
      const groups = this.built.map(({ group }) =>
        names.map((name) => structureOf(this.rule, name, group[name] as HyperValue)),
      );
      this.layoutKey = JSON.stringify([this.generation, groups]);
      this.layoutAt = at;
    }
    return this.layoutKey;
  }

  private reportMissing(): void {
    if (this.warned && !this.strict) return;
    const missing = this.built.flatMap(({ group }, g) =>
      group.params.flatMap((p, i) => (borrowGrad(p) === null ? [nameOf(group, g, i)] : [])),
    );
    if (missing.length > 0) {
      const message =
        `${this.rule.name}: no gradient for ${missing.slice(0, 10).join(', ')}` +
        `${missing.length > 10 ? ` and ${missing.length - 10} more` : ''}; `;
      if (this.strict)
        throw new GradError(
          `${message}the loss does not depend on them, or backward() was not called`,
        );
      console.warn(
        `${message}skipped, as long as they have none (was backward() called on a loss that uses them?)`,
      );
    }
    this.warned = true;
  }
}

function isCell(x: unknown): x is Cell {
  return x instanceof Cell;
}

/** What messages call a parameter: its name, else the path that its module gave it. */
function nameOf<H>({ params, paramNames }: ParamGroup<H>, group: number, i: number): string {
  const { label, shape } = params[i] as Parameter;
  const name = paramNames?.[i] ?? (label === '' ? `parameter ${i} of group ${group}` : label);
  return `${name} [${shape.join(', ')}]`;
}

/** A state's first value: elements at once, not a graph, so that a compiled step starts from them only once. */
export function initialTensor({ fill = 0, shape }: Initial, p: Tensor): Tensor {
  const size = (shape ?? p.shape).reduce((n, d) => n * d, 1);
  const elements = p.dtype === 'float64' ? new Float64Array(size) : new Float32Array(size);
  return tensor(fill === 0 ? elements : elements.fill(fill), { shape: shape ?? p.shape });
}

function castAll(
  scalars: Record<string, Tensor>,
  dtype: DType,
  cache: Map<DType, Record<string, Tensor>>,
): Record<string, Tensor> {
  let result = cache.get(dtype);
  if (result === undefined) {
    // Conditions stay as they are.
    const as = (x: Tensor): Tensor => (x.dtype === 'bool' ? x : cast(x, dtype));
    result = Object.fromEntries(Object.entries(scalars).map(([name, x]) => [name, as(x)]));
    cache.set(dtype, result);
  }
  return result;
}
