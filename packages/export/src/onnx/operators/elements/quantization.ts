/**
 * @file Numbers of eight bits and fewer, held as int32 if they are integers: quantization, and products of quantized numbers.
 */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { ELEMENTS, elementTypeOf, type ElementType } from '../../schema/elementTypes.js';
import { convolved } from '../neural/convolution.js';
import { dimension } from '../helpers.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';
import { rounded } from './rounding.js';

/** A scale or zero point for an axis of `x`, or for blocks along it, reshaped so that it broadcasts. */
function along(call: Call, x: cr.Tensor, t: cr.Tensor, fallback = 1): cr.Tensor {
  if (t.size === 1) return t.reshape([]);
  const axis = dimension(call, call.int('axis', fallback), x.ndim);
  if (t.ndim === 1) return t.reshape(x.shape.map((n, d) => (d === axis ? n : 1)));
  const block = call.int('block_size', 0);
  if (block === 0) return t;
  const repeated = cr.repeatInterleave(t, block, { dim: axis });
  return cr.narrow(repeated, axis, 0, x.shape[axis] as number);
}

/** The integer type that a node quantizes to. */
function target(call: Call): ElementType {
  const given = elementTypeOf(call.int('output_dtype', 0));
  return given ?? (call.has(2) ? (call.type(2) ?? 'uint8') : 'uint8');
}

/** Of integers that were quantized the same numbers as floats: a gradient passes them, and integers have none. */
const floats = new WeakMap<cr.Tensor, cr.Tensor>();

/** Rounds, and lets a gradient pass unchanged. */
const round = cr.customGrad({
  forward: (_, x: cr.Tensor) => cr.round(x),
  backward: (_, ct) => ct,
});

/** `round(x / scale) + zero`, ties to even, clamped to the range of the type; a float type has a zero point of 0. */
export function quantized(
  x: cr.Tensor,
  scale: cr.Tensor,
  zero: cr.Tensor | null,
  type: ElementType,
): cr.Tensor {
  const { range: [low, high] = [-128, 127], format } = ELEMENTS[type];
  const scaled = x.div(scale.cast(x.dtype));
  if (format !== undefined) return rounded(scaled, format, { saturate: true });
  const whole = round(scaled);
  const held = (zero === null ? whole : whole.add(zero)).clamp(low, high);
  const y = held.cast('int32');
  floats.set(y, held);
  return y;
}

/** `(x − zero) scale`; a gradient passes from here to what was quantized, where it was within the range of the type. */
export function dequantized(x: cr.Tensor, scale: cr.Tensor, zero: cr.Tensor | null): cr.Tensor {
  const held = floats.get(x) ?? x;
  return (zero === null ? held : held.sub(zero)).cast(scale.dtype).mul(scale);
}

function quantize(call: Call): Result {
  const [x, scale, zero] = [call.tensor(0), call.tensor(1), call.maybe(2)];
  const of = (t: cr.Tensor): cr.Tensor => along(call, x, t);
  return quantized(x.cast('float32'), of(scale), zero === null ? null : of(zero), target(call));
}

function dequantize(call: Call): Result {
  const [x, scale, zero] = [call.tensor(0), call.tensor(1), call.maybe(2)];
  const of = (t: cr.Tensor): cr.Tensor => along(call, x, t);
  return dequantized(x, of(scale), zero === null ? null : of(zero));
}

/** `x` quantized to uint8 over its whole range, with the scale and zero point for that. */
export function quantizedAsItComes(
  x: cr.Tensor,
): [y: cr.Tensor, scale: cr.Tensor, zero: cr.Tensor] {
  const [low, high] = [cr.minimum(x.amin(), 0), cr.maximum(x.amax(), 0)];
  const range = high.sub(low);
  const scale = cr.where(range.eq(0), 1, range.div(255));
  const zero = cr.round(low.neg().div(scale)).clamp(0, 255).cast('int32');
  return [quantized(x, scale, zero, 'uint8'), scale, zero];
}

/** Subtracts the zero point, which may be a vector with an element for each row or column of a matrix. */
export function centred(x: cr.Tensor, zero: cr.Tensor | null, rows: boolean): cr.Tensor {
  if (zero === null) return x;
  if (zero.size === 1) return x.sub(zero.reshape([]));
  return x.sub(rows && zero.ndim === 1 ? zero.unsqueeze(-1) : zero);
}

/** Applies a function of integers in float64, where their sums are exact. */
export function exactly(
  f: (...xs: cr.Tensor[]) => cr.Tensor,
  ...xs: readonly cr.Tensor[]
): cr.Tensor {
  return f(...xs.map((x) => x.cast('float64'))).cast('int32');
}

function matMulInteger(call: Call): Result {
  const x = centred(call.tensor(0), call.maybe(2), true);
  return exactly(cr.matmul, x, centred(call.tensor(1), call.maybe(3), false));
}

function qLinearMatMul(call: Call): Result {
  const x = centred(call.tensor(0), call.maybe(2), true);
  const y = centred(call.tensor(3), call.maybe(5), false);
  const xy = cr.matmul(x.cast('float64'), y.cast('float64'));
  const scaled = xy.mul(call.tensor(1).mul(call.tensor(4)).cast('float64'));
  return quantized(scaled, call.tensor(6), call.tensor(7), call.type(7) ?? 'uint8');
}

/** Subtracts the zero point of each output channel of a weight. */
function channelled(w: cr.Tensor, zero: cr.Tensor | null): cr.Tensor {
  if (zero === null) return w;
  return w.sub(
    zero.size === 1 ? zero.reshape([]) : zero.reshape([-1, ...w.shape.slice(1).map(() => 1)]),
  );
}

function convInteger(call: Call): Result {
  const x = centred(call.tensor(0), call.maybe(2), false);
  const w = channelled(call.tensor(1), call.maybe(3));
  return exactly((a, b) => convolved(call, a, b, null), x, w);
}

/** Convolution of a quantized `input` with channels second. */
export function qLinearConv(call: Call, input: cr.Tensor): cr.Tensor {
  const x = centred(input, call.maybe(2), false);
  const w = channelled(call.tensor(3), call.maybe(5));
  const bias = call.maybe(8);
  const y = convolved(call, x.cast('float64'), w.cast('float64'), bias?.cast('float64') ?? null);
  const scale = call.tensor(1).mul(call.tensor(4)).cast('float64');
  const each =
    scale.size === 1 ? scale.reshape([]) : scale.reshape([1, -1, ...y.shape.slice(2).map(() => 1)]);
  return quantized(y.mul(each), call.tensor(6), call.tensor(7), call.type(7) ?? 'uint8');
}

export const QUANTIZATION: readonly Operator[] = [
  operator('QuantizeLinear', quantize, { constants: [1, 2] }),
  operator('DequantizeLinear', dequantize, { constants: [1, 2] }),
  operator('DynamicQuantizeLinear', (call) => outputs(...quantizedAsItComes(call.tensor(0)))),
  operator('MatMulInteger', matMulInteger),
  operator('QLinearMatMul', qLinearMatMul, { constants: [1, 2, 4, 5, 6, 7] }),
  operator('ConvInteger', convInteger),
  operator('QLinearConv', (call) => qLinearConv(call, call.tensor(0)), {
    constants: [1, 2, 4, 5, 6, 7],
  }),
];
