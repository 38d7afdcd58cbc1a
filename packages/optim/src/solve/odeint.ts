/** @file Ordinary differential equations: `odeint`. */
import {
  cat,
  ChainruleError,
  checkArgument,
  closureConvert,
  defineOptions,
  display,
  DTypeError,
  isGradEnabled,
  kinds,
  scalar,
  ShapeError,
  stack,
  Tensor,
  tensor,
} from '@chainrule/autograd';
import { eventsOf, watcherOf, type EventFunction, type Found, type Watched } from './events.js';
import { Flow, type FlowSettings } from './flow.js';
import { checkTime, interpolant } from './interpolant.js';
import { occurrence, terminalOf } from './occurrences.js';
import { Reporter, withReport } from './report.js';
import { checkSquare, ravel, ravelResult, tensorOf, vectorOf, type Vector } from './vector.js';

/** Options of {@link odeint}. */
export interface OdeOptions<T = Tensor> {
  /** The integrator. Default `'dopri5'`. */
  readonly method?: 'dopri5' | 'rodas';
  /** The error of a step, relative to the state. Default 1e-7, for float32 1e-5. */
  readonly rtol?: number;
  /** The error of a step where the state is small. Default 1e-9, for float32 1e-7. */
  readonly atol?: number;
  /** The largest number of steps to try. Default 100,000. */
  readonly maxSteps?: number;
  /** Events to find: where a function of time and state changes its sign. */
  readonly events?: EventFunction<T> | readonly EventFunction<T>[];
  /**
   * How gradients are computed. True: by the adjoint equation, backwards (Chen et al. 2018, arXiv:1806.07366); for
   * any number of parameters, but it also follows the state backwards, which stiff equations do not allow. False: by
   * the sensitivity equations, forwards; as stable as the solution, for few states and parameters. Default true for
   * 'dopri5', false for 'rodas'.
   */
  readonly adjoint?: boolean;
  /**
   * Whether a solution that cannot be followed to the end is an error. With false, states that were not reached are
   * NaN. Default true.
   */
  readonly strict?: boolean;
}

const odeOptions = defineOptions<OdeOptions<unknown>>({
  method: kinds.oneOf('dopri5', 'rodas'),
  rtol: kinds.positive,
  atol: kinds.positive,
  maxSteps: kinds.count,
  events: kinds.anything,
  adjoint: kinds.flag,
  strict: kinds.flag,
});

/** An event. */
export interface OdeEvent<T = Tensor> {
  /** Its time. */
  readonly t: Tensor;
  /** The state at that time. */
  readonly y: T;
}

/** The result of {@link odeint}. */
export interface OdeResult<T = Tensor> {
  /** The states at the times, along a first dimension. */
  readonly y: T;
  /** The times; those behind a terminal event are its time. */
  readonly t: Tensor;
  /** For each event function, where it changed its sign, in order. */
  readonly events: readonly (readonly OdeEvent<T>[])[];
  /** The number of steps tried. */
  readonly steps: number;
  /** The state at any time between the first and the last. */
  readonly dense: (t: number | Tensor) => T;
}

/**
 * Solves `y' = f(t, y)`, `y(times[0]) = y0`, for a state that is a tensor or a tree of tensors, at all `times`, which
 * must be increasing or decreasing.
 *
 * `method: 'dopri5'` (default) is Dormand–Prince 5(4), `'rodas'` a Rosenbrock method of order 4(3) for stiff
 * equations, which takes the Jacobian from `f` itself; both choose their steps by `rtol` and `atol` and have dense
 * output.
 *
 * The result is differentiable with respect to `y0`, the times and all that `f` captures, in both modes, to any
 * order and inside `vmap`. No steps are kept for that: derivatives are solutions of further equations (option
 * `adjoint`), with the same tolerances. States at `dense(t)` and events, their times included, are differentiable
 * too.
 *
 * An event is a function of `(t, y)`, or `{ when, terminal, direction }`: it happens where the function changes its sign,
 * with `direction` 1 only upwards and −1 only downwards; a `terminal` event ends the solution, which stays constant from
 * there on. If the function is 0 at the first time, the event happens there, as in SciPy. PyTorch: torchdiffeq's `odeint` and
 * `odeint_adjoint`; SciPy: `solve_ivp`.
 * @throws {ChainruleError} if `f` reads values; if the solution cannot be continued (it blows up, or `maxSteps` is
 * reached), with the time and the last good state; or if the times are neither increasing nor decreasing. @throws
 * {ShapeError} if `f` returns another size.
 * @example
 * const rate = new Parameter(scalar(0.5, { dtype: 'float64' }));
 * const { y } = odeint((t, y) => y.mul(rate).neg(), y0, [0, 1, 2]);
 * y.sum().backward(); // rate.grad
 */
