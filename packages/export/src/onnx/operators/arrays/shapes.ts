/** @file Operators that change or return the shape of a tensor. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { broadcastShapes, expanded, rearranged, sizeOf } from '../../import/host.js';
import { integers, Known, Strings } from '../../import/values.js';
import { dimensions, range } from '../helpers.js';
import { operator, type Operator } from '../operator.js';

/** An operator that only changes the shape: known numbers stay known. */
function reshaping(
  name: string,
  shapeOf: (call: Call, shape: readonly number[]) => number[],
): Operator {
  return operator(
    name,
    (call) => {
      const value = call.value(0);
      if (value instanceof Strings) return new Strings(value.data, shapeOf(call, value.shape));
      const x = call.tensor(0);
      return x.reshape(shapeOf(call, x.shape));
    },
    {
      fold: ([x], call) => {
        const shape = shapeOf(call, x!.shape);
        return sizeOf(shape) === x!.data.length ? new Known(x!.data, shape, x!.dtype) : null;
      },
      constants: [1],
    },
  );
}

function reshaped(call: Call, from: readonly number[]): number[] {
  const wanted = call.listed('shape', 1) ?? call.refuse('the shape is missing');
  const keep = !call.flag('allowzero');
  const shape = wanted.map((n, d) =>
    n === 0 && keep ? (from[d] ?? call.refuse(`no dimension ${d}`)) : n,
  );
  const open = shape.indexOf(-1);
  if (open < 0) return shape;
  const rest = shape.reduce((p, n, d) => (d === open ? p : p * n), 1);
  const size = sizeOf(from);
  if (rest === 0 || size % rest !== 0)
    call.refuse(`shape [${from.join(', ')}] cannot be reshaped to [${shape.join(', ')}]`);
  shape[open] = size / rest;
  return shape;
}

function squeezed(call: Call, from: readonly number[]): number[] {
  const axes = call.listed('axes', 1);
  if (axes === undefined) return from.filter((n) => n !== 1);
  const dims = dimensions(call, axes, from.length);
  for (const d of dims)
    if (from[d] !== 1) call.refuse(`dimension ${d} of [${from.join(', ')}] is not 1`);
  return from.filter((_, d) => !dims.includes(d));
}

function unsqueezed(call: Call, from: readonly number[]): number[] {
  const axes = call.listed('axes', 1) ?? call.refuse('the axes are missing');
  const rank = from.length + axes.length;
  const dims = new Set(dimensions(call, axes, rank));
  const rest = [...from];
  return range(rank).map((d) => (dims.has(d) ? 1 : (rest.shift() as number)));
}

function flattened(call: Call, from: readonly number[]): number[] {
  const axis = call.int('axis', 1);
  const split = axis < 0 ? axis + from.length : axis;
  if (split < 0 || split > from.length)
    call.refuse(`axis ${axis} is out of range for ${from.length} dimensions`);
  return [sizeOf(from.slice(0, split)), sizeOf(from.slice(split))];
}

function expandedTo(call: Call): number[] {
  const [from, to] = [call.shape(0), call.numbers(1)];
  return (
    broadcastShapes([from, to]) ??
    call.refuse(`shape [${from.join(', ')}] cannot be expanded to [${to.join(', ')}]`)
  );
}

function shapeOf(call: Call): Known {
  const shape = call.shape(0);
  const end = call.int('end', shape.length);
  return integers(shape.slice(call.int('start', 0), end < -shape.length ? 0 : end));
}

function permutation(call: Call, rank: number): number[] {
  return dimensions(call, call.ints('perm', range(rank).reverse()), rank);
}

export const SHAPES: readonly Operator[] = [
  reshaping('Reshape', reshaped),
  reshaping('Squeeze', squeezed),
  reshaping('Unsqueeze', unsqueezed),
  reshaping('Flatten', flattened),
  operator('Identity', (call) => call.value(0)),
  operator('Shape', shapeOf),
  operator(
    'Transpose',
    (call) => {
      const x = call.tensor(0);
      return x.permute(permutation(call, x.ndim));
    },
    {
      fold: ([x], call) => {
        const perm = permutation(call, x!.shape.length);
        return rearranged(
          x!,
          perm.map((d) => x!.shape[d]!),
          (at) => x!.shape.map((_, d) => at[perm.indexOf(d)]!),
        );
      },
    },
  ),
  operator('Expand', (call) => cr.expand(call.tensor(0), expandedTo(call)), {
    fold: ([x], call) => {
      const shape = expandedTo(call);
      return sizeOf(shape) <= 4096 ? expanded(x!, shape) : null;
    },
  }),
  operator('Tile', (call) => {
    const x = call.tensor(0);
    if (call.version < 6) {
      const repeats = x.shape.map((_, d) => (d === call.number(2) ? call.number(1) : 1));
      return cr.repeat(x, repeats);
    }
    return cr.repeat(x, call.numbers(1));
  }),
];
