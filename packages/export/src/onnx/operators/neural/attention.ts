/** @file Attention, and positions turned into rotations. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

/** `[batch, length, heads · size]` as `[batch, heads, length, size]`. */
function heads(x: cr.Tensor, count: number): cr.Tensor {
  if (x.ndim === 4) return x;
  const [b, l, n] = x.shape as [number, number, number];
  return x.reshape([b, l, count, n / count]).transpose(1, 2);
}

/** `softmax(q kᵀ · scale + mask) v`, as version 23 has it. */
function attention(call: Call): Result {
  const flat = call.shape(0).length === 3;
  const q = heads(call.tensor(0), flat ? call.int('q_num_heads') : 1);
  let k = heads(call.tensor(1), flat ? call.int('kv_num_heads') : 1);
  let v = heads(call.tensor(2), flat ? call.int('kv_num_heads') : 1);
  const [pastKey, pastValue] = [call.maybe(4), call.maybe(5)];
  if (pastKey !== null) k = cr.cat([pastKey, k], 2);
  if (pastValue !== null) v = cr.cat([pastValue, v], 2);
  const [presentKey, presentValue] = [k, v];
  const groups = (q.shape[1] as number) / (k.shape[1] as number);
  if (groups !== 1)
    [k, v] = [k, v].map((x) => cr.repeatInterleave(x, groups, { dim: 1 })) as [
      cr.Tensor,
      cr.Tensor,
    ];
  const scale = call.float('scale', 1 / Math.sqrt(q.shape[3] as number));
  const scores = cr.matmul(q.mul(Math.sqrt(scale)), k.mul(Math.sqrt(scale)).transpose(-1, -2));
  const bias = maskOf(call, q, k, pastKey === null ? 0 : (pastKey.shape[2] as number));
  const softcap = call.float('softcap', 0);
  const capped = softcap > 0 ? scores.div(softcap).tanh().mul(softcap) : scores;
  const masked = bias === null ? capped : capped.add(bias);
  // A query that may look nowhere gives 0.
  const blind = masked.amax(-1, { keepdim: true }).eq(-Infinity);
  const weights = cr.where(blind, 0, cr.softmax(cr.where(blind, 0, masked), -1));
  const y = cr.matmul(weights, v);
  const [b, h, l, e] = y.shape as [number, number, number, number];
  const shown = [scores, capped, masked, weights][call.int('qk_matmul_output_mode', 0)] ?? scores;
  const joined = flat ? y.transpose(1, 2).reshape([b, l, h * e]) : y;
  return outputs(joined, presentKey, presentValue, shown);
}

/** What is added to the scores: 0 where a query may look, −∞ where it may not. */
function maskOf(call: Call, q: cr.Tensor, k: cr.Tensor, past: number): cr.Tensor | null {
  const [l, s] = [q.shape[2] as number, k.shape[2] as number];
  const blocked = (allowed: cr.Tensor): cr.Tensor => cr.where(allowed, 0, -Infinity).cast(q.dtype);
  const given = call.maybe(3);
  const parts: cr.Tensor[] = [];
  if (given !== null) {
    const bias = given.dtype === 'bool' ? blocked(given) : given;
    const more = s - (bias.shape.at(-1) as number);
    parts.push(more > 0 ? cr.pad(bias, [0, more], { value: -Infinity }) : bias);
  }
  // How many keys of each example there are at all.
  const lengths = call.maybe(6)?.reshape([-1, 1, 1, 1]) ?? null;
  const columns = cr.arange(s, { dtype: 'int32' });
  if (lengths !== null) parts.push(blocked(columns.lt(lengths)));
  // Where each query stands among the keys.
  const rows = cr.arange(l, { dtype: 'int32' }).unsqueeze(1);
  const at = rows.add(lengths === null ? past : lengths.sub(l));
  const [left, right] = [call.int('left_window_size', -1), call.int('right_window_size', -1)];
  if (call.flag('is_causal')) parts.push(blocked(columns.le(at)));
  if (left >= 0) parts.push(blocked(columns.ge(at.sub(left))));
  if (right >= 0) parts.push(blocked(columns.le(at.add(right))));
  return parts.length === 0 ? null : parts.reduce((x, y) => x.add(y));
}

/** Pairs of features turned by the angles of their positions (Su et al. 2021, arXiv:2104.09864). */
function rotary(call: Call): Result {
  const input = call.tensor(0);
  const flat = input.ndim === 3;
  const count = call.int('num_heads', 0);
  const x = flat ? heads(input, count) : input;
  const places = call.maybe(3);
  const at = (cache: cr.Tensor): cr.Tensor => {
    if (places === null) return cache.unsqueeze(1);
    const chosen = cache.indexSelect(0, places.reshape([-1]));
    return chosen.reshape([...places.shape, cache.shape[1] as number]).unsqueeze(1);
  };
  const size = x.shape[3] as number;
  const turned = call.int('rotary_embedding_dim', 0) || size;
  const [part, rest] = [cr.narrow(x, 3, 0, turned), cr.narrow(x, 3, turned, size - turned)];
  const [cos, sin] = [call.tensor(1), call.tensor(2)].map((t) =>
    cr.narrow(at(t), 3, 0, turned / 2),
  ) as [cr.Tensor, cr.Tensor];
  const pairs = call.flag('interleaved')
    ? part.reshape([...part.shape.slice(0, 3), turned / 2, 2]).unbind(4)
    : part.chunk(2, 3);
  const [a, b] = pairs as [cr.Tensor, cr.Tensor];
  const [real, imaginary] = [a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))];
  const joined = call.flag('interleaved')
    ? cr.stack([real, imaginary], 4).reshape(part.shape)
    : cr.cat([real, imaginary], 3);
  const y = size === turned ? joined : cr.cat([joined, rest], 3);
  return flat ? y.transpose(1, 2).reshape(input.shape) : y;
}

export const ATTENTION: readonly Operator[] = [
  operator('Attention', attention),
  operator('RotaryEmbedding', rotary),
];
