/** @file Fourier transforms. */
import type { DType } from '@chainrule/autograd';
import type { Emitter } from '../emitter.js';
import { CODE } from '../encoded.js';
import { flag, type Recorded } from './rule.js';

type Transform = Recorded<'fft'> | Recorded<'irfft'>;

/**
 * Sums of pairs, or of real numbers in a last dimension of 1, which `DFT` divides by n on the way back. In double precision:
 * in single precision ONNX Runtime loses three digits where n is no power of two.
 */
function sums(
  e: Emitter,
  { node, attributes: { dim, n, scale } }: Transform,
  x: string,
  inverse: boolean,
  onesided: boolean,
): string {
  const cast = (name: string, to: DType): string =>
    node.dtype === 'float64' ? name : e.node('Cast', [name], { to: CODE[to] });
  const whole = cast(e.node('Unsqueeze', [x, e.ints([0])]), 'float64');
  const attributes = { inverse: flag(inverse), onesided: flag(onesided) };
  const y =
    e.opset >= 20
      ? e.node('DFT', [whole, '', e.node('Squeeze', [e.ints([dim + 1])])], attributes)
      : e.node('DFT', [whole], { ...attributes, axis: dim + 1 });
  const factor = inverse ? scale * n : scale;
  return e.node('Mul', [
    cast(e.node('Squeeze', [y, e.ints([0])]), node.dtype),
    e.number(factor, node.dtype),
  ]);
}

/** Two parts as pairs; a single input has pairs already. */
function paired(e: Emitter, [x, y]: readonly string[]): string {
  if (y === undefined) return x as string;
  const parts = [x, y].map((part) => e.node('Unsqueeze', [part as string, e.ints([-1])]));
  return e.node('Concat', parts, { axis: -1 });
}

export function fft(e: Emitter, op: Recorded<'fft'>): string {
  const { inputs, attributes } = op;
  const { sign, from, to } = attributes;
  const numbers =
    from === 'real' ? e.node('Unsqueeze', [inputs[0] as string, e.ints([-1])]) : paired(e, inputs);
  return sums(e, op, numbers, sign > 0, to === 'half');
}

/** Elements that occur twice in the full spectrum are doubled, and the other half is zeros. */
export function irfft(e: Emitter, op: Recorded<'irfft'>): string {
  const { node, inputs, attributes } = op;
  const { dim, n } = attributes;
  const rank = node.shape.length + 1;
  const half = Math.floor(n / 2) + 1;
  const counts = Array.from({ length: half }, (_, k) => (k === 0 || 2 * k === n ? 1 : 2));
  const shape = [half, ...new Array<number>(rank - 1 - dim).fill(1)];
  const data = node.dtype === 'float64' ? Float64Array.from(counts) : Float32Array.from(counts);
  const weighted = e.node('Mul', [paired(e, inputs), e.constant(shape, node.dtype, data)]);
  const ends = new Array<number>(2 * rank).fill(0);
  ends[rank + dim] = n - half;
  const whole = e.node('Pad', [weighted, e.ints(ends)]);
  return e.node('Gather', [sums(e, op, whole, true, false), e.node('Squeeze', [e.ints([0])])], {
    axis: -1,
  });
}
