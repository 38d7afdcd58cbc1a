/** @file Fourier transforms in StableHLO: pairs and parts become complex numbers, and the last dimension is transformed. */
import type { Rules } from './rule.js';
import { counting, type ElementType, type Value, type Writer } from './writer.js';

type Kind = 'FFT' | 'IFFT' | 'RFFT' | 'IRFFT';

const COMPLEX: Partial<Record<ElementType, ElementType>> = {
  f32: 'complex<f32>',
  f64: 'complex<f64>',
};

/** Two parts, or pairs in a last dimension, as complex numbers; a single real tensor has imaginary part 0. */
function complexOf(w: Writer, [x, y]: readonly [Value, Value | undefined], pairs: boolean): Value {
  const shape = pairs ? x.shape.slice(0, -1) : x.shape;
  const part = (i: number): Value => {
    const start = [...shape.map(() => 0), i];
    const limit = [...shape, i + 1];
    return w.reshape(
      w.slice(
        x,
        start,
        limit,
        start.map(() => 1),
      ),
      shape,
    );
  };
  const parts = pairs ? [part(0), part(1)] : [x, y ?? w.constant(0, x.type, shape)];
  return w.emit('stablehlo.complex', parts, shape, COMPLEX[x.type] ?? x.type);
}

/** Complex numbers as pairs in a last dimension. */
function pairsOf(w: Writer, x: Value, type: ElementType): Value {
  const shape = [...x.shape, 2];
  const parts = ['real', 'imag'].map((name) =>
    w.reshape(w.emit(`stablehlo.${name}`, [x], x.shape, type), [...x.shape, 1]),
  );
  return w.emit('stablehlo.concatenate', parts, shape, type, `dimension = ${x.shape.length} : i64`);
}

/** Transforms `dim`, of length n. */
function along(w: Writer, kind: Kind, x: Value, dim: number, n: number, type: ElementType): Value {
  const last = x.shape.length - 1;
  // Swaps `dim` with the last dimension; the same permutation swaps them back.
  const turn = counting(x.shape.length).map((d) => (d === dim ? last : d === last ? dim : d));
  const turned = dim === last ? x : w.transpose(x, turn);
  const length = kind === 'RFFT' ? Math.floor(n / 2) + 1 : n;
  const made = w.emit(
    'stablehlo.fft',
    [turned],
    [...turned.shape.slice(0, -1), length],
    type,
    `fft_length = array<i64: ${n}>, fft_type = #stablehlo<fft_type ${kind}>`,
  );
  return dim === last ? made : w.transpose(made, turn);
}

function scaled(w: Writer, x: Value, factor: number): Value {
  return factor === 1 ? x : w.map('multiply', x, w.constant(factor, x.type, x.shape));
}

export const fourierRules: Rules = {
  fft(w, [x, y], { attributes: { dim, n, sign, scale, from, to } }) {
    const { type } = x as Value;
    const complex = COMPLEX[type] ?? type;
    if (from === 'real' && to === 'half' && sign < 0)
      return scaled(w, pairsOf(w, along(w, 'RFFT', x as Value, dim, n, complex), type), scale);
    const whole = complexOf(w, [x as Value, y], from === 'pairs');
    const made = along(w, sign < 0 ? 'FFT' : 'IFFT', whole, dim, n, complex);
    const half = made.shape.map((size, d) =>
      d === dim && to === 'half' ? Math.floor(n / 2) + 1 : size,
    );
    const kept = w.slice(
      made,
      half.map(() => 0),
      half,
      half.map(() => 1),
    );
    // StableHLO's inverse transform divides by n.
    return scaled(w, pairsOf(w, kept, type), sign < 0 ? scale : scale * n);
  },
  irfft(w, [x, y], { attributes: { dim, n, scale } }) {
    const half = complexOf(w, [x as Value, y], y === undefined);
    return scaled(w, along(w, 'IRFFT', half, dim, n, (x as Value).type), scale * n);
  },
};
