// %% [markdown]
// # The price of a diamond, and how sure the model is
//
// 53,741 diamonds with weight, cut, colour, clarity and dimensions. A network learns the price and its own
// uncertainty: it answers with a mean and a deviation. The baseline is ridge regression, which has a closed
// form. On average ridge regression is off by 10.3 % and the network by 6.5 %, after the 60 epochs of a full run,
// which take 15 seconds (the short run has 8 epochs and ends near 8 %). Prices are compared on a logarithmic scale, where
// an error is a percentage.

// %%
import { cat, eye, linalg, manualSeed, noGrad, ones, tensor } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { DataLoader, TensorDataset } from '@chainrule/nn/data';
import { Adam, CosineAnnealingLR } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { plotCurves } from './lib/curves.js';
import { startProgress } from './lib/progress.js';
import { commonOptions, expectScore, isShort, percent } from './lib/score.js';
import { meanOf, parseCsv, readData, shuffled, standardizer } from './lib/table.js';

const { epochs, lr, seed, ...options } = parseOptions('Learns the prices of diamonds.', {
  epochs: { type: 'integer', default: 60, min: 1, help: 'passes over the training data' },
  lr: { type: 'number', default: 5e-3, min: 0, help: 'learning rate of Adam at the start' },
  ...commonOptions,
});
const short = isShort(options.short);
manualSeed(seed);

// %% [markdown]
// ## The data
//
// Cut, colour and clarity are grades; each grade becomes a column. Diamonds whose dimensions do not fit their
// weight are dropped (typing errors, 34 of them), and so are duplicates, which could end up in both parts. Four in
// five are for training, every fifth for the test.

// %%
const GRADES: Record<string, string[]> = {
  cut: ['Fair', 'Good', 'Very Good', 'Premium', 'Ideal'],
  color: ['J', 'I', 'H', 'G', 'F', 'E', 'D'],
  clarity: ['I1', 'SI2', 'SI1', 'VS2', 'VS1', 'VVS2', 'VVS1', 'IF'],
};
const lines = readData('diamonds.csv.gz').replaceAll('"', '').trim().split('\n');
const table = parseCsv([...new Set(lines)].join('\n'));
const volume = ({ x, y, z, carat }: Record<string, string>): number =>
  (Number(x) * Number(y) * Number(z)) / Number(carat); // mm³ per carat
const diamonds = shuffled(table.filter((each) => volume(each) > 140 && volume(each) < 190));
const rows = diamonds.map((diamond) => {
  const number = (name: string): number => Number(diamond[name]);
  const log = (name: string): number => Math.log(number(name));
  const sizes = ['carat', 'depth', 'table'].map(number);
  const grades = Object.entries(GRADES).map(([name, all]) =>
    all.map((grade) => +(diamond[name] === grade)),
  );
  return [log('carat'), ...sizes, ...['x', 'y', 'z'].map(log), ...grades.flat()];
});
const prices = diamonds.map(({ price }) => Math.log(Number(price)));

const count = Math.floor(0.8 * rows.length);
const sizes = [count, rows.length - count];
const scale = standardizer(rows.slice(0, count));
const columns = rows[0]?.length ?? 0;
const center = meanOf(prices.slice(0, count));
const features = tensor(Float32Array.from(rows.flatMap(scale)), { shape: [rows.length, columns] });
const targets = tensor(Float32Array.from(prices, (price) => price - center)).unsqueeze(1);
const [trainX, testX] = features.split(sizes) as [Tensor, Tensor];
const [trainY, testY] = targets.split(sizes) as [Tensor, Tensor];
console.log(`${sizes.join(' diamonds to learn from, ')} for the test, ${columns} columns`);

/** The mean error as a fraction of the price. */
const errorOf = (guess: Tensor): number => guess.sub(testY).exp().sub(1).abs().mean().item();

// %% [markdown]
// ## Ridge regression
//
// $w = (X^\top X + \lambda I)^{-1} X^\top y$: one linear system.

// %%
const design = (x: Tensor): Tensor => cat([x, ones([x.shape[0] ?? 0, 1])], 1).cast('float64');
const X = design(trainX);
const penalty = eye(columns + 1, { dtype: 'float64' });
const gram = X.t().matmul(X).add(penalty);
const ridge = linalg.solve(gram, X.t().matmul(trainY.cast('float64')));
const ridgeError = errorOf(design(testX).matmul(ridge).cast('float32'));

// %% [markdown]
// ## A network that knows its uncertainty
//
// The last layer gives a mean $\mu$ and $\log \sigma^2$. The loss is the negative logarithm of the
// Gaussian density of the true price, $\frac12\left(\log \sigma^2 + (y - \mu)^2 / \sigma^2\right)$: being
// wrong is cheap where $\sigma$ is large, but a large $\sigma$ has its own cost.

// %%
const [first, second] = [new nn.Linear(columns, 128), new nn.Linear(128, 128)];
const model = new nn.Sequential(first, new nn.SiLU(), second, new nn.SiLU(), new nn.Linear(128, 2));
function predict(x: Tensor): { mean: Tensor; variance: Tensor } {
  const [mean, logVariance] = model.forward(x).split(1, 1) as [Tensor, Tensor];
  return { mean, variance: logVariance.clamp(-10, 5).exp() };
}

const passes = short ? 8 : epochs;
const pairs = new TensorDataset(trainX, trainY);
const loader = new DataLoader(pairs, { batchSize: 256, shuffle: true, seed });
const optimizer = new Adam(model.parameters(), { lr });
const schedule = new CosineAnnealingLR(optimizer, { tMax: passes * loader.length });
const progress = startProgress({ total: passes * count, unit: 'diamonds' });
for (let epoch = 0; epoch < passes; epoch++) {
  for (const [x, y] of loader as Iterable<[Tensor, Tensor]>) {
    const { mean, variance } = predict(x);
    const loss = nn.functional.gaussianNllLoss(mean, y, variance);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    schedule.step();
    progress.advance(x.shape[0] ?? 0, { loss: loss.item() });
  }
}
progress.finish();

// %% [markdown]
// ## Is the uncertainty right?
//
// How many of the intervals that should contain the price in 10, 20 … 90 % of all cases do? On the
// diagonal the model is perfectly calibrated. And the half it is surer about should have smaller errors.

// %%
const { mean, variance } = noGrad(() => predict(testX));
const errors = testY.sub(mean).div(variance.sqrt()).abs(); // in deviations
const shares = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);
const coverage = shares.map((share) => {
  const width = tensor(share).erfinv().mul(Math.SQRT2).item(); // contains this share of a Gaussian
  return { x: share, y: errors.lt(width).cast('float32').mean().item() };
});
const title = 'How often the price lies in the interval';
const x = { label: 'promised', tickFormat: '%' };
const y = { label: 'found', tickFormat: '%', grid: true };
const diagonal = shares.map((x) => ({ x, y: x }));
plotCurves(
  { model: coverage, 'as it should be': diagonal },
  { title, file: 'tabular-regression.svg', x, y },
);
console.log(`its 90 % intervals hold ${percent(coverage[17]?.y ?? NaN)} of the prices`);

const off = mean.sub(testY).exp().sub(1).abs();
const certain = off.maskedSelect(variance.le(variance.median())).mean().item();
console.log(`error of the half it is surer of: ${percent(certain)}`);
expectScore('mean error in percent of the price', errorOf(mean), {
  atMost: ridgeError,
  baseline: ridgeError,
  format: percent,
});
