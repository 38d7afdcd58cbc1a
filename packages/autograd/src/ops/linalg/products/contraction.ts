/** @file Contracts tensors with labelled dimensions, as matrix products. */
import { DTypeError, ShapeError } from '../../../errors.js';
import { sizeOf } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { mul } from '../../elements/arithmetic.js';
import { expandNode, reshapeNode, sumOver } from '../../build/broadcast.js';
import { matmulOf } from './matmul.js';
import { narrowNode, permuteNode } from '../../shape/movement.js';

/** A tensor with a label for each dimension. */
export interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** The product of all operands, summed over every label that is not in `output`. */
export function contract(operands: readonly Labelled[], output: readonly string[]): Tensor {
  const sizes = sizesOf(operands);
  const size = (labels: readonly string[]): number[] =>
    labels.map((label) => sizes.get(label) as number);
  // Dimensions of size 1 broadcast against those of the same label.
  const list = operands.map((o) => {
    const { x, labels } = diagonals(o);
    return { x: expandNode(x, size(labels)), labels };
  });
  const [first, ...rest] = list as [Labelled, ...Labelled[]];
  let done = first;
  for (;;) {
    const later = new Set([...output, ...rest.flatMap((o) => o.labels)]);
    done = sumAway(done, later);
    const next = rest.shift();
    if (next === undefined) break;
    const after = new Set([...output, ...rest.flatMap((o) => o.labels)]);
    const own = new Set(done.labels);
    done = pair(done, sumAway(next, new Set([...after, ...own])), after, size);
  }
  return arrange(done, output);
}

/** One batched matrix product; it sums over labels that are not in `output`. Those of one operand alone were summed before. */
function pair(
  a: Labelled,
  b: Labelled,
  output: ReadonlySet<string>,
  size: (labels: readonly string[]) => number[],
): Labelled {
  if (a.x.dtype !== b.x.dtype) {
    throw new DTypeError(
      `einsum: the dtypes differ: ${a.x.dtype} and ${b.x.dtype}; cast one: x.cast('${b.x.dtype}')`,
    );
  }
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => output.has(label));
  const summed = shared.filter((label) => !output.has(label));
  const left = a.labels.filter((label) => !shared.includes(label));
  const right = b.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...left, ...right];
  const lead = size(batch);
  const [m, k, n] = [sizeOf(size(left)), sizeOf(size(summed)), sizeOf(size(right))];
  if (summed.length === 0) {
    const x = reshapeNode(arrange(a, [...batch, ...left]), [...lead, m, 1]);
    const y = reshapeNode(arrange(b, [...batch, ...right]), [...lead, 1, n]);
    return { x: reshapeNode(mul(x, y), size(labels)), labels };
  }
  const x = reshapeNode(arrange(a, [...batch, ...left, ...summed]), [sizeOf(lead), m, k]);
  const y = reshapeNode(arrange(b, [...batch, ...summed, ...right]), [sizeOf(lead), k, n]);
  return {
    x: reshapeNode(matmulOf([x, y], { transA: false, transB: false }), size(labels)),
    labels,
  };
}

function arrange({ x, labels }: Labelled, order: readonly string[]): Tensor {
  return permuteNode(
    x,
    order.map((label) => labels.indexOf(label)),
  );
}

function sumAway({ x, labels }: Labelled, output: ReadonlySet<string>): Labelled {
  const dims = labels.flatMap((label, d) => (output.has(label) ? [] : [d]));
  if (dims.length === 0) return { x, labels };
  return {
    x: sumOver([x], { dims, keepdim: false }),
    labels: labels.filter((label) => output.has(label)),
  };
}

/** One dimension for each label: where a label is repeated, the diagonal. */
function diagonals({ x, labels }: Labelled): Labelled {
  for (let d = 0; d < labels.length; d++) {
    const first = labels.indexOf(labels[d] as string);
    if (first === d) continue;
    const n = x.sizes[d] as number;
    const others = labels.map((_, i) => i).filter((i) => i !== first && i !== d);
    const shape = others.map((i) => x.sizes[i]!);
    const flat = reshapeNode(permuteNode(x, [...others, first, d]), [...shape, n * n]);
    const y = narrowNode(flat, others.length, 0, n, n + 1);
    return diagonals({
      x: y,
      labels: [...others.map((i) => labels[i] as string), labels[d] as string],
    });
  }
  return { x, labels };
}

/** The size of each label; any other size replaces 1. */
function sizesOf(operands: readonly Labelled[]): Map<string, number> {
  const sizes = new Map<string, number>();
  operands.forEach(({ x, labels }, i) => {
    const own = new Map<string, number>();
    labels.forEach((label, d) => {
      const n = x.sizes[d] as number;
      if (own.has(label) && own.get(label) !== n) {
        throw new ShapeError(
          `einsum: '${label}' names dimensions of size ${own.get(label)} and ${n} of operand ${i}`,
        );
      }
      own.set(label, n);
      const before = sizes.get(label) ?? 1;
      if (before !== n && before !== 1 && n !== 1) {
        throw new ShapeError(
          `einsum: '${label}' has size ${before} in one operand and ${n} in operand ${i}`,
        );
      }
      sizes.set(label, before === 1 ? n : before);
    });
  });
  return sizes;
}
