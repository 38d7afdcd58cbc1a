/** @file The confusion matrix, and what is computed from it for each class. */
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

/**
 * How the values of the classes are combined. `'binary'`: the value for class 1; `'macro'`: the mean over the
 * classes that occur; `'weighted'`: the mean weighted by the number of true examples; `'micro'`: the value for the
 * counts of all classes added up; `'none'`: an array with the value for each class.
 */
export type Average = 'binary' | 'micro' | 'macro' | 'weighted' | 'none';

/** Options of `Precision`, `Recall`, `F1Score`, `FBetaScore` and `IoU`. */
export interface AverageOptions<A extends Average = Average> extends LabelOptions {
  /** How the values of the classes are combined. Default `'macro'`. */
  readonly average?: A;
  /** The number of classes. Default: as many as the predictions have. */
  readonly numClasses?: number;
  /** The value for a class where the quotient is 0/0. Default 0. */
  readonly zeroDivision?: number;
}

/** Each pair of classes has a count; for this many classes they take 2 GiB. */
const MOST_CLASSES = 2 ** 14;

const confusionOptions: OptionsReader<ConfusionOptions> = defineOptions<ConfusionOptions>({
  ...labelKinds,
  numClasses: kinds.wholeBetween(1, MOST_CLASSES),
  normalize: kinds.oneOf('true', 'predicted', 'all', null),
});
const averageOptions: OptionsReader<AverageOptions> = defineOptions<AverageOptions>({
  ...labelKinds,
  average: kinds.oneOf('binary', 'micro', 'macro', 'weighted', 'none'),
  numClasses: kinds.wholeBetween(1, MOST_CLASSES),
  zeroDivision: kinds.number,
});
const weightOptions = defineOptions<WeightOptions>({ weight: kinds.anything });

/** Counts of pairs of a true and a predicted label. */
abstract class ConfusionBased<Result> extends Metric<Result, Numbers, Numbers> {
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
    const most = this.fixed ?? MOST_CLASSES;
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
        const by = normalize === 'true' ? rowSum : normalize === 'all' ? all : columns[p]!;
        return by === 0 ? 0 : x / by;
      });
    });
  }
}

/** True positives, false positives and false negatives of one class. */
interface ClassCounts {
  readonly hits: number;
  readonly wrong: number;
  readonly missed: number;
}

/** A value for each class, averaged. */
abstract class ClassFigure<A extends Average> extends ConfusionBased<
  A extends 'none' ? number[] : number
> {
  private readonly average: Average;
  protected readonly zeroDivision: number;

  constructor(name: string, options: AverageOptions<A> | undefined) {
    const given = averageOptions(name, options);
    super(given);
    this.average = given.average ?? 'macro';
    this.zeroDivision = given.zeroDivision ?? 0;
  }

  /** The value for one class. */
  protected abstract figure(counts: ClassCounts): number;

  protected quotient(x: number, y: number): number {
    return y === 0 ? this.zeroDivision : x / y;
  }

  compute(): A extends 'none' ? number[] : number {
    return this.averaged() as A extends 'none' ? number[] : number;
  }

  private averaged(): number | number[] {
    const { average } = this;
    const classes = Array.from({ length: this.classes }, (_, c) => this.countsOf(c));
    if (!this.counts.some((x) => x > 0)) throw this.nothing();
    if (average === 'none') return classes.map((c) => this.figure(c));
    if (average === 'binary') return this.figure(classes[1] ?? { hits: 0, wrong: 0, missed: 0 });
    if (average === 'micro') {
      const total = { hits: 0, wrong: 0, missed: 0 };
      for (const { hits, wrong, missed } of classes) {
        total.hits += hits;
        total.wrong += wrong;
        total.missed += missed;
      }
      return this.figure(total);
    }
    let [sum, weights] = [0, 0];
    for (const c of classes) {
      const occurs = c.hits + c.wrong + c.missed > 0;
      const weight = average === 'weighted' ? c.hits + c.missed : Number(occurs);
      if (weight > 0) sum += weight * this.figure(c);
      weights += weight;
    }
    return weights === 0 ? this.zeroDivision : sum / weights;
  }

  private countsOf(c: number): ClassCounts {
    const n = this.classes;
    const hits = this.counts[c * n + c]!;
    let [row, column] = [0, 0];
    for (let i = 0; i < n; i++) {
      row += this.counts[c * n + i]!;
      column += this.counts[i * n + c]!;
    }
    return { hits, wrong: column - hits, missed: row - hits };
  }
}

