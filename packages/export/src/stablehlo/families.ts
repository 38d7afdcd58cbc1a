/** @file Functions with derivatives of every order, in StableHLO. */
import { sincSlope, type Formulas } from '../formulas.js';
import { Unwritable, type Rules } from './rule.js';
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

/** From `FAR` on, `TERMS` terms of the continued fraction give all digits of the tail. */
const [FAR, TERMS] = [5, 40];

/**
 * `e^(x²) erfc(x)` for x ≥ 0: near 0 the power is taken of an exact square and a remainder; far away a continued fraction is
 * used.
 */
function scaledTail(w: Writer, x: Value): Value {
  const k = formulas(w, x);
  const near = k.whereLess(x, k.number(FAR), x, k.number(FAR));
  const head = k.mul(k.round(k.mul(near, k.number(64))), k.number(1 / 64));
  const rest = k.mul(k.sub(near, head), k.add(near, head));
  const power = w.map(
    'multiply',
    w.map('exponential', k.mul(head, head)),
    w.map('exponential', rest),
  );
  // 1/√π / (x + ½ / (x + 1 / (x + 1½ / …)))
  let tail = x;
  for (let i = TERMS; i > 0; i--) tail = k.add(x, k.div(k.number(i / 2), tail));
  const far = k.div(k.number(1 / Math.sqrt(Math.PI)), tail);
  return k.whereLess(x, k.number(FAR), k.mul(power, w.map('chlo.erfc', near)), far);
}

export const familyRules: Rules = {
  polygamma: (w, [x], { attributes: { order } }) =>
    w.map('chlo.polygamma', w.constant(order, (x as Value).type, (x as Value).shape), x as Value),
  sincSlope: (w, [x], { attributes: { order } }) =>
    sincSlope(formulas(w, x as Value), x as Value, order),
  scaledTail(w, [x], { attributes: { order } }) {
    if (order > 0) throw new Unwritable(`its derivative of order ${order}`);
    return scaledTail(w, x as Value);
  },
};
