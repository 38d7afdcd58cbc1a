/** @file All combinations of elements. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import { checkInteger, checkShape, show } from '../../graph/shape.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import { composite, operand, resultType, type Operand, operandsOf } from '../build/define.js';
import { castNode } from '../build/element.js';
import { filled } from '../build/primitive.js';
import { takeOf } from '../indexing/take.js';
import { concatNode } from './movement.js';

/**
 * All choices of one element from each vector, one in each row, the last vector fastest: `[m · n · …, vectors]`; a
 * single vector is returned as it is. PyTorch: `torch.cartesian_prod`. @throws {ShapeError} unless all are vectors.
 * @example cartesianProd([tensor([1, 2]), tensor([4, 5])]) // [[1, 4], [1, 5], [2, 4], [2, 5]]
 */
export const cartesianProd: (tensors: readonly Operand[]) => Tensor = composite(
  'cartesianProd',
  (tensors) => {
    const nodes = operandsOf('cartesianProd', tensors);
    const other = nodes.find((x) => x.ndim !== 1);
    if (other !== undefined)
      throw new ShapeError(`cartesianProd: expected vectors, got shape ${show(other.sizes)}`);
    if (nodes.length === 1) return nodes[0] as Tensor;
    const dtype = resultType(...nodes);
    const shape = nodes.map((x) => x.size);
    const size = shape.reduce((a, b) => a * b, 1);
    const columns = nodes.map((x, d) =>
      reshapeNode(
        expandNode(
          reshapeNode(
            castNode(x, dtype),
            shape.map((n, k) => (k === d ? n : 1)),
          ),
          shape,
        ),
        [size, 1],
      ),
    );
    return concatNode(columns, 1);
  },
);

/** Options of `combinations`. */
export interface CombinationsOptions {
  /** Whether an element may occur several times. Default false. */
  readonly withReplacement?: boolean;
}

const combinationsOptions = defineOptions<CombinationsOptions>({ withReplacement: kinds.flag });

/**
 * All choices of `r` elements of a vector (default 2), in their order, one in each row: `[count, r]`.
 * PyTorch: `torch.combinations`.
 * @example combinations(tensor([1, 2, 3])) // [[1, 2], [1, 3], [2, 3]]
 */
export const combinations: (x: Operand, r?: number, options?: CombinationsOptions) => Tensor =
  composite('combinations', (x, count, options) => {
    const r = count ?? 2;
    const { withReplacement = false } = combinationsOptions('combinations', options);
    const node = operand('combinations', x);
    checkInteger('combinations', 'r', r, 0);
    if (node.ndim !== 1)
      throw new ShapeError(`combinations: expected a vector, got shape ${show(node.sizes)}`);
    if (r === 0) return filled(0, [0], node.dtype);
    const rows = combinationsOf(node.size, r, withReplacement);
    checkShape('combinations', [rows, r]);
    const indices = new Int32Array(rows * r);
    const choice: number[] = [];
    let at = 0;
    const extend = (from: number): void => {
      if (choice.length === r) {
        for (const i of choice) indices[at++] = i;
        return;
      }
      // Too few elements are left: without this check the search would take longer than writing the result.
      if (!withReplacement && node.size - from < r - choice.length) return;
      for (let i = from; i < node.size; i++) {
        choice.push(i);
        extend(withReplacement ? i : i + 1);
        choice.pop();
      }
    };
    extend(0);
    return takeOf([node, makeLeaf(indices, [rows, r], 'int32')], { dim: 0 });
  });

/** The number of choices of r among n. */
function combinationsOf(n: number, r: number, withReplacement: boolean): number {
  const of = withReplacement ? n + r - 1 : n;
  if (r > of) return 0;
  let count = 1;
  for (let k = 1; k <= Math.min(r, of - r) && count < 2 ** 53; k++)
    count = (count * (of - k + 1)) / k;
  return Math.min(2 ** 53 - 1, Math.round(count));
}
