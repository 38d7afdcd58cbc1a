/**
 * @file Convolution over any number of dimensions, as three primitives that are each other's derivatives.
 *
 * With the number `F(x, w, c) = Σ c · conv(x, w)`, which is linear in each of its three arguments, `conv` is the
 * gradient of F by c, `convInput` that by x (also called transposed convolution) and `convWeight` that by w. So every
 * derivative, of any order, is one of the three again. All share one geometry.
 */
import { allocate } from '../../../graph/dtype.js';
import type { Value } from '../../../graph/primitive.js';
import type { Lowering } from '../../../graph/lowering.js';
import { sizeOf, type Shape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { convolution } from '../../../kernels/convolution.js';
import { reshapeNode } from '../../build/broadcast.js';
import { gemm } from '../../linalg/products/gemm.js';
import { batchAll, permuteNode } from '../../shape/movement.js';
import { primitive, type PrimitiveOp } from '../../build/primitive.js';
import { slidingTable, windowCounts } from './windows.js';

/** The geometry: `size` of the input and of the `kernel`, and how the one slides over the other. Padding may be negative. */
export interface ConvAttrs extends Record<string, number | readonly number[]> {
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padLow: readonly number[];
  readonly padHigh: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

type ConvOp = PrimitiveOp<ConvAttrs>;

function loweringOf(direction: 'forward' | 'gradInput' | 'gradWeight'): Lowering<ConvAttrs> {
  return {
    kind: 'kernel',
    family: convolution,
    kernel: ({ groups, stride, padLow, padHigh, dilation }) => ({
      kind: 'conv',
      direction,
      groups,
      stride,
      padLow,
      padHigh,
      dilation,
    }),
  };
}

type Pair = readonly [Tensor, Tensor];

/** `x [n, c, …size], w [o, c / groups, …kernel] → [n, o, …out]`. */
export const conv: ConvOp = primitive<ConvAttrs>('conv', {
  lowering: loweringOf('forward'),
  shape: ([x, w], attrs) => [x!.sizes[0]!, w!.sizes[0]!, ...windowCounts(attrs)],
  vjp: (i, ct, inputs, _out, attrs) => {
    const [x, w] = inputs as Pair;
    return i === 0 ? convInput([ct, w], attrs) : convWeight([x, ct], attrs);
  },
  jvp: 'multilinear',
  batch: (inputs, batched, attrs, size) => {
    const [x, w] = inputs as Pair;
    if (batched[1] !== true) return split(conv([merge(x), w], attrs), 0, size);
    const [xs, ws] = batchAll(inputs, batched, size) as unknown as Pair;
    return unfoldChannels(conv([foldChannels(xs), merge(ws)], grouped(attrs, size)), size);
  },
  reference: ([x, w], out, attrs) => {
    const g = layout((x as Value).shape, out.shape, attrs);
    const columns = new Float64Array(g.depth * g.windows);
    const filter = (w as Value).data;
    for (let n = 0; n < g.batch; n++) {
      for (let group = 0; group < g.groups; group++) {
        gather(
          (x as Value).data,
          (n * g.groups + group) * g.inputs * g.area,
          g,
          columns,
          1,
          g.windows,
        );
        const a = { data: filter, at: group * g.outputs * g.depth, row: g.depth, column: 1 };
        const b = { data: columns, at: 0, row: g.windows, column: 1 };
        gemm(
          [g.outputs, g.windows, g.depth],
          a,
          b,
          out.data,
          (n * g.groups + group) * g.outputs * g.windows,
        );
      }
    }
  },
});

/** The gradient of `conv` by its input: `c [n, o, …out], w [o, c / groups, …kernel] → [n, c, …size]`. */
export const convInput: ConvOp = primitive<ConvAttrs>('convInput', {
  lowering: loweringOf('gradInput'),
  shape: ([c, w], { groups, size }) => [c!.sizes[0]!, w!.sizes[1]! * groups, ...size],
  vjp: (i, ct, inputs, _out, attrs) => {
    const [c, w] = inputs as Pair;
    return i === 0 ? conv([ct, w], attrs) : convWeight([ct, c], attrs);
  },
  jvp: 'multilinear',
  batch: (inputs, batched, attrs, size) => {
    const [c, w] = inputs as Pair;
    if (batched[1] !== true) return split(convInput([merge(c), w], attrs), 0, size);
    const [cs, ws] = batchAll(inputs, batched, size) as unknown as Pair;
    return unfoldChannels(convInput([foldChannels(cs), merge(ws)], grouped(attrs, size)), size);
  },
  reference: ([c, w], out, attrs) => {
    const g = layout(out.shape, (c as Value).shape, attrs);
    const columns = new Float64Array(g.depth * g.windows);
    const sums = new Float64Array(g.inputs * g.area);
    for (let n = 0; n < g.batch; n++) {
      for (let group = 0; group < g.groups; group++) {
        const a = {
          data: (w as Value).data,
          at: group * g.outputs * g.depth,
          row: 1,
          column: g.depth,
        };
        const at = (n * g.groups + group) * g.outputs * g.windows;
        const b = { data: (c as Value).data, at, row: g.windows, column: 1 };
        gemm([g.depth, g.windows, g.outputs], a, b, columns, 0);
        sums.fill(0);
        scatter(columns, g, sums);
        out.data.set(sums, (n * g.groups + group) * g.inputs * g.area);
      }
    }
  },
});

/** The gradient of `conv` by its weight: `x [n, c, …size], c [n, o, …out] → [o, c / groups, …kernel]`. */
export const convWeight: ConvOp = primitive<ConvAttrs>('convWeight', {
  lowering: loweringOf('gradWeight'),
  shape: ([x, c], { groups, kernel }) => [c!.sizes[1]!, x!.sizes[1]! / groups, ...kernel],
  vjp: (i, ct, inputs, _out, attrs) => {
    const [x, c] = inputs as Pair;
    return i === 0 ? convInput([c, ct], attrs) : conv([x, ct], attrs);
  },
  jvp: 'multilinear',
  batch: (inputs, batched, attrs, size) => {
    const [xs, cs] = batchAll(inputs, batched, size) as unknown as Pair;
    return split(convWeight([foldChannels(xs), foldChannels(cs)], grouped(attrs, size)), 0, size);
  },
  reference: ([x, c], out, attrs) => {
    const g = layout((x as Value).shape, (c as Value).shape, attrs);
    const columns = new Float64Array(g.windows * g.depth);
    const sums = out.dtype === 'float64' ? out.data : allocate('float64', out.data.length);
    for (let n = 0; n < g.batch; n++) {
      for (let group = 0; group < g.groups; group++) {
        gather(
          (x as Value).data,
          (n * g.groups + group) * g.inputs * g.area,
          g,
          columns,
          g.depth,
          1,
        );
        const at = (n * g.groups + group) * g.outputs * g.windows;
        const a = { data: (c as Value).data, at, row: g.windows, column: 1 };
        const b = { data: columns, at: 0, row: g.depth, column: 1 };
        gemm([g.outputs, g.depth, g.windows], a, b, sums, group * g.outputs * g.depth, true);
      }
    }
    if (sums !== out.data) out.data.set(sums);
  },
});

/** The sizes and positions that the kernels use. */
interface Layout {
  readonly batch: number;
  readonly groups: number;
  /** Channels of the input and of the result, per group. */
  readonly inputs: number;
  readonly outputs: number;
  /** Elements of one channel of the input and of the result, and of the kernel. */
  readonly area: number;
  readonly windows: number;
  readonly taps: number;
  /** Products summed for one element of the result. */
  readonly depth: number;
  /** The position that tap `t` reads at place `p`: `index[p · taps + t]`. */
  readonly index: Int32Array;
}

function layout(x: Shape, out: Shape, attrs: ConvAttrs): Layout {
  const { groups, kernel, size } = attrs;
  const taps = sizeOf(kernel);
  const inputs = x[1]! / groups;
  return {
    batch: x[0]!,
    groups,
    inputs,
    outputs: out[1]! / groups,
    area: sizeOf(size),
    windows: sizeOf(out.slice(2)),
    taps,
    depth: inputs * taps,
    index: slidingTable(attrs).index,
  };
}

/** Lays the windows out as a matrix of `depth × windows`, with the given strides. */
function gather(
  x: Value['data'],
  at: number,
  g: Layout,
  to: Float64Array,
  place: number,
  deep: number,
): void {
  const { index, taps } = g;
  for (let c = 0; c < g.inputs; c++) {
    const from = at + c * g.area;
    for (let p = 0, i = 0; p < g.windows; p++) {
      for (let t = 0, o = p * place + c * taps * deep; t < taps; t++, i++, o += deep) {
        const s = index[i]!;
        to[o] = s < 0 ? 0 : x[from + s]!;
      }
    }
  }
}

/** The transpose of `gather`. */
function scatter(columns: Float64Array, g: Layout, to: Float64Array): void {
  const { index, windows, taps } = g;
  for (let c = 0; c < g.inputs; c++) {
    for (let p = 0, i = 0; p < windows; p++) {
      for (let t = 0, o = c * taps * windows + p; t < taps; t++, i++, o += windows) {
        const s = index[i]!;
        if (s >= 0) to[c * g.area + s]! += columns[o]!;
      }
    }
  }
}

/** `[b, n, …] → [b · n, …]`. */
function merge(x: Tensor): Tensor {
  return reshapeNode(x, [x.sizes[0]! * x.sizes[1]!, ...x.sizes.slice(2)]);
}

/** `[…, b · n, …] → […, b, n, …]` at dimension `d`. */
function split(x: Tensor, d: number, size: number): Tensor {
  const n = size === 0 ? 0 : x.sizes[d]! / size;
  return reshapeNode(x, [...x.sizes.slice(0, d), size, n, ...x.sizes.slice(d + 1)]);
}

/** `[b, n, c, …] → [n, b · c, …]`: examples become groups of channels. */
function foldChannels(x: Tensor): Tensor {
  const [b, n, c, ...rest] = x.sizes as readonly [number, number, number, ...number[]];
  return reshapeNode(permuteNode(x, [1, 0, 2, ...rest.map((_, d) => d + 3)]), [n, b * c, ...rest]);
}

/** `[n, b · c, …] → [b, n, c, …]`. */
function unfoldChannels(x: Tensor, size: number): Tensor {
  const y = split(x, 1, size);
  return permuteNode(y, [1, 0, ...y.sizes.slice(2).map((_, d) => d + 2)]);
}

function grouped(attrs: ConvAttrs, size: number): ConvAttrs {
  return { ...attrs, groups: attrs.groups * size };
}
