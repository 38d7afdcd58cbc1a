/** @file How well predicted probabilities match observed frequencies. */
import { ChainruleError, defineOptions, kinds } from '@chainrule/autograd';
import { labelsOf, scoresOf, startOf } from './labels.js';
import { SumMetric } from './metric.js';
import { valuesOf, weightsOf, type Numbers, type WeightOptions } from './read.js';

/** Options of `CalibrationError`. */
export interface CalibrationOptions {
  /** The number of bins that [0, 1] is divided into. Default 10. */
  readonly bins?: number;
  /** The mean distance (`'l1'`, the default), the root mean square (`'l2'`) or the largest (`'max'`). */
  readonly norm?: 'l1' | 'l2' | 'max';
}

/** A bin of [0, 1] that holds examples. */
export interface CalibrationBin {
  /** The mean predicted probability. */
  readonly confidence: number;
  /** The share of predictions that are right. */
  readonly accuracy: number;
  /** The total weight of its examples. */
  readonly weight: number;
}

const calibrationOptions = defineOptions<CalibrationOptions>({
  bins: kinds.count,
  norm: kinds.oneOf('l1', 'l2', 'max'),
});
const weightOptions = defineOptions<WeightOptions>({ weight: kinds.anything });

/**
 * The expected calibration error (Naeini et al. 2015; Guo et al. 2017, arXiv:1706.04599): over bins of equal width,
 * the distance between the mean predicted probability and the share of predictions that are right.
 *
 * Takes probabilities `[n, classes]`, of which the largest counts, with labels `[n]`; or probabilities of class 1,
 * `[n]`, with targets of 0 and 1. `curve()` gives the bins; for two classes it is scikit-learn's
 * `calibration_curve`. torchmetrics: `CalibrationError`.
 *
 * @throws {ChainruleError} for a probability outside of [0, 1].
 * @example
 * const calibration = new CalibrationError();
 * calibration.update(tensor([0.75, 0.75, 0.75, 0.75]), tensor([1, 1, 1, 0]));
 * calibration.compute(); // 0
 */
export class CalibrationError extends SumMetric<number, Numbers, Numbers> {
  private readonly bins: number;
  private readonly norm: 'l1' | 'l2' | 'max';

  constructor(options?: CalibrationOptions) {
    const { bins = 10, norm = 'l1' } = calibrationOptions('CalibrationError', options);
    super(3 * bins);
    this.bins = bins;
    this.norm = norm;
  }

  update(prediction: Numbers, target: Numbers, options?: WeightOptions): void {
    const { weight } = weightOptions('CalibrationError.update', options);
    const [p, t] = [
      valuesOf('CalibrationError', 'prediction', prediction),
      valuesOf('CalibrationError', 'target', target),
    ];
    const form = scoresOf('CalibrationError', p.shape, t.shape);
    const weights = weightsOf('CalibrationError', weight, t.data.length);
    for (let i = 0; i < p.data.length; i++) {
      if (!(p.data[i]! >= 0 && p.data[i]! <= 1))
        throw new ChainruleError(
          `CalibrationError: probability ${i} must be in [0, 1], got ${p.data[i]}; logits take softmax or sigmoid first`,
        );
    }
    const labels = form && labelsOf('CalibrationError', prediction, target, {});
    for (let i = 0; i < t.data.length; i++) {
      const guess = labels?.predicted[i] ?? 1;
      const confidence = form
        ? p.data[startOf(i, form.classes, form.inner) + guess * form.inner]!
        : p.data[i]!;
      const bin = binOf(confidence, this.bins);
      const w = weights[i]!;
      this.sums[3 * bin]! += w * confidence;
      this.sums[3 * bin + 1]! += w * Number(t.data[i] === guess);
      this.sums[3 * bin + 2]! += w;
    }
  }

  /** The bins that hold examples, in order of probability: the points of a reliability diagram. */
  curve(): CalibrationBin[] {
    const curve: CalibrationBin[] = [];
    for (let b = 0; b < this.bins; b++) {
      const [confidence, right, weight] = this.sums.subarray(3 * b, 3 * b + 3);
      if (weight! > 0)
        curve.push({
          confidence: confidence! / weight!,
          accuracy: right! / weight!,
          weight: weight!,
        });
    }
    return curve;
  }

  compute(): number {
    const curve = this.curve();
    if (curve.length === 0) throw this.nothing();
    const all = curve.reduce((sum, { weight }) => sum + weight, 0);
    const distances = curve.map(({ confidence, accuracy }) => Math.abs(confidence - accuracy));
    if (this.norm === 'max') return Math.max(...distances);
    const power = this.norm === 'l1' ? 1 : 2;
    const mean = distances.reduce((sum, d, i) => sum + (curve[i]!.weight / all) * d ** power, 0);
    return mean ** (1 / power);
  }
}

/** The bin of `(b / bins, (b + 1) / bins]`, the first one from 0 on: the product alone rounds some edges up. */
function binOf(probability: number, bins: number): number {
  const bin = Math.max(0, Math.ceil(probability * bins) - 1);
  return probability <= bin / bins && bin > 0 ? bin - 1 : bin;
}
