// %% [markdown]
// # Stock prices: what can be predicted, and what cannot
//
// An LSTM reads the last 30 days of the S&P 500 and predicts two things about the next: how far the price
// will move up or down, and how wildly. The first is practically unpredictable, whatever you read elsewhere;
// the second is not. The first run fetches 20 years of daily data (18 MB); a full run takes 6 seconds.

// %%
import { manualSeed, noGrad, tensor, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { plotCurves } from './lib/curves.js';
import { fetchText } from './lib/fetchData.js';
import { startProgress } from './lib/progress.js';
import { commonOptions, expectScore, isShort, percent } from './lib/score.js';
import { chunks, meanAbsoluteError, meanOf, parseCsv, rSquared, shuffled } from './lib/table.js';

const { epochs, seed, ...options } = parseOptions('Predicts a stock index.', {
  epochs: { type: 'integer', default: 12, min: 1, help: 'passes over the past before each year' },
  ...commonOptions,
});
const passes = isShort(options.short) ? 4 : epochs;
manualSeed(seed);

// %% [markdown]
// ## The data
//
// Prices grow over the years; the return of a day, $\log(c_t / c_{t-1})$, and its range,
// $\log(\text{high} / \text{low})$, do not. The range measures how wild the day was (Parkinson 1980).

// %%
const vega = { name: 'vega-datasets', version: '3.2.1', size: '18 MB' };
const days = parseCsv(fetchText(vega, 'data/sp500-2000.csv'));
const column = (name: string): number[] => days.map((day) => Number(day[name]));
const [close, high, low] = [column('close'), column('high'), column('low')];
const returns = close.map((price, i) => 100 * Math.log(price / (close[i - 1] ?? price)));
const ranges = high.map((top, i) => 100 * Math.log(top / (low[i] ?? top)));
const DAYS = 30;
const windows = Array.from({ length: days.length - DAYS }, (_, i) => i + DAYS); // the day to predict
const value = (values: ArrayLike<number>, i: number): number => values[i] ?? NaN;
/** The 30 days before each: `[n, 30, 2]`, of size about 1. */
function pastOf(targets: readonly number[]): Tensor {
  const past = targets.flatMap((day) => Array.from({ length: DAYS }, (_, k) => day - DAYS + k));
  const rows = past.flatMap((i) => [value(returns, i), Math.log(value(ranges, i))]);
  return tensor(Float32Array.from(rows), { shape: [targets.length, DAYS, 2] });
}

// %% [markdown]
// ## The model
//
// An LSTM with two outputs: the return, and the logarithm of the range relative to its mean over the last
// 5 days, so an output of zero is already a fair guess.

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
// The last fifth of the days, from 2016 on, is the test. As in life, the model learns only from the past:
// before every 200 test days it trains further on all days until then. If the logarithm of a quantity has mean
// μ and deviation σ, the quantity itself has mean $e^{\mu + \sigma^2/2}$.

// %%
const model = new Forecaster();
const optimizer = new Adam(model.parameters(), { lr: 2e-3 });
const isFull = ({ length }: readonly number[]): boolean => length === 64;
const first = Math.floor(0.8 * windows.length);
const blocks = chunks(windows.slice(first), 200);
let variance = 0.1; // of the model's error in the logarithm, a running mean
const forecasts: { day: number; move: number; range: number }[] = [];
const progress = startProgress({ total: blocks.length, unit: 'blocks' });
for (const [k, next] of blocks.entries()) {
  const past = windows.slice(0, first + 200 * k);
  for (let epoch = 0; epoch < (k === 0 ? passes : 1); epoch++) {
    for (const targets of chunks(shuffled(past), 64).filter(isFull)) {
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
  const { move, logRange } = noGrad(() => model.forward(pastOf(next)));
  const range = logRange.add(variance / 2).exp();
  const [moves, wild] = [move.dataSync(), range.dataSync()];
  next.forEach((day, i) => forecasts.push({ day, move: value(moves, i), range: value(wild, i) }));
  progress.advance(1);
}
progress.finish();

// %% [markdown]
// ## What cannot be predicted
//
// Tomorrow's price: a predicted curve that hugs the true one only repeats yesterday's price (persistence).
// Nor its direction: in a full run the LSTM is right on 51.4 % of the days, "always up" on 55.1 %. Its
// prices are off by 17.25 points instead of 17.34, which may well be chance.

// %%
const test = forecasts.map(({ day }) => day);
const prices = test.map((day) => value(close, day));
const before = test.map((day) => value(close, day - 1));
const guesses = forecasts.map(({ move }, i) => value(before, i) * Math.exp(move / 100));
const [lstm, persistence] = [guesses, before].map((g) => meanAbsoluteError(g, prices).toFixed(2));
console.log(`error of the price: LSTM ${lstm} points, persistence ${persistence}`);
const rises = test.map((day) => value(returns, day) > 0);
const right = forecasts.filter(({ move }, i) => move > 0 === rises[i]).length / test.length;
const up = rises.filter(Boolean).length / test.length;
console.log(`direction: LSTM ${percent(right)} right, always up ${percent(up)}`);

// %% [markdown]
// ## What can be predicted
//
// How wild tomorrow will be: wild days come in clusters (Mandelbrot 1963). $R^2$ is the share of the
// variance that is explained: in a full run 0.68 with the LSTM, 0.65 with "as today".

// %%
const truth = test.map((day) => value(ranges, day));
const asToday = test.map((day) => value(ranges, day - 1));
const asUsual = test.map((day) => meanOf(ranges.slice(day - 22, day)));
const predicted = forecasts.map(({ range }) => range);
const [today, usual] = [rSquared(asToday, truth), rSquared(asUsual, truth)];
console.log(`R²: as today ${today.toFixed(3)}, as in the last 22 days ${usual.toFixed(3)}`);
const curve = (values: readonly number[]) =>
  values.map((y, i) => ({ x: 2016.24 + (4.05 * i) / values.length, y }));
plotCurves(
  { 'the day’s range in %': curve(truth), predicted: curve(predicted) },
  { title: 'How wild the next day is', file: 'stock-prices.svg', x: { tickFormat: 'd', ticks: 5 } },
);
const [score, baseline] = [rSquared(predicted, truth), Math.max(today, usual)];
expectScore('R² of the range', score, { atLeast: baseline, baseline });
