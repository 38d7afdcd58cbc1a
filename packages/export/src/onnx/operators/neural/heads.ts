/** @file The common parts of all forms of attention: heads, scores with biases, and weights. */
import * as cr from '@chainrule/autograd';

/** `[batch, length, heads · size]` as `[batch, heads, length, size]`. */
export function heads(x: cr.Tensor, count: number): cr.Tensor {
  if (x.ndim === 4) return x;
  const [b, l, n] = x.shape as [number, number, number];
  return x.reshape([b, l, count, n / count]).transpose(1, 2);
}

/** `[batch, heads, length, size]` as `[batch, length, heads · size]`. */
export function joined(x: cr.Tensor): cr.Tensor {
  const [b, h, l, e] = x.shape as [number, number, number, number];
  return x.transpose(1, 2).reshape([b, l, h * e]);
}

/** 0 where a query may attend, −∞ where it may not. */
export function blocked(allowed: cr.Tensor, dtype: cr.DType): cr.Tensor {
  return cr.where(allowed, 0, -Infinity).cast(dtype);
}

export interface AttentionOptions {
  /** The factor of the scores; by default 1 / √size. */
  readonly scale: number;
  /** Biases that are added to the scores. */
  readonly bias: readonly cr.Tensor[];
  /** Scores are bounded to ± this by a tanh; 0 for no bound. */
  readonly softcap?: number;
  /** One more score for each head, which takes part in the softmax but has no value. */
  readonly sink?: cr.Tensor | null;
  /** Modify the scores before the softmax, and the weights after it. */
  readonly onScores?: (scores: cr.Tensor) => cr.Tensor;
  readonly onWeights?: (weights: cr.Tensor) => cr.Tensor;
}

export interface Attended {
  readonly y: cr.Tensor;
  /** The scores, then bounded, then masked, then as weights. */
  readonly stages: readonly [cr.Tensor, cr.Tensor, cr.Tensor, cr.Tensor];
}

const same = (x: cr.Tensor): cr.Tensor => x;

/** `softmax(q kᵀ · scale + bias) v` over heads; a head of keys and values may serve several heads of queries. */
export function attend(
  q: cr.Tensor,
  keys: cr.Tensor,
  values: cr.Tensor,
  { scale, bias, softcap = 0, sink = null, onScores = same, onWeights = same }: AttentionOptions,
): Attended {
  const groups = (q.shape[1] as number) / (keys.shape[1] as number);
  const spread = (x: cr.Tensor): cr.Tensor =>
    groups === 1 ? x : cr.repeatInterleave(x, groups, { dim: 1 });
  const root = Math.sqrt(scale);
  const scores = cr.matmul(q.mul(root), spread(keys).mul(root).transpose(-1, -2));
  const capped = softcap > 0 ? scores.div(softcap).tanh().mul(softcap) : scores;
  const masked = onScores(bias.reduce((x, y) => x.add(y), capped));
  const weights = onWeights(sink === null ? softmax(masked) : withSink(masked, sink));
  return { y: cr.matmul(weights, spread(values)), stages: [scores, capped, masked, weights] };
}

/** A softmax whose result is 0 for a query that may attend to nothing. */
function softmax(scores: cr.Tensor): cr.Tensor {
  const blind = scores.amax(-1, { keepdim: true }).eq(-Infinity);
  return cr.where(blind, 0, cr.softmax(cr.where(blind, 0, scores), -1));
}

function withSink(scores: cr.Tensor, sink: cr.Tensor): cr.Tensor {
  const column = cr.expand(sink.reshape([1, -1, 1, 1]), [...scores.shape.slice(0, 3), 1]);
  const weights = cr.softmax(cr.cat([scores, column], -1), -1);
  return cr.narrow(weights, 3, 0, scores.shape[3] as number);
}
