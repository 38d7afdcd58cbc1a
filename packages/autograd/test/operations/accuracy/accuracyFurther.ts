/** @file How far functions of two numbers and reductions, and their first two derivatives, are from the truth. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { grad, logSoftmaxAt, tensor, type Tensor } from '@chainrule/autograd';
import * as ops from '@chainrule/autograd';
import type { Precision } from './accuracy.js';

/** The nearest double, what is missing to it, and the unit of where terms cancel, or 0. */
type Triple = readonly [nearest: number | null, rest: number, unit: number];

interface Case {
  readonly x: readonly number[];
  readonly k: number;
  readonly f: Triple;
  readonly g: readonly Triple[];
  readonly h: readonly Triple[];
}

const truth = JSON.parse(
  gunzipSync(
    readFileSync(new URL('../../fixtures/accuracyFurther.json.gz', import.meta.url)),
  ).toString(),
) as {
  readonly binary: Record<string, Record<Precision, (number | null)[][]>>;
  readonly reduction: Record<string, Record<Precision, Case[]>>;
};

/** The largest error of a value and its derivatives of each order, and where it is. */
export interface FurtherAccuracy {
  readonly name: string;
  readonly dtype: Precision;
  readonly worst: readonly { readonly units: number; readonly at: string; readonly got: number }[];
}

/**
 * Units for a value, its first and its second derivatives; sums of many elements round several times. A product of the 33
 * numbers of a row rounds 32 times by up to half a unit, in an order that follows the vectors of the engine.
 */
export const furtherBounds = {
  binary: [2, 4, 16],
  reduction: [3, 6, 16],
  product: [16, 16, 16],
} as const;

export const binaryNames: readonly string[] = Object.keys(truth.binary);
export const reductionNames: readonly string[] = Object.keys(truth.reduction);

/** In units in the last place of the truth; 0 where that is no normal number. */
function errorOf(got: number, [y, rest, unit]: Triple, dtype: Precision): number {
  if (y === null) return 0;
  const [least, most, digits] =
    dtype === 'float32' ? [2 ** -126, (2 - 2 ** -23) * 2 ** 127, 24] : [2 ** -1022, Infinity, 53];
  if (Math.abs(y) > most) return 0;
  const scale = Math.max(Math.abs(y), unit);
  if (scale < least) return Math.abs(got) <= 2 * least ? 0 : Infinity;
  if (!Number.isFinite(got)) return Infinity;
  return Math.abs((got - y - rest) / 2 ** (Math.floor(Math.log2(scale)) - digits + 1));
}

class Worst {
  readonly orders = [0, 1, 2].map(() => ({ units: 0, at: '', got: NaN }));
  private readonly dtype: Precision;

  constructor(dtype: Precision) {
    this.dtype = dtype;
  }

  meet(order: number, got: number, want: Triple, at: string): void {
    const units = errorOf(got, want, this.dtype);
    if (units > (this.orders[order]?.units ?? 0)) this.orders[order] = { units, at, got };
  }
}

/** A function of two numbers, with both first and all three second derivatives. */
export function measureBinary(name: string, dtype: Precision): FurtherAccuracy {
  const rows = truth.binary[name]?.[dtype] ?? [];
  const f = ops[name as 'pow'] as unknown as (x: Tensor, y: Tensor) => Tensor;
  // Over and over: a small program would be interpreted on every backend.
  const [x, y] = [0, 1].map((i) =>
    tensor(
      rows.map((row) => row[i] as number),
      { dtype },
    ).repeat(16),
  ) as [Tensor, Tensor];
  const by =
    (i: 0 | 1) =>
    (g: (x: Tensor, y: Tensor) => Tensor) =>
    (a: Tensor, b: Tensor): Tensor =>
      grad((t: Tensor) => (i === 0 ? g(t, b) : g(a, t)).sum())(i === 0 ? a : b);
  const [fx, fy] = [by(0)(f), by(1)(f)];
  const results = [f, fx, fy, by(0)(fx), by(1)(fx), by(1)(fy)].map((g) => g(x, y).dataSync());
  const worst = new Worst(dtype);
  rows.forEach((row, i) => {
    results.forEach((result, k) => {
      const want = row.slice(2 + 3 * k, 5 + 3 * k) as unknown as Triple;
      worst.meet(k === 0 ? 0 : k < 3 ? 1 : 2, result[i] as number, want, `${row[0]}, ${row[1]}`);
    });
  });
  return { name, dtype, worst: worst.orders };
}

/** A reduction of a row, with its gradient and one row of the matrix of second derivatives. */
export function measureReduction(name: string, dtype: Precision): FurtherAccuracy {
  const worst = new Worst(dtype);
  const f = reductionOf(name);
  for (const { x: row, k, f: value, g, h } of truth.reduction[name]?.[dtype] ?? []) {
    const x = tensor(row as number[], { dtype });
    const first = grad((t: Tensor) => f(t).sum());
    const second = grad((t: Tensor) => first(t).select(0, k));
    const at = row.length > 4 ? `${row.length} of ${row.slice(0, 3).join(', ')} …` : row.join(', ');
    worst.meet(0, f(x).dataSync()[0] as number, value, at);
    first(x)
      .dataSync()
      .forEach((v, i) => worst.meet(1, v, g[i] as Triple, at));
    second(x)
      .dataSync()
      .forEach((v, i) => worst.meet(2, v, h[i] as Triple, at));
  }
  return { name, dtype, worst: worst.orders };
}

function reductionOf(name: string): (x: Tensor) => Tensor {
  const order = /^norm (.*)$/.exec(name);
  if (order !== null) return (x) => x.norm({ p: Number(order[1]) });
  switch (name) {
    case 'softmax':
      return (x) => x.softmax(0).select(0, 0);
    case 'logSoftmax':
      return (x) => x.logSoftmax(0).select(0, 0);
    case 'crossEntropy':
      // As `crossEntropy` of class 0 takes it.
      return (x) => logSoftmaxAt(x, tensor(0, { dtype: 'int32' }), 0).neg();
    case 'cumsum':
      return (x) => x.cumsum(0).select(0, -1);
    default:
      return (x) => (x[name as 'sum'] as () => Tensor)();
  }
}
