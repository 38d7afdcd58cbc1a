/** @file The activation functions of recurrent networks. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { range } from '../helpers.js';

export type Activation = (x: cr.Tensor) => cr.Tensor;

type Parametric = (x: cr.Tensor, alpha: number, beta: number) => cr.Tensor;

/** Each function, with the default values of `alpha` and `beta` if it uses them. */
const ACTIVATIONS: ReadonlyMap<string, readonly [Parametric, alpha?: number, beta?: number]> =
  new Map<string, readonly [Parametric, number?, number?]>([
    ['Tanh', [(x) => x.tanh()]],
    ['Sigmoid', [(x) => x.sigmoid()]],
    ['Relu', [(x) => x.relu()]],
    ['Softsign', [(x) => cr.softsign(x)]],
    ['Softplus', [(x) => cr.softplus(x)]],
    ['Affine', [(x, alpha, beta) => x.mul(alpha).add(beta), 1, 0]],
    ['LeakyRelu', [(x, alpha) => cr.leakyRelu(x, { negativeSlope: alpha }), 0.01]],
    ['ThresholdedRelu', [(x, alpha) => cr.where(x.gt(alpha), x, 0), 1]],
    ['ScaledTanh', [(x, alpha, beta) => x.mul(beta).tanh().mul(alpha), 1, 1]],
    ['HardSigmoid', [(x, alpha, beta) => x.mul(alpha).add(beta).clamp(0, 1), 0.2, 0.5]],
    ['Elu', [(x, alpha) => cr.elu(x, { alpha }), 1]],
  ]);

/**
 * The activation with a name; it takes the parameters that it needs from the front of `alphas` and `betas`, or their
 * defaults.
 */
export function activationOf(
  call: Call,
  name: string,
  alphas: number[],
  betas: number[],
): Activation {
  const found = [...ACTIVATIONS].find(([key]) => key.toLowerCase() === name.toLowerCase());
  const [f, a, b] = found?.[1] ?? call.refuse(`there is no activation '${name}'`);
  const alpha = a === undefined ? 1 : (alphas.shift() ?? a);
  const beta = b === undefined ? 0 : (betas.shift() ?? b);
  return (x) => f(x, alpha, beta);
}

/**
 * The activations of direction `d`, after the first direction has taken its parameters. `clip` bounds the inputs of the
 * gates; the third activation of an LSTM receives the cell state without a bound, as in ONNX Runtime.
 */
export function activationsOf(call: Call, fallbacks: readonly string[], d: number): Activation[] {
  const names = call.texts('activations', []);
  const alphas = call.floats('activation_alpha', []);
  const betas = call.floats('activation_beta', []);
  const clip = call.attributeGiven('clip') ? call.float('clip') : null;
  const count = fallbacks.length;
  return range((d + 1) * count)
    .map((i): Activation => {
      const f = activationOf(call, names[i] ?? (fallbacks[i % count] as string), alphas, betas);
      return clip === null || i % count === 2 ? f : (x) => f(x.clamp(-clip, clip));
    })
    .slice(d * count);
}
