/** @file Errors of predicted numbers, and the mean of any numbers. */
import { checkArgument, defineOptions, kinds } from '@chainrule/autograd';
import { Metric, SumMetric, type MetricState } from './metric.js';
import { pair, valuesOf, weightsOf, type Numbers, type WeightOptions } from './read.js';

const weightOptions = defineOptions<WeightOptions>({ weight: kinds.anything });

/** The weighted mean of a number for each pair of elements of prediction and target. */
abstract class MeanMetric extends SumMetric<number, Numbers, Numbers> {
  constructor() {
    super(2);
  }

  protected abstract error(prediction: number, target: number): number;

  update(prediction: Numbers, target: Numbers, options?: WeightOptions): void {
    const { weight } = weightOptions(`${this.name}.update`, options);
    const [p, t] = pair(this.name, prediction, target);
    const weights = weightsOf(this.name, weight, t.data.length);
    for (let i = 0; i < t.data.length; i++) {
      this.sums[0]! += weights[i]! * this.error(p.data[i]!, t.data[i]!);
      this.sums[1]! += weights[i]!;
    }
  }

  compute(): number {
    const [sum = 0, weight = 0] = this.sums;
    if (weight === 0) throw this.nothing();
    return sum / weight;
  }
}

/**
 * `mean |p − t|`, of predictions and targets of the same shape. scikit-learn: `mean_absolute_error`.
 * @example
 * const mae = new MeanAbsoluteError();
 * mae.update(tensor([1, 5]), tensor([2, 2]));
 * mae.compute(); // 2
 */
export class MeanAbsoluteError extends MeanMetric {
  protected error(p: number, t: number): number {
    return Math.abs(p - t);
  }
}

/**
 * `mean (p − t)²`, of predictions and targets of the same shape. scikit-learn: `mean_squared_error`.
 * @example
 * const mse = new MeanSquaredError();
 * mse.update(tensor([1, 5]), tensor([2, 2]));
 * mse.compute(); // 5
 */
export class MeanSquaredError extends MeanMetric {
  protected error(p: number, t: number): number {
    return (p - t) ** 2;
  }
}

/**
 * `√ mean (p − t)²`, of predictions and targets of the same shape. scikit-learn: `root_mean_squared_error`.
 *
 * @example
 * const rmse = new RootMeanSquaredError();
 * rmse.update(tensor([1, 2]), tensor([1, 4]));
 * rmse.compute(); // 1.4142
 */
export class RootMeanSquaredError extends MeanSquaredError {
  override compute(): number {
    return Math.sqrt(super.compute());
  }
}

/**
 * The coefficient of determination, `1 − Σ w(p − t)² / Σ w(t − t̄)²`: 1 is perfect, 0 is as good as always predicting
 * the mean, and less than 0 is worse. If all targets are equal it is 1 if every prediction is right, else 0; for a
 * single target, scikit-learn gives NaN. The deviations are taken from a running mean, so a large mean costs no
 * accuracy. scikit-learn: `r2_score`.
 * @example
 * const r2 = new R2Score();
 * r2.update(tensor([1, 2, 4]), tensor([1, 2, 3]));
 * r2.compute(); // 0.5
 */
export class R2Score extends Metric<number, Numbers, Numbers> {
  private weight = 0;
  private mean = 0;
  private spread = 0;
  private squares = 0;

  update(prediction: Numbers, target: Numbers, options?: WeightOptions): void {
    const { weight } = weightOptions('R2Score.update', options);
    const [p, t] = pair('R2Score', prediction, target);
    const weights = weightsOf('R2Score', weight, t.data.length);
    for (let i = 0; i < t.data.length; i++) {
      const w = weights[i]!;
      if (w === 0) continue;
      this.add(w, t.data[i]!, 0, w * (p.data[i]! - t.data[i]!) ** 2);
    }
  }

  /** Adds a set with this weight, mean, sum of squared deviations and sum of squared errors. */
  private add(weight: number, mean: number, spread: number, squares: number): void {
    const all = this.weight + weight;
    const distance = mean - this.mean;
    this.mean += (distance * weight) / all;
    this.spread += spread + (distance * distance * this.weight * weight) / all;
    this.squares += squares;
    this.weight = all;
  }

  compute(): number {
    if (this.weight === 0) throw this.nothing();
    if (this.spread === 0) return this.squares === 0 ? 1 : 0;
    return 1 - this.squares / this.spread;
  }

  reset(): void {
    [this.weight, this.mean, this.spread, this.squares] = [0, 0, 0, 0];
  }

  merge(other: this): void {
    this.checkOther(other);
    if (other.weight > 0) this.add(other.weight, other.mean, other.spread, other.squares);
  }

  stateDict(): MetricState {
    return { moments: [this.weight, this.mean, this.spread, this.squares] };
  }

  loadStateDict(state: MetricState): void {
    const [weight, mean, spread, squares] = this.listOf(state, 'moments', 4);
    [this.weight, this.mean, this.spread, this.squares] = [weight!, mean!, spread!, squares!];
  }
}

/**
 * The weighted mean of numbers: losses, times, anything. torchmetrics: `MeanMetric`.
 *
 * @example
 * const mean = new Mean();
 * mean.update(loss, images.shape[0]); // weighted by the number of examples
 */
export class Mean extends SumMetric<number, Numbers | number, number> {
  constructor() {
    super(2);
  }

  /** @param weight The weight of each of the numbers. Default 1. */
  update(value: Numbers | number, weight = 1): void {
    checkArgument('Mean', 'weight', weight, kinds.nonNegative);
    const { data } =
      typeof value === 'number' ? { data: [value] } : valuesOf('Mean', 'value', value);
    for (let i = 0; i < data.length; i++) {
      this.sums[0]! += weight * data[i]!;
      this.sums[1]! += weight;
    }
  }

  compute(): number {
    const [sum = 0, weight = 0] = this.sums;
    if (weight === 0) throw this.nothing();
    return sum / weight;
  }
}
