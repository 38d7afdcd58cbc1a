/** @file Which elements an interpolation reads along one dimension, and with what weights. */

/** One dimension: its sizes before and after, and the distance of the results on it. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly alignCorners: boolean;
}

/** For each position of the result one element to read, and its weight; null means 1. */
export interface Tap {
  readonly index: Int32Array;
  readonly weight: Float64Array | null;
}

/** The nearest element: by the lower edge of each position, as in PyTorch, or by its centre. */
export function nearestTaps(mode: 'nearest' | 'nearest-exact'): (axis: Axis) => Tap[] {
  const centre = mode === 'nearest-exact' ? 0.5 : 0;
  return ({ from, to, step }) => {
    // In float32, as in PyTorch for every dtype: it decides positions that fall on an edge.
    const scale = Math.fround(step);
    const index = Int32Array.from({ length: to }, (_, i) =>
      Math.min(Math.floor(Math.fround((i + centre) * scale)), from - 1),
    );
    return [{ index, weight: null }];
  };
}

/** The two neighbours. */
export function linearTaps(axis: Axis): Tap[] {
  const { from, to } = axis;
  const [low, high] = [tap(to), tap(to)];
  for (let i = 0; i < to; i++) {
    const at = Math.max(position(axis, i), 0);
    const k = Math.min(Math.floor(at), from - 1);
    const t = Math.min(Math.max(at - k, 0), 1);
    low.index[i] = k;
    low.weight[i] = 1 - t;
    high.index[i] = Math.min(k + 1, from - 1);
    high.weight[i] = t;
  }
  return [low, high];
}

/** The four neighbours, by cubic convolution with a = −0.75; beyond the edge the last element is repeated. */
export function cubicTaps(axis: Axis): Tap[] {
  const { from, to } = axis;
  const taps = [-1, 0, 1, 2].map(() => tap(to));
  for (let i = 0; i < to; i++) {
    const at = position(axis, i);
    const k = Math.floor(at);
    taps.forEach(({ index, weight }, j) => {
      index[i] = Math.min(Math.max(k + j - 1, 0), from - 1);
      weight[i] = cubic(Math.abs(at - k - (j - 1)), -0.75);
    });
  }
  return taps;
}

/**
 * All elements under a triangle, or under a cubic kernel with a = −0.5, that is as wide as an element of the result: if that
 * has fewer elements, each is a weighted mean over all that it covers.
 */
export function smoothTaps(mode: 'linear' | 'cubic'): (axis: Axis) => Tap[] {
  const [reach, kernel] = mode === 'linear' ? [1, triangle] : [2, (x: number) => cubic(x, -0.5)];
  return ({ from, to, step, alignCorners }) => {
    const apart = !alignCorners ? step : to > 1 ? (from - 1) / (to - 1) : 0;
    const width = Math.max(apart, 1);
    const rows = Array.from({ length: to }, (_, i) => {
      const centre = apart * (i + 0.5);
      const first = Math.max(Math.trunc(centre - width * reach + 0.5), 0);
      const end = Math.min(Math.trunc(centre + width * reach + 0.5), from);
      const weights = Array.from({ length: end - first }, (_, j) =>
        kernel(Math.abs((first + j - centre + 0.5) / width)),
      );
      const total = weights.reduce((sum, w) => sum + w, 0);
      return { first, weights: weights.map((w) => w / total) };
    });
    return Array.from({ length: Math.max(...rows.map((r) => r.weights.length)) }, (_, j) => {
      const { index, weight } = tap(to);
      rows.forEach(({ first, weights }, i) => {
        index[i] = first + Math.min(j, weights.length - 1);
        weight[i] = weights[j] ?? 0;
      });
      return { index, weight };
    });
  };
}

const triangle = (x: number): number => Math.max(1 - x, 0);

function cubic(x: number, a: number): number {
  if (x >= 2) return 0;
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((x - 5) * x + 8) * x * a - 4 * a;
}

/** The position of element `i` of the result among the elements of the input. */
function position({ from, to, step, alignCorners }: Axis, i: number): number {
  if (alignCorners) return to > 1 ? (i * (from - 1)) / (to - 1) : 0;
  return (i + 0.5) * step - 0.5;
}

function tap(size: number): { index: Int32Array; weight: Float64Array } {
  return { index: new Int32Array(size), weight: new Float64Array(size) };
}
