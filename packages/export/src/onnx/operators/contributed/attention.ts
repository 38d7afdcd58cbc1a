/** @file Attention in the forms of ONNX Runtime's optimized transformers (`com.microsoft`). */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { attend, heads, joined } from '../neural/heads.js';
import { positionsFrom, rotated, rowsAt } from '../neural/rotary.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

const domain = 'com.microsoft';
/** The lowest float32, added to scores that are masked. */
const LOWEST = -(2 - 2 ** -23) * 2 ** 127;

function causal(queries: number, keys: number, past: number): cr.Tensor {
  const columns = cr.arange(keys, { dtype: 'int32' });
  return columns.le(cr.arange(queries, { dtype: 'int32' }).unsqueeze(1).add(past));
}

/**
 * The bias of a mask, to be added to the scores. The mask has a number for each key, or for each query and key, with 0 for
 * masked; or the number of keys of each example; or the ends and starts of the keys.
 */
function maskOf(call: Call, at: number, q: cr.Tensor, keys: number, past: number): cr.Tensor[] {
  const mask = call.maybe(at);
  if (mask === null) return [];
  const [batch, , queries] = q.shape as [number, number, number];
  const filter = call.float('mask_filter_value', -10_000);
  const added = (allowed: cr.Tensor): cr.Tensor[] => [cr.where(allowed, 0, filter).cast(q.dtype)];
  const columns = cr.arange(keys, { dtype: 'int32' });
  if (mask.ndim === 1) {
    const bound = (k: number): cr.Tensor =>
      cr.narrow(mask, 0, k * batch, batch).reshape([-1, 1, 1, 1]);
    if (mask.size === batch) return added(columns.lt(bound(0)));
    if (mask.size === 2 * batch)
      return added(columns.lt(bound(0)).logicalAnd(columns.ge(bound(1))));
    if (mask.size === 3 * batch + 2) return added(columns.lt(bound(0)));
    call.refuse(`a mask of ${mask.size} numbers for a batch of ${batch}`);
  }
  if (mask.ndim === 2) return added(mask.ne(0).reshape([-1, 1, 1, keys]));
  if (mask.ndim === 3) return added(mask.ne(0).unsqueeze(1));
  const part = cr.narrow(cr.narrow(mask, 2, past, queries), 3, 0, keys);
  return added(part.ne(0));
}

/** Attention, with the biases that the node adds to its scores. */
function attended(
  call: Call,
  [q, k, v]: readonly [cr.Tensor, cr.Tensor, cr.Tensor],
  inputs: { readonly mask: number; readonly bias: number | null; readonly past: number },
): { y: cr.Tensor; scores: cr.Tensor } {
  const [queries, keys] = [q.shape[2] as number, k.shape[2] as number];
  const bias = maskOf(call, inputs.mask, q, keys, inputs.past);
  const given = inputs.bias === null ? null : call.maybe(inputs.bias);
  if (given !== null) bias.push(given);
  if (call.flag('unidirectional'))
    bias.push(cr.where(causal(queries, keys, inputs.past), 0, LOWEST).cast(q.dtype));
  const chosen = call.float('scale', 0);
  const scale = chosen === 0 ? 1 / Math.sqrt(q.shape[3] as number) : chosen;
  const { y, stages } = attend(q, k, v, { scale, bias });
  return { y: joined(y), scores: stages[2] };
}

/** Attention whose queries, keys and values are the result of one product. */
function attention(call: Call): Result {
  const x = call.tensor(0);
  const product = cr.matmul(x, call.tensor(1));
  return selfAttention(call, call.has(2) ? product.add(call.tensor(2)) : product, {
    mask: 3,
    past: 4,
    bias: 5,
  });
}

