/** @file The sets that parameters and values must lie in, and the check of known values. */
import {
  assertBetween,
  ChainruleError,
  peek,
  type Tensor,
  type TypedArray,
} from '@chainrule/autograd';

/** A set of numbers, vectors or matrices. */
export interface Constraint {
  /** The words after "must" in a message: `be positive`. */
  readonly must: string;
  /** How many of the last dimensions form one element of the set: 0 for numbers, 1 for vectors, 2 for matrices. */
  readonly eventDim: 0 | 1 | 2;
  /** Whether an element, given in row-major order, is in the set. */
  readonly contains: (element: ArrayLike<number>) => boolean;
  /**
   * The bounds of the numbers, if they nearly describe the set; `positive` means the smallest positive number.
   */
  readonly bounds?: readonly [low: number | 'positive', high: number];
}

const ofNumbers = (
  must: string,
  test: (x: number) => boolean,
  bounds?: Constraint['bounds'],
): Constraint => ({
  must,
  eventDim: 0,
  contains: (x) => test(x[0] as number),
  ...(bounds && { bounds }),
});

export const real: Constraint = ofNumbers('be a real number', (x) => !Number.isNaN(x));
export const positive: Constraint = ofNumbers('be positive', (x) => x > 0, ['positive', Infinity]);
export const nonnegative: Constraint = ofNumbers('be at least 0', (x) => x >= 0, [0, Infinity]);
export const unitInterval: Constraint = ofNumbers('be in [0, 1]', (x) => x >= 0 && x <= 1, [0, 1]);
export const boolean: Constraint = ofNumbers('be 0 or 1', (x) => x === 0 || x === 1);
export const nonnegativeInteger: Constraint = ofNumbers(
  'be a whole number of at least 0',
  (x) => x >= 0 && Number.isInteger(x),
  [0, Infinity],
);
/** A probability of something that happens sooner or later. */
export const halfOpenInterval: Constraint = ofNumbers('be in (0, 1]', (x) => x > 0 && x <= 1, [
  'positive',
  1,
]);

export function integerInterval(low: number, high: number): Constraint {
  return ofNumbers(
    `be a whole number from ${low} to ${high}`,
    (x) => Number.isInteger(x) && x >= low && x <= high,
    [low, high],
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
  bounds: ['positive', Infinity],
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
 * Returns the tensor, and checks that all of its elements satisfy the constraint: known elements immediately; others when
 * they are evaluated, as far as `bounds` describe the set, or immediately with `force`.
 */
export function constrained(
  op: string,
  name: string,
  value: Tensor,
  constraint: Constraint,
  force: boolean,
): Tensor {
  const data = force ? value.dataSync() : peek(value);
  if (data !== null) check(op, name, value, constraint, data);
  else if (constraint.bounds !== undefined) {
    const [low, high] = constraint.bounds;
    const least = value.dtype === 'float32' ? 2 ** -149 : Number.MIN_VALUE;
    return assertBetween(value, low === 'positive' ? least : low, high, `${op}: ${name}`);
  }
  return value;
}

function check(
  op: string,
  name: string,
  value: Tensor,
  { must, eventDim, contains }: Constraint,
  data: TypedArray,
): void {
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
