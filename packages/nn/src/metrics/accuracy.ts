/** @file How often a classifier is right. */
import { checkArgument, defineOptions, kinds, ShapeError } from '@chainrule/autograd';
import { labelKinds, labelsOf, scoresOf, startOf, type LabelOptions } from './labels.js';
import { SumMetric } from './metric.js';
import { checkLabel, valuesOf, weightsOf, type Numbers, type WeightOptions } from './read.js';

const labelOptions = defineOptions<LabelOptions>(labelKinds);
const weightOptions = defineOptions<WeightOptions>({ weight: kinds.anything });

/**
 * The share of examples that are classified correctly: `Σ w·[ŷ = y] / Σ w`, with weights `w` of 1 unless given.
 *
 * Predictions are scores `[n, classes, …]` for labels `[n, …]`, where the largest score wins (the first, if several
 * are equal), or they have the labels' shape: class labels (int32 or bool), or float scores of class 1, which
 * predict 1 from `threshold` on. In plain arrays, whole numbers are labels unless `threshold` is given. scikit-learn: `accuracy_score`; torchmetrics: `Accuracy`.
 *
 * @throws {ShapeError} if predictions and labels do not fit. @throws {IndexError} for a label that is not a class.
 * @example
 * const accuracy = new Accuracy();
 * accuracy.update(tensor([[0.1, 0.9], [0.8, 0.2]]), tensor([1, 1], { dtype: 'int32' }));
 * accuracy.compute(); // 0.5
 */
export class Accuracy extends SumMetric<number, Numbers, Numbers> {
  private readonly options: LabelOptions;

  constructor(options?: LabelOptions) {
    super(2);
    this.options = labelOptions('Accuracy', options);
  }

  update(prediction: Numbers, target: Numbers, options?: WeightOptions): void {
    const { weight } = weightOptions('Accuracy.update', options);
    const labels = labelsOf('Accuracy', prediction, target, this.options);
    const weights = weightsOf(
      'Accuracy',
      weight,
      valuesOf('Accuracy', 'target', target).data.length,
    );
    labels.predicted.forEach((guess, k) => {
      const w = weights[labels.positions[k]!]!;
      if (guess === labels.true[k]) this.sums[0]! += w;
      this.sums[1]! += w;
    });
  }

  compute(): number {
    const [right = 0, all = 0] = this.sums;
    if (all === 0) throw this.nothing();
    return right / all;
  }
}

/**
 * The share of examples whose label is among the `k` largest scores: scores `[n, classes, …]`, labels `[n, …]`. Of
 * equal scores, those of lower classes come first; scikit-learn's `top_k_accuracy_score` puts higher classes first.
 *
 * @throws {ShapeError} if scores and labels do not fit. @throws {IndexError} for a label that is not a class.
 * @example
 * const top2 = new TopKAccuracy(2);
 * top2.update(tensor([[0.5, 0.3, 0.2]]), tensor([1], { dtype: 'int32' }));
 * top2.compute(); // 1
 */
export class TopKAccuracy extends SumMetric<number, Numbers, Numbers> {
  /** How many of the highest-scoring classes count. */
  readonly k: number;

  constructor(k: number) {
    super(2);
    this.k = checkArgument('TopKAccuracy', 'k', k, kinds.count);
  }

  update(prediction: Numbers, target: Numbers, options?: WeightOptions): void {
    const { weight } = weightOptions('TopKAccuracy.update', options);
    const [scores, labels] = [
      valuesOf('TopKAccuracy', 'prediction', prediction),
      valuesOf('TopKAccuracy', 'target', target),
    ];
    const form = scoresOf('TopKAccuracy', scores.shape, labels.shape);
    if (form === null)
      throw new ShapeError(
        `TopKAccuracy: prediction must be scores [n, classes, …], got [${scores.shape.join(', ')}]`,
      );
    const weights = weightsOf('TopKAccuracy', weight, labels.data.length);
    for (let i = 0; i < labels.data.length; i++)
      checkLabel('TopKAccuracy', 'target', labels.data[i]!, i, form.classes);
    for (let i = 0; i < labels.data.length; i++) {
      const label = labels.data[i]!;
      const start = startOf(i, form.classes, form.inner);
      const own = scores.data[start + label * form.inner]!;
      let above = 0;
      for (let c = 0; c < form.classes; c++) {
        const score = scores.data[start + c * form.inner]!;
        if (score > own || (score === own && c < label)) above++;
      }
      if (above < this.k && !Number.isNaN(own)) this.sums[0]! += weights[i]!;
      this.sums[1]! += weights[i]!;
    }
  }

  compute(): number {
    const [right = 0, all = 0] = this.sums;
    if (all === 0) throw this.nothing();
    return right / all;
  }
}
