/** @file Matrix products and convolutions in StableHLO. */
import type { Node, Rules } from './rule.js';
import { counting, list, type Value, type Writer } from './writer.js';

/** The highest precision of the type, on every device. */
const PRECISION =
  'precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]';

interface Contraction {
  readonly batch: readonly [readonly number[], readonly number[]];
  readonly contracting: readonly [number, number];
}

export function dot(
  w: Writer,
  x: Value,
  y: Value,
  { batch, contracting }: Contraction,
  shape: readonly number[],
): Value {
  const numbers =
    `#stablehlo.dot<lhs_batching_dimensions = [${batch[0].join(', ')}], rhs_batching_dimensions = [${batch[1].join(', ')}], ` +
    `lhs_contracting_dimensions = [${contracting[0]}], rhs_contracting_dimensions = [${contracting[1]}]>`;
  return w.emit(
    'stablehlo.dot_general',
    [x, y],
    shape,
    x.type,
    `dot_dimension_numbers = ${numbers}, ${PRECISION}`,
  );
}

interface Window {
  readonly numbers: string;
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
  readonly spread?: readonly number[];
  readonly reversed?: boolean;
  readonly groups?: number;
  readonly batchGroups?: number;
}

function convolution(
  w: Writer,
  x: Value,
  y: Value,
  window: Window,
  shape: readonly number[],
): Value {
  const ones = window.stride.map(() => 1);
  const rank = ones.length;
  const attributes = [
    `batch_group_count = ${window.batchGroups ?? 1} : i64`,
    `dimension_numbers = #stablehlo.conv<${window.numbers}>`,
    `feature_group_count = ${window.groups ?? 1} : i64`,
    `lhs_dilation = ${list(window.spread ?? ones)}`,
    `padding = dense<[${window.padding.map((p) => `[${p.join(', ')}]`).join(', ')}]> : tensor<${rank}x2xi64>`,
    PRECISION,
    `rhs_dilation = ${list(window.dilation)}`,
    `window_reversal = array<i1: ${ones.map(() => window.reversed === true).join(', ')}>`,
    `window_strides = ${list(window.stride)}`,
  ];
  return w.emit('stablehlo.convolution', [x, y], shape, x.type, attributes.join(', '));
}

type Geometry = Node<'conv'>['attributes'];

/** The output sizes of the forward convolution. */
function counts({ size, kernel, stride, padLow, padHigh, dilation }: Geometry): number[] {
  return size.map((n, d) => {
    const room = n + padLow[d]! + padHigh[d]! - dilation[d]! * (kernel[d]! - 1) - 1;
    return Math.floor(room / stride[d]!) + 1;
  });
}

export const productRules: Rules = {
  matmul(w, [a, b], { attributes: { transA, transB }, shape }) {
    const [x, y] = [a as Value, b as Value];
    const lead = shape.slice(0, -2);
    const inner = x.shape.length - (transA ? 2 : 1);
    if (y.shape.length === 2 && !transA && x.shape.length === shape.length)
      return dot(w, x, y, { batch: [[], []], contracting: [inner, transB ? 1 : 0] }, shape);
    const r = shape.length;
    const batch = counting(lead.length);
    return dot(
      w,
      w.expand(x, [...lead, ...x.shape.slice(-2)]),
      w.expand(y, [...lead, ...y.shape.slice(-2)]),
      { batch: [batch, batch], contracting: [transA ? r - 2 : r - 1, transB ? r - 1 : r - 2] },
      shape,
    );
  },
  conv(w, [x, k], { attributes, shape }) {
    const { stride, padLow, padHigh, dilation, groups } = attributes;
    const space = counting(stride.length).join(', ');
    const window = {
      numbers: `[b, f, ${space}]x[o, i, ${space}]->[b, f, ${space}]`,
      stride,
      padding: padLow.map((low, d) => [low, padHigh[d]!] as const),
      dilation,
      groups,
    };
    return convolution(w, x as Value, k as Value, window, shape);
  },
  convInput(w, [y, k], { attributes, shape }) {
    const { size, kernel, stride, padLow, dilation, groups } = attributes;
    const space = counting(stride.length).join(', ');
    const given = k as Value;
    const out = counts(attributes);
    const reach = kernel.map((n, d) => dilation[d]! * (n - 1));
    const low = padLow.map((p, d) => reach[d]! - p);
    // The output channels of the kernel, which are the inputs here, are counted within their group.
    const [o, c] = [given.shape[0]! / groups, given.shape[1]! * groups];
    const rest = given.shape.slice(2);
    const split = w.reshape(given, [groups, o, given.shape[1]!, ...rest]);
    const turned =
      groups === 1
        ? given
        : w.reshape(w.transpose(split, [1, 0, 2, ...counting(rest.length).map((d) => d + 3)]), [
            o,
            c,
            ...rest,
          ]);
    const window = {
      numbers: `[b, f, ${space}]x[i, o, ${space}]->[b, f, ${space}]`,
      stride: stride.map(() => 1),
      padding: size.map((n, d) => {
        const span = (out[d]! - 1) * stride[d]! + 1;
        return [low[d]!, n + reach[d]! - span - low[d]!] as const;
      }),
      dilation,
      spread: stride,
      reversed: true,
      groups,
    };
    return convolution(w, y as Value, turned, window, shape);
  },
  convWeight(w, [x, y], { attributes, shape }) {
    const { size, kernel, stride, padLow, dilation, groups } = attributes;
    const space = counting(stride.length).join(', ');
    const out = counts(attributes);
    const window = {
      numbers: `[f, b, ${space}]x[i, o, ${space}]->[f, b, ${space}]`,
      stride: dilation,
      padding: size.map((n, d) => {
        const span = (kernel[d]! - 1) * dilation[d]! + (out[d]! - 1) * stride[d]! + 1;
        return [padLow[d]!, span - n - padLow[d]!] as const;
      }),
      dilation: stride,
      batchGroups: groups,
    };
    return convolution(w, x as Value, y as Value, window, shape);
  },
};
