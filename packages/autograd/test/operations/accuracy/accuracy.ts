/** @file How far element functions and their first two derivatives are from the truth, in units in the last place. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { grad, tensor, type Tensor } from '@chainrule/autograd';
import * as ops from '@chainrule/autograd';

/** x, then the value and its two derivatives, each with what the nearest double lacks, then three units or 0. */
type Row = readonly [
  x: number,
  y: number | null,
  yRest: number,
  d: number | null,
  dRest: number,
  dd: number | null,
  ddRest: number,
  yUnit: number,
  dUnit: number,
  ddUnit: number,
];

interface Truth {
  /** Whether the wider bounds of functions around Γ hold. */
  readonly gamma: boolean;
  readonly float32: readonly Row[];
  readonly float64: readonly Row[];
}

export type Precision = 'float32' | 'float64';

/** The largest error of one function, for the value and two derivatives, and where it is. */
export interface Accuracy {
  readonly name: string;
  readonly dtype: Precision;
  readonly worst: readonly { readonly units: number; readonly at: number; readonly got: number }[];
  readonly bounds: readonly number[];
}

const truth = JSON.parse(
  gunzipSync(readFileSync(new URL('../../fixtures/accuracy.json.gz', import.meta.url))).toString(),
) as Record<string, Truth>;

export const functions: readonly string[] = Object.keys(truth);

/** Measures the functions of these names, all by default, on the backend that computes. */
export function measure(dtype: Precision, names: readonly string[] = functions): Accuracy[] {
  return names.map((name) =>
    accuracyOf(
      name,
      dtype,
      resultsOf(name, dtype).map((t) => t.dataSync()),
    ),
  );
}

/** The value of a function and its two derivatives at the points of its table. */
export function resultsOf(name: string, dtype: Precision): Tensor[] {
  const f = functionOf(name);
  // Over and over: a small program would be interpreted on every backend.
  const x = tensor(
    (truth[name] as Truth)[dtype].map((row) => row[0]),
    { dtype },
  ).repeat(64);
  const first = grad((t: Tensor) => f(t).sum());
  const second = grad((t: Tensor) => first(t).sum());
  return [f(x), first(x), second(x)];
}

/** How far results are from the truth; what is smaller than `least` is not counted. */
export function accuracyOf(
  name: string,
  dtype: Precision,
  results: readonly ArrayLike<number>[],
  least = 0,
): Accuracy {
  const { gamma, [dtype]: rows } = truth[name] as Truth;
  const worst = results.map((result, order) => {
    let most = { units: 0, at: NaN, got: NaN };
    rows.forEach((row, i) => {
      if (Math.abs(row[1 + 2 * order] ?? 0) < least) return;
      const units = errorOf(result[i] as number, row, order, dtype);
      if (units > most.units || Number.isNaN(units))
        most = { units, at: row[0], got: result[i] as number };
    });
    return most;
  });
  return { name, dtype, worst, bounds: gamma ? [4, 8, 32] : [2, 4, 16] };
}

/** In units in the last place of the truth; 0 where that is no normal number. */
function errorOf(got: number, row: Row, order: number, dtype: Precision): number {
  const y = row[1 + 2 * order] as number | null;
  const rest = row[2 + 2 * order] as number;
  if (y === null) return 0;
  const [least, most, digits] =
    dtype === 'float32' ? [2 ** -126, (2 - 2 ** -23) * 2 ** 127, 24] : [2 ** -1022, Infinity, 53];
  if (Math.abs(y) < least || Math.abs(y) > most) return 0;
  if (!Number.isFinite(got)) return Infinity;
  const scale = Math.max(Math.abs(y), row[7 + order] as number);
  const unit = 2 ** (Math.floor(Math.log2(scale)) - digits + 1);
  return Math.abs((got - y - rest) / unit);
}

function functionOf(name: string): (x: Tensor) => Tensor {
  if (name === 'geluTanh') return (x) => x.gelu({ approximate: 'tanh' });
  const exponent = /^pow (.*)$/.exec(name);
  if (exponent !== null) return (x) => x.pow(Number(exponent[1]));
  const [, special, parameter] = /^special\.(\w+) ?(.*)$/.exec(name) ?? [];
  if (special === undefined) return ops[name as 'exp'];
  const f = ops.special[special as 'zeta'] as (x: Tensor | number, y?: Tensor | number) => Tensor;
  if (parameter === undefined || parameter === '') return f;
  const p = Number(parameter);
  return special === 'multigammaln' ? (x) => f(x, p) : (x) => f(p, x);
}

/** What is above its bound, by name, dtype and order of the derivative, and why. */
export const exceptions: Readonly<
  Record<string, { readonly units: number; readonly why: string }>
> = {};
