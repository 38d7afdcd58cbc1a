// %% [markdown]
// # Stock prices: what can be foretold, and what cannot
//
// An LSTM reads the last 30 days of the S&P 500 and says two things of the next: how far the price will
// move up or down, and how wildly. The first is as good as unpredictable, whatever one reads elsewhere;
// the second is not. The data (20 years of days, in an 18 MB package) is fetched when this first runs;
// the run takes half a minute on 2 cores.

// %%
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualSeed, noGrad, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { plotCurves } from './lib/curves.js';
import { fetchData } from './lib/fetchData.js';
import { startProgress } from './lib/progress.js';
import { expectScore, isShort, percent, shortOption } from './lib/score.js';
import { meanOf, parseCsv, shuffled } from './lib/table.js';

const { epochs, seed, ...options } = parseOptions('Foretells a stock index.', {
  epochs: { type: 'integer', default: 12, min: 1, help: 'passes over the past before each year' },
  seed: { type: 'integer', default: 1, min: 0, help: 'the same seed gives the same result' },
  ...shortOption,
});
const passes = isShort(options.short) ? 4 : epochs;
manualSeed(seed);

// %% [markdown]
// ## The data
//
// From prices to what does not grow over the years: the return of a day, $\log(c_t / c_{t-1})$, and its
// range, $\log(\text{high} / \text{low})$, a measure of how wild the day was (Parkinson 1980).

// %%
const folder = fetchData({ name: 'vega-datasets', version: '3.2.1', size: '18 MB' });
const days = parseCsv(readFileSync(join(folder, 'data/sp500-2000.csv'), 'utf8'));
const column = (name: string): number[] => days.map((day) => Number(day[name]));
const [close, high, low] = [column('close'), column('high'), column('low')];
const returns = close.map((price, i) => 100 * Math.log(price / (close[i - 1] ?? price)));
const ranges = high.map((top, i) => 100 * Math.log(top / (low[i] ?? top)));

const DAYS = 30;
const windows = Array.from({ length: days.length - DAYS }, (_, i) => i + DAYS); // the day to foretell
const value = (values: readonly number[], i: number): number => values[i] ?? NaN;
/** The 30 days before each: `[n, 30, 2]`, of size about 1. */
function pastOf(targets: readonly number[]): Tensor {
  const rows = targets.flatMap((day) =>
    Array.from({ length: DAYS }, (_, k) => day - DAYS + k).flatMap((i) => [
      value(returns, i),
      Math.log(value(ranges, i)),
    ]),
  );
  return tensor(Float32Array.from(rows), { shape: [targets.length, DAYS, 2] });
}

// %% [markdown]
// ## The model
//
// An LSTM and two answers: the return, and the logarithm of the range as a change from the mean of the
// last 5 days, so that knowing nothing is already a fair guess.

// %%
class Forecaster extends nn.Module {
  lstm = new nn.LSTM(2, 32, { batchFirst: true });
  out = new nn.Linear(32, 2);

  forward(past: Tensor): { move: Tensor; logRange: Tensor } {
    const [states] = this.lstm.forward(past);
    const answer = this.out.forward(states.at(':', -1));
    const usual = past.at(':', '25:', 1).mean(1);
    return { move: answer.at(':', 0), logRange: answer.at(':', 1).add(usual) };
  }
}

// %% [markdown]
// ## Walking forward
//
// The last fifth of the days, from 2016 on, is the test. As in life the model may learn only from what
// is past: before each 200 days of the test it learns on with all days until then. The mean of a
// quantity whose logarithm scatters by σ lies by $e^{\sigma^2/2}$ above that of the logarithm.