export function odeint<T = Tensor>(
  f: (t: Tensor, y: T) => unknown,
  y0: T,
  times: readonly number[] | Tensor,
  options?: OdeOptions<T>,
): OdeResult<T> {
  const name = 'odeint';
  checkArgument(name, 'f', f, kinds.callable);
  const state = ravel(name, 'y0', y0);
  const { vector, unravel, size, dtype } = state;
  const wide = dtype === 'float64';
  const {
    method = 'dopri5',
    rtol = wide ? 1e-7 : 1e-5,
    atol = wide ? 1e-9 : 1e-7,
    maxSteps = 100_000,
    events,
    adjoint = method === 'dopri5',
    strict = true,
  } = odeOptions(name, options as OdeOptions<unknown> | undefined) as OdeOptions<T>;
  const t = timesOf(times, dtype);
  const settings: FlowSettings = { method, rtol, atol, maxSteps, adjoint, strict };
  const [F, captured] = closureConvert<[Tensor, Tensor], Tensor>(
    (time: Tensor, v: Tensor) => {
      const slope = ravelResult(name, f(time, unravel(v)), v);
      checkSquare(name, v, slope);
      return slope;
    },
    scalar(0, { dtype }),
    vector,
  );
  const flow = new Flow((time, v, others) => F([time, v], others), size, dtype, settings);
  const watched = eventsOf(events, state);
  const watcher = watcherOf(watched);
  const reporter = new Reporter<Pick<OdeResult<T>, 'steps' | 'events'>>({ steps: 0, events: [] });
  let end: number | null = null;
  let ys = flow.run(vector, t, captured, {
    watch: watched.length > 0 ? watcher.watch : undefined,
    note: (steps, stop) => {
      end = stop;
      reporter.found = { steps, events: [] };
    },
  });
  const isOpen = (...more: readonly Tensor[]): boolean =>
    isGradEnabled() && [vector, t, ...captured, ...more].some((x) => x.requiresGrad);
  const integrate = (from: Tensor, at: Tensor, v: Tensor): Tensor =>
    flow.run(v, stack([from, at]), captured).select(0, 1);
  const stateAt = (at: Tensor): Tensor => integrate(t.select(0, 0), at, vector);
  /** There is no step from the first time to itself, so the derivatives are those of a short step away and back. */
  const stateAtFirst = (at: Tensor): Tensor => {
    const start = t.select(0, 0);
    const aside = start.add(
      t
        .select(0, 1)
        .sub(start)
        .mul(2 ** -10),
    );
    const back = integrate(aside, at, integrate(start, aside, vector));
    return back.add(vector.sub(back).detach());
  };
  const solution = ({ t: at }: Found): ((at: Tensor) => Tensor) | null =>
    isOpen() ? (at === vectorOf(t)[0] ? stateAtFirst : stateAt) : null;
  const happened = watcher.found.map((list, k) =>
    list.map((event) => occurrence(event, watched[k] as Watched, dtype, solution(event))),
  );
  let ts = t;
  const last = terminalOf(watched, watcher.found, end);
  if (last !== null) {
    // After a terminal event the state and the times stay constant.
    const stop = happened[last.k]?.[last.i] as { t: Tensor; y: Tensor };
    const reached = vectorOf(t).filter((x) => (x - last.t) * last.sign(t) <= 0).length;
    const rest = t.size - reached;
    const before =
      isOpen() && reached > 1
        ? flow.run(vector, t.narrow(0, 0, reached), captured)
        : ys.narrow(0, 0, reached);
    const start = isOpen() && reached === 1 ? vector.unsqueeze(0) : before;
    ys = cat([start, ...new Array<Tensor>(rest).fill(stop.y.unsqueeze(0))]);
    ts = cat([t.narrow(0, 0, reached), ...new Array<Tensor>(rest).fill(stop.t.reshape([1]))]);
  }
  if (reporter.found !== null) {
    const all = happened.map((list) => list.map((at) => ({ t: at.t, y: unravel(at.y) })));
    reporter.found = { steps: reporter.found.steps, events: all };
  }
  let between: ((t: number) => Vector) | null = null;
  const dense = (given: number | Tensor): T => {
    const at = given instanceof Tensor ? given : tensorOf(Float64Array.of(given), dtype, []);
    if (typeof given === 'number' && Array.isArray(times))
      checkTime(given, Float64Array.from(times as readonly number[]));
    if (isOpen(at)) return unravel(stateAt(at));
    between ??= interpolant(flow, vector, captured, vectorOf(t), settings);
    checkTime(at.item(), vectorOf(t));
    return unravel(tensorOf(between(at.item()), dtype));
  };
  return withReport(name, { y: state.unravelRows(ys), t: ts, dense }, reporter);
}

function timesOf(times: readonly number[] | Tensor, dtype: 'float32' | 'float64'): Tensor {
  const given: unknown = times;
  if (given instanceof Tensor) {
    const t = given as Tensor;
    if (t.shape.length !== 1 || t.size < 2)
      throw new ShapeError(
        `odeint: times must be a vector of two or more, got shape [${t.shape.join(', ')}]`,
      );
    if (t.dtype !== dtype)
      throw new DTypeError(`odeint: times are ${t.dtype}, y0 is ${dtype}; they must be equal`);
    return t;
  }
  const list = Array.isArray(given) ? (given as readonly number[]) : [];
  if (list.length < 2 || !list.every(Number.isFinite)) {
    throw new ChainruleError(
      `odeint: times must be two or more finite numbers, or a vector of them; got ${display(given)}`,
    );
  }
  return tensor(dtype === 'float64' ? Float64Array.from(list) : Float32Array.from(list));
}
