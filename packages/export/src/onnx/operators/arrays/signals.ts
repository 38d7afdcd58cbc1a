/** @file Fourier transforms and windows. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { known } from '../../import/values.js';
import { dimension, range } from '../helpers.js';
import { operator, type Operator, type Result } from '../operator.js';

/** Matrices of cosines and sines, `[from, to]`: transforms of any length are products with them. */
function waves(
  call: Call,
  from: number,
  to: number,
  length: number,
  sign: number,
  dtype: cr.DType,
): [cr.Tensor, cr.Tensor] {
  const angle = (i: number): number => {
    const turns = (Math.floor(i / to) * (i % to)) % length;
    return (sign * 2 * Math.PI * turns) / length;
  };
  const of = (f: (x: number) => number): cr.Tensor =>
    cr
      .tensor(
        Float64Array.from({ length: call.checkedSize(from, to) }, (_, i) => f(angle(i))),
        { shape: [from, to] },
      )
      .cast(dtype);
  return [of(Math.cos), of(Math.sin)];
}

/** Transforms the last dimension; the result has real and imaginary parts in a new last dimension. */
function transform(
  call: Call,
  real: cr.Tensor,
  imaginary: cr.Tensor | null,
  length: number,
  bins: number,
  inverse: boolean,
): cr.Tensor {
  const n = real.shape.at(-1) as number;
  const [cos, sin] = waves(call, n, bins, length, inverse ? 1 : -1, real.dtype);
  let re = cr.matmul(real, cos);
  let im = cr.matmul(real, sin);
  if (imaginary !== null) {
    re = re.sub(cr.matmul(imaginary, sin));
    im = im.add(cr.matmul(imaginary, cos));
  }
  const y = cr.stack([re, im], -1);
  return inverse ? y.div(length) : y;
}

function dft(call: Call): Result {
  const x = call.tensor(0);
  const axis = call.version >= 20 ? (call.has(2) ? call.number(2) : -2) : call.int('axis', 1);
  const d = dimension(call, axis, x.ndim);
  const inverse = call.flag('inverse');
  const n = x.shape[d] as number;
  const length = call.has(1) ? call.number(1) : n;
  const half = call.flag('onesided');
  if (half && inverse) return realInverse(call, x, d);
  // Pads the signal with zeros to the length of the transform, or cuts it off.
  const sized =
    length <= n
      ? x.narrow(d, 0, length)
      : cr.cat(
          [
            x,
            cr.zeros(
              x.shape.map((s, k) => (k === d ? length - n : s)),
              { dtype: x.dtype },
            ),
          ],
          d,
        );
  const moved = sized.movedim(d, -2);
  const complex = (x.shape.at(-1) as number) === 2;
  const bins = half ? Math.floor(length / 2) + 1 : length;
  const real = moved.select(-1, 0);
  const y = transform(call, real, complex ? moved.select(-1, 1) : null, length, bins, inverse);
  return y.movedim(-2, d);
}

/** The real signal whose spectrum begins with `x`; the other half of the spectrum is its complex conjugate, reversed. */
function realInverse(call: Call, x: cr.Tensor, d: number): cr.Tensor {
  const bins = x.shape[d] as number;
  const length = call.has(1) ? call.number(1) : 2 * (bins - 1);
  const moved = x.movedim(d, -2);
  const places = range(length).map((i) => (i < bins ? i : length - i));
  const whole = moved.indexSelect(-2, known(places, [length]).tensor);
  const sign = cr.tensor(Float32Array.from(places, (p, i) => (p === i ? 1 : -1))).cast(x.dtype);
  const y = transform(
    call,
    whole.select(-1, 0),
    whole.select(-1, 1).mul(sign),
    length,
    length,
    true,
  );
  return y.narrow(-1, 0, 1).movedim(-2, d);
}

function stft(call: Call): Result {
  const signal = call.tensor(0);
  const step = call.number(1);
  const window = call.maybe(2);
  const length = call.has(3) ? call.number(3) : (window?.size ?? call.refuse('no frame length'));
  const complex = signal.ndim === 3 && signal.shape[2] === 2;
  const real = signal.ndim === 3 ? signal.select(-1, 0) : signal;
  const total = real.shape[1] as number;
  const frames = Math.max(0, Math.floor((total - length) / step) + 1);
  call.checkedSize(frames, length);
  const places = range(frames).flatMap((f) => range(length).map((i) => f * step + i));
  const cut = (x: cr.Tensor): cr.Tensor => {
    const framed = x
      .indexSelect(1, known(places, [places.length]).tensor)
      .reshape([-1, frames, length]);
    return window === null ? framed : framed.mul(window);
  };
  const half = call.flag('onesided', true) && !complex;
  const bins = half ? Math.floor(length / 2) + 1 : length;
  return transform(
    call,
    cut(real),
    complex ? cut(signal.select(-1, 1)) : null,
    length,
    bins,
    false,
  );
}

/** A window that is a sum of cosines. */
function window(name: string, coefficients: readonly number[]): Operator {
  return operator(name, (call) => {
    const n = call.number(0);
    call.checkedSize(n);
    const whole = call.flag('periodic', true) ? n : n - 1;
    const at = (i: number): number =>
      coefficients.reduce(
        (sum, a, k) => sum + (k % 2 === 0 ? a : -a) * Math.cos((2 * Math.PI * k * i) / whole),
        0,
      );
    const { dtype } = call.elementType('output_datatype', 1);
    return known(range(n).map(at), [n], dtype);
  });
}

/** Triangular filters of equal width on the mel scale, `[bins, mels]`. */
function melWeights(call: Call): Result {
  const [mels, length, rate] = [call.number(0), call.number(1), call.number(2)] as const;
  const [low, high] = [call.number(3), call.number(4)] as const;
  const bins = Math.floor(length / 2) + 1;
  const toMel = (hz: number): number => 2595 * Math.log10(1 + hz / 700);
  const step = (toMel(high) - toMel(low)) / (mels + 2);
  const places = range(mels + 2).map((i) => {
    const hz = 700 * (10 ** ((i * step + toMel(low)) / 2595) - 1);
    return Math.floor(((length + 1) * hz) / rate);
  });
  const data = new Float32Array(call.checkedSize(bins, mels));
  for (let m = 0; m < mels; m++) {
    const [from, peak, to] = places.slice(m, m + 3) as [number, number, number];
    if (peak === from) data[peak * mels + m] = 1;
    // The file may ask for any frequencies; only those within the bins count.
    const first = Math.max(from, 0);
    for (let i = first; i <= Math.min(peak, bins - 1) && peak !== from; i++)
      data[i * mels + m] = (i - from) / (peak - from);
    if (to === peak) continue;
    for (let i = Math.max(peak, 0); i < Math.min(to, bins); i++)
      data[i * mels + m] = (to - i) / (to - peak);
  }
  return known(data, [bins, mels], call.elementType('output_datatype', 1).dtype);
}

export const SIGNALS: readonly Operator[] = [
  operator('DFT', dft, { constants: [1, 2] }),
  operator('STFT', stft, { constants: [1, 2, 3] }),
  window('HannWindow', [0.5, 0.5]),
  window('HammingWindow', [25 / 46, 21 / 46]),
  window('BlackmanWindow', [0.42, 0.5, 0.08]),
  operator('MelWeightMatrix', melWeights),
];
