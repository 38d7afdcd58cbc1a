/** @file Where parameters and values may lie, and the check of those that are known. */
import { ChainruleError, peek, type Tensor } from '@chainrule/autograd';

/** A set of numbers, vectors or matrices. */
export interface Constraint {
  /** What stands after "must" in a message: `be positive`. */
  readonly must: string;
  /** How many of the last dimensions are one element of the set: 0 for numbers, 1 for vectors, 2 for matrices. */
  readonly eventDim: 0 | 1 | 2;
  /** Whether one element, row by row, lies in the set. */
  readonly contains: (element: ArrayLike<number>) => boolean;
}

const ofNumbers = (must: string, test: (x: number) => boolean): Constraint => ({
  must,
  eventDim: 0,
  contains: (x) => test(x[0] as number),
});

export const real: Constraint = ofNumbers('be a real number', (x) => !Number.isNaN(x));
export const positive: Constraint = ofNumbers('be positive', (x) => x > 0);
export const nonnegative: Constraint = ofNumbers('be at least 0', (x) => x >= 0);
export const unitInterval: Constraint = ofNumbers('be in [0, 1]', (x) => x >= 0 && x <= 1);
export const boolean: Constraint = ofNumbers('be 0 or 1', (x) => x === 0 || x === 1);
export const nonnegativeInteger: Constraint = ofNumbers(
  'be a whole number of at least 0',
  (x) => x >= 0 && Number.isInteger(x),
);
/** A probability that something happens at last. */
export const halfOpenInterval: Constraint = ofNumbers('be in (0, 1]', (x) => x > 0 && x <= 1);

export function integerInterval(low: number, high: number): Constraint {
  return ofNumbers(
    `be a whole number from ${low} to ${high}`,
    (x) => Number.isInteger(x) && x >= low && x <= high,
  );
}

export const realVector: Constraint = {
  must: 'be a vector of real numbers',
  eventDim: 1,
  contains: (x) => every(x, (v) => !Number.isNaN(v)),
};

export const nonnegativeVector: Constraint = {
  must: 'hold numbers of at least 0 that do not sum to 0',
  eventDim: 1,
  contains: (x) => every(x, (v) => v >= 0) && sum(x) > 0,
};

export const positiveVector: Constraint = {
  must: 'hold positive numbers',
  eventDim: 1,
  contains: (x) => every(x, (v) => v > 0),
};

export const simplex: Constraint = {
  must: 'hold numbers of at least 0 that sum to 1',
  eventDim: 1,
  contains: (x) => every(x, (v) => v >= 0) && Math.abs(sum(x) - 1) < 1e-6 * Math.max(1, x.length),
};

export const oneHotVector: Constraint = {
  must: 'hold a single 1 and zeros',
  eventDim: 1,
  contains: (x) => every(x, (v) => v === 0 || v === 1) && sum(x) === 1,
};

export const lowerCholesky: Constraint = {
  must: 'be lower triangular with a positive diagonal',
  eventDim: 2,
  contains: (x) => {
    const n = Math.round(Math.sqrt(x.length));
    return every(x, (v, i) => {
      const [row, column] = [Math.floor(i / n), i % n];
      return row === column ? v > 0 : row > column ? !Number.isNaN(v) : v === 0;
    });
  },
};

export const positiveDefinite: Constraint = {
  must: 'be symmetric and positive definite',
  eventDim: 2,
  contains: (x) => {
    const n = Math.round(Math.sqrt(x.length));
    const at = (i: number, j: number): number => x[i * n + j] as number;
    const L: number[][] = [];
    for (let i = 0; i < n; i++) {
      const row: number[] = (L[i] = []);
      for (let j = 0; j <= i; j++) {
        if (!(Math.abs(at(i, j) - at(j, i)) <= 1e-6 * (1 + Math.abs(at(i, j))))) return false;
        let rest = at(i, j);
        for (let k = 0; k < j; k++) rest -= (row[k] as number) * (L[j]?.[k] as number);
        if (i === j && !(rest > 0)) return false;
        row[j] = i === j ? Math.sqrt(rest) : rest / (L[j]?.[j] as number);
      }
    }
    return true;
  },
};

/**
 * Refuses a tensor with an element outside. Only elements that are known are looked at, so that nothing is computed;
 * with `force` the tensor is evaluated.
 */
export function checkConstraint(
  op: string,
  name: string,
  value: Tensor,
  { must, eventDim, contains }: Constraint,
  force: boolean,
): void {
  const data = force ? value.dataSync() : peek(value);
  if (data === null) return;
  const size = value.shape.slice(value.ndim - eventDim).reduce((n, d) => n * d, 1);
  for (let i = 0; i < data.length; i += size) {
    const element = data.subarray(i, i + size);
    if (contains(element)) continue;
    const shown = eventDim === 0 ? String(element[0]) : `[${[...element.slice(0, 9)].join(', ')}]`;
    const where = data.length === size ? '' : ` at position ${i / size}`;
    throw new ChainruleError(`${op}: ${name} must ${must}, got ${shown}${where}`);
  }
}

function every(x: ArrayLike<number>, test: (v: number, i: number) => boolean): boolean {
  for (let i = 0; i < x.length; i++) if (!test(x[i] as number, i)) return false;
  return true;
}

function sum(x: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] as number;
  return total;
}
