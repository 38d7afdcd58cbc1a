/** @file Operators that read and write at indices that a tensor holds. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { positions, rearranged, stridesOf } from '../../import/host.js';
import { integers, known, Strings, type Known } from '../../import/values.js';
import { dimension, product, range } from '../helpers.js';
import { operator, type Operator, type Result } from '../operator.js';

/** Indices, with negative ones counted from the front; if they are known, without building a graph. */
function indices(call: Call, input: number, size: number): cr.Tensor {
  const given = call.known(input);
  if (given !== null) {
    const data = Array.from(given.data, (i) => (i < 0 ? i + size : i));
    return known(data, given.shape).tensor;
  }
  const index = call.tensor(input).cast('int32');
  return cr.where(index.lt(0), index.add(size), index);
}

function gather(call: Call): Result {
  const value = call.value(0);
  const axis = dimension(call, call.int('axis', 0), call.shape(0).length);
  const size = call.shape(0)[axis] ?? 1;
  if (value instanceof Strings) {
    const at = call.numbers(1).map((i) => (i < 0 ? i + size : i));
    return new Strings(
      at.map((i) => value.data[i] ?? call.refuse(`no text ${i}`)),
      call.shape(1),
    );
  }
  const x = call.tensor(0);
  const index = indices(call, 1, size);
  if (index.ndim === 1) return x.indexSelect(axis, index);
  const chosen = x.indexSelect(axis, index.reshape([-1]));
  return chosen.reshape([...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)]);
}

function foldGather([x, index]: readonly Known[], call: Call): Known | null {
  const axis = dimension(call, call.int('axis', 0), x!.shape.length);
  const n = x!.shape[axis] ?? 0;
  const at = Array.from(index!.data, (i) => (i < 0 ? i + n : i));
  if (at.some((i) => !(i >= 0 && i < n))) return null;
  const rank = index!.shape.length;
  const shape = [...x!.shape.slice(0, axis), ...index!.shape, ...x!.shape.slice(axis + 1)];
  return rearranged(x!, shape, (position) => {
    const place = index!.shape.reduce((i, size, d) => i * size + position[axis + d]!, 0);
    return [...position.slice(0, axis), at[place]!, ...position.slice(axis + rank)];
  });
}

function gatherElements(call: Call): Result {
  const x = call.tensor(0);
  const axis = dimension(call, call.int('axis', 0), x.ndim);
  return x.gather(axis, indices(call, 1, x.shape[axis] ?? 1));
}

/** Vectors of indices as single indices into the flattened first dimensions of a shape. */
function flatIndex(call: Call, index: cr.Tensor, sizes: readonly number[]): cr.Tensor {
  if (index.shape.at(-1) !== sizes.length) call.refuse('the indices do not fit the shape');
  return sizes.reduce<cr.Tensor>(
    (flat, size, d) => {
      const i = index.select(-1, d);
      return flat.mul(size).add(cr.where(i.lt(0), i.add(size), i));
    },
    cr.zeros(index.shape.slice(0, -1), { dtype: 'int32' }),
  );
}

function gatherND(call: Call): Result {
  const [x, index] = [call.tensor(0), call.tensor(1)];
  const batch = call.int('batch_dims', 0);
  const k = index.shape.at(-1) ?? 0;
  const lead = x.shape.slice(0, batch);
  const sizes = x.shape.slice(batch, batch + k);
  const rest = x.shape.slice(batch + k);
  const flat = x.reshape([product(lead), product(sizes), ...rest]);
  const places = flatIndex(call, index.reshape([product(lead), -1, k]), sizes);
  const offset = cr.arange(product(lead), { dtype: 'int32' }).mul(product(sizes)).unsqueeze(1);
  const chosen = flat
    .reshape([product(lead) * product(sizes), ...rest])
    .indexSelect(0, places.add(offset).reshape([-1]));
  return chosen.reshape([...index.shape.slice(0, -1), ...rest]);
}

const REDUCTIONS = { add: 'sum', mul: 'prod', max: 'amax', min: 'amin' } as const;

function reductionOf(call: Call): cr.ScatterReduction | null {
  const name = call.text('reduction', 'none');
  if (name === 'none') return null;
  if (name in REDUCTIONS) return REDUCTIONS[name as keyof typeof REDUCTIONS];
  return call.refuse(`there is no reduction '${name}'`);
}

function scatterElements(call: Call): Result {
  const [x, updates] = [call.tensor(0), call.tensor(2)];
  const axis = dimension(call, call.int('axis', 0), x.ndim);
  const index = indices(call, 1, x.shape[axis] ?? 1);
  const reduction = reductionOf(call);
  if (reduction === null) return cr.scatter(x, axis, index, updates);
  return cr.scatterReduce(x, axis, index, updates, reduction);
}

function scatterND(call: Call): Result {
  const [x, index, updates] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const k = index.shape.at(-1) ?? 0;
  const sizes = x.shape.slice(0, k);
  const rest = x.shape.slice(k);
  const flat = x.reshape([product(sizes), product(rest)]);
  const places = flatIndex(call, index, sizes).reshape([-1, 1]);
  const each = cr.expand(places, [places.shape[0], product(rest)]);
  const source = updates.reshape([places.shape[0], product(rest)]);
  const reduction = reductionOf(call);
  const written =
    reduction === null
      ? cr.scatter(flat, 0, each, source)
      : cr.scatterReduce(flat, 0, each, source, reduction);
  return written.reshape(x.shape);
}

