// %% [markdown]
// # El Niño: the periods of the southern oscillation
//
// 168 monthly differences in air pressure between Easter Island and Darwin, which drive the trade winds. They
// follow a yearly cycle and slower cycles of unknown period. Least squares finds nine parameters and says how
// well each is known. The fit itself is differentiable: which months decide the answer?

// %%
import { grad, tensor } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { leastSquares } from '@chainrule/optim/solve';
import { plotCurves } from './lib/curves.js';
import { expectScore, parseShort } from './lib/score.js';
import { parseCsv, readData } from './lib/table.js';

parseShort('Fits the cycles of the southern oscillation.');
const f64 = (values: Iterable<number>): Tensor => tensor(Float64Array.from(values));

const rows = parseCsv(readData('enso.csv.gz').trim());
const month = f64(rows.map((row) => Number(row['month'])));
const pressure = f64(rows.map((row) => Number(row['pressure'])));

// %% [markdown]
// ## The model
//
// A mean, a wave of 12 months, and two waves of unknown periods $p$ and $q$:
// $y = b_1 + \mathrm{wave}_{12} + \mathrm{wave}_p + \mathrm{wave}_q$, each wave a cosine and a sine.

// %%
const wave = (t: Tensor, period: Tensor | number, cos: Tensor, sin: Tensor): Tensor => {
  const phase = t.mul(2 * Math.PI).div(period);
  return phase.cos().mul(cos).add(phase.sin().mul(sin));
};
const model = (b: Tensor, t: Tensor): Tensor => {
  const [mean, c1, s1, p, c2, s2, q, c3, s3] = b.unbind() as Tensor[] & Record<number, Tensor>;
  const yearly = wave(t, 12, c1 as Tensor, s1 as Tensor).add(mean as Tensor);
  return yearly
    .add(wave(t, p as Tensor, c2 as Tensor, s2 as Tensor))
    .add(wave(t, q as Tensor, c3 as Tensor, s3 as Tensor));
};
const start = f64([10, 3, 0.5, 44, -1.5, 0.5, 26, -0.1, 1.5]);
const fitTo = (y: Tensor) => leastSquares((b: Tensor) => model(b, month).sub(y), start);

const fit = fitTo(pressure);
const deviations = fit.covariance.diag().sqrt().dataSync();
const names = [
  'mean',
  'cos 12',
  'sin 12',
  'period p',
  'cos p',
  'sin p',
  'period q',
  'cos q',
  'sin q',
];
names.forEach((name, i) => {
  const value = fit.x.dataSync()[i] ?? NaN;
  console.log(`${name.padEnd(9)} ${value.toFixed(4).padStart(9)} ± ${deviations[i]?.toFixed(4)}`);
});

// %% [markdown]
// ## Is it right?
//
// The problem is one of NIST's statistical reference data sets: the periods are certified to 11 digits. The residual is
// compared with that of a yearly cycle alone.

// %%
const [p, q] = [fit.x.at(3).item(), fit.x.at(6).item()];
const error = Math.max(Math.abs(p / 44.3110887 - 1), Math.abs(q / 26.88761444 - 1));
expectScore('relative error of the periods', error, { atMost: 1e-9 });

const yearly = leastSquares(
  (b: Tensor) => wave(month, 12, b.at(1), b.at(2)).add(b.at(0)).sub(pressure),
  f64([10, 0, 0]),
);
const spread = (residuals: Tensor): number => residuals.square().mean().sqrt().item();
expectScore('residual', spread(fit.residuals), {
  atMost: 0.9 * spread(yearly.residuals),
  baseline: spread(yearly.residuals),
});

plotCurves(
  {
    'all cycles': model(fit.x, month).dataSync(),
    'yearly cycle alone': pressure.add(yearly.residuals).dataSync(),
  },
  {
    title: 'Air pressure and its cycles',
    file: 'curve-fit.svg',
    points: Array.from(pressure.dataSync(), (y, x) => ({ x, y })),
    x: { label: 'month' },
    y: { label: 'pressure difference' },
  },
);

// %% [markdown]
// ## Which months decide
//
// The derivative of the fitted period with respect to every measurement passes through the solver; by the implicit
// function theorem it does not depend on the iterations. Independent measurement errors carry over to the period in
// proportion to the length of that gradient. It says more than the covariance, which treats the model as linear: the
// gradient accounts for its curvature.

// %%
const byMonth = grad((y: Tensor) => fitTo(y).x.at(3))(pressure);
const noise = Math.sqrt((2 * fit.cost.item()) / (rows.length - 9));
const propagated = byMonth.norm().item() * noise;
console.log(
  `the period p: ± ${deviations[3]?.toFixed(4)}, by its gradient ± ${propagated.toFixed(4)}`,
);

const strongest = byMonth.abs().argmax().item();
const changed = pressure.add(f64(rows.map((_, i) => (i === strongest ? 0.5 : 0))));
const [moved, predicted] = [fitTo(changed).x.at(3).item() - p, 0.5 * byMonth.at(strongest).item()];
console.log(`half a unit more in month ${strongest + 1} moves it by ${moved.toFixed(4)}`);
expectScore('relative error of the predicted shift', Math.abs(predicted / moved - 1), {
  atMost: 0.1,
});
