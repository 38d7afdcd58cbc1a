/** @file Values that no node of the graph computes: weights, numbers, and tensors from outside. */
import type { DType, TypedArray } from '@chainrule/autograd';
import type { GraphNode } from '@chainrule/autograd/graph';
import type { Emitter } from './emitter.js';
import { CODE } from './encoded.js';
import { refuse } from './refuse.js';
import { shapeFor } from './shapes.js';
import { isFixed, type Size } from './sizes.js';
import type { Recordings } from './recordings.js';
import { writeWeight, type WeightType } from './weights.js';

/** Writes a leaf, and returns its name; `weights` is the type that weights are stored in. */
export function leafOf(
  recordings: Recordings,
  weights: WeightType,
): (node: GraphNode, e: Emitter) => string {
  return (node, e) => {
    switch (node.kind) {
      case 'state':
        return writeWeight(node, e, weights);
      case 'number':
        return numberOf(node, recordings, e);
      case 'data':
        return dataOf(node, recordings, e);
      case 'seed':
      case 'offset':
        return refuse(node, 'ONNX has no random numbers that are the same everywhere');
      default:
        return refuse(node, 'it is read before it is computed');
    }
  };
}

/** What becomes of a multiple of a size: itself, its root, or the reciprocal of either; and the way back. */
const FORMS: readonly (readonly [operators: readonly string[], from: Map, back: Map])[] = [
  [[], (x) => x, (x) => x],
  [['Reciprocal'], (x) => 1 / x, (x) => 1 / x],
  [['Sqrt'], (x) => x * x, Math.sqrt],
  [['Sqrt', 'Reciprocal'], (x) => 1 / (x * x), (x) => 1 / Math.sqrt(x)],
];

type Map = (x: number) => number;

/** A number. If it changes with the sizes, it must follow from a size in one of these forms. */
function numberOf(
  node: GraphNode & { kind: 'number' },
  recordings: Recordings,
  e: Emitter,
): string {
  const all = recordings.all(node).map((n) => (n as typeof node).value);
  if (all.every((x) => Object.is(x, all[0]))) return e.number(node.value, node.dtype);
  for (const [operators, from, back] of FORMS) {
    const holds = (found: number, i: number): boolean =>
      Math.fround(back(found)) === Math.fround(all[i] as number);
    const relation = e.relation(all.map(from), holds);
    if (relation === null) continue;
    const size = asNumber(e, e.product(relation), 'float64');
    const line = e.line(size, relation, (x) => e.number(x, 'float64'));
    const value = operators.reduce((x, op) => e.node(op, [x]), line);
    return node.dtype === 'float64' ? value : e.node('Cast', [value], { to: CODE[node.dtype] });
  }
  return refuse(node, `a number (${all.join(', ')}) depends on a dynamic dimension`);
}

/** A tensor from outside. If its shape changes with the sizes, it must be one of those that `grown` knows. */
function dataOf(node: GraphNode & { kind: 'data' }, recordings: Recordings, e: Emitter): string {
  const all = recordings.all(node).map((n) => (n as typeof node).data());
  const sizes = recordings.shape(node);
  const [first] = all as [TypedArray];
  const same = all.every((data) => data === first || data.every((x, i) => Object.is(x, first[i])));
  if (sizes.every(isFixed) && same) return e.constant(node.shape, node.dtype, first);
  const found = grown(node, all, sizes, e);
  return found ?? refuse(node, 'a tensor that the function makes depends on a dynamic dimension');
}

/** A tensor filled with one number, an identity matrix, or numbers at equal distances; null for others. */
function grown(
  node: GraphNode,
  all: readonly TypedArray[],
  sizes: readonly Size[],
  e: Emitter,
): string | null {
  const { dtype } = node;
  const start = all[0]?.[0];
  if (start === undefined) return null;
  if (all.every((data) => data.every((x) => Object.is(x, start))))
    return e.node('Expand', [e.number(start, dtype), e.sizes(sizes, node)]);
  const isUnit = (data: TypedArray, i: number): boolean => {
    const columns = sizes[1]?.[i] ?? 1;
    return data.every((x, k) => x === (Math.floor(k / columns) === k % columns ? 1 : 0));
  };
  if (sizes.length === 2 && all.every(isUnit)) {
    const zeros = e.node('Expand', [e.number(0, 'float32'), e.sizes(sizes, node)]);
    return e.node('EyeLike', [zeros], { dtype: CODE[dtype] });
  }
  const step = ((all[0] as TypedArray)[1] ?? start) - start;
  const round = dtype === 'float32' ? Math.fround : (x: number): number => x;
  if (!all.every((data) => data.every((x, i) => x === round(start + step * i)))) return null;
  const count = e.size(all.map((data) => data.length));
  if (count === null || dtype === 'bool') return null;
  const end = asNumber(e, count, 'int32');
  const places = e.node('Range', [e.number(0, 'int32'), end, e.number(1, 'int32')]);
  const wide = dtype === 'int32' ? dtype : 'float64';
  const cast = (x: string, from: DType, to: DType): string =>
    from === to ? x : e.node('Cast', [x], { to: CODE[to] });
  const line = { scale: step, shift: start };
  const exact = e.line(cast(places, 'int32', wide), line, (x) => e.number(x, wide));
  const counted = cast(exact, wide, dtype);
  return sizes.length === 1 ? counted : e.node('Reshape', [counted, shapeFor(e, node, sizes)]);
}

/** A vector of one int64 as a number. */
function asNumber(e: Emitter, vector: string, dtype: DType): string {
  return e.node('Cast', [e.node('Squeeze', [vector])], { to: CODE[dtype] });
}
