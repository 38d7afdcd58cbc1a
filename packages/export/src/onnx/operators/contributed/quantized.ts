/** @file Operators of `com.microsoft` on quantized numbers, as in quantized models for ONNX Runtime. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import type { ElementType } from '../../schema/elementTypes.js';
import { dimension, range } from '../helpers.js';
import { operator, type Operator, type Result } from '../operator.js';
import { averagePool, maxPool } from '../neural/pooling.js';
import { LSTM, recurrent, type Products } from '../neural/recurrent.js';
import { selfAttention } from './attention.js';
import {
  centred,
  dequantized,
  exactly,
  qLinearConv,
  quantized,
  quantizedAsItComes,
} from '../elements/quantization.js';

const domain = 'com.microsoft';

/** Applies a function of images with channels second to images with channels last. */
function turned(x: cr.Tensor, f: (x: cr.Tensor) => cr.Tensor): cr.Tensor {
  const [first, ...more] = range(x.ndim);
  const y = f(x.permute([first!, x.ndim - 1, ...more.slice(0, -1)]));
  return y.permute([first!, ...more.slice(1), 1]);
}

/** The floats that a quantized input represents, with its scale and zero point. */
function floats(call: Call, at: number): cr.Tensor {
  const zero = call.maybe(at + 2);
  return dequantized(call.tensor(at), call.tensor(at + 1).reshape([]), zero?.reshape([]) ?? null);
}

/** Quantizes `y` with the scale and zero point that are inputs. */
function requantized(call: Call, y: cr.Tensor, at: number, like: number): cr.Tensor {
  const type: ElementType | null = call.type(at + 1) ?? call.type(like);
  const zero = call.maybe(at + 1);
  return quantized(y, call.tensor(at).reshape([]), zero?.reshape([]) ?? null, type ?? 'uint8');
}

/**
 * An operator on quantized inputs, from a function of floats. Inputs: x, scale and zero point of each, then scale and zero
 * point of the result.
 */
function through(
  name: string,
  inputs: 1 | 2,
  f: (call: Call, x: cr.Tensor, y: cr.Tensor) => cr.Tensor,
): Operator {
  const constants = range(3 * inputs + 2).filter((i) => i % 3 !== 0 || i >= 3 * inputs);
  return operator(
    name,
    (call) => {
      const x = floats(call, 0);
      return requantized(call, f(call, x, inputs === 2 ? floats(call, 3) : x), 3 * inputs, 0);
    },
    { domain, constants },
  );
}

/** The mean over the image; channels are second or last. */
function globalMean(call: Call, x: cr.Tensor): cr.Tensor {
  const last = call.flag('channels_last');
  return x.mean(range(x.ndim).slice(last ? 1 : 2, last ? -1 : undefined), { keepdim: true });
}

/** Inputs: scale and zero point of the result, then x, scale and zero point of each part. */
function concatenated(call: Call): Result {
  const count = Math.floor((call.count - 2) / 3);
  const parts = range(count).map((i) => floats(call, 2 + 3 * i));
  const joined = cr.cat(parts, dimension(call, call.int('axis'), parts[0]?.ndim ?? 1));
  return requantized(call, joined, 0, 2);
}

/** `scale · (A − zero) (B − zero) + bias`, in floats. */
function scaledProduct(
  a: cr.Tensor,
  b: cr.Tensor,
  scale: cr.Tensor,
  bias: cr.Tensor | null,
): cr.Tensor {
  const y = exactly(cr.matmul, a, b).cast(scale.dtype).mul(scale);
  return bias === null ? y : y.add(bias);
}

/** A product whose A is quantized at run time, over its whole range. */
function dynamicProduct(call: Call): Result {
  const [a, scale, zero] = quantizedAsItComes(call.tensor(0));
  const b = centred(call.tensor(1), call.maybe(3), false);
  return scaledProduct(a.sub(zero), b, scale.mul(call.tensor(2)), call.maybe(4));
}

