/** @file Sequence mixing with a state that each step passes to the next: linear attention, and causal convolution. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { range } from '../helpers.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

const RULES = ['linear', 'gated', 'delta', 'gated_delta'];

/**
 * Attention without a softmax: each step adds its key and value to a matrix, which the queries read (Katharopoulos et al.
 * 2020, arXiv:2006.16236). The matrix may decay, and a step may first subtract the value that it holds for the key (Yang et
 * al. 2024, arXiv:2412.06464).
 */
function linearAttention(call: Call): Result {
  const rule = call.text('update_rule', 'gated_delta');
  if (!RULES.includes(rule)) call.refuse(`there is no update_rule '${rule}'`);
  const [queries, keys] = [call.int('q_num_heads'), call.int('kv_num_heads')];
  if (!(keys >= 1) || !(queries >= 1) || queries % keys !== 0)
    call.refuse(`${queries} heads of queries are not a multiple of ${keys} heads of keys`);
  const split = (x: cr.Tensor, heads: number): cr.Tensor =>
    x.reshape([x.shape[0] as number, x.shape[1] as number, heads, -1]);
  const [q, k, v] = [call.tensor(0), call.tensor(1), call.tensor(2)].map((x, i) =>
    split(x, i === 0 ? queries : keys),
  ) as [cr.Tensor, cr.Tensor, cr.Tensor];
  const [batch, length, , size] = q.shape as [number, number, number, number];
  const width = v.shape[3] as number;
  const gate = rule.startsWith('gated') ? split(call.tensor(4), keys).exp() : null;
  const rate = rule.endsWith('delta') ? call.tensor(5).unsqueeze(-1) : null;
  const scale = call.float('scale', 0) || 1 / Math.sqrt(size);
  let state = call.maybe(3) ?? cr.zeros([batch, keys, size, width], { dtype: q.dtype });
  const results = range(length).map((t) => {
    const key = k.select(1, t).unsqueeze(-1);
    let value = v.select(1, t).unsqueeze(-2);
    if (gate !== null) state = state.mul(gate.select(1, t).unsqueeze(-1));
    if (rate !== null) {
      const held = cr.matmul(key.transpose(-1, -2), state);
      value = value.sub(held).mul(rate.select(1, t).unsqueeze(-1));
    }
    state = state.add(key.mul(value));
    const read = cr.repeatInterleave(state, queries / keys, { dim: 1 });
    return cr.matmul(q.select(1, t).unsqueeze(-2), read).mul(scale).reshape([batch, -1]);
  });
  return outputs(cr.stack(results, 1), state);
}

/** Convolves each channel with its earlier elements; `past_state` holds those before the first one. */
function causalConvolution(call: Call): Result {
  const [x, weight] = [call.tensor(0), call.tensor(1)];
  const [batch, channels] = x.shape as [number, number];
  const before = (weight.shape[2] as number) - 1;
  const past = call.maybe(3) ?? cr.zeros([batch, channels, before], { dtype: x.dtype });
  const whole = cr.cat([past, x], 2);
  const y = cr.conv1d(whole, weight, { bias: call.maybe(2), groups: channels });
  const activation = call.text('activation', 'none');
  if (!['none', 'silu', 'swish'].includes(activation))
    call.refuse(`there is no activation '${activation}'`);
  const next = cr.narrow(whole, 2, (whole.shape[2] as number) - before, before);
  return outputs(activation === 'none' ? y : cr.silu(y), next);
}

export const RECURRENT_MIXING: readonly Operator[] = [
  operator('LinearAttention', linearAttention),
  operator('CausalConvWithState', causalConvolution),
];
