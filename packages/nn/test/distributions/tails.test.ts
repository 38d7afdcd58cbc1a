/** @file Tails and near certainties of distributions against multiple precision. The fixture's script is fixtures/distributionTails.py. */
import { readFileSync } from 'node:fs';
import { grad, scalar, type DType, type Tensor } from '@chainrule/autograd';
import * as distributions from '@chainrule/nn/distributions';
import { expect, it } from 'vitest';

type Row = [
  name: string,
  parameters: Record<string, number>,
  dtype: DType,
  what: string,
  argument: number | null,
  variable: string | null,
  order: number,
  value: number,
];

const rows = JSON.parse(
  readFileSync(new URL('../fixtures/distributionTails.json', import.meta.url), 'utf8'),
) as Row[];

type Made = Record<string, Tensor | ((x: Tensor) => Tensor)>;
const classes = distributions as unknown as Record<string, new (parameters: object) => Made>;

/** What is asked for as a function of its variable, which is a parameter or the argument. */
function quantity([name, parameters, dtype, what, argument, variable]: Row): (t: Tensor) => Tensor {
  const Class = classes[name];
  if (Class === undefined) throw new Error(`no distribution ${name}`);
  const number = (x: number): Tensor => scalar(x, { dtype });
  return (t) => {
    const given = Object.entries(parameters).map(([k, v]) => [k, k === variable ? t : number(v)]);
    const made = new Class(Object.fromEntries(given) as object);
    const member = made[what] as Tensor | ((x: Tensor) => Tensor);
    if (typeof member !== 'function') return member;
    return member.call(made, variable === 'x' ? t : number(argument ?? 0));
  };
}

it('is accurate in tails and near certainty', () => {
  const wrong: unknown[] = [];
  for (const row of rows) {
    const [, parameters, dtype, , argument, variable, order, value] = row;
    let f = quantity(row);
    for (let k = 0; k < order; k++) f = grad(f);
    const at = variable === null || variable === 'x' ? argument : parameters[variable];
    const got = f(scalar(at ?? 0, { dtype })).item();
    const tolerance = dtype === 'float32' ? 4e-6 : 2e-14;
    if (!(Math.abs(got - value) <= tolerance * Math.abs(value))) wrong.push([...row, got]);
  }
  expect(wrong).toEqual([]);
});
