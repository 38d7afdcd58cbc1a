/** @file Turns scores into labels: the class that a classifier predicts, for all forms of predictions. */
import { kinds, ShapeError, Tensor } from '@chainrule/autograd';
import { checkLabel, valuesOf, type Numbers } from './read.js';

/** How scores become labels. */
export interface LabelOptions {
  /**
   * With one score for each example: the score from which on class 1 is predicted. Default 0.5, for probabilities;
   * use 0 for logits.
   */
  readonly threshold?: number;
  /** Examples with this label are left out. */
  readonly ignoreIndex?: number | null;
}

export const labelKinds = {
  threshold: kinds.number,
  ignoreIndex: kinds.orNull(kinds.whole),
} as const;

/** The predicted and the true class of each example that is not left out. */
export interface Labels {
  readonly predicted: readonly number[];
  readonly true: readonly number[];
  /** The position of each in the input. */
  readonly positions: readonly number[];
  /** The number of classes, as far as the scores tell. */
  readonly classes: number;
}

/**
 * Predictions are scores `[n, classes, …]` for targets `[n, …]`, of which the largest counts (the first of equals); or
 * of the targets' shape: labels if they are integers or booleans, scores of class 1 if they are floats. In plain arrays,
 * whole numbers are labels unless a threshold is given.
 */
export function labelsOf(
  op: string,
  prediction: Numbers,
  target: Numbers,
  { threshold, ignoreIndex = null }: LabelOptions,
  most = Infinity,
): Labels {
  const [p, t] = [valuesOf(op, 'prediction', prediction), valuesOf(op, 'target', target)];
  const scored = scoresOf(op, p.shape, t.shape);
  const float = areScores(prediction, threshold !== undefined);
  const [predicted, truth, positions]: [number[], number[], number[]] = [[], [], []];
  const classes = Math.min(most, scored?.classes ?? Infinity);
  for (let i = 0; i < t.data.length; i++) {
    const label = Number(t.data[i]);
    if (label === ignoreIndex) continue;
    checkLabel(op, 'target', label, i, classes);
    const guess = scored
      ? best(p.data, i, scored.classes, scored.inner)
      : float
        ? Number(p.data[i]! >= (threshold ?? 0.5))
        : Number(p.data[i]);
    checkLabel(op, 'prediction', guess, i, classes);
    predicted.push(guess);
    truth.push(label);
    positions.push(i);
  }
  return { predicted, true: truth, positions, classes: scored?.classes ?? 0 };
}

/**
 * Whether one number for each example is a score. In tensors and typed arrays floats are scores. Numbers in a plain array are
 * scores if there is a threshold for them, or if one of them is not an integer.
 */
function areScores(prediction: Numbers, hasThreshold: boolean): boolean {
  if (prediction instanceof Tensor) return prediction.dtype.startsWith('float');
  if (ArrayBuffer.isView(prediction)) return !(prediction instanceof Int32Array);
  return hasThreshold || prediction.some((x) => !Number.isInteger(x));
}

/**
 * The number of classes of the scores and of positions behind them, or null if there is one number for each example.
 */
export function scoresOf(
  op: string,
  prediction: readonly number[],
  target: readonly number[],
): { classes: number; inner: number } | null {
  const same = (a: readonly number[], b: readonly number[]): boolean =>
    a.length === b.length && a.every((n, i) => n === b[i]);
  if (same(prediction, target)) return null;
  const [n, classes = 0, ...rest] = prediction;
  if (prediction.length === target.length + 1 && same([n ?? 0, ...rest], target)) {
    return { classes, inner: rest.reduce((product, size) => product * size, 1) };
  }
  throw new ShapeError(
    `${op}: prediction [${prediction.join(', ')}] does not fit target [${target.join(', ')}]; ` +
      `it must be scores [n, classes, …] for a target [n, …], or of the target's shape`,
  );
}

/** Where the scores of example `i` begin, in scores `[n, classes, inner]`; they are `inner` apart. */
export function startOf(i: number, classes: number, inner: number): number {
  return Math.floor(i / inner) * classes * inner + (i % inner);
}

function best(data: ArrayLike<number>, i: number, classes: number, inner: number): number {
  const start = startOf(i, classes, inner);
  let most = 0;
  for (let c = 1; c < classes; c++) {
    // NaN counts as the largest, as in argmax.
    const [x, y] = [data[start + c * inner]!, data[start + most * inner]!];
    if (x > y || (Number.isNaN(x) && !Number.isNaN(y))) most = c;
  }
  return most;
}
