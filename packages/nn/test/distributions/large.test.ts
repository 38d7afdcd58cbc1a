/** @file Distributions of large parameters against multiple precision. The fixture's script is fixtures/distributionLarge.py. */
import { readFileSync } from 'node:fs';
import { compile, grad, scalar, tensor, type DType, type Tensor } from '@chainrule/autograd';
import * as distributions from '@chainrule/nn/distributions';
import { expect, test } from 'vitest';

type Row = [
  name: string,
  parameters: number[],
  what: 'logProb' | 'entropy',
  argument: number | null,
  value: number,
  slopes: number[],
];

const rows = JSON.parse(
  readFileSync(new URL('../fixtures/distributionLarge.json', import.meta.url), 'utf8'),
) as Row[];

type Made = Record<'logProb' | 'entropy', (x?: Tensor) => Tensor>;
const classes = distributions as unknown as Record<string, new (...parameters: Tensor[]) => Made>;

/** What is asked for as a function of the parameters and the argument. */
function quantity([name, parameters, what]: Row): (...all: Tensor[]) => Tensor {
  const Class = classes[name];
  if (Class === undefined) throw new Error(`no distribution ${name}`);
  return (...all) => {
    const made = new Class(...all.slice(0, parameters.length));
    return made[what](...all.slice(parameters.length));
  };
}

for (const [dtype, digits, slopeDigits] of [
  ['float64', 2e-12, 1e-10],
  ['float32', 2e-5, 2e-4],
] as const satisfies readonly (readonly [DType, number, number])[]) {
  test(`lose no digits to their size, in ${dtype}`, () => {
    const wrong: unknown[] = [];
    for (const row of rows) {
      const [name, parameters, , argument, value, slopes] = row;
      const all = [...parameters, ...(argument === null ? [] : [argument])];
      // A number that float32 cannot hold is another one.
      if (dtype === 'float32' && all.some((x) => Math.fround(x) !== x)) continue;
      const at = all.map((x) => scalar(x, { dtype }));
      const f = quantity(row);
      // Terms of the size of the deviation from the mode remain.
      const unit = Math.max(1, Math.abs(value));
      for (const g of [f, compile(f)]) {
        const got = g(...at).item();
        if (!(Math.abs(got - value) <= digits * unit)) wrong.push([...row, got]);
      }
      slopes.forEach((slope, i) => {
        // Counts have no slope.
        if ((name === 'Poisson' && i === 1) || (name === 'Binomial' && i !== 1)) return;
        const got = grad(f, i)(...at).item();
        // A slope in the argument is the difference of two of the size of parameter / argument.
        const whole = i < parameters.length ? 1 : Math.max(1, ...parameters.map((p) => p / 1000));
        const size = Math.max(Math.abs(slope), whole / (all[i] || 1), 1e-3);
        if (!(Math.abs(got - slope) <= slopeDigits * size)) wrong.push([...row, i, got, slope]);
      });
    }
    expect(wrong).toEqual([]);
  });
}

test('values at the ends of the support stay as they were', () => {
  const at = (x: number): Tensor => tensor(x, { dtype: 'float64' });
  expect(new distributions.Gamma(at(20), at(2)).logProb(at(0)).item()).toBe(-Infinity);
  expect(new distributions.Beta(at(20), at(30)).logProb(at(0)).item()).toBe(-Infinity);
  expect(new distributions.Beta(at(20), at(30)).logProb(at(1)).item()).toBe(-Infinity);
  expect(new distributions.Poisson(at(0)).logProb(at(20)).item()).toBe(-Infinity);
  const far = new distributions.Gamma(at(20), at(1)).logProb(at(1e-20)).item();
  expect(far).toBeCloseTo(19 * Math.log(1e-20) - 39.339884187199494, 8);
});
