/** @file The simulation of ranks agrees with the formulas, with the measurements, and with invariants of its own. */
import { describe, expect, test } from 'vitest';
import {
  fit,
  formulas,
  MEETING_BYTES,
  simulate,
  simulateAllReduce,
  type Algorithm,
} from './model.js';
import { links, reductions, steps } from './measured.js';

const link = { alpha: 1e-5, beta: 1e-9, gamma: 2e-10 };
const training = {
  parameters: 1e6,
  compute: 0.1,
  jitter: 0,
  link,
  bucketBytes: 25 * 2 ** 20,
};

describe.each(Object.keys(formulas) as Algorithm[])('%s', (algorithm) => {
  test.each([2, 8, 64, 512])('%i ranks that begin at once take what the formula says', (ranks) => {
    for (const bytes of [8, 4e6]) {
      const clocks = new Float64Array(ranks);
      simulateAllReduce(clocks, bytes, link, algorithm);
      const wanted = formulas[algorithm](ranks, bytes, link);
      for (const clock of clocks) expect(Math.abs(clock / wanted - 1)).toBeLessThan(1e-9);
    }
  });

  test('nobody ends before the last has begun', () => {
    const clocks = Float64Array.from({ length: 16 }, (_, r) => (r === 5 ? 1 : 0));
    simulateAllReduce(clocks, 1000, link, algorithm);
    expect(Math.min(...clocks)).toBeGreaterThan(1);
  });
});

test('without jitter a step is computing, meeting and reducing', () => {
  for (const ranks of [2, 16, 128]) {
    const { step, communication } = simulate({ ...training, ranks });
    const reduce = Math.min(...Object.values(formulas).map((f) => f(ranks, 4e6, link)));
    const wanted = reduce + formulas.doubling(ranks, MEETING_BYTES, link);
    expect(communication).toBeCloseTo(wanted, 9);
    expect(step).toBeCloseTo(0.1 + wanted, 9);
  }
});

test('with jitter a step waits for the slowest: about σ √(2 ln ranks) longer', () => {
  const [ranks, jitter] = [1024, 0.05];
  const { step } = simulate({ ...training, ranks, jitter }, 20);
  const { step: even } = simulate({ ...training, ranks });
  const late = (step - even) / (training.compute * jitter);
  expect(late).toBeGreaterThan(0.7 * Math.sqrt(2 * Math.log(ranks)));
  expect(late).toBeLessThan(1.1 * Math.sqrt(2 * Math.log(ranks)));
});

test('a link is found again from its all-reduces', () => {
  const points = [4, 1e3, 1e5, 1e7].map((bytes) => ({ bytes, seconds: 2e-5 + bytes * 3e-10 }));
  const found = fit(points);
  expect(found.alpha).toBeCloseTo(2e-5, 12);
  expect(found.beta).toBeCloseTo(3e-10, 16);
});

test.each(Object.entries(reductions))('what was measured of reductions: %s', (_, points) => {
  const fitted = fit(points);
  for (const { bytes, seconds } of points) {
    const clocks = new Float64Array(2);
    simulateAllReduce(clocks, bytes, fitted, 'doubling');
    const ratio = (clocks[0] as number) / seconds;
    expect(ratio, `${bytes} bytes`).toBeGreaterThan(0.4);
    expect(ratio, `${bytes} bytes`).toBeLessThan(2.5);
  }
});

test.each(steps)('what was measured of steps: $name', ({ parameters, compute, seconds, link }) => {
  const { step } = simulate({
    ...{ ranks: 2, parameters, compute, jitter: 0, link: links[link] ?? training.link },
    bucketBytes: 25 * 2 ** 20,
  });
  expect(Math.abs(step / seconds - 1)).toBeLessThan(0.05);
});
