/** @file Functions with derivatives of every order, in StableHLO. */
import { sincSlope, type Formulas } from '../formulas.js';
import { wide } from './elements.js';
import type { Rules } from './rule.js';
import type { Value, Writer } from './writer.js';

/** Formulas on values with the shape and type of `like`. */
function formulas(w: Writer, like: Value): Formulas<Value> {
  return {
    number: (x) => w.constant(x, like.type, like.shape),
    add: (x, y) => w.map('add', x, y),
    sub: (x, y) => w.map('subtract', x, y),
    mul: (x, y) => w.map('multiply', x, y),
    div: (x, y) => w.map('divide', x, y),
    abs: (x) => w.map('abs', x),
    sin: (x) => w.map('sine', x),
    cos: (x) => w.map('cosine', x),
    floor: (x) => w.map('floor', x),
    round: (x) => w.map('round_nearest_even', x),
    whereLess: (a, b, x, y) => w.select(w.compare('LT', a, b), x, y),
  };
}

export const familyRules: Rules = {
  polygamma: (w, [x], { attributes: { order } }) =>
    wide('chlo.polygamma')(w, [
      w.constant(order, (x as Value).type, (x as Value).shape),
      x as Value,
    ]),
  sincSlope: (w, [x], { attributes: { order } }) =>
    sincSlope(formulas(w, x as Value), x as Value, order),
};
