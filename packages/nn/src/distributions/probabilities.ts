/** @file Probabilities and their logarithms: what distributions of either have in common. */
import { clamp, sigmoid, softmax, type Tensor } from '@chainrule/autograd';

/** The logarithm, or log-odds, of probabilities, which are kept away from 0 and 1 by one rounding as in PyTorch. */
export function logitsOf(probs: Tensor, binary: boolean): Tensor {
  const eps = probs.dtype === 'float64' ? 2 ** -52 : 2 ** -23;
  const p = clamp(probs, eps, 1 - eps);
  return binary ? p.log().sub(p.neg().log1p()) : p.log();
}

/** The probabilities of logits: of one thing each, or of the last dimension's. */
export function probsOf(logits: Tensor, binary: boolean): Tensor {
  return binary ? sigmoid(logits) : softmax(logits, -1);
}
