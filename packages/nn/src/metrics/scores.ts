/** @file ROC and precision-recall curves, and the areas under them, from all scores at once. */
import { ChainruleError, defineOptions, IndexError, kinds } from '@chainrule/autograd';
import { Metric, type MetricState } from './metric.js';
import { pair, weightsOf, type Numbers, type WeightOptions } from './read.js';

const weightOptions = defineOptions<WeightOptions>({ weight: kinds.anything });

/** Counts at each threshold, from the highest score down. */
interface Sweep {
  readonly thresholds: readonly number[];
  /** Weights of positives and negatives at or above each threshold. */
  readonly hits: readonly number[];
  readonly alarms: readonly number[];
}

/** Keeps every score, label and weight: two classes, one score for each example. */
abstract class ScoreMetric<Result> extends Metric<Result, Numbers, Numbers> {
  private scores: number[] = [];
  private labels: number[] = [];
  private weights: number[] = [];

  update(prediction: Numbers, target: Numbers, options?: WeightOptions): void {
    const { weight } = weightOptions(`${this.name}.update`, options);
    const [p, t] = pair(this.name, prediction, target);
    const weights = weightsOf(this.name, weight, t.data.length);
    for (let i = 0; i < t.data.length; i++) {
      if (t.data[i] !== 0 && t.data[i] !== 1)
        throw new IndexError(`${this.name}: target ${i} must be 0 or 1, got ${t.data[i]}`);
      if (Number.isNaN(p.data[i]))
        throw new ChainruleError(`${this.name}: score ${i} is NaN, which cannot be ranked`);
    }
    for (let i = 0; i < t.data.length; i++) {
      // An example with weight 0 is left out: its score is not a threshold.
      if (weights[i] === 0) continue;
      this.scores.push(p.data[i]!);
      this.labels.push(t.data[i]!);
      this.weights.push(weights[i]!);
    }
  }

  reset(): void {
    this.scores = [];
    this.labels = [];
    this.weights = [];
  }

  merge(other: this): void {
    this.checkOther(other);
    this.scores = this.scores.concat(other.scores);
    this.labels = this.labels.concat(other.labels);
    this.weights = this.weights.concat(other.weights);
  }

  stateDict(): MetricState {
    return { scores: [...this.scores], labels: [...this.labels], weights: [...this.weights] };
  }

  loadStateDict(state: MetricState): void {
    const scores = this.listOf(state, 'scores');
    const labels = this.listOf(state, 'labels', scores.length);
    const weights = this.listOf(state, 'weights', scores.length);
    [this.scores, this.labels, this.weights] = [[...scores], [...labels], [...weights]];
  }

  /** The counts at or above each distinct score. */
  protected sweep(): Sweep {
    if (this.scores.length === 0) throw this.nothing();
    const order = Array.from(this.scores.keys()).sort((a, b) => this.scores[b]! - this.scores[a]!);
    const [thresholds, hits, alarms]: [number[], number[], number[]] = [[], [], []];
    let [hit, alarm] = [0, 0];
    order.forEach((i, k) => {
      if (this.labels[i] === 1) hit += this.weights[i]!;
      else alarm += this.weights[i]!;
      const next = order[k + 1];
      if (next !== undefined && this.scores[next] === this.scores[i]) return;
      thresholds.push(this.scores[i]!);
      hits.push(hit);
      alarms.push(alarm);
    });
    return { thresholds, hits, alarms };
  }
}

/** The result of {@link RocCurve}: a curve from (0, 0) to (1, 1). */
export interface Roc {
  /** The share of negatives whose score reaches each threshold. */
  readonly falsePositiveRate: readonly number[];
  /** The share of positives whose score reaches each threshold. */
  readonly truePositiveRate: readonly number[];
  /** In decreasing order; the first is Infinity. */
  readonly thresholds: readonly number[];
}

/**
 * The receiver operating characteristic: true positives against false positives at every threshold.
 *
 * Scores `[n]` (higher means class 1 is likelier), targets `[n]` of 0 and 1. No threshold is left out:
 * scikit-learn's `roc_curve` with `drop_intermediate=False`. torchmetrics: `ROC`.
 *
 * @throws {ChainruleError} if one of the two classes is missing.
 * @example
 * const roc = new RocCurve();
 * roc.update(tensor([0.1, 0.4, 0.8]), tensor([0, 0, 1]));
 * roc.compute().truePositiveRate; // [0, 1, 1, 1]
 */
