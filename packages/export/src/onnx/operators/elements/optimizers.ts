/** @file Operators that take one step of an optimizer: they return new values and new averages. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { operator, outputs, type Operator } from '../operator.js';

/** Updates one tensor: returns its value and its averages after the step, in the order of the outputs. */
type Update = (
  x: cr.Tensor,
  gradient: cr.Tensor,
  averages: readonly cr.Tensor[],
  step: { readonly rate: cr.Tensor; readonly count: cr.Tensor },
) => readonly cr.Tensor[];

/**
 * An operator whose inputs are a rate, a count, and then the values, the gradients and each kind of averages of some tensors.
 */
function optimizer(name: string, averages: number, update: (call: Call) => Update): Operator {
  const kinds = 2 + averages;
  return operator(
    name,
    (call) => {
      const [rate, count, ...rest] = call.tensors() as [cr.Tensor, cr.Tensor, ...cr.Tensor[]];
      const tensors = rest.length / kinds;
      if (!Number.isInteger(tensors)) call.refuse(`${rest.length} tensors are not ${kinds} kinds`);
      const kindOf = (kind: number): cr.Tensor[] =>
        rest.slice(kind * tensors, (kind + 1) * tensors);
      const stepOf = update(call);
      const decay = call.float('norm_coefficient', 0);
      const results = kindOf(0).map((x, i) => {
        const gradient = (kindOf(1)[i] as cr.Tensor).add(x.mul(decay));
        const before = Array.from({ length: averages }, (_, k) => kindOf(2 + k)[i] as cr.Tensor);
        return stepOf(x, gradient, before, { rate, count });
      });
      return outputs(
        ...Array.from({ length: 1 + averages }, (_, k) => results.map((r) => r[k])).flat(),
      );
    },
    { domain: 'ai.onnx.preview.training' },
  );
}

const adagrad = optimizer('Adagrad', 1, (call) => {
  const [decay, eps] = [call.float('decay_factor', 0), call.float('epsilon', 1e-6)];
  return (x, g, [sum], { rate, count }) => {
    const squares = (sum as cr.Tensor).add(g.square());
    const now = rate.div(count.cast(rate.dtype).mul(decay).add(1));
    return [x.sub(now.mul(g).div(squares.sqrt().add(eps))), squares];
  };
});

const momentum = optimizer('Momentum', 1, (call) => {
  const [alpha, beta] = [call.float('alpha'), call.float('beta')];
  const nesterov = call.text('mode') === 'nesterov';
  return (x, g, [v], { rate, count }) => {
    // In the first step the average is the gradient itself.
    const share = cr.where(count.gt(0), beta, 1).cast(g.dtype);
    const velocity = (v as cr.Tensor).mul(alpha).add(share.mul(g));
    const direction = nesterov ? g.add(velocity.mul(alpha)) : velocity;
    return [x.sub(rate.mul(direction)), velocity];
  };
});

const adam = optimizer('Adam', 2, (call) => {
  const [alpha, beta] = [call.float('alpha', 0.9), call.float('beta', 0.999)];
  const [eps, after] = [call.float('epsilon', 1e-6), call.float('norm_coefficient_post', 0)];
  return (x, g, [v, h], { rate, count }) => {
    const mean = (v as cr.Tensor).mul(alpha).add(g.mul(1 - alpha));
    const squares = (h as cr.Tensor).mul(beta).add(g.square().mul(1 - beta));
    const t = count.cast(rate.dtype);
    const rest = (base: number): cr.Tensor => cr.pow(base, t).neg().add(1);
    const corrected = cr.where(t.gt(0), rate.mul(rest(beta).sqrt()).div(rest(alpha)), rate);
    const moved = x.sub(corrected.mul(mean).div(squares.sqrt().add(eps)));
    return [moved.mul(1 - after), mean, squares];
  };
});

export const OPTIMIZERS: readonly Operator[] = [adagrad, momentum, adam];
