/**
 * @file Reading and writing by index in StableHLO. There an index out of range is no error: reads are clamped, writes are
 * dropped.
 */
import { elementType, type Rules } from './rule.js';
import { counting, list, type Value, type Writer } from './writer.js';

/** The full coordinates of each element of an index along `dim`: `[…, rank]`. */
function coordinates(w: Writer, index: Value, dim: number): Value {
  const shape = [...index.shape, 1];
  const parts = index.shape.map((_, d) => (d === dim ? w.reshape(index, shape) : w.iota(shape, d)));
  const all = [...index.shape, index.shape.length];
  return w.emit(
    'stablehlo.concatenate',
    parts,
    all,
    'i32',
    `dimension = ${index.shape.length} : i64`,
  );
}

const braces = (name: string, dims: readonly number[]): string =>
  dims.length === 0 ? '' : `${name} = [${dims.join(', ')}], `;

function gather(
  w: Writer,
  x: Value,
  index: Value,
  numbers: string,
  sizes: readonly number[],
  shape: readonly number[],
): Value {
  return w.emit(
    'stablehlo.gather',
    [x, index],
    shape,
    x.type,
    `dimension_numbers = #stablehlo.gather<${numbers}>, slice_sizes = ${list(sizes)}`,
  );
}

/** Writes updates into `x`; with an `op`, combines each update with the existing element. */
function scatter(
  w: Writer,
  op: string | null,
  x: Value,
  index: Value,
  updates: Value,
  numbers: string,
): Value {
  const one = { shape: [], type: x.type };
  const body =
    op === null ? w.region([one, one], (_w, [, q]) => [q as Value]) : w.combiner(op, x.type);
  return w.emit(
    'stablehlo.scatter',
    [x, index, updates],
    x.shape,
    x.type,
    `scatter_dimension_numbers = #stablehlo.scatter<${numbers}>`,
    [body],
  );
}

function scatterElements(
  w: Writer,
  op: string | null,
  xs: readonly Value[],
  dim: number,
  shape: readonly number[],
): Value {
  const [x, index, updates] = xs as [Value, Value, Value];
  const all = counting(index.shape.length);
  const numbers = `${braces('inserted_window_dims', all)}${braces('scatter_dims_to_operand_dims', all)}index_vector_dim = ${all.length}`;
  return scatter(
    w,
    op,
    w.expand(x, shape),
    coordinates(w, index, dim),
    w.expand(updates, index.shape),
    numbers,
  );
}

/** The dimensions of the slices, which do not come from the index. */
function windows(x: Value, index: Value, dim: number): number[] {
  const k = index.shape.length;
  return counting(x.shape.length)
    .filter((d) => d !== dim)
    .map((d) => (d < dim ? d : d - 1 + k));
}

export const indexingRules: Rules = {
  gather(w, [x, index], { attributes: { dim }, shape }) {
    const [from, at] = [x as Value, index as Value];
    const all = counting(shape.length);
    const numbers = `${braces('collapsed_slice_dims', all)}${braces('start_index_map', all)}index_vector_dim = ${all.length}`;
    return gather(
      w,
      from,
      coordinates(w, at, dim),
      numbers,
      from.shape.map(() => 1),
      shape,
    );
  },
  scatter: (w, xs, { attributes: { dim }, shape }) => scatterElements(w, null, xs, dim, shape),
  scatterAdd: (w, xs, { attributes: { dim }, shape }) =>
    scatterElements(w, 'stablehlo.add', xs, dim, shape),
  scatterProd: (w, xs, { attributes: { dim }, shape }) =>
    scatterElements(w, 'stablehlo.multiply', xs, dim, shape),
  scatterExtreme: (w, xs, { attributes: { dim, sign }, shape }) =>
    scatterElements(w, sign > 0 ? 'stablehlo.maximum' : 'stablehlo.minimum', xs, dim, shape),
  take(w, [x, index], { attributes: { dim }, shape }) {
    const [from, at] = [x as Value, index as Value];
    const numbers =
      `${braces('offset_dims', windows(from, at, dim))}collapsed_slice_dims = [${dim}], start_index_map = [${dim}], ` +
      `index_vector_dim = ${at.shape.length}`;
    const sizes = from.shape.map((n, d) => (d === dim ? 1 : n));
    return gather(w, from, at, numbers, sizes, shape);
  },
  indexAdd(w, [x, index, y], { attributes: { dim }, shape }) {
    const [to, at] = [w.expand(x as Value, shape), index as Value];
    const numbers =
      `${braces('update_window_dims', windows(to, at, dim))}inserted_window_dims = [${dim}], ` +
      `scatter_dims_to_operand_dims = [${dim}], index_vector_dim = ${at.shape.length}`;
    return scatter(w, 'stablehlo.add', to, at, y as Value, numbers);
  },
  oneHot(w, [index], { shape, dtype }) {
    const at = w.place(index as Value, shape, counting(shape.length - 1));
    return w.convert(w.compare('EQ', at, w.iota(shape, shape.length - 1)), elementType(dtype));
  },
};