/**
 * The share of the predictions of a class that are right: `TP / (TP + FP)`. Takes predictions and labels as {@link
 * Accuracy} does. scikit-learn: `precision_score`; torchmetrics: `Precision`.
 *
 * @example
 * const precision = new Precision({ average: 'none' });
 * precision.update([0, 1, 1], [0, 1, 0]);
 * precision.compute(); // [1, 0.5]
 */
export class Precision<const A extends Average = 'macro'> extends ClassFigure<A> {
  constructor(options?: AverageOptions<A>) {
    super('Precision', options);
  }
  protected figure({ hits, wrong }: ClassCounts): number {
    return this.quotient(hits, hits + wrong);
  }
}

/**
 * The share of the examples of a class that are found: `TP / (TP + FN)`. Takes predictions and labels as {@link
 * Accuracy} does. scikit-learn: `recall_score`; torchmetrics: `Recall`.
 */
export class Recall<const A extends Average = 'macro'> extends ClassFigure<A> {
  constructor(options?: AverageOptions<A>) {
    super('Recall', options);
  }
  protected figure({ hits, missed }: ClassCounts): number {
    return this.quotient(hits, hits + missed);
  }
}

/**
 * The weighted harmonic mean of precision and recall, `(1 + β²) TP / ((1 + β²) TP + β² FN + FP)`: recall counts
 * `beta` times as much. Takes predictions and labels as {@link Accuracy} does. scikit-learn: `fbeta_score`;
 * torchmetrics: `FBetaScore`.
 */
export class FBetaScore<const A extends Average = 'macro'> extends ClassFigure<A> {
  private readonly beta: number;

  constructor(beta: number, options?: AverageOptions<A>) {
    super('FBetaScore', options);
    this.beta = checkedBeta(beta);
  }
  protected figure({ hits, wrong, missed }: ClassCounts): number {
    const b = this.beta * this.beta;
    return this.quotient((1 + b) * hits, (1 + b) * hits + b * missed + wrong);
  }
}

const betaOptions = defineOptions<{ readonly beta: number }>({ beta: kinds.positive });
const checkedBeta = (beta: number): number => betaOptions('FBetaScore', { beta }).beta;

/**
 * The harmonic mean of precision and recall, `2 TP / (2 TP + FP + FN)`. Takes predictions and labels as {@link
 * Accuracy} does. scikit-learn: `f1_score`; torchmetrics: `F1Score`.
 *
 * @example
 * const f1 = new F1Score({ average: 'binary' });
 * f1.update([0, 1, 1], [0, 1, 0]);
 * f1.compute(); // 0.6667
 */
export class F1Score<const A extends Average = 'macro'> extends ClassFigure<A> {
  constructor(options?: AverageOptions<A>) {
    super('F1Score', options);
  }
  protected figure({ hits, wrong, missed }: ClassCounts): number {
    return this.quotient(2 * hits, 2 * hits + wrong + missed);
  }
}

/**
 * Intersection over union, `TP / (TP + FP + FN)`, as used for segmented images (the Jaccard index). Takes
 * predictions and labels as {@link Accuracy} does. scikit-learn: `jaccard_score`; torchmetrics: `JaccardIndex`.
 */
export class IoU<const A extends Average = 'macro'> extends ClassFigure<A> {
  constructor(options?: AverageOptions<A>) {
    super('IoU', options);
  }
  protected figure({ hits, wrong, missed }: ClassCounts): number {
    return this.quotient(hits, hits + wrong + missed);
  }
}
