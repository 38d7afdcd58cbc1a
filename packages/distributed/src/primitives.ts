/**
 * @file The collectives as primitives of the graph. The derivative of each is another one: that of a sum over ranks is the
 * same sum, that of a gathering is a sum that is scattered, that of a broadcast is a sum at one rank. `loss` in their rules
 * is the sum of the losses of all ranks.
 */
import type { Shape, Tensor, TypedArray } from '@chainrule/autograd';
import { primitive, runtime, type PrimitiveOp, type Value } from '@chainrule/autograd/internal';
import { bucketOf } from './bucket.js';
import { communicatorOf } from './communicator.js';
import type { ReduceOp } from './transport.js';

type AllReduceAttrs = { world: number; op: ReduceOp; bucket: number };
type ScatterAttrs = { world: number; dim: number };
/** `watch` names the data that must be finite; empty if it need not be. */
type GatherAttrs = ScatterAttrs & { watch: string };
type RootAttrs = { world: number; root: number };

const text = (name: string, { shape, dtype }: Value): string =>
  `${name} ${dtype} [${shape.join(', ')}]`;

/** Takes one input, and exchanges arrays with the other ranks, unless this run only looks for the cause of an earlier error. */
function exchange([x]: readonly Value[], out: Value, f: (x: Value, out: TypedArray) => void): void {
  if (runtime.repeating !== null) runtime.repeating.skipped = true;
  else f(x as Value, out.data);
}

/** With a batch dimension in front, a collective that has no dimension is unchanged. */
const sameForExamples =
  <A extends Record<string, number | string>>(make: () => PrimitiveOp<A>) =>
  ([x]: readonly Tensor[], _batched: readonly boolean[], attrs: A): Tensor =>
    make()([x as Tensor], attrs);

/**
 * The reduction of `x` over all ranks. With a bucket, `x` holds gradients; the further inputs are a number that is NaN if one
 * of them is not finite, and parameters to be compared between ranks now and then.
 */
export const allReduceOf: PrimitiveOp<AllReduceAttrs> = primitive<AllReduceAttrs>('allReduce', {
  lowering: { kind: 'reference' },
  shape: ([x]) => (x as Tensor).shape,
  vjp: (i, ct, [x], out, attrs) => {
    if (i > 0) return null;
    const total = allReduceOf([ct], { ...attrs, op: 'sum', bucket: -1 });
    if (attrs.op === 'sum') return total;
    return total.mul(shareOfExtreme(x as Tensor, out, attrs));
  },
  jvp: ([t], [x], out, attrs) => {
    if (t === null || t === undefined) return null;
    const sum = { ...attrs, op: 'sum' as const, bucket: -1 };
    if (attrs.op === 'sum') return allReduceOf([t], sum);
    return allReduceOf([t.mul(shareOfExtreme(x as Tensor, out, attrs))], sum);
  },
  batch: sameForExamples(() => allReduceOf),
  reference: (inputs, out, { world, op, bucket }) =>
    exchange(inputs, out, (x, data) => {
      data.set(x.data);
      const what = text(`allReduce ${op}`, x);
      const intent = bucket < 0 ? { what } : bucketOf(bucket).intent(what, inputs);
      communicatorOf(world).allReduce(data, op, intent);
    }),
});

/** The derivative of an extreme: 1 if only this rank has it; ranks that share it get equal parts. */
function shareOfExtreme(x: Tensor, out: Tensor, attrs: AllReduceAttrs): Tensor {
  const isExtreme = x.eq(out).cast(x.dtype).detach();
  return isExtreme.div(allReduceOf([isExtreme], { ...attrs, op: 'sum', bucket: -1 }));
}