// %%
const first = Math.floor(0.8 * windows.length);
const model = new Forecaster();
const optimizer = new Adam(model.parameters(), { lr: 2e-3 });
const BATCH = 64;
const blocks = Array.from(
  { length: Math.ceil((windows.length - first) / 200) },
  (_, i) => first + 200 * i,
);
let variance = 0.1; // of what the model misses in the logarithm, a running mean
const forecasts: { day: number; move: number; range: number }[] = [];
const progress = startProgress({ total: blocks.length, unit: 'blocks' });
for (const [k, start] of blocks.entries()) {
  const past = windows.slice(0, start);
  for (let epoch = 0; epoch < (k === 0 ? passes : 1); epoch++) {
    const order = shuffled(past);
    for (let at = 0; at + BATCH <= order.length; at += BATCH) {
      const targets = order.slice(at, at + BATCH);
      const { move, logRange } = model.forward(pastOf(targets));
      const trueMove = tensor(Float32Array.from(targets, (day) => value(returns, day)));
      const trueRange = tensor(Float32Array.from(targets, (day) => Math.log(value(ranges, day))));
      const missed = nn.functional.mseLoss(logRange, trueRange);
      const loss = missed.add(nn.functional.mseLoss(move, trueMove).mul(0.05));
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      variance += 0.01 * (missed.item() - variance);
    }
  }
  const next = windows.slice(start, start + 200);
  const { move, logRange } = noGrad(() => model.forward(pastOf(next)));
  const [moves, logRanges] = [move.dataSync(), logRange.dataSync()];
  next.forEach((day, i) =>
    forecasts.push({
      day,
      move: moves[i] ?? NaN,
      range: Math.exp((logRanges[i] ?? NaN) + variance / 2),
    }),
  );
  progress.advance(1);
}
progress.finish();

// %% [markdown]
// ## What cannot be foretold
//
// Tomorrow's price: the best guess is today's (persistence). And whether it rises: "always up" is right
// more often than a coin, as stocks rise more often than they fall. A curve of foretold prices that
// hugs the true one shows nothing but yesterday's price. The LSTM is right on 51.4 % of the days, always
// up on 55.1 %, and its prices are off by 17.25 points instead of 17.34: by chance, for all one can tell.

// %%
const test = forecasts.map(({ day }) => day);
const errorOf = (guess: (day: number, i: number) => number): number =>
  meanOf(test.map((day, i) => Math.abs(guess(day, i) - value(close, day))));
const persistence = errorOf((day) => value(close, day - 1));
const lstm = errorOf(
  (day, i) => value(close, day - 1) * Math.exp((forecasts[i]?.move ?? NaN) / 100),
);
const up = meanOf(test.map((day) => (value(returns, day) > 0 ? 1 : 0)));
const right = meanOf(
  forecasts.map(({ day, move }) => (move > 0 === value(returns, day) > 0 ? 1 : 0)),
);
console.log(
  `error of the price: LSTM ${lstm.toFixed(2)} points, persistence ${persistence.toFixed(2)}`,
);
console.log(`direction: LSTM ${percent(right)} right, always up ${percent(up)}`);

// %% [markdown]
// ## What can be foretold
//
// How wild tomorrow will be: wild days come in clusters (Mandelbrot 1963). $R^2$ is the share of the
// variance that is explained; the baselines say "as today" and "as in the last 22 days".
// The LSTM explains 0.68, "as today" 0.65.

// %%
const truth = test.map((day) => value(ranges, day));
const center = meanOf(truth);
const spread = meanOf(truth.map((range) => (range - center) ** 2));
const explained = (guess: (day: number, i: number) => number): number =>
  1 - meanOf(test.map((day, i) => (guess(day, i) - value(truth, i)) ** 2)) / spread;
const asToday = explained((day) => value(ranges, day - 1));
const asUsual = explained((day) => meanOf(ranges.slice(day - 22, day)));
console.log(
  `R² of "as today" ${asToday.toFixed(3)}, of "as in the last 22 days" ${asUsual.toFixed(3)}`,
);
const dateOf = (i: number): number => 2016.24 + (4.05 * i) / test.length;
plotCurves(
  {
    'the day’s range in %': truth.map((y, i) => ({ x: dateOf(i), y })),
    foretold: forecasts.map(({ range }, i) => ({ x: dateOf(i), y: range })),
  },
  { title: 'How wild the next day is', file: 'stock-prices.svg', x: { tickFormat: 'd', ticks: 5 } },
);
const score = explained((_, i) => forecasts[i]?.range ?? NaN);
expectScore('R² of the range', score, { atLeast: 0.66, baseline: Math.max(asToday, asUsual) });
if (score <= Math.max(asToday, asUsual))
  throw new Error('the LSTM is no better than its baselines');
