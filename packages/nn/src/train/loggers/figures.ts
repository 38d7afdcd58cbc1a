/** @file The figures of an epoch as named numbers, for loggers that show numbers. */
import type { Figures } from '../events.js';

/**
 * The numbers among the figures, with the numbers of a list (a metric for each class) one by one: `f1 0`, `f1 1`. Without
 * validation, the loss among the figures is that of the epoch, which loggers show already.
 */
export function numbersOf(figures: Figures, validated: boolean): [name: string, value: number][] {
  return Object.entries(figures).flatMap(([name, value]): [string, number][] => {
    if (typeof value === 'number') return validated || name !== 'loss' ? [[name, value]] : [];
    if (!Array.isArray(value) || !value.every((x): x is number => typeof x === 'number')) return [];
    return value.map((x, i) => [`${name} ${i}`, x]);
  });
}