/** The weights of an LSTM as integers `[features, gates · hidden]`; the other operand is quantized at run time. */
function dynamicWeights(call: Call, at: number, d: number): Products {
  const scales = call.tensor(6 + 2 * at);
  const of = (t: cr.Tensor): cr.Tensor => {
    const own = t.select(0, d);
    return own.ndim === 0 || own.size > 1 ? own : own.reshape([]);
  };
  const zero = call.maybe(7 + 2 * at);
  const scale = of(scales);
  const weight = centred(call.tensor(at).select(0, d), zero === null ? null : of(zero), false);
  return {
    weight: weight.transpose(0, 1),
    product: (x, w, bias) => {
      const [a, by, base] = quantizedAsItComes(x);
      return scaledProduct(a.sub(base), w.transpose(0, 1), by.mul(scale), bias);
    },
  };
}

function productToFloat(call: Call): Result {
  const a = centred(call.tensor(0), call.maybe(4), true);
  const b = centred(call.tensor(1), call.maybe(5), false);
  return scaledProduct(a, b, call.tensor(2).mul(call.tensor(3)), call.maybe(6));
}

function gemm(call: Call): Result {
  const turn = (x: cr.Tensor, name: string): cr.Tensor => (call.flag(name) ? x.transpose(0, 1) : x);
  const a = turn(centred(call.tensor(0), call.maybe(2), true), 'transA');
  const b = call.tensor(3);
  const zero = call.maybe(5);
  const scale = call.tensor(1).mul(call.tensor(4)).mul(call.float('alpha', 1));
  const turned = turn(b, 'transB');
  const sum = exactly(cr.matmul, a, centred(turned, zero, false));
  const whole = call.has(6) ? sum.add(call.tensor(6)) : sum;
  const y = whole.cast('float32').mul(scale.reshape(scale.size === 1 ? [] : [-1]));
  return call.has(7) ? requantized(call, y, 7, 0) : y;
}

/** Unpacks numbers of a few bits each from bytes, starting with the lowest bits. */
function unpacked(bytes: cr.Tensor, bits: number): cr.Tensor {
  const parts = range(8 / bits).map((i) =>
    cr.remainder(cr.floorDivide(bytes, 2 ** (bits * i)), 2 ** bits),
  );
  const shape = bytes.shape as number[];
  return cr.stack(parts, -1).reshape([...shape.slice(0, -1), (shape.at(-1) ?? 1) * parts.length]);
}

/** `A Bᵀ`, where each block of a row of B has a scale, and numbers of 2, 4 or 8 bits. */
function blockedProduct(call: Call): Result {
  const [rows, width] = [call.int('N'), call.int('K')];
  const [bits, block] = [call.int('bits', 4), call.int('block_size')];
  if (![2, 4, 8].includes(bits)) call.refuse(`bits must be 2, 4 or 8, got ${bits}`);
  if (!(block >= 16) || !(rows >= 1) || !(width >= 1))
    call.refuse('N, K and block_size must be positive sizes');
  const blocks = Math.ceil(width / block);
  const numbers = unpacked(call.tensor(1).reshape([rows, blocks, -1]), bits);
  const zero = call.maybe(3);
  const places = call.maybe(4);
  if (places !== null) call.refuse('g_idx, blocks in another order, is not supported');
  const base =
    zero === null
      ? 2 ** (bits - 1)
      : zero.dtype === 'int32'
        ? cr.narrow(unpacked(zero.reshape([rows, -1]), bits), 1, 0, blocks).unsqueeze(-1)
        : zero.reshape([rows, blocks, 1]);
  const scale = call.tensor(2).reshape([rows, blocks, 1]);
  const weights = numbers.sub(base).cast(scale.dtype).mul(scale).reshape([rows, -1]);
  const y = cr.matmul(call.tensor(0), cr.narrow(weights, 1, 0, width).transpose(0, 1));
  return call.has(5) ? y.add(call.tensor(5)) : y;
}

/** Attention with a quantized projection. */
function quantizedAttention(call: Call): Result {
  const x = centred(call.tensor(0), call.maybe(6), true);
  const weights = centred(call.tensor(1), call.maybe(7), false);
  const scale = call.tensor(3).mul(call.tensor(4));
  const projected = scaledProduct(x, weights, scale, call.tensor(2));
  return selfAttention(call, projected, { mask: 5, past: 8, bias: null });
}

