/** @file Fourier transforms. */
import { refuse, type Emitter } from '../emitter.js';
import { flag, type Recorded } from './rule.js';
import { isFixed, type Size } from '../sizes.js';

/** `DFT` divides by the length on the way back. */
export function fft(
  e: Emitter,
  { node, inputs, attributes: { dim, sign, scale } }: Recorded<'fft'>,
): string {
  const whole = e.node('Unsqueeze', [inputs[0] as string, e.ints([0])]);
  const inverse = flag(sign > 0);
  const y =
    e.opset >= 20
      ? e.node('DFT', [whole, '', e.node('Squeeze', [e.ints([dim + 1])])], { inverse })
      : e.node('DFT', [whole], { inverse, axis: dim + 1 });
  const size = e.shape(node)[dim] as Size;
  if (!isFixed(size)) refuse(node, 'its length depends on what is dynamic');
  const factor = sign > 0 ? scale * (size[0] as number) : scale;
  return e.node('Mul', [e.node('Squeeze', [y, e.ints([0])]), e.number(factor, node.dtype)]);
}
