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
  const transposed = (value: string, rank: number): string => {
    const perm = Array.from({ length: rank }, (_, d) => d);
    [perm[rank - 1], perm[rank - 2]] = [rank - 2, rank - 1];
    return e.node('Transpose', [value], { perm });
  };
  const { transA, transB } = attributes;
  const isDouble = node.dtype === 'float64';
  if (a === 2 && b === 2 && (transA || transB || isDouble) && node.dtype !== 'int32')
    return e.node('Gemm', [x, y], { transA: flag(transA), transB: flag(transB) });
  // onnxruntime fuses a transpose and a product into one operator, which it lacks in double precision.
  if (isDouble)
    return e.node('Einsum', [x, y], {
      equation: `...${transA ? 'ji' : 'ij'},...${transB ? 'kj' : 'jk'}->...ik`,
    });
  return e.node('MatMul', [transA ? transposed(x, a) : x, transB ? transposed(y, b) : y]);
}

/** The part of the last dimensions that is left after negative padding. */
function cut(e: Emitter, x: string, low: readonly number[], high: readonly number[]): string {
  if ([...low, ...high].every((p) => p >= 0)) return x;
  const dims = low.map((_, d) => d + 2);
  const starts = low.map((p) => Math.max(-p, 0));
  const ends = high.map((p) => (p < 0 ? p : TO_END));
  return e.node('Slice', [x, e.ints(starts), e.ints(ends), e.ints(dims)]);
}

export function conv(e: Emitter, { inputs, attributes: a }: Recorded<'conv'>): string {
  const [x, w, bias] = inputs as [string, string, string | undefined];
  const input = cut(e, x, a.padLow, a.padHigh);
  return e.node('Conv', bias === undefined ? [input, w] : [input, w, bias], {
    strides: a.stride,
    pads: [...a.padLow, ...a.padHigh].map((p) => Math.max(p, 0)),
    dilations: a.dilation,
    group: a.groups,
  });
}

/**
 * The gradient of a convolution with respect to its weight is a convolution of the input with the gradient of the result,
 * with examples and channels swapped, and strides and dilations swapped.
 */
export function convWeight(
  e: Emitter,
  { node, inputs, attributes: a, all }: Recorded<'convWeight'>,
): string {
  const [from, by] = node.inputs as [OperationNode, OperationNode];
  const [x, y] = inputs as [string, string];
  const high = a.stride.map((_, d) =>
    all.map((b, i) => {
      const windows = (e.shape(by)[d + 2] as Size)[i] as number;
      const extent = ((b.kernel[d] as number) - 1) * (b.dilation[d] as number) + 1;
      const span = extent + (windows - 1) * (b.stride[d] as number);
      return span - (b.size[d] as number) - (b.padLow[d] as number);
    }),
  );
  if (![...high, ...e.shape(from).slice(2)].every(isFixed))
    refuse(node, 'the size of its images depends on a dynamic dimension');
  const after = high.map((s) => s[0] as number);
  const space = a.stride.map((_, d) => d + 2);
  const transposed = (v: string): string => e.node('Transpose', [v], { perm: [1, 0, ...space] });
  // The examples of each group one after the other, as channels.
  const channels = (from.shape[1] as number) / a.groups;
  const parts = e.ints([-1, a.groups, channels, ...a.size]);
  const grouped = (): string =>
    e.node('Reshape', [
      e.node('Transpose', [e.node('Reshape', [x, parts])], {
        perm: [2, 1, 0, ...space.map((d) => d + 1)],
      }),
      e.ints([channels, -1, ...a.size]),
    ]);
  const images = cut(e, a.groups === 1 ? transposed(x) : grouped(), a.padLow, after);
  return transposed(
    e.node('Conv', [images, transposed(y)], {
      strides: a.dilation,
      pads: [...a.padLow, ...after].map((p) => Math.max(p, 0)),
      dilations: a.stride,
      group: a.groups,
    }),
  );
}

/** The gradient of a convolution with respect to its input is the transposed convolution. */
export function convInput(e: Emitter, op: Recorded<'convInput'>): string {
  const { attributes: a, node, inputs, all } = op;
  // The elements after the last window that no window covers.
  const more = a.stride.map((_, d) =>
    all.map((b) => {
      const windows = (e.shape(node.inputs[0] as OperationNode)[d + 2] as Size)[
        all.indexOf(b)
      ] as number;
      const extent = ((b.kernel[d] as number) - 1) * (b.dilation[d] as number) + 1;
      const full = (windows - 1) * (b.stride[d] as number) + extent;
      return (b.size[d] as number) + (b.padLow[d] as number) + (b.padHigh[d] as number) - full;
    }),
  );
  if (!more.every(isFixed) || [...a.padLow, ...a.padHigh].some((p) => p < 0))
    refuse(node, 'ONNX has no such padding');
  const [y, w, bias] = inputs as [string, string, string | undefined];
  return e.node('ConvTranspose', bias === undefined ? [y, w] : [y, w, bias], {
    strides: a.stride,
    pads: [...a.padLow, ...a.padHigh],
    dilations: a.dilation,
    group: a.groups,
    output_padding: more.map((s) => s[0] as number),
  });
}
