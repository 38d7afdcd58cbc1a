/** @file Functions with derivatives of every order. */
import { sincSlope as slope, type Formulas } from '../../../formulas.js';
import { Formula } from '../elements.js';
import type { Rule } from './rule.js';

function formulas(k: Formula): Formulas<string> {
  return {
    number: (x) => k.number(x),
    add: (x, y) => k.of('Add', x, y),
    sub: (x, y) => k.of('Sub', x, y),
    mul: (x, y) => k.of('Mul', x, y),
    div: (x, y) => k.of('Div', x, y),
    abs: (x) => k.of('Abs', x),
    sin: (x) => k.of('Sin', x),
    cos: (x) => k.of('Cos', x),
    floor: (x) => k.of('Floor', x),
    round: (x) => k.of('Round', x),
    whereLess: (a, b, x, y) => k.of('Where', k.of('Less', a, b), x, y),
  };
}

export const sincSlope: Rule<'sincSlope'> = (e, { node, inputs, attributes: { order } }) =>
  slope(formulas(new Formula(e, node)), inputs[0] as string, order);
