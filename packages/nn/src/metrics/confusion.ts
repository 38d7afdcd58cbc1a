/** @file The confusion matrix, and counts of pairs of labels, from which other metrics are computed. */
import { defineOptions, kinds, type OptionsReader } from '@chainrule/autograd';
import { labelKinds, labelsOf, type LabelOptions } from './labels.js';
import { Metric, type MetricState } from './metric.js';
import { valuesOf, weightsOf, type Numbers, type WeightOptions } from './read.js';

/** Options of `ConfusionMatrix`. */
export interface ConfusionOptions extends LabelOptions {
  /** The number of classes. Default: as many as were seen. */
  readonly numClasses?: number;
  /**
   * What counts are divided by: the sum of their row (`'true'`), of their column (`'predicted'`) or of all counts.
   * Default: nothing.
   */
  readonly normalize?: 'true' | 'predicted' | 'all' | null;
}

/** The most classes: there is a count for each pair of classes, which take 2 GiB for this many. */
export const MAX_CLASSES = 2 ** 14;

const confusionOptions: OptionsReader<ConfusionOptions> = defineOptions<ConfusionOptions>({
  ...labelKinds,
  numClasses: kinds.wholeBetween(1, MAX_CLASSES),
  normalize: kinds.oneOf('true', 'predicted', 'all', null),
});
const weightOptions = defineOptions<WeightOptions>({ weight: kinds.anything });

/** Counts of pairs of a true and a predicted label. */
export abstract class ConfusionBased<Result> extends Metric<Result, Numbers, Numbers> {
  /** Row-major, `classes × classes`: true label, predicted label. */
  protected counts: Float64Array;
  protected classes: number;
  private readonly fixed: number | null;
  private readonly labels: LabelOptions;

  constructor(options: LabelOptions & { readonly numClasses?: number }) {
    super();
    this.labels = options;
    this.fixed = options.numClasses ?? null;
    this.classes = this.fixed ?? 0;
    this.counts = new Float64Array(this.classes * this.classes);
  }

  update(prediction: Numbers, target: Numbers, options?: WeightOptions): void {
    const { weight } = weightOptions(`${this.name}.update`, options);
    const most = this.fixed ?? MAX_CLASSES;
    const labels = labelsOf(this.name, prediction, target, this.labels, most);
    const weights = weightsOf(this.name, weight, valuesOf(this.name, 'target', target).data.length);
    let seen = labels.classes;
    labels.true.forEach((y, k) => (seen = Math.max(seen, y + 1, labels.predicted[k]! + 1)));
    this.grow(seen);
    labels.true.forEach((y, k) => {
      this.counts[y * this.classes + labels.predicted[k]!]! += weights[labels.positions[k]!]!;
    });
  }

  reset(): void {
    this.classes = this.fixed ?? 0;
    this.counts = new Float64Array(this.classes * this.classes);
  }

  merge(other: this): void {
    this.checkOther(other);
    if (this.fixed !== other.fixed) throw this.unlike('numClasses', this.fixed, other.fixed);
    this.grow(other.classes);
    for (let y = 0; y < other.classes; y++)
      for (let p = 0; p < other.classes; p++)
        this.counts[y * this.classes + p]! += other.counts[y * other.classes + p]!;
  }

  stateDict(): MetricState {
    return { classes: this.classes, counts: Array.from(this.counts) };
  }

  loadStateDict(state: MetricState): void {
    const classes = Math.sqrt(this.listOf(state, 'counts').length);
    if (!Number.isInteger(classes) || (this.fixed !== null && classes !== this.fixed))
      throw this.unlike('numClasses', this.fixed, classes);
    this.counts = Float64Array.from(this.listOf(state, 'counts'));
    this.classes = classes;
  }

  private grow(classes: number): void {
    if (classes <= this.classes) return;
    const counts = new Float64Array(classes * classes);
    for (let y = 0; y < this.classes; y++)
      counts.set(this.counts.subarray(y * this.classes, (y + 1) * this.classes), y * classes);
    this.counts = counts;
    this.classes = classes;
  }
}

/**
 * How often each class was predicted for each true class: rows are true labels, columns are predictions. Takes
 * predictions and labels as {@link Accuracy} does. scikit-learn: `confusion_matrix`; torchmetrics:
 * `ConfusionMatrix`.
 *
 * @throws {IndexError} for a label outside of `numClasses`.
 * @example
 * const confusion = new ConfusionMatrix();
 * confusion.update([0, 1, 1], [0, 1, 0]);
 * confusion.compute(); // [[1, 1], [0, 1]]
 */
export class ConfusionMatrix extends ConfusionBased<number[][]> {
  private readonly normalize: ConfusionOptions['normalize'];

  constructor(options?: ConfusionOptions) {
    const given = confusionOptions('ConfusionMatrix', options);
    super(given);
    this.normalize = given.normalize ?? null;
  }

  compute(): number[][] {
    const { classes: n, counts, normalize } = this;
    if (!counts.some((x) => x > 0)) throw this.nothing();
    const sumOf = (entry: (i: number) => number): number => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += entry(i);
      return sum;
    };
    const all = counts.reduce((sum, x) => sum + x, 0);
    const columns = Array.from({ length: n }, (_, p) => sumOf((y) => counts[y * n + p]!));
    return Array.from({ length: n }, (_, y) => {
      const row = counts.slice(y * n, (y + 1) * n);
      const rowSum = row.reduce((sum, x) => sum + x, 0);
      return Array.from(row, (x, p) => {
        if (normalize === null) return x;
        const divisor = normalize === 'true' ? rowSum : normalize === 'all' ? all : columns[p]!;
        return divisor === 0 ? 0 : x / divisor;
      });
    });
  }
}
