/** @file Averages of parameters, beside the formula in plain numbers. */
import { expect, test } from 'vitest';
import { FormatError, Parameter, tensor } from '@chainrule/autograd';
import { ExponentialMovingAverage, SGD } from '@chainrule/optim';

function setup(): { p: Parameter; step: () => void; ema: ExponentialMovingAverage } {
  const p = new Parameter(tensor(Float64Array.of(1, -2)));
  const optimizer = new SGD([p], { lr: 0.1 });
  const ema = new ExponentialMovingAverage([p], { decay: 0.8 });
  const step = (): void => {
    optimizer.zeroGrad();
    p.square().sum().backward();
    optimizer.step();
    ema.update();
  };
  return { p, step, ema };
}

test('is the parameter at the first update, then the average', () => {
  const { p, step, ema } = setup();
  step();
  expect(ema.averages[0]?.toArray()).toEqual(p.toArray());
  let average = p.dataSync() as Float64Array;
  for (let i = 0; i < 5; i++) {
    step();
    const now = p.dataSync();
    average = average.map((a, k) => 0.8 * a + 0.2 * (now[k] as number));
    average.forEach((a, k) => expect(ema.averages[0]?.dataSync()[k]).toBeCloseTo(a, 14));
  }
});

test('stands in for the parameters while a function runs, whatever happens in it', async () => {
  const { p, step, ema } = setup();
  for (let i = 0; i < 3; i++) step();
  const [own, average] = [p.toArray(), ema.averages[0]?.toArray()];
  expect(ema.use(() => p.toArray())).toEqual(average);
  expect(p.toArray()).toEqual(own);
  expect(() =>
    ema.use(() => {
      throw new Error('within');
    }),
  ).toThrow('within');
  expect(p.toArray()).toEqual(own);
  const later = ema.use(async () => {
    await Promise.resolve();
    return p.toArray();
  });
  expect(await later).toEqual(average);
  expect(p.toArray()).toEqual(own);
  ema.copyToParameters();
  expect(p.toArray()).toEqual(average);
});

test('goes on from a saved state, and refuses another', () => {
  const { step, ema } = setup();
  for (let i = 0; i < 3; i++) step();
  const other = setup();
  other.ema.loadStateDict(ema.stateDict());
  expect(other.ema.averages[0]?.toArray()).toEqual(ema.averages[0]?.toArray());
  expect(() => other.ema.loadStateDict({ ...ema.stateDict(), averages: [tensor([1])] })).toThrow(
    FormatError,
  );
});
