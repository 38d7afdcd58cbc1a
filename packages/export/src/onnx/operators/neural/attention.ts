/** @file Attention and rotary position embeddings, as in ONNX's own domain. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';
import { attend, blocked, heads, joined } from './heads.js';
import { rotated, rowsAt } from './rotary.js';

/** `softmax(q kᵀ · scale + mask) v`, as in version 23. */
function attention(call: Call): Result {
  const flat = call.shape(0).length === 3;
  const q = heads(call.tensor(0), flat ? call.int('q_num_heads') : 1);
  let k = heads(call.tensor(1), flat ? call.int('kv_num_heads') : 1);
  let v = heads(call.tensor(2), flat ? call.int('kv_num_heads') : 1);
  const [pastKey, pastValue] = [call.maybe(4), call.maybe(5)];
  if (pastKey !== null) k = cr.cat([pastKey, k], 2);
  if (pastValue !== null) v = cr.cat([pastValue, v], 2);
  const { y, stages } = attend(q, k, v, {
    scale: call.float('scale', 1 / Math.sqrt(q.shape[3] as number)),
    bias: masksOf(call, q, k, pastKey === null ? 0 : (pastKey.shape[2] as number)),
    softcap: call.float('softcap', 0),
  });
  const shown = stages[call.int('qk_matmul_output_mode', 0)] ?? stages[0];
  return outputs(flat ? joined(y) : y, k, v, shown);
}

/** The biases of the scores: 0 where a query may attend, −∞ where it may not. */
function masksOf(call: Call, q: cr.Tensor, k: cr.Tensor, past: number): cr.Tensor[] {
  const [l, s] = [q.shape[2] as number, k.shape[2] as number];
  const given = call.maybe(3);
  const parts: cr.Tensor[] = [];
  const block = (allowed: cr.Tensor): void => void parts.push(blocked(allowed, q.dtype));
  if (given !== null) {
    const bias = given.dtype === 'bool' ? blocked(given, q.dtype) : given;
    const more = s - (bias.shape.at(-1) as number);
    parts.push(more > 0 ? cr.pad(bias, [0, more], { value: -Infinity }) : bias);
  }
  // The total number of keys of each example.
  const lengths = call.maybe(6)?.reshape([-1, 1, 1, 1]) ?? null;
  const columns = cr.arange(s, { dtype: 'int32' });
  if (lengths !== null) block(columns.lt(lengths));
  // The position of each query among the keys.
  const rows = cr.arange(l, { dtype: 'int32' }).unsqueeze(1);
  const at = rows.add(lengths === null ? past : lengths.sub(l));
  const [left, right] = [call.int('left_window_size', -1), call.int('right_window_size', -1)];
  if (call.flag('is_causal')) block(columns.le(at));
  if (left >= 0) block(columns.ge(at.sub(left)));
  if (right >= 0) block(columns.le(at.add(right)));
  return parts;
}

function rotary(call: Call): Result {
  const input = call.tensor(0);
  const x = heads(input, call.int('num_heads', 0));
  const places = call.maybe(3);
  const [cos, sin] = [call.tensor(1), call.tensor(2)].map((cache) =>
    places === null ? cache.unsqueeze(1) : rowsAt(cache, places),
  ) as [cr.Tensor, cr.Tensor];
  const y = rotated(x, {
    cos,
    sin,
    interleaved: call.flag('interleaved'),
    width: call.int('rotary_embedding_dim', 0),
  });
  return input.ndim === 3 ? joined(y) : y;
}

/** Attention in which graphs of the file modify the scores and the weights. */
function flexAttention(call: Call): Result {
  const [q, k, v] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const changed =
    (name: string) =>
    (x: cr.Tensor): cr.Tensor => {
      if (!call.attributeGiven(name)) return x;
      const [y] = call.run(name, [x]);
      return y instanceof cr.Tensor ? y : call.refuse(`${name} must give a tensor`);
    };
  const scale = call.float('scale', 1 / Math.sqrt(q.shape[3] as number));
  const [onScores, onWeights] = [changed('score_mod'), changed('prob_mod')];
  return attend(q, k, v, { scale, bias: [], onScores, onWeights }).y;
}

export const ATTENTION: readonly Operator[] = [
  operator('Attention', attention),
  operator('FlexAttention', flexAttention, { domain: 'ai.onnx.preview' }),
  operator('RotaryEmbedding', rotary),
];
