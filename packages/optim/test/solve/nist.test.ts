/**
 * @file The 27 nonlinear regression problems of NIST's Statistical Reference Datasets (https://www.itl.nist.gov/div898/strd,
 * public domain), whose parameters and standard deviations are certified to 11 digits, from both starting points.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tensor, type Tensor } from '@chainrule/autograd';
import { leastSquares } from '@chainrule/optim/solve';

interface Dataset {
  readonly starts: readonly (readonly number[])[];
  readonly values: readonly number[];
  readonly deviations: readonly number[];
  readonly squares: number;
  readonly columns: readonly (readonly number[])[];
}

const NUMBER = /[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?/g;
const numbers = (line: string): number[] => (line.match(NUMBER) ?? []).map(Number);

function read(name: string): Dataset {
  const url = new URL(`../fixtures/nist-strd/${name}.dat`, import.meta.url);
  const lines = readFileSync(url, 'latin1').split(/\r?\n/);
  const rows = lines.flatMap((line) => {
    const found = /^\s*b\d+\s*=(.*)$/.exec(line);
    return found === null ? [] : [numbers(found[1] ?? '')];
  });
  const column = (k: number): number[] => rows.map((row) => row[k] ?? NaN);
  const squares = lines.find((line) => line.startsWith('Residual Sum of Squares:')) ?? '';
  const last = lines.map((line) => line.startsWith('Data:')).lastIndexOf(true);
  const data = lines
    .slice(last + 1)
    .map(numbers)
    .filter((row) => row.length > 0);
  return {
    starts: [column(0), column(1)],
    values: column(2),
    deviations: column(3),
    squares: numbers(squares)[0] ?? NaN,
    columns: (data[0] ?? []).map((_, k) => data.map((row) => row[k] ?? NaN)),
  };
}

type Model = (b: readonly Tensor[], x: Tensor, x2: Tensor) => Tensor;

const [ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const at = (b: readonly Tensor[], k: number): Tensor => b[k] as Tensor;

const saturating: Model = (b, x) => at(b, ONE).mul(at(b, TWO).mul(x).neg().expm1().neg());
const chwirut: Model = (b, x) =>
  at(b, ONE)
    .mul(x)
    .neg()
    .exp()
    .div(at(b, TWO).add(at(b, THREE).mul(x)));
const gauss: Model = (b, x) => {
  const peak = (height: Tensor, place: Tensor, width: Tensor): Tensor =>
    height.mul(x.sub(place).div(width).square().neg().exp());
  return at(b, ONE)
    .mul(at(b, TWO).mul(x).neg().exp())
    .add(peak(at(b, THREE), at(b, FOUR), at(b, FIVE)))
    .add(peak(at(b, SIX), at(b, SEVEN), at(b, EIGHT)));
};
const lanczos: Model = (b, x) => {
  const term = (k: number): Tensor =>
    at(b, k).mul(
      at(b, k + 1)
        .mul(x)
        .neg()
        .exp(),
    );
  return term(ONE).add(term(THREE)).add(term(FIVE));
};
const polynomial = (c: readonly (Tensor | number)[], x: Tensor): Tensor =>
  c.reduceRight<Tensor>((sum, ck) => sum.mul(x).add(ck), x.mul(0));
const cubics: Model = (b, x) => polynomial(b.slice(0, 4), x).div(polynomial([1, ...b.slice(4)], x));

const models: Readonly<Record<string, Model>> = {
  Misra1a: saturating,
  Chwirut2: chwirut,
  Chwirut1: chwirut,
  Lanczos3: lanczos,
  Gauss1: gauss,
  Gauss2: gauss,
  DanWood: (b, x) => at(b, ONE).mul(x.pow(at(b, TWO))),
  Misra1b: (b, x) => at(b, ONE).mul(at(b, TWO).mul(x).div(2).add(1).pow(-2).neg().add(1)),
  Kirby2: (b, x) => polynomial(b.slice(0, 3), x).div(polynomial([1, ...b.slice(3)], x)),
  Hahn1: cubics,
  Nelson: (b, x, x2) => at(b, ONE).sub(at(b, TWO).mul(x).mul(at(b, THREE).mul(x2).neg().exp())),
  MGH17: (b, x) =>
    at(b, ONE)
      .add(at(b, TWO).mul(x.mul(at(b, FOUR)).neg().exp()))
      .add(at(b, THREE).mul(x.mul(at(b, FIVE)).neg().exp())),
  Lanczos1: lanczos,
  Lanczos2: lanczos,
  Gauss3: gauss,
  Misra1c: (b, x) => at(b, ONE).mul(at(b, TWO).mul(x).mul(2).add(1).pow(-0.5).neg().add(1)),
  Misra1d: (b, x) => at(b, ONE).mul(at(b, TWO)).mul(x).div(at(b, TWO).mul(x).add(1)),
  Roszman1: (b, x) =>
    at(b, ONE)
      .sub(at(b, TWO).mul(x))
      .sub(
        at(b, THREE)
          .div(x.sub(at(b, FOUR)))
          .atan()
          .div(Math.PI),
      ),
  ENSO: (b, x) => {
    const wave = (period: Tensor | number, cos: Tensor, sin: Tensor): Tensor => {
      const phase = x.mul(2 * Math.PI).div(period);
      return cos.mul(phase.cos()).add(sin.mul(phase.sin()));
    };
    return at(b, ONE)
      .add(wave(12, at(b, TWO), at(b, THREE)))
      .add(wave(at(b, FOUR), at(b, FIVE), at(b, SIX)))
      .add(wave(at(b, SEVEN), at(b, EIGHT), at(b, NINE)));
  },
  MGH09: (b, x) =>
    at(b, ONE)
      .mul(x.square().add(x.mul(at(b, TWO))))
      .div(
        x
          .square()
          .add(x.mul(at(b, THREE)))
          .add(at(b, FOUR)),
      ),
  Thurber: cubics,
  BoxBOD: saturating,
  Rat42: (b, x) => at(b, ONE).div(at(b, TWO).sub(at(b, THREE).mul(x)).exp().add(1)),
  MGH10: (b, x) =>
    at(b, ONE).mul(
      at(b, TWO)
        .div(x.add(at(b, THREE)))
        .exp(),
    ),
  Eckerle4: (b, x) =>
    at(b, ONE)
      .div(at(b, TWO))
      .mul(x.sub(at(b, THREE)).div(at(b, TWO)).square().mul(-0.5).exp()),
  Rat43: (b, x) =>
    at(b, ONE).div(at(b, TWO).sub(at(b, THREE).mul(x)).exp().add(1).pow(at(b, FOUR).reciprocal())),
  Bennett5: (b, x) => at(b, ONE).mul(at(b, TWO).add(x).pow(at(b, THREE).reciprocal().neg())),
};

/** How many digits agree: −log₁₀ of the relative error. */
function digits(got: ArrayLike<number>, wanted: readonly number[]): number {
  const errors = wanted.map((w, i) => Math.abs(((got[i] ?? NaN) - w) / w));
  return -Math.log10(Math.max(...errors, 1e-16));
}

