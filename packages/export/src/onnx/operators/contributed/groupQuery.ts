/**
 * @file Grouped-query attention, where several query heads share a head of keys and values, as in language models for ONNX
 * Runtime.
 */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { attend, blocked, heads, joined } from '../neural/heads.js';
import { positionsFrom, rotated, rowsAt } from '../neural/rotary.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

function groupQueryAttention(call: Call): Result {
  const [count, few] = [call.int('num_heads'), call.int('kv_num_heads')];
  let [q, k, v] = partsOf(call, count, few);
  const length = q.shape[2] as number;
  const total = call.number(6);
  const stored = call.maybe(3);
  const buffer = stored === null ? 0 : (stored.shape[2] as number);
  // The number of earlier keys of each example: none if the call contains the whole prompt.
  const all = call.tensor(5).reshape([-1]).add(1);
  const past = length === total ? all.mul(0) : all.sub(length);
  if (call.has(14)) [q, k] = [normalized(call, q, 14), normalized(call, k, 15)];
  if (call.flag('do_rotary')) {
    const positions = call.maybe(9) ?? positionsFrom(past, length);
    const rotation = {
      cos: rowsAt(call.tensor(7), positions),
      sin: rowsAt(call.tensor(8), positions),
      interleaved: call.flag('rotary_interleaved'),
      width: 2 * (call.shape(7)[1] as number),
    };
    [q, k] = [rotated(q, rotation), rotated(k, rotation)];
  }
  const keys = Math.max(total, buffer);
  const placed = (old: cr.Tensor | null, x: cr.Tensor): cr.Tensor => behind(old, x, past, keys);
  [k, v] = [placed(stored, k), placed(call.maybe(4), v)];
  const used = cr.narrow(k, 2, 0, total);
  const scale = call.float('scale', 0);
  const { y, stages } = attend(q, used, cr.narrow(v, 2, 0, total), {
    scale: scale === 0 ? 1 / Math.sqrt(q.shape[3] as number) : scale,
    softcap: call.float('softcap', 0),
    bias: biasOf(call, q, total, past),
    sink: call.maybe(11) ?? (call.int('smooth_softmax', 0) > 0 ? cr.zeros([count]) : null),
  });
  const shown = call.int('qk_output', 0) === 2 ? stages[3] : stages[2];
  return outputs(joined(y), k, v, call.wants(3) ? shown : undefined);
}

/** Queries, keys and values split into heads, from three inputs or a packed one. */
function partsOf(call: Call, count: number, few: number): [cr.Tensor, cr.Tensor, cr.Tensor] {
  if (['k_quant_type', 'v_quant_type'].some((name) => call.text(name, 'NONE') !== 'NONE'))
    call.refuse('quantized keys and values are not supported');
  if (call.flag('sliding_window_cache')) call.refuse('a cache of one window is not supported');
  const packed = call.tensor(0);
  if (call.has(1))
    return [heads(packed, count), heads(call.tensor(1), few), heads(call.tensor(2), few)];
  const size = (packed.shape[2] as number) / (count + 2 * few);
  const [q, k, v] = cr.split(packed, [count * size, few * size, few * size], 2);
  return [heads(q!, count), heads(k!, few), heads(v!, few)];
}

/** Divides each head by its root mean square. */
function normalized(call: Call, x: cr.Tensor, weight: number): cr.Tensor {
  const mean = x.square().mean(-1, { keepdim: true });
  return x.mul(mean.add(call.float('qk_norm_epsilon', 1e-6)).rsqrt()).mul(call.tensor(weight));
}

/** `x` after the first `past` rows of `old`, where `past` differs per example; zeros up to `length`. */
function behind(old: cr.Tensor | null, x: cr.Tensor, past: cr.Tensor, length: number): cr.Tensor {
  const [batch, count, added, size] = x.shape as [number, number, number, number];
  const buffer = old === null ? 0 : (old.shape[2] as number);
  const both = old === null ? x : cr.cat([old, x], 2);
  const columns = cr.arange(length, { dtype: 'int32' }).unsqueeze(0);
  const first = past.reshape([-1, 1]);
  const behindOld = columns.sub(first).add(buffer);
  const source = cr.where(columns.lt(first), columns, behindOld).clamp(0, buffer + added - 1);
  const index = cr.expand(source.cast('int32').reshape([batch, 1, length, 1]), [
    batch,
    count,
    length,
    size,
  ]);
  const there = columns.lt(first.add(added)).reshape([batch, 1, length, 1]);
  return cr.where(there, cr.gather(both, 2, index), 0);
}

function biasOf(call: Call, q: cr.Tensor, keys: number, past: cr.Tensor): cr.Tensor[] {
  const columns = cr.arange(keys, { dtype: 'int32' });
  const rows = cr.arange(q.shape[2] as number, { dtype: 'int32' }).unsqueeze(1);
  const at = rows.add(past.reshape([-1, 1, 1, 1]));
  const window = call.int('local_window_size', -1);
  const parts: cr.Tensor[] = [];
  const block = (allowed: cr.Tensor): void => void parts.push(blocked(allowed, q.dtype));
  if (call.flag('causal', true)) block(columns.le(at));
  else block(columns.lt(past.add(q.shape[2] as number).reshape([-1, 1, 1, 1])));
  if (window >= 0) block(columns.gt(at.sub(window)));
  const given = call.maybe(10);
  if (given !== null) parts.push(cr.narrow(given, 3, 0, keys));
  return parts;
}

export const GROUP_QUERY: readonly Operator[] = [
  operator('GroupQueryAttention', groupQueryAttention, {
    domain: 'com.microsoft',
    constants: [5, 6, 7, 8],
  }),
];