/** Self attention, given the result of one product: queries, keys and values side by side. */
export function selfAttention(
  call: Call,
  projected: cr.Tensor,
  inputs: { readonly mask: number; readonly past: number; readonly bias: number | null },
): Result {
  const count = call.int('num_heads');
  const width = projected.shape[2] as number;
  const sizes = call.ints('qkv_hidden_sizes', [width / 3, width / 3, width / 3]);
  const parts = cr.split(projected, sizes, 2).map((part) => heads(part, count));
  if (parts.length !== 3) call.refuse('qkv_hidden_sizes must be three numbers');
  if (call.flag('past_present_share_buffer'))
    call.refuse('a shared buffer for past and present is not supported');
  if (call.flag('do_rotary')) call.refuse('rotary positions inside the operator are not supported');
  const stored = call.maybe(inputs.past);
  const past = stored === null ? 0 : (stored.shape[3] as number);
  const before = stored?.unbind(0);
  const [q, k, v] = parts.map((x, i) => behind(before?.[i - 1], x)) as [
    cr.Tensor,
    cr.Tensor,
    cr.Tensor,
  ];
  const { y } = attended(call, [q, k, v], { ...inputs, past });
  return outputs(y, call.wants(1) ? cr.stack([k, v], 0) : undefined);
}

/** Appends `x` to the earlier keys or values. */
function behind(before: cr.Tensor | null | undefined, x: cr.Tensor): cr.Tensor {
  return before === null || before === undefined ? x : cr.cat([before, x], 2);
}

/** Attention whose queries, keys and values are separate inputs, or packed. */
function multiHead(call: Call): Result {
  const count = call.int('num_heads');
  const [first, second] = [call.tensor(0), call.maybe(1)];
  let parts: (cr.Tensor | null)[] = [first, second, call.maybe(2)];
  // [batch, length, heads, parts, size]
  if (first.ndim === 5) parts = unpacked(first);
  else if (second?.ndim === 5) parts = [first, ...unpacked(second)];
  if (call.has(3)) parts = biased(parts, call.tensor(3));
  const [q, newKeys, newValues] = parts.map((x) => (x === null ? null : heads(x, count)));
  if (!q || !newKeys || !newValues) return call.refuse('keys or values are missing');
  const before = call.maybe(6);
  const past = before === null ? 0 : (before.shape[2] as number);
  const [k, v] = [behind(before, newKeys), behind(call.maybe(7), newValues)];
  const { y, scores } = attended(call, [q, k, v], { mask: 4, bias: 5, past });
  return outputs(y, k, v, call.wants(3) ? scores : undefined);
}

/** `[batch, length, heads, n, size]` as n times `[batch, heads, length, size]`. */
function unpacked(x: cr.Tensor): cr.Tensor[] {
  return x.unbind(3).map((part) => part.transpose(1, 2));
}

/** Adds to each part its share of one bias; parts that are already split into heads have theirs. */
function biased(parts: readonly (cr.Tensor | null)[], bias: cr.Tensor): (cr.Tensor | null)[] {
  let at = 0;
  return parts.map((x) => {
    if (x === null) return null;
    const width = x.ndim === 4 ? (x.shape[1] as number) * (x.shape[3] as number) : x.shape[2]!;
    const from = at;
    at += width;
    return x.ndim === 4 ? x : x.add(cr.narrow(bias, 0, from, width));
  });
}

/** Like ONNX's, but with other inputs; positions may be a single first position for all. */
function rotary(call: Call): Result {
  const [input, places] = [call.tensor(0), call.tensor(1)];
  const [cosines, sines] = [call.tensor(2), call.tensor(3)];
  const width = call.int('rotary_embedding_dim', 0);
  const size = width > 0 ? 0 : 2 * (cosines.shape[1] as number);
  const count = call.int('num_heads', 0) || (size > 0 ? (input.shape[2] as number) / size : 0);
  const x = heads(input, count);
  const length = x.shape[2] as number;
  const positions = places.ndim === 1 ? positionsFrom(places, length) : places;
  const y = rotated(x, {
    cos: rowsAt(cosines, positions),
    sin: rowsAt(sines, positions),
    interleaved: call.flag('interleaved'),
    width,
  });
  return input.ndim === 3 ? joined(y) : y;
}

export const CONTRIBUTED_ATTENTION: readonly Operator[] = [
  operator('Attention', attention, { domain }),
  operator('MultiHeadAttention', multiHead, { domain }),
  operator('RotaryEmbedding', rotary, { domain, constants: [2, 3] }),
];
