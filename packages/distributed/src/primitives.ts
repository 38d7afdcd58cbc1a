/**
 * @file The collectives as primitives of the graph. Each is the derivative of another: a sum over ranks of itself, a
 * gathering of scattered sums, a broadcast of a sum at one rank. `loss` in their rules is the sum of the losses of all ranks.
 */
import type { Shape, Tensor, TypedArray } from '@chainrule/autograd';
import { primitive, runtime, type PrimitiveOp, type Value } from '@chainrule/autograd/internal';
import { bucketOf } from './bucket.js';
import { communicatorOf } from './communicator.js';
import type { ReduceOp } from './transport.js';

type AllReduceAttrs = { world: number; op: ReduceOp; bucket: number };
type ScatterAttrs = { world: number; dim: number };
/** `watch` names what must be finite; empty for what need not be. */
type GatherAttrs = ScatterAttrs & { watch: string };
type RootAttrs = { world: number; root: number };

const text = (name: string, { shape, dtype }: Value): string =>
  `${name} ${dtype} [${shape.join(', ')}]`;

/** One input goes in, arrays of ranks come out, unless this run only looks for what was wrong with one before. */
function exchange([x]: readonly Value[], out: Value, f: (x: Value, out: TypedArray) => void): void {
  if (runtime.repeating !== null) runtime.repeating.skipped = true;
  else f(x as Value, out.data);
}

/** With examples along dimension 0 a collective without dimensions is the same one. */
const sameForExamples =
  <A extends Record<string, number | string>>(make: () => PrimitiveOp<A>) =>
  ([x]: readonly Tensor[], _batched: readonly boolean[], attrs: A): Tensor =>
    make()([x as Tensor], attrs);

/**
 * The reduction of `x` over all ranks. With a bucket, `x` holds gradients; further inputs are a number that is NaN where
 * one of them is not finite, and parameters to be compared between ranks now and then.
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

/** 1 where this rank alone has the extreme; ranks that share it share its derivative. */
function shareOfExtreme(x: Tensor, out: Tensor, attrs: AllReduceAttrs): Tensor {
  const here = x.eq(out).cast(x.dtype).detach();
  return here.div(allReduceOf([here], { ...attrs, op: 'sum', bucket: -1 }));
}

/** What all ranks have, side by side along a dimension. */
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

/** The sum over ranks, of which each takes its part along a dimension. */
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

/** What rank `root` has. */
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

/** The sum over ranks at rank `root`, zeros elsewhere. */
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

/** From one block a rank to the blocks side by side along `dim`. */
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
