/** @file Conversions between probabilities and logits, for distributions that take either. */
import { clamp, sigmoid, softmax, type Tensor } from '@chainrule/autograd';

/** Probabilities clamped one rounding away from 0 and 1, as PyTorch's are before their logarithm. */
export function clampedProbs(probs: Tensor): Tensor {
  const eps = probs.dtype === 'float64' ? 2 ** -52 : 2 ** -23;
  return clamp(probs, eps, 1 - eps);
}

/** The logarithm, or log-odds, of probabilities, which are clamped. */
export function logitsOf(probs: Tensor, binary: boolean): Tensor {
  const p = clampedProbs(probs);
  return binary ? p.log().sub(p.neg().log1p()) : p.log();
}

/** The probabilities for logits: one each, or along the last dimension. */
export function probsOf(logits: Tensor, binary: boolean): Tensor {
  return binary ? sigmoid(logits) : softmax(logits, -1);
}

/**
 * Samples, moved off the ends of (0, ∞) or (0, 1) onto which they were rounded: their density is infinite there. PyTorch's are
 * moved to the same numbers.
 */
export function offTheEnds(samples: Tensor, end: 1 | null): Tensor {
  const [least, step] =
    samples.dtype === 'float64' ? [2 ** -1022, 2 ** -53] : [2 ** -126, 2 ** -24];
  return clamp(samples, least, end === null ? undefined : end - step);
}