/** The tensors of all ranks, concatenated along a dimension. */
export const allGatherOf: PrimitiveOp<GatherAttrs> = primitive<GatherAttrs>('allGather', {
  lowering: { kind: 'reference' },
  shape: ([x], { world, dim }) => scaled((x as Tensor).shape, dim, communicatorOf(world).size),
  vjp: (_i, ct, _inputs, _out, { world, dim }) => reduceScatterOf([ct], { world, dim }),
  jvp: ([t], _inputs, _out, attrs) => allGatherOf([t as Tensor], { ...attrs, watch: '' }),
  batch: ([x], _batched, attrs) => allGatherOf([x as Tensor], { ...attrs, dim: attrs.dim + 1 }),
  reference: (inputs, out, { world, dim, watch }) =>
    exchange(inputs, out, (x, data) => {
      const communicator = communicatorOf(world);
      const blocks = x.data.slice(0, 0).constructor as new (n: number) => TypedArray;
      const all = new blocks(data.length);
      const healthy = watch === '' || x.data.every(Number.isFinite);
      communicator.allGather(x.data, all, {
        what: `${text('allGather', x)} along ${dim}`,
        notFinite: healthy ? null : () => `${watch} are not finite`,
      });
      interleave(all, data, x.shape, dim, communicator.size);
    }),
});

/** The sum over ranks, of which each rank gets its part along a dimension. */
const reduceScatterOf: PrimitiveOp<ScatterAttrs> = primitive<ScatterAttrs>('reduceScatter', {
  lowering: { kind: 'reference' },
  shape: ([x], { world, dim }) => scaled((x as Tensor).shape, dim, 1 / communicatorOf(world).size),
  vjp: (_i, ct, _inputs, _out, attrs) => allGatherOf([ct], { ...attrs, watch: '' }),
  jvp: 'linear',
  batch: ([x], _batched, { world, dim }) => reduceScatterOf([x as Tensor], { world, dim: dim + 1 }),
  reference: (inputs, out, { world, dim }) =>
    exchange(inputs, out, (x, data) => {
      const communicator = communicatorOf(world);
      const sum = x.data.slice();
      communicator.allReduce(sum, 'sum', { what: `${text('reduceScatter', x)} along ${dim}` });
      const inner = x.shape.slice(dim + 1).reduce((n, d) => n * d, 1);
      const [theirs, mine] = [inner * (x.shape[dim] ?? 1), inner * (out.shape[dim] ?? 1)];
      for (let o = 0; o * mine < data.length; o++) {
        const at = o * theirs + communicator.rank * mine;
        data.set(sum.subarray(at, at + mine), o * mine);
      }
    }),
});

/** The tensor of rank `root`. */
export const broadcastOf: PrimitiveOp<RootAttrs> = primitive<RootAttrs>('broadcastTensor', {
  lowering: { kind: 'reference' },
  shape: ([x]) => (x as Tensor).shape,
  vjp: (_i, ct, _inputs, _out, attrs) => sumAtOf([ct], attrs),
  jvp: 'linear',
  batch: sameForExamples(() => broadcastOf),
  reference: (inputs, out, { world, root }) =>
    exchange(inputs, out, (x, data) => {
      data.set(x.data);
      const what = `${text('broadcastTensor', x)} from rank ${root}`;
      communicatorOf(world).broadcast(data, root, { what });
    }),
});

/** The sum over ranks at rank `root`, zeros on the other ranks. */
const sumAtOf: PrimitiveOp<RootAttrs> = primitive<RootAttrs>('reduceTensor', {
  lowering: { kind: 'reference' },
  shape: ([x]) => (x as Tensor).shape,
  vjp: (_i, ct, _inputs, _out, attrs) => broadcastOf([ct], attrs),
  jvp: 'linear',
  batch: sameForExamples(() => sumAtOf),
  reference: (inputs, out, { world, root }) =>
    exchange(inputs, out, (x, data) => {
      const communicator = communicatorOf(world);
      data.set(x.data);
      const what = `${text('reduceTensor', x)} to rank ${root}`;
      communicator.allReduce(data, 'sum', { what });
      if (communicator.rank !== root) data.fill(0);
    }),
});

function scaled(shape: Shape, dim: number, factor: number): number[] {
  return shape.map((n, d) => (d === dim ? Math.round(n * factor) : n));
}

/** Concatenates the blocks of the ranks along `dim`. */
function interleave(
  blocks: TypedArray,
  out: TypedArray,
  shape: Shape,
  dim: number,
  size: number,
): void {
  const row = shape.slice(dim).reduce((n, d) => n * d, 1);
  const block = blocks.length / size;
  for (let r = 0; r < size; r++) {
    for (let o = 0; o * row < block; o++) {
      const from = r * block + o * row;
      out.set(blocks.subarray(from, from + row), (o * size + r) * row);
    }
  }
}