describe.each(Object.keys(models))('%s', (name) => {
  const { starts, values, deviations, squares, columns } = read(name);
  const [y, x = y, x2 = y] = columns.map((c) => tensor(Float64Array.from(c))) as [
    Tensor,
    Tensor?,
    Tensor?,
  ];
  const target = name === 'Nelson' ? y.log() : y;
  test.each([0, 1])('from starting point %i', (k) => {
    const fit = leastSquares(
      (b: Tensor) => (models[name] as Model)(b.unbind(), x, x2).sub(target),
      tensor(Float64Array.from(starts[k] ?? [])),
    );
    const sd = fit.covariance.diag().sqrt().dataSync();
    const found = [
      digits(fit.x.dataSync(), values),
      digits(sd, deviations),
      digits([2 * fit.cost.item()], [squares]),
    ];
    expect(fit.converged).toBe(true);
    expect(found[0]).toBeGreaterThan(9);
    // The residuals of Lanczos1 are of the size of the rounding of its data: 1e-13 beside 2.5.
    const enough = name === 'Lanczos1' ? 2.5 : 9;
    expect(found[1]).toBeGreaterThan(enough);
    expect(found[2]).toBeGreaterThan(enough);
  });
});

test('all 27 data sets are tested', () => {
  expect(Object.keys(models).length).toBe(27);
});
