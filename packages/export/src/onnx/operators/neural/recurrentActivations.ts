/** @file The functions that recurrent networks may squash with. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';

export type Activation = (x: cr.Tensor) => cr.Tensor;

type Parametric = (x: cr.Tensor, alpha: number, beta: number) => cr.Tensor;

/** With the values that `alpha` and `beta` have if none are given. */
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

/** The activation with a name; `clip` bounds what goes into it. */
export function activationOf(
  call: Call,
  name: string,
  alpha: number | undefined,
  beta: number | undefined,
  clip: number | null,
): Activation {
  const found = [...ACTIVATIONS].find(([key]) => key.toLowerCase() === name.toLowerCase());
  const [f, a = 1, b = 0] = found?.[1] ?? call.refuse(`there is no activation '${name}'`);
  return (x) => f(clip === null ? x : x.clamp(-clip, clip), alpha ?? a, beta ?? b);
}