export class RocCurve extends ScoreMetric<Roc> {
  compute(): Roc {
    return rocOf(this.name, this.sweep());
  }
}

/**
 * The area under {@link RocCurve}: the probability that a positive has a higher score than a negative. Scores and
 * targets as there. scikit-learn: `roc_auc_score`; torchmetrics: `AUROC`.
 *
 * @throws {ChainruleError} if one of the two classes is missing.
 * @example
 * const auc = new RocAuc();
 * auc.update(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]));
 * auc.compute(); // 0.75
 */
export class RocAuc extends ScoreMetric<number> {
  compute(): number {
    const { falsePositiveRate: x, truePositiveRate: y } = rocOf(this.name, this.sweep());
    let area = 0;
    for (let i = 1; i < x.length; i++) area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
    return area;
  }
}

function rocOf(name: string, { thresholds, hits, alarms }: Sweep): Roc {
  const [positives, negatives] = [hits.at(-1) ?? 0, alarms.at(-1) ?? 0];
  if (positives === 0 || negatives === 0) {
    throw new ChainruleError(
      `${name}: needs examples of both classes, got only ${positives === 0 ? 'negatives (0)' : 'positives (1)'}`,
    );
  }
  return {
    falsePositiveRate: [0, ...alarms.map((x) => x / negatives)],
    truePositiveRate: [0, ...hits.map((x) => x / positives)],
    thresholds: [Infinity, ...thresholds],
  };
}

/** The result of {@link PrecisionRecallCurve}: recall falls from 1 to 0, where precision is 1 by definition. */
export interface PrecisionRecall {
  /** The share of positives among the examples whose score reaches each threshold. */
  readonly precision: readonly number[];
  /** The share of positives whose score reaches each threshold. */
  readonly recall: readonly number[];
  /** In increasing order; one fewer than the points of the curve. */
  readonly thresholds: readonly number[];
}

/**
 * Precision against recall at every threshold. Scores `[n]` (higher means class 1 is likelier), targets `[n]` of 0
 * and 1. scikit-learn: `precision_recall_curve`; torchmetrics: `PrecisionRecallCurve`.
 * @example
 * const curve = new PrecisionRecallCurve();
 * curve.update(tensor([0.1, 0.4, 0.8]), tensor([0, 1, 1]));
 * curve.compute().recall[0]; // 1
 */
export class PrecisionRecallCurve extends ScoreMetric<PrecisionRecall> {
  compute(): PrecisionRecall {
    const { thresholds, hits, alarms } = this.sweep();
    const positives = positivesOf(this.name, hits);
    return {
      precision: [...hits.map((h, i) => precisionOf(h, alarms[i]!)).reverse(), 1],
      recall: [...hits.map((h) => h / positives).reverse(), 0],
      thresholds: [...thresholds].reverse(),
    };
  }
}

/**
 * The area under the precision-recall curve as the sum `Σ (Rₙ − Rₙ₋₁)·Pₙ`, without interpolation. Scores and targets
 * as for {@link PrecisionRecallCurve}. scikit-learn: `average_precision_score`; torchmetrics: `AveragePrecision`.
 * @example
 * const area = new AveragePrecision();
 * area.update(tensor([0.9, 0.6, 0.3]), tensor([1, 0, 1]));
 * area.compute(); // 0.8333
 */
export class AveragePrecision extends ScoreMetric<number> {
  compute(): number {
    const { hits, alarms } = this.sweep();
    const positives = positivesOf(this.name, hits);
    let [area, before] = [0, 0];
    hits.forEach((h, i) => {
      area += ((h - before) / positives) * precisionOf(h, alarms[i]!);
      before = h;
    });
    return area;
  }
}

const precisionOf = (hits: number, alarms: number): number =>
  hits + alarms === 0 ? 0 : hits / (hits + alarms);

function positivesOf(name: string, hits: readonly number[]): number {
  const positives = hits.at(-1) ?? 0;
  if (positives === 0) throw new ChainruleError(`${name}: needs positives, got only negatives (0)`);
  return positives;
}