/** Rows of a table in the format of `blockedProduct`, where each block has a scale. */
function gatheredBlocks(call: Call): Result {
  const [table, rows, scales] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const [bits, block] = [call.int('bits', 4), call.int('block_size', 128)];
  const whole = dimension(call, call.int('gather_axis', 0), table.ndim) === 0;
  const along = dimension(call, call.int('quantize_axis', 1), table.ndim) === table.ndim - 1;
  if (!whole || !along) call.refuse('only rows can be gathered, with blocks along the last axis');
  const packed = call.type(0) === 'uint8' && bits < 8;
  const chosen = (t: cr.Tensor): cr.Tensor => {
    const found = t.indexSelect(0, rows.reshape([-1]));
    return found.reshape([...rows.shape, ...t.shape.slice(1)]);
  };
  const numbers = packed ? unpacked(chosen(table), bits) : chosen(table);
  const width = numbers.shape.at(-1) as number;
  const spread = (t: cr.Tensor): cr.Tensor =>
    cr.narrow(cr.repeatInterleave(t, block, { dim: -1 }), -1, 0, width);
  const zero = call.maybe(3);
  const stored = zero === null ? null : packed ? unpacked(chosen(zero), bits) : chosen(zero);
  const middle = packed ? 2 ** (bits - 1) : 0;
  const base = stored === null ? middle : spread(cr.narrow(stored, -1, 0, scales.shape.at(-1)!));
  return numbers
    .sub(base)
    .cast(scales.dtype)
    .mul(spread(chosen(scales)));
}

export const QUANTIZED_CONTRIBUTED: readonly Operator[] = [
  through('QLinearAdd', 2, (_, x, y) => x.add(y)),
  through('QLinearMul', 2, (_, x, y) => x.mul(y)),
  through('QLinearSigmoid', 1, (_, x) => x.sigmoid()),
  through('QLinearLeakyRelu', 1, (call, x) =>
    cr.leakyRelu(x, { negativeSlope: call.float('alpha', 0.01) }),
  ),
  through('QLinearSoftmax', 1, (call, x) =>
    cr.softmax(x, dimension(call, call.int('axis', -1), x.ndim)),
  ),
  through('QLinearAveragePool', 1, averagePool),
  through('QLinearGlobalAveragePool', 1, globalMean),
  operator(
    'QLinearConv',
    (call) => {
      const convolved = (x: cr.Tensor): cr.Tensor => qLinearConv(call, x);
      const x = call.tensor(0);
      return call.flag('channels_last') ? turned(x, convolved) : convolved(x);
    },
    { domain, constants: [1, 2, 4, 5, 6, 7] },
  ),
  operator('NhwcMaxPool', (call) => turned(call.tensor(0), (x) => maxPool(call, x)[0]), { domain }),
  operator(
    'QLinearWhere',
    (call) => requantized(call, cr.where(call.tensor(0), floats(call, 1), floats(call, 4)), 7, 1),
    { domain, constants: [2, 3, 5, 6, 7, 8] },
  ),
  operator('QAttention', quantizedAttention, { domain, constants: [3, 4, 6, 7] }),
  operator('GatherBlockQuantized', gatheredBlocks, { domain, constants: [3] }),
  operator('QLinearConcat', concatenated, { domain, constants: [0, 1] }),
  operator('DynamicQuantizeMatMul', dynamicProduct, { domain, constants: [2, 3] }),
  operator('DynamicQuantizeLSTM', (call) => recurrent(call, LSTM, dynamicWeights), {
    domain,
    constants: [4, 8, 9, 10, 11],
  }),
  operator('MatMulIntegerToFloat', productToFloat, { domain, constants: [2, 3] }),
  operator('QGemm', gemm, { domain, constants: [1, 4, 7] }),
  operator('MatMulNBits', blockedProduct, { domain, constants: [2, 3] }),
];
