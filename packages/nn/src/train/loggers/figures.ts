/** @file The figures of an epoch as named numbers, for loggers that show numbers. */
import type { FitEvent } from '../events.js';

/**
 * A function that takes every event, and gives the numbers among the figures of an epoch: those of validation under `prefix`,
 * those of the training data under `otherwise`, and those of a list (a metric for each class) one by one: `f1 0`, `f1 1`.
 * Without validation, the loss among the figures is that of the epoch, which loggers show already.
 */
export function figureReader(
  prefix: string,
  otherwise = '',
): (event: FitEvent) => [name: string, value: number][] {
  let validated = false;
  return (event) => {
    validated ||= event.type === 'validate';
    if (event.type !== 'epoch') return [];
    return Object.entries(event.figures).flatMap(([key, value]) => {
      const name = (validated ? prefix : otherwise) + key;
      if (typeof value === 'number') return validated || key !== 'loss' ? [[name, value]] : [];
      if (!Array.isArray(value) || value.some((x) => typeof x !== 'number')) return [];
      return value.map((x: number, i): [string, number] => [`${name} ${i}`, x]);
    });
  };
}
