/** @file Measures computed from a confusion matrix for each class, and averaged: precision, recall, F1, IoU. */
import { defineOptions, kinds, type OptionsReader } from '@chainrule/autograd';
import { ConfusionBased, MAX_CLASSES } from './confusion.js';
import { labelKinds, type LabelOptions } from './labels.js';

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

const averageOptions: OptionsReader<AverageOptions> = defineOptions<AverageOptions>({
  ...labelKinds,
  average: kinds.oneOf('binary', 'micro', 'macro', 'weighted', 'none'),
  numClasses: kinds.wholeBetween(1, MAX_CLASSES),
  zeroDivision: kinds.number,
});

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
 * @example
 * const recall = new Recall();
 * recall.update(tensor([1, 0, 1, 0]), tensor([1, 1, 0, 0]));
 * recall.compute() // 0.5
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
 * @example
 * const f2 = new FBetaScore(2, { average: 'binary' });
 * f2.update([0, 1, 1], [0, 1, 0]);
 * f2.compute(); // 0.8333
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
 * @example
 * const iou = new IoU({ average: 'none' });
 * iou.update([0, 1, 1], [0, 1, 0]);
 * iou.compute(); // [0.5, 0.5]
 */
export class IoU<const A extends Average = 'macro'> extends ClassFigure<A> {
  constructor(options?: AverageOptions<A>) {
    super('IoU', options);
  }
  protected figure({ hits, wrong, missed }: ClassCounts): number {
    return this.quotient(hits, hits + wrong + missed);
  }
}