/** Writes into a cache, in each row of the batch from a position of its own. */
function tensorScatter(call: Call): Result {
  const [cache, update] = [call.tensor(0), call.tensor(1)];
  const axis = dimension(call, call.int('axis', -2), cache.ndim);
  const [size, length] = [cache.shape[axis] as number, update.shape[axis] as number];
  const mode = call.text('mode', 'linear');
  if (mode !== 'linear' && mode !== 'circular') call.refuse(`there is no mode '${mode}'`);
  if (axis === 0 || length > size)
    call.refuse(`${length} do not fit in dimension ${axis} of ${size}`);
  const along = (t: cr.Tensor, d: number): cr.Tensor =>
    t.reshape(cache.shape.map((_, i) => (i === d ? t.size : 1)));
  const first = call.maybe(2) ?? cr.zeros([cache.shape[0] as number], { dtype: 'int32' });
  const steps = cr.arange(length, { dtype: 'int32' });
  const places = along(first.cast('int32'), 0).add(along(steps, axis));
  const index = mode === 'circular' ? cr.remainder(places, size) : places;
  return cache.scatter(axis, cr.expand(index, update.shape), update);
}

function oneHot(call: Call): Result {
  const depth = call.number(1);
  const values = call.tensor(2);
  const index = call.tensor(0).cast('int32');
  const wrapped = cr.where(index.lt(0), index.add(depth), index);
  const axis = call.int('axis', -1);
  const d = axis < 0 ? axis + index.ndim + 1 : axis;
  const classes = cr.arange(depth, { dtype: 'int32' });
  const shape = [...range(index.ndim).map(() => 1)];
  shape.splice(d, 0, depth);
  const hot = wrapped.unsqueeze(d).eq(classes.reshape(shape));
  return cr.where(hot, values.at(1), values.at(0));
}

function compress(call: Call): Result {
  const chosen = call.numbers(1).flatMap((x, i) => (x === 0 ? [] : [i]));
  const index = known(chosen, [chosen.length]).tensor;
  if (!call.attributeGiven('axis')) return call.tensor(0).reshape([-1]).indexSelect(0, index);
  const x = call.tensor(0);
  return x.indexSelect(dimension(call, call.int('axis'), x.ndim), index);
}

function reverseSequence(call: Call): Result {
  const x = call.tensor(0);
  const [batch, time] = [call.int('batch_axis', 1), call.int('time_axis', 0)];
  const moved = x.movedim([batch, time], [0, 1]);
  const [n, steps] = moved.shape as [number, number];
  const lengths = call.tensor(1).cast('int32').reshape([n, 1]);
  const t = cr.arange(steps, { dtype: 'int32' });
  const from = cr.where(t.lt(lengths), lengths.sub(1).sub(t), t);
  const rest = moved.shape.slice(2).map(() => 1);
  const places = from.reshape([n, steps, ...rest]).expand(moved.shape);
  return moved.gather(1, places).movedim([0, 1], [batch, time]);
}

/** Adds up overlapping patches of an image of any number of dimensions. */
function col2im(call: Call): Result {
  const x = call.tensor(0);
  const [size, kernel] = [call.numbers(1), call.numbers(2)];
  const each = (name: string, value: number): number[] =>
    call.ints(
      name,
      size.map(() => value),
    );
  const [strides, dilations] = [each('strides', 1), each('dilations', 1)];
  const pads = call.ints(
    'pads',
    [...size, ...size].map(() => 0),
  );
  const full = size.map((n, d) => n + (pads[d] ?? 0) + (pads[d + size.length] ?? 0));
  const counts = full.map(
    (n, d) =>
      Math.floor((n - (dilations[d] ?? 1) * ((kernel[d] ?? 1) - 1) - 1) / (strides[d] ?? 1)) + 1,
  );
  const [batch, channels] = [x.shape[0] as number, (x.shape[1] as number) / product(kernel)];
  if (!Number.isInteger(channels) || counts.some((n) => n < 1) || product(counts) !== x.shape[2])
    call.refuse(
      `[${x.shape.join(', ')}] is not made of patches [${kernel.join(', ')}] of [${size.join(', ')}]`,
    );
  // The position of each element of each patch in the padded image.
  const strideOf = stridesOf(full);
  const places = [...positions(kernel)].flatMap((within) =>
    [...positions(counts)].map((patch) =>
      full.reduce(
        (sum, _, d) =>
          sum +
          ((patch[d] ?? 0) * (strides[d] ?? 1) + (within[d] ?? 0) * (dilations[d] ?? 1)) *
            (strideOf[d] ?? 0),
        0,
      ),
    ),
  );
  const flat = cr.zeros([batch, channels, product(full)], { dtype: x.dtype });
  const image = flat
    .indexAdd(2, integers(places).tensor, x.reshape([batch, channels, places.length]))
    .reshape([batch, channels, ...full]);
  return size.reduce((y, n, d) => cr.narrow(y, d + 2, pads[d] ?? 0, n), image);
}

export const INDEXING: readonly Operator[] = [
  operator('Gather', gather, { fold: foldGather, foldsFrom: 2, constants: [1] }),
  operator('GatherElements', gatherElements),
  operator('GatherND', gatherND),
  operator('Scatter', scatterElements),
  operator('ScatterElements', scatterElements),
  operator('TensorScatter', tensorScatter),
  operator('ScatterND', scatterND),
  operator('OneHot', oneHot, { constants: [1, 2] }),
  operator('Compress', compress),
  operator('ReverseSequence', reverseSequence),
  operator('Col2Im', col2im, { constants: [1, 2] }),
];
