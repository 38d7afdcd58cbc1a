/** @file The base of all metrics: numbers gathered batch by batch, and a result computed from them at the end. */
import {
  ChainruleError,
  checkArgument,
  display,
  FormatError,
  guardMethods,
  kinds,
  passes,
} from '@chainrule/autograd';

const METHODS = ['update', 'compute', 'reset', 'merge', 'stateDict', 'loadStateDict'];
const numbers = kinds.listOf(kinds.number);

/** The entries of a state, which must be an object. */
function stateOf(op: string, state: unknown): Readonly<Record<string, unknown>> {
  try {
    return { ...checkArgument(op, 'state', state, kinds.object) };
  } catch (cause) {
    if (cause instanceof ChainruleError) throw new FormatError(cause.message, { cause });
    throw new FormatError(`${op}: the state cannot be read`, { cause });
  }
}

/** What a metric has gathered, as plain numbers that a checkpoint can hold. */
export type MetricState = Readonly<Record<string, number | readonly number[]>>;

/**
 * A measure over many batches: call `update` with each, `compute` at the end, and `reset` before the next pass.
 *
 * Sums are kept in double precision, whatever the dtype of the tensors. Values are read at once, so a metric keeps no
 * graph alive. `merge` adds the data of another metric of the same class and options, from another worker or an earlier
 * run: the result is that of all the data together. torchmetrics: `Metric`.
 *
 * @example
 * const accuracy = new Accuracy();
 * for (const [images, labels] of test) accuracy.update(model.forward(images), labels);
 * console.log(accuracy.compute());
 */
export abstract class Metric<Result = number, Prediction = unknown, Target = unknown> {
  constructor() {
    guardMethods(this, Metric.prototype, 'metric', (x) => x instanceof Metric, METHODS);
  }

  /** The name used in messages. */
  get name(): string {
    return this.constructor.name;
  }

  /** Adds a batch. @throws {ShapeError} if the shapes do not fit; nothing is added then. */
  abstract update(prediction: Prediction, target: Target, options?: object): void;
  /** The result for everything added so far. @throws {ChainruleError} if nothing was added. */
  abstract compute(): Result;
  /** Starts again from nothing. */
  abstract reset(): void;
  /** Adds what another metric of the same class and options has gathered. */
  abstract merge(other: this): void;
  /** What was gathered, as plain numbers. */
  abstract stateDict(): MetricState;
  /** Continues from a state of `stateDict`. @throws {FormatError} if it is not a state of this metric. */
  abstract loadStateDict(state: MetricState): void;

  /** The error of `compute` before any `update`. */
  protected nothing(): ChainruleError {
    return new ChainruleError(
      `${this.name}: there is nothing to compute from; call update() first`,
    );
  }

  /** The error of `merge` with a metric of other options. */
  protected unlike(what: string, own: unknown, other: unknown): ChainruleError {
    return new ChainruleError(
      `${this.name}.merge: ${what} differs: ${display(own)} here, ${display(other)} there`,
    );
  }

  /** @throws {ChainruleError} if `merge` was given anything but another metric of this class. */
  protected checkOther(other: unknown): void {
    const same = kinds.kind<this>(
      `be another ${this.constructor.name}`,
      (x) => x instanceof Metric && x.constructor === this.constructor,
    );
    checkArgument(`${this.name}.merge`, 'other', other, same);
  }

  /** A list of numbers in a state. */
  protected listOf(state: MetricState, key: string, length?: number): readonly number[] {
    const { [key]: list } = stateOf(`${this.name}.loadStateDict`, state);
    if (!passes(numbers, list) || (length !== undefined && list.length !== length)) {
      throw new FormatError(
        `${this.name}.loadStateDict: '${key}' must be ${length === undefined ? 'a list of' : length} numbers, as stateDict() gives them`,
      );
    }
    return list;
  }
}

/** A metric whose result is computed from sums. */
export abstract class SumMetric<
  Result = number,
  Prediction = unknown,
  Target = unknown,
> extends Metric<Result, Prediction, Target> {
  protected sums: Float64Array;

  constructor(count: number) {
    super();
    this.sums = new Float64Array(count);
  }

  reset(): void {
    this.sums.fill(0);
  }

  merge(other: this): void {
    this.checkOther(other);
    if (other.sums.length !== this.sums.length)
      throw this.unlike('the number of sums', this.sums.length, other.sums.length);
    other.sums.forEach((x, i) => (this.sums[i]! += x));
  }

  stateDict(): MetricState {
    return { sums: Array.from(this.sums) };
  }

  loadStateDict(state: MetricState): void {
    this.sums = Float64Array.from(this.listOf(state, 'sums', this.sums.length));
  }
}
