/** @file Values that no node of the graph computes: weights, numbers, and tensors from outside. */
import type { GraphNode } from '@chainrule/autograd/graph';
import type { Emitter } from './emitter.js';
import { CODE } from './encoded.js';
import { refuse } from './refuse.js';
import { isFixed } from './sizes.js';
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

/** A number. If it changes with the sizes, it must be a size, a size minus one, or the reciprocal of either. */
function numberOf(
  node: GraphNode & { kind: 'number' },
  recordings: Recordings,
  e: Emitter,
): string {
  const all = recordings.all(node).map((n) => (n as typeof node).value);
  if (all.every((x) => Object.is(x, all[0]))) return e.number(node.value, node.dtype);
  const scalar = (name: string): string =>
    e.node('Cast', [e.node('Squeeze', [name])], { to: CODE[node.dtype] });
  const whole = (x: number): number => Math.round(x);
  for (const less of [0, 1]) {
    for (const inverse of [false, true]) {
      const sizes = all.map((x) => whole(inverse ? 1 / x : x) + less);
      const right = all.every((x, i) => {
        const n = (sizes[i] as number) - less;
        return Math.fround(inverse ? 1 / n : n) === Math.fround(x);
      });
      const found = right ? e.size(sizes) : null;
      if (found === null) continue;
      const size = scalar(found);
      const n = less === 0 ? size : e.node('Sub', [size, e.number(1, node.dtype)]);
      return inverse ? e.node('Reciprocal', [n]) : n;
    }
  }
  return refuse(node, `a number (${all.join(', ')}) depends on a dynamic dimension`);
}

/** A tensor from outside. If its shape changes with the sizes, it must be filled with one number, or count from 0. */
function dataOf(node: GraphNode & { kind: 'data' }, recordings: Recordings, e: Emitter): string {
  const all = recordings.all(node).map((n) => (n as typeof node).data());
  const sizes = recordings.shape(node);
  const [first] = all as [ReturnType<typeof node.data>];
  const same = all.every((data) => data === first || data.every((x, i) => Object.is(x, first[i])));
  if (sizes.every(isFixed) && same) return e.constant(node.shape, node.dtype, first);
  const moving = sizes.flatMap((size, d) => (isFixed(size) ? [] : [d]));
  if (all.every((data) => data.every((x) => Object.is(x, first[0]))) && first.length > 0)
    return e.node('Expand', [e.number(first[0] as number, node.dtype), e.sizes(sizes, node)]);
  const size = sizes[moving[0] as number];
  if (moving.length === 1 && size !== undefined) {
    const n = e.size(size);
    if (n !== null && all.every((data) => data.every((x, i) => x === i))) {
      const others = sizes.reduce((product, s) => product * (s === size ? 1 : (s[0] as number)), 1);
      const rows = e.node('Cast', [e.node('Squeeze', [n])], { to: CODE.int32 });
      const end = others === 1 ? rows : e.node('Mul', [rows, e.number(others, 'int32')]);
      const counted = e.node('Range', [e.number(0, 'int32'), end, e.number(1, 'int32')]);
      const shape = e.ints(sizes.map((s) => (s === size ? -1 : (s[0] as number))));
      const shaped = sizes.length === 1 ? counted : e.node('Reshape', [counted, shape]);
      return node.dtype === 'int32' ? shaped : e.node('Cast', [shaped], { to: CODE[node.dtype] });
    }
  }
  return refuse(node, 'a tensor that the function makes depends on a dynamic dimension');
}
