/** @file Synthetic points of two classes in the plane, and a plot of a model's decision regions. */
import { rand, randn, tensor, type Tensor } from '@chainrule/autograd';
import { contour, dot, plot, rect } from './plot.js';

export interface Points {
  /** `[n, 2]` */
  readonly positions: Tensor;
  /** 0 or 1, float32, `[n]` */
  readonly labels: Tensor;
}

/** Two interlocking half circles that no straight line separates. Random: see `manualSeed`. */
export function twoMoons(count: number, noise = 0.15): Points {
  const angles = rand([count]).dataSync();
  const jitter = randn([count, 2]).dataSync();
  const positions = new Float32Array(2 * count);
  const labels = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const upper = i % 2 === 0;
    const angle = Math.PI * (angles[i] ?? 0);
    const [x, y] = upper
      ? [Math.cos(angle), Math.sin(angle)]
      : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
    positions[2 * i] = x + noise * (jitter[2 * i] ?? 0);
    positions[2 * i + 1] = y + noise * (jitter[2 * i + 1] ?? 0);
    labels[i] = upper ? 0 : 1;
  }
  return { positions: tensor(positions, { shape: [count, 2] }), labels: tensor(labels) };
}

/** The fraction of points on the right side of 0. */
export function accuracyOn({ labels }: Points, scores: Tensor): number {
  return scores.gt(0).eq(labels.gt(0.5)).cast('float32').mean().item();
}

/**
 * The points over the regions that the model assigns to each class.
 *
 * @param score `[n, 2] → [n]`: positive for class 1.
 */
export function plotRegions(
  { positions, labels }: Points,
  score: (positions: Tensor) => Tensor,
  file: string,
): void {
  const [xs, ys] = [positions.at(':', 0).dataSync(), positions.at(':', 1).dataSync()];
  const range = (values: ArrayLike<number>): [number, number] => [
    Math.min(...Array.from(values)) - 0.3,
    Math.max(...Array.from(values)) + 0.3,
  ];
  const [[x1, x2], [y1, y2]] = [range(xs), range(ys)];
  const [across, down] = [90, 60];
  const grid = Float32Array.from({ length: 2 * across * down }, (_, k) => {
    const [i, j] = [(k >> 1) % across, Math.floor((k >> 1) / across)];
    return k % 2 === 0
      ? x1 + ((i + 0.5) / across) * (x2 - x1)
      : y1 + ((j + 0.5) / down) * (y2 - y1);
  });
  const scores = score(tensor(grid, { shape: [across * down, 2] })).dataSync();
  const classes = labels.dataSync();
  plot({
    title: 'What the model gives to each class',
    file,
    width: 560,
    height: 380,
    color: { type: 'linear', domain: [-1, 1], range: ['#2f81f7', '#f0883e'], clamp: true },
    x: { label: null },
    y: { label: null },
    marks: [
      rect([0], { x1, x2, y1, y2, fill: '#2f81f7', fillOpacity: 0.2 }),
      contour(Array.from(scores), {
        width: across,
        height: down,
        x1,
        x2,
        y1,
        y2,
        fill: '#f0883e',
        fillOpacity: 0.45,
        stroke: 'currentColor',
        thresholds: [0],
      }),
      dot(
        Array.from(classes, (label, i) => ({ x: xs[i], y: ys[i], class: label > 0.5 ? 1 : -1 })),
        { x: 'x', y: 'y', fill: 'class', r: 3, stroke: 'var(--plot-background)', strokeWidth: 0.5 },
      ),
    ],
  });
}
