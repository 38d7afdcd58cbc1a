/**
 * @file Slices and pads whose positions are operands: numbers passed to a program, so that one program serves all positions.
 * Users do not call them; the engine makes them from slices and pads whose positions change.
 */
import { splitDynamicParts, type DynamicViewSpec } from '../../graph/lowering.js';
import { range, stridesOf, type Shape } from '../../graph/shape.js';
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { makeLeaf } from '../../graph/tensor.js';
import { constant } from '../../graph/version.js';
import { expandNode, reshapeNode, sumOver, walk } from '../build/broadcast.js';
import { choose } from '../build/element.js';
import { filled, primitive, type PrimitiveOp } from '../build/primitive.js';
import { sub } from '../elements/arithmetic.js';
import { sumOfParts } from './sumOfParts.js';

/**
 * The location of a slice in the whole: operands give its start in the dimensions `dims`, and `start` gives it in all others.
 */
interface DynamicSliceAttrs extends Record<string, readonly number[]> {
  readonly start: readonly number[];
  readonly step: readonly number[];
  readonly dims: readonly number[];
}

/** Element `i` of dimension `d` is element `start[d] + i · step[d]` of the first operand. */
export const sliceAt: PrimitiveOp<DynamicSliceAttrs & { readonly size: readonly number[] }> =
  primitive('sliceAt', {
    lowering: { kind: 'dynamicView', dynamic: (attrs) => attrs },
    shape: (_inputs, { size }) => size,
    vjp: (i, ct, [x, ...starts], _out, { start, step, dims }) =>
      i > 0
        ? null
        : padAt([ct, constant(0, ct.dtype), ...starts], {
            ...{ shape: (x as Tensor).sizes, parts: 1, start, step, dims },
          }),
    jvp: ([t], [, ...starts], _out, attrs) => (t ? sliceAt([t, ...starts], attrs) : null),
    batch: ([x, ...starts], _batched, { start, size, step, dims }, n) =>
      sliceAt([x as Tensor, ...starts], { ...inner({ start, step, dims }), size: [n, ...size] }),
    reference: ([x, ...starts], out, attrs) => {
      const { data, shape } = x as Value;
      const { offset, strides } = accessOf(shape, attrs, starts);
      walk(out.shape, strides, (i, at) => {
        out.data[i] = data[offset + at]!;
      });
    },
  });

interface DynamicPadAttrs extends Record<string, readonly number[] | number> {
  readonly start: readonly number[];
  readonly step: readonly number[];
  readonly dims: readonly number[];
  readonly shape: readonly number[];
  /** The number of parts. */
  readonly parts: number;
}

/**
 * The transpose of `sliceAt`: the first operand at the positions of a slice and the second, one element, elsewhere; then
 * further parts are added, each at positions of its own. The operands are the parts, with the filling after the first, then the
 * positions.
 */
export const padAt: PrimitiveOp<DynamicPadAttrs> = primitive('padAt', {
  lowering: { kind: 'dynamicParts', dynamic: (attrs) => attrs, join: joinParts, sum: sumOfParts },
  shape: (_inputs, { shape }) => shape,
  vjp: (i, ct, inputs, _out, attrs) => {
    const { start, step, dims } = attrs;
    const { parts, starts } = partsOf(inputs, attrs);
    const k = Math.max(0, i - 1);
    if (k >= parts.length) return null;
    const { sizes: size } = parts[k] as Tensor;
    const inside = sliceAt([ct, ...(starts[k] ?? [])], { start, size, step, dims });
    if (i !== 1) return inside;
    const all = (y: Tensor): Tensor => sumOver([y], { dims: range(y.ndim), keepdim: false });
    return sub(all(ct), all(inside));
  },
  jvp: (ts, inputs, _out, attrs) =>
    padAt(
      inputs.map((x, i) => (i > attrs.parts ? x : (ts[i] ?? filled(0, x.sizes, x.dtype)))),
      attrs,
    ),
  batch: (inputs, batched, attrs, n) => {
    const ys = inputs.map((x, i) =>
      i === 1 || i > attrs.parts || batched[i] === true ? x : expandNode(x, [n, ...x.sizes]),
    );
    const { shape, parts } = attrs;
    const all = { shape: [n, ...shape], parts, ...inner(attrs) };
    if (batched[1] !== true) return padAt(ys, all);
    // If each example has its own filling, there is a single part, as several parts have zeros around them.
    const [y, value, ...starts] = ys as [Tensor, Tensor, ...Tensor[]];
    const within = (x: Tensor): Tensor => padAt([x, constant(0, x.dtype), ...starts], all);
    const each = reshapeNode(value, [n, ...shape.map(() => 1)]);
    return choose(within(filled(1, y.sizes, 'bool')), within(y), expandNode(each, all.shape));
  },
  reference: (inputs, out, attrs) => {
    const { parts, starts } = partsOf(inputs, attrs);
    out.data.fill((inputs[1] as Value).data[0]!);
    parts.forEach(({ data, shape }, k) => {
      const { offset, strides } = accessOf(out.shape, attrs, starts[k] ?? []);
      walk(shape, strides, (i, at) => {
        if (k === 0) out.data[offset + at] = data[i]!;
        else out.data[offset + at]! += data[i]!;
      });
    });
  },
});

/** The parts among the operands, and for each the operands that give its position. */
function partsOf<T>(
  inputs: readonly T[],
  attrs: Pick<DynamicPadAttrs, 'parts' | 'dims'>,
): { readonly parts: readonly T[]; readonly starts: readonly (readonly T[])[] } {
  const all = splitDynamicParts(inputs, attrs);
  return { parts: all.map(({ part }) => part), starts: all.map(({ numbers }) => numbers) };
}

/** The sum of parts with zeros around them. */
function joinParts(pads: readonly Tensor[]): Tensor {
  const { inputs, attrs } = pads[0] as Tensor;
  const all = pads.map((pad) => partsOf(pad.inputs, attrs as unknown as DynamicPadAttrs));
  const [first, ...others] = all.flatMap(({ parts }) => parts);
  const starts = all.flatMap((pad) => pad.starts.flat());
  return padAt([first as Tensor, inputs[1] as Tensor, ...others, ...starts], {
    ...(attrs as unknown as DynamicPadAttrs),
    parts: others.length + 1,
  });
}

/** The same for each example of a batch. */
function inner({ start, step, dims }: DynamicViewSpec): DynamicSliceAttrs {
  return { start: [0, ...start], step: [1, ...step], dims: dims.map((d) => d + 1) };
}

function accessOf(
  shape: Shape,
  { start, step, dims }: DynamicViewSpec,
  starts: readonly Value[],
): { offset: number; strides: number[] } {
  const own = stridesOf(shape);
  const fixed = own.reduce((sum, s, d) => sum + s * start[d]!, 0);
  const given = dims.reduce((sum, d, k) => sum + own[d]! * (starts[k] as Value).data[0]!, 0);
  return { offset: fixed + given, strides: own.map((s, d) => s * step[d]!) };
}

/**
 * The operands and attributes for a slice or pad: in each dimension that it does not cover fully, an operand gives its start.
 */
export function placedBy(
  whole: Shape,
  part: Shape,
  start: readonly number[],
): { readonly fixed: number[]; readonly dims: number[]; readonly starts: Tensor[] } {
  const dims = range(whole.length).filter((d) => whole[d] !== part[d]);
  return {
    fixed: start.map((s, d) => (dims.includes(d) ? 0 : s)),
    dims,
    starts: dims.map((d) => makeLeaf(Int32Array.of(start[d]!), [], 'int32')),
  };
}
