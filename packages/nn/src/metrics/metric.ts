/** @file What every metric is: numbers gathered batch by batch, and a figure made of them at the end. */
import {
  ChainruleError,
  checkArgument,
  display,
  FormatError,
  kinds,
  passes,
} from '@chainrule/autograd';

const numbers = kinds.listOf(kinds.number);

/** The parts of a state; none of what is no object. */
function stateOf(op: string, state: unknown): Readonly<Record<string, unknown>> {
  try {
    return { ...checkArgument(op, 'state', state, kinds.object) };
  } catch (cause) {
    if (cause instanceof ChainruleError) throw new FormatError(cause.message, { cause });
    throw new FormatError(`${op}: the state cannot be read`, { cause });
  }
}

/** What a metric has gathered, as plain numbers: fit for a checkpoint. */
export type MetricState = Readonly<Record<string, number | readonly number[]>>;

/**
 * A figure over many batches: `update` with each, `compute` at the end, `reset` before the next pass.
 *
 * Sums are kept in double precision, whatever the dtype of the tensors; values are read when they are given, so nothing
 * holds on to a graph. `merge` takes in what another metric of the same options has gathered, elsewhere or before: the
 * result is that of all the data. torchmetrics: `Metric`.
 *
 * @example
 * const accuracy = new Accuracy();
 * for (const [images, labels] of test) accuracy.update(model.forward(images), labels);
 * console.log(accuracy.compute());
 */
export abstract class Metric<Result = number, Prediction = unknown, Target = unknown> {
  /** What messages call it. */
  get name(): string {
    return this.constructor.name;
  }

  /** Takes a batch in. @throws {ShapeError} if the shapes do not fit. Nothing has been taken in then. */
  abstract update(prediction: Prediction, target: Target, options?: object): void;
  /** The figure for all that was taken in. @throws {ChainruleError} if that was nothing. */
  abstract compute(): Result;
  /** Forgets everything. */
  abstract reset(): void;
  /** Takes in what another metric of the same kind has gathered. */
  abstract merge(other: this): void;
  /** What was gathered, as plain numbers. */
  abstract stateDict(): MetricState;
  /** Goes on from such a state. @throws {FormatError} if it is not one of this metric. */
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

  /** A list of numbers of a state. */
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

/** A metric whose figure is made of sums. */
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
