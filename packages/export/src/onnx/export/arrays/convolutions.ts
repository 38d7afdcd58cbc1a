/** @file Products of matrices and convolutions. */
import type { OperationNode } from '@chainrule/autograd/graph';
import type { Emitter } from '../emitter.js';
import { TO_END } from '../encoded.js';
import { refuse } from '../refuse.js';
import { flag, type Recorded } from './rule.js';
import { isFixed, type Size } from '../sizes.js';

export function matmul(e: Emitter, { node, inputs, attributes }: Recorded<'matmul'>): string {
  const [a, b] = node.inputs.map((x) => x.shape.length) as [number, number];
  const [x, y] = inputs as [string, string];
  const turned = (value: string, rank: number): string => {
    const perm = Array.from({ length: rank }, (_, d) => d);
    [perm[rank - 1], perm[rank - 2]] = [rank - 2, rank - 1];
    return e.node('Transpose', [value], { perm });
  };
  const { transA, transB } = attributes;
  if (a === 2 && b === 2 && (transA || transB) && node.dtype !== 'int32')
    return e.node('Gemm', [x, y], { transA: flag(transA), transB: flag(transB) });
  return e.node('MatMul', [transA ? turned(x, a) : x, transB ? turned(y, b) : y]);
}

export function conv(e: Emitter, { inputs, attributes: a }: Recorded<'conv'>): string {
  const [x, w, bias] = inputs as [string, string, string | undefined];
  const least = [...a.padLow, ...a.padHigh].map((p) => Math.max(p, 0));
  let input = x;
  // Negative padding cuts off.
  if ([...a.padLow, ...a.padHigh].some((p) => p < 0)) {
    const dims = a.padLow.map((_, d) => d + 2);
    const starts = a.padLow.map((p) => Math.max(-p, 0));
    const ends = a.padHigh.map((p) => (p < 0 ? p : TO_END));
    input = e.node('Slice', [x, e.ints(starts), e.ints(ends), e.ints(dims)]);
  }
  return e.node('Conv', bias === undefined ? [input, w] : [input, w, bias], {
    strides: a.stride,
    pads: least,
    dilations: a.dilation,
    group: a.groups,
  });
}

/** The gradient of a convolution by its input is the transposed convolution. */
export function convInput(e: Emitter, op: Recorded<'convInput'>): string {
  const { attributes: a, node, inputs, all } = op;
  // What the padding leaves over behind the last window.
  const more = a.size.map((_, d) =>
    all.map((b) => {
      const windows = (e.shape(node.inputs[0] as OperationNode)[d + 2] as Size)[
        all.indexOf(b)
      ] as number;
      const reach = ((b.kernel[d] as number) - 1) * (b.dilation[d] as number) + 1;
      const full = (windows - 1) * (b.stride[d] as number) + reach;
      return (b.size[d] as number) + (b.padLow[d] as number) + (b.padHigh[d] as number) - full;
    }),
  );
  if (!more.every(isFixed) || [...a.padLow, ...a.padHigh].some((p) => p < 0))
    refuse(node, 'its padding is none that ONNX has');
  const [y, w, bias] = inputs as [string, string, string | undefined];
  return e.node('ConvTranspose', bias === undefined ? [y, w] : [y, w, bias], {
    strides: a.stride,
    pads: [...a.padLow, ...a.padHigh],
    dilations: a.dilation,
    group: a.groups,
    output_padding: more.map((s) => s[0] as number),
  });
}
