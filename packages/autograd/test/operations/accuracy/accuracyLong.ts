/** @file How far long reductions, running sums, and products of numbers and of matrices are from the truth. */
import { cumprod, cumsum, matmul, tensor, type Tensor } from '@chainrule/autograd';
import { randomFrom } from '../../misuse/values.js';
import type { Precision } from './accuracy.js';
import { Twice } from '../twice.js';

/** The largest error of an operation on many numbers, in units, beside the bound that the order of its additions gives. */
export interface LongAccuracy {
  readonly name: string;
  readonly units: number;
  readonly bound: number;
}

const COUNT = 2 ** 16;
/** Half a unit for each of the additions that a number takes part in, with pairs of pairs, and as much for what comes after. */
const PAIRS = Math.log2(COUNT) / 2 + 1;

type Numbers = readonly number[];

/** Rows of numbers: of one sign, of both, and far from 0 beside their spread. */
function rowsOf(dtype: Precision): Numbers[] {
  const random = randomFrom(20261126);
  const kinds = [() => random(), () => 2 * random() - 1, () => 1000 + random()];
  return kinds.map((draw) => Array.from({ length: COUNT }, () => rounded(draw(), dtype)));
}

const rounded = (x: number, dtype: Precision): number => (dtype === 'float32' ? Math.fround(x) : x);

/** One unit in the last place of 1. */
const unitOf = (dtype: Precision): number => (dtype === 'float32' ? 2 ** -23 : 2 ** -52);

const of = (x: Numbers, dtype: Precision, shape: readonly number[] = [x.length]): Tensor =>
  tensor(Float64Array.from(x), { dtype, shape });

function magnitudes(x: Numbers): number {
  return x.reduce((sum, v) => sum + Math.abs(v), 0);
}

function total(x: Numbers): Twice {
  return x.reduce((sum, v) => sum.add(v), new Twice());
}

/** `Σ (x − mean)²`, about a double near the mean. */
function squares(x: Numbers): Twice {
  const { hi, lo } = total(x);
  const center = (hi + lo) / x.length;
  const sum = x.reduce((s, v) => {
    const d = new Twice().add(v).add(-center);
    return s.addProduct(d.hi, d.hi).addProduct(2 * d.hi, d.lo);
  }, new Twice());
  const { hi: off, lo: rest } = total(x).add(-center * x.length);
  return sum.add(-((off + rest) ** 2) / x.length);
}

type Measure = (x: Numbers, dtype: Precision) => number;

const one = (y: Tensor): number => y.dataSync()[0] as number;

/** Each gives an error in units: of the sum of magnitudes for sums, of the result for the others. */
const measures: Readonly<Record<string, { readonly bound: number; readonly error: Measure }>> = {
  sum: {
    bound: PAIRS,
    error: (x, dtype) => total(x).from(one(of(x, dtype).sum())) / magnitudes(x),
  },
  'sum of columns': {
    bound: PAIRS,
    error: (x, dtype) => {
      const columns = 16;
      const sums = of(x, dtype, [x.length / columns, columns])
        .sum(0)
        .dataSync();
      return largest(sums, (sum, j) => {
        const column = x.filter((_, i) => i % columns === j);
        return total(column).from(sum) / magnitudes(column);
      });
    },
  },
  mean: {
    bound: PAIRS,
    error: (x, dtype) => {
      const { hi, lo } = total(x);
      const mean = new Twice().add(hi / x.length);
      const rest = new Twice().add(hi).addProduct(-mean.hi, x.length).add(lo);
      mean.add((rest.hi + rest.lo) / x.length);
      return (mean.from(one(of(x, dtype).mean())) * x.length) / magnitudes(x);
    },
  },
  var: {
    bound: 2 * PAIRS,
    error: (x, dtype) => {
      const { hi, lo } = squares(x);
      const owed = (hi + lo) / (x.length - 1);
      return Math.abs(one(of(x, dtype).var()) - owed) / owed;
    },
  },
  'norm 2': {
    bound: PAIRS,
    error: (x, dtype) => {
      const { hi, lo } = x.reduce((s, v) => s.addProduct(v, v), new Twice());
      const root = Math.sqrt(hi);
      const rest = new Twice().add(hi).addProduct(-root, root).add(lo);
      const owed = new Twice().add(root).add((rest.hi + rest.lo) / (2 * root));
      return owed.from(one(of(x, dtype).norm())) / root;
    },
  },
  cumsum: {
    bound: PAIRS,
    error: (x, dtype) => {
      const running = cumsum(of(x, dtype), 0).dataSync();
      const [sum, size] = [new Twice(), new Twice()];
      return largest(x, (v, i) => {
        size.add(Math.abs(v));
        return sum.add(v).from(running[i] as number) / size.hi;
      });
    },
  },
  prod: {
    // A rounding, of half a unit, for each factor.
    bound: 2048 / 2,
    error: (x, dtype) => {
      const near = factors(x, dtype);
      const owed = near.reduce((p, v) => p.times(v), new Twice().add(1));
      return owed.from(one(of(near, dtype).prod())) / Math.abs(owed.hi);
    },
  },
  cumprod: {
    bound: 2048 / 2,
    error: (x, dtype) => {
      const near = factors(x, dtype);
      const running = cumprod(of(near, dtype), 0).dataSync();
      const product = new Twice().add(1);
      return largest(near, (v, i) => product.times(v).from(running[i] as number) / product.hi);
    },
  },
  matmul: {
    // In blocks of 256: half a unit for each addition within a block, and for each block.
    bound: (256 + 4096 / 256 + 1) / 2,
    error: (x, dtype) => {
      const [rows, k, columns] = [8, 4096, 8];
      const [a, b] = [x.slice(0, rows * k), x.slice(rows * k)];
      const y = matmul(of(a, dtype, [rows, k]), of(b, dtype, [k, columns])).dataSync();
      return largest(y, (got, at) => {
        const row = a.slice(Math.floor(at / columns) * k).slice(0, k);
        const column = b.filter((_, i) => i % columns === at % columns);
        const sum = new Twice();
        let size = 0;
        for (const [n, p] of row.entries()) {
          const q = column[n] as number;
          sum.addProduct(p, q);
          size += Math.abs(p * q);
        }
        return sum.from(got) / size;
      });
    },
  },
};

/** 2,048 factors around 1, whose product stays in range. */
function factors(x: Numbers, dtype: Precision): Numbers {
  return x.slice(0, 2048).map((v) => rounded(1 + (v % 1) / 64, dtype));
}

function largest(xs: ArrayLike<number>, of: (x: number, i: number) => number): number {
  return Array.from(xs).reduce((most, x, i) => Math.max(most, of(x, i)), 0);
}

export const longNames: readonly string[] = Object.keys(measures);

/** The largest error over rows of 65,536 numbers; NaN where a result is. */
export function measureLong(name: string, dtype: Precision): LongAccuracy {
  const { bound, error } = measures[name] as (typeof measures)[string];
  const errors = rowsOf(dtype).map((x) => error(x, dtype) / unitOf(dtype));
  return { name, units: Math.max(...errors), bound };
}
