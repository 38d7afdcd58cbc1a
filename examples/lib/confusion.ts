/** @file Confusion matrices: how often each class was taken for each other, as a text table and as a plot. */
import type { Tensor } from '@chainrule/autograd';
import { cell, plot, text } from './plot.js';

/** `matrix[label][prediction]` counts the examples of one class that were taken for another. */
export type ConfusionMatrix = readonly (readonly number[])[];

/**
 * Counts pairs of label and prediction. @throws {RangeError} if there are not as many predictions as labels, or if one is not
 * a class.
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): ConfusionMatrix {
  if (labels.length !== predictions.length) {
    throw new RangeError(
      `confusionMatrix: ${labels.length} labels, ${predictions.length} predictions`,
    );
  }
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = matrix[labels[i] as number];
    const prediction = predictions[i] as number;
    if (row?.[prediction] === undefined) {
      throw new RangeError(
        `confusionMatrix: label ${labels[i]}, prediction ${prediction} at ${i}, with ${classes} classes`,
      );
    }
    row[prediction] = (row[prediction] ?? 0) + 1;
  }
  return matrix;
}

/** The fraction on the diagonal. */
export function accuracyOf(matrix: ConfusionMatrix): number {
  const total = matrix.flat().reduce((sum, count) => sum + count, 0);
  return matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0) / total;
}

/** The harmonic mean of precision and recall of class 1 of two: 2 · right / (predicted + actual members of the class). */
export function f1Of(matrix: ConfusionMatrix): number {
  const [[, falsely = 0] = [], [missed = 0, right = 0] = []] = matrix;
  return (2 * right) / (2 * right + falsely + missed);
}

/** A model's answer for an example: a class and its probability. */
export interface Answer {
  readonly prediction: number;
  readonly certainty: number;
}

/** The answers for examples, from the most likely class of each and its probability, both `[n]`. */
export function answersOf(predictions: Tensor, certainties: Tensor): Answer[] {
  const probabilities = certainties.dataSync();
  return Array.from(predictions.dataSync(), (prediction, i) => ({
    prediction,
    certainty: probabilities[i] ?? NaN,
  }));
}

/** The mistakes of which a model was most certain, with their positions: at most `count`, the most certain first. */
export function worstMistakes(
  answers: readonly Answer[],
  labels: ArrayLike<number>,
  count: number,
): (Answer & { readonly position: number; readonly label: number })[] {
  return answers
    .map((answer, position) => ({ ...answer, position, label: labels[position] ?? NaN }))
    .filter(({ label, prediction }) => label !== prediction)
    .sort((a, b) => b.certainty - a.certainty)
    .slice(0, count);
}

/** A table with a row for each class and its recall at the end; zeros are dots. */
export function confusionText(matrix: ConfusionMatrix, names = numbered(matrix)): string {
  const width =
    Math.max(
      ...matrix.flat().map((count) => String(count).length),
      ...names.map((name) => name.length),
    ) + 1;
  const line = (head: string, cells: readonly string[], end: string) =>
    `${head.padStart(width)} │${cells.map((text) => text.padStart(width)).join('')}  ${end}`;
  const rows = matrix.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const recall = total === 0 ? '' : `${((100 * (row[i] ?? 0)) / total).toFixed(1)} %`;
    return line(
      names[i] ?? String(i),
      row.map((count) => (count === 0 ? '·' : String(count))),
      recall.padStart(7),
    );
  });
  const rule = `${'─'.repeat(width)}─┼${'─'.repeat(width * matrix.length)}`;
  return [line('', names, ' recall'), rule, ...rows].join('\n');
}

/** The matrix as a plot; colours show only the mistakes, as the diagonal would outshine them. */
export function plotConfusion(
  matrix: ConfusionMatrix,
  file?: string,
  names = numbered(matrix),
): string {
  const cells = matrix.flatMap((row, i) =>
    row.map((count, j) => ({
      label: names[i] ?? String(i),
      prediction: names[j] ?? String(j),
      count,
      wrong: i !== j,
    })),
  );
  const axes = { x: 'prediction', y: 'label' } as const;
  const mistakes = cells.filter(({ wrong, count }) => wrong && count > 0);
  const right = cells.filter(({ wrong }) => !wrong);
  const slanted = names.some((name) => name.length > 4);
  const most = Math.max(1, ...mistakes.map(({ count }) => count));
  return plot({
    title: 'Confusion matrix',
    ...(file === undefined ? {} : { file }),
    width: 520,
    height: 480,
    padding: 0.04,
    ...(slanted ? { marginLeft: 90, marginBottom: 80 } : {}),
    x: { label: 'prediction', domain: [...names], tickRotate: slanted ? -45 : 0 },
    y: { label: 'label', domain: [...names] },
    marks: [
      cell(cells, { ...axes, fill: 'currentColor', fillOpacity: 0.05 }),
      cell(right, { ...axes, fill: '#2f81f7', fillOpacity: 0.35 }),
      cell(mistakes, {
        ...axes,
        fill: '#f85149',
        fillOpacity: ({ count }: { count: number }) => 0.15 + (0.75 * count) / most,
      }),
      text([...mistakes, ...right], {
        ...axes,
        text: (d: { count: number }) => String(d.count),
        fill: 'currentColor',
      }),
    ],
  });
}

function numbered(matrix: ConfusionMatrix): readonly string[] {
  return matrix.map((_, i) => String(i));
}
