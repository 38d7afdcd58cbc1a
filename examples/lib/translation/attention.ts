/** @file The weights of an attention layer as a picture. */
import { noGrad, type Tensor } from '@chainrule/autograd';
import type * as nn from '@chainrule/nn';
import { cell, plot } from '../plot.js';

/**
 * The weights with which a layer attends from each position of the first sequence to each of the second, `[from, to]`, while
 * `forward` runs a model with the layer on a batch of one: the mean over the heads.
 */
export function attentionOf(layer: nn.MultiheadAttention, forward: () => unknown): Tensor {
  let asked: readonly unknown[] = [];
  const remove = layer.registerForwardPreHook((_, args) => void (asked = args));
  try {
    noGrad(forward);
  } finally {
    remove();
  }
  const [query, key] = asked as [Tensor, Tensor];
  const [, weights] = noGrad(() => layer.forward(query, key, key));
  if (!weights) throw new Error('the layer gives no attention weights');
  return weights.at(0);
}

/** A row for each piece written, a column for each piece read: the darker, the higher the weight. */
export function plotAttention(
  weights: Tensor,
  written: readonly string[],
  read: readonly string[],
  file: string,
): string {
  // Numbered, as a piece may occur twice.
  const [rows, columns] = [written, read].map((names) =>
    names.map((name, i) => `${i} ${name}`),
  ) as [string[], string[]];
  const nameOf = (numbered: string): string => numbered.slice(numbered.indexOf(' ') + 1);
  const looks = rows.flatMap((row, i) =>
    columns.map((column, j) => ({ row, column, weight: weights.at(i, j).item() })),
  );
  return plot({
    title: 'What the decoder looks at',
    file,
    width: 120 + 44 * read.length,
    height: 90 + 24 * written.length,
    marginLeft: 110,
    marginBottom: 60,
    x: { label: null, domain: columns, tickRotate: -30, tickFormat: nameOf },
    y: { label: null, domain: rows, tickFormat: nameOf },
    marks: [
      cell(looks, { x: 'column', y: 'row', fill: '#2f81f7', fillOpacity: 'weight', inset: 0.5 }),
    ],
  });
}
