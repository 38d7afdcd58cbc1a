/** @file Exponential moving averages of parameters: often better than the parameters themselves. */
import {
  checkArgument,
  defineOptions,
  display,
  guardMethods,
  kinds,
  passes,
  add,
  cell,
  ChainruleError,
  eq,
  evaluate,
  FormatError,
  mul,
  noGrad,
  sub,
  Tensor,
  where,
  readList,
} from '@chainrule/autograd';
import type { Cell, Parameter } from '@chainrule/autograd';
import { entry, number, type Params } from './paramGroup.js';
import { copyAt } from './state.js';

/** The result of {@link ExponentialMovingAverage}'s `stateDict()`. */
export interface AverageState {
  /** How many updates there have been. */
  readonly updates: Tensor;
  /** The averages, by the names or the order of the parameters. */
  readonly averages: readonly Tensor[];
}

const averageOptions = defineOptions<{ readonly decay?: number }>({ decay: kinds.fraction });
const averageState = defineOptions<AverageState>({
  updates: { ...kinds.required(kinds.tensor), error: FormatError },
  averages: { ...kinds.required(kinds.listOf(kinds.tensor)), error: FormatError },
});

/**
 * Keeps `a ← decay · a + (1 − decay) · p` of every parameter, `a = p` at the first update. Default decay 0.999.
 * PyTorch: `AveragedModel` with `get_ema_multi_avg_fn(decay)`.
 * @example
 * const ema = new ExponentialMovingAverage(model.parameters(), { decay: 0.999 });
 * optimizer.step();
 * ema.update();
 * const accuracy = ema.use(() => evaluateOn(testSet)); // with the averages in place of the parameters
 */
export class ExponentialMovingAverage {
  /** The weight of the average so far. */
  readonly decay: number;
  private readonly params: readonly Parameter[];
  private readonly cells: readonly Cell[];
  private readonly updates: Cell;
  private readonly weight: Cell;

  constructor(params: Params, options?: { readonly decay?: number }) {
    guardMethods(this, ExponentialMovingAverage.prototype, 'average', isMade);
    const { decay = 0.999 } = averageOptions('ExponentialMovingAverage', options);
    this.decay = decay;
    const given = readList('ExponentialMovingAverage', 'params', params, entry);
    this.params = given.map((item) =>
      Array.isArray(item) ? (item[1] as Parameter) : (item as Parameter),
    );
    if (this.params.length === 0)
      throw new ChainruleError('ExponentialMovingAverage: got no parameters');
    for (const [i, p] of this.params.entries()) {
      if (!(p instanceof Tensor) || typeof (p as Partial<Cell>).assign !== 'function') {
        throw new ChainruleError(
          `ExponentialMovingAverage: parameter ${i} must be a Parameter, got ${display(p)}`,
        );
      }
    }
    this.cells = this.params.map((p) => cell(copyOf(p)));
    this.updates = cell(number(0));
    this.weight = cell(number(1 - decay));
  }

  /** The averages, in the order of the parameters. */
  get averages(): readonly Tensor[] {
    return this.cells;
  }

  /** Adds the current parameters to the averages; call it after `optimizer.step()`. */
  update(): void {
    noGrad(() => {
      const first = eq(this.updates, 0);
      const next = this.params.map((p, i) => {
        const a = this.cells[i] as Cell;
        return where(first, p, add(a, mul(sub(p, a), this.weight.cast(p.dtype))));
      });
      next.forEach((a, i) => this.cells[i]?.assign(a));
      this.updates.assign(add(this.updates, 1));
    });
    evaluate();
  }

  /** Runs `f` with the averages in place of the parameters, then restores these, even after an error or a promise. */
  use<R>(f: () => R): R {
    checkArgument('ExponentialMovingAverage.use', 'f', f, kinds.callable);
    const saved = this.params.map(copyOf);
    const put = (values: readonly Tensor[]): void => {
      this.params.forEach((p, i) => p.assign(values[i] as Tensor));
      evaluate();
    };
    put(this.cells.map(copyOf));
    let pending = false;
    try {
      const result = f();
      if (passes(kinds.promise, result)) {
        pending = true;
        return result.finally(() => put(saved)) as R;
      }
      return result;
    } finally {
      if (!pending) put(saved);
    }
  }

  /** Copies the averages into the parameters. */
  copyToParameters(): void {
    this.params.forEach((p, i) => p.assign(copyOf(this.cells[i] as Cell)));
    evaluate();
  }

  /** The state, for saving and for `loadStateDict`. */
  stateDict(): AverageState {
    return { updates: copyOf(this.updates), averages: this.cells.map(copyOf) };
  }

  /** @throws {FormatError} if shapes or dtypes differ. Nothing has changed then. */
  loadStateDict(state: AverageState): void {
    const { updates, averages } = averageState('ExponentialMovingAverage.loadStateDict', state);
    const given = Array.isArray(averages) ? (averages as readonly unknown[]) : [];
    const fit =
      given.length === this.cells.length &&
      updates instanceof Tensor &&
      updates.size === 1 &&
      this.cells.every((c, i) => {
        const t = given[i];
        if (!(t instanceof Tensor)) return false;
        const { dtype, shape } = t as Tensor;
        return dtype === c.dtype && shape.join() === c.shape.join();
      });
    if (!fit) {
      throw new FormatError(
        `ExponentialMovingAverage.loadStateDict: the state does not have ${this.cells.length} tensors with the parameters' shapes and dtypes`,
      );
    }
    this.cells.forEach((c, i) => c.assign(copyAt(averages[i] as Tensor, c.device)));
    this.updates.assign(number(updates.item()));
    evaluate();
  }
}

function copyOf(t: Tensor): Tensor {
  return copyAt(t, t.device);
}

/** Whether `x` is a constructed average, and not only an object with its prototype. */
function isMade(x: unknown): boolean {
  return x instanceof ExponentialMovingAverage && Reflect.get(x, 'cells') !== undefined;
}
