/** @file Chains of products, systems of tensors, and vectors along a dimension. */
import { byPosition, defineOptions, plural } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ShapeError } from '../../errors.js';
import {
  checkInteger,
  normalizeDim,
  normalizeDims,
  range,
  show,
  sizeOf,
} from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode, sumOver } from '../build/broadcast.js';
import { composite, floatOperand, operand, operandsOf } from '../build/define.js';
import { mul, sub } from '../build/fieldOperations.js';
import { choose } from '../build/element.js';
import { filled } from '../build/primitive.js';
import { ne } from '../build/relations.js';
import { diagonal as diagonalOf } from '../shape/diagonals.js';
import { concatNode, narrowNode, permuteNode } from '../shape/movement.js';
import { matmul } from './matrix.js';
import { crossed, powersOf, type CrossOptions } from './products/products.js';
import { identityLike, product, solveOf } from './solving.js';

/**
 * The product of a chain of matrices, in the order that takes the fewest multiplications; the first and the last may
 * be vectors. PyTorch: `torch.linalg.multi_dot`. @throws {ShapeError} if two neighbours do not fit.
 * @example linalg.multiDot([ones([2, 9]), ones([9, 1]), ones([1, 3])]) // [[9, 9, 9], [9, 9, 9]]
 */
export const multiDot = composite('linalg.multiDot', (tensors: readonly Tensor[]): Tensor => {
  const op = 'linalg.multiDot';
  const nodes = operandsOf(op, tensors, 2);
  const n = nodes.length;
  const matrices = nodes.map((x, i) => {
    const vector = x.ndim === 1 && (i === 0 || i === n - 1);
    if (!vector && x.ndim !== 2)
      throw new ShapeError(
        `${op}: expected matrices, and vectors at the ends; tensor ${i} has shape ${show(x.sizes)}`,
      );
    return vector ? reshapeNode(x, i === 0 ? [1, x.size] : [x.size, 1]) : x;
  });
  matrices.forEach((x, i) => {
    const next = matrices[i + 1];
    if (next !== undefined && x.sizes[1] !== next.sizes[0])
      throw new ShapeError(
        `${op}: tensors ${i} ${show((nodes[i] as Tensor).sizes)} and ${i + 1} ${show((nodes[i + 1] as Tensor).sizes)} do not fit ` +
          `(${x.sizes[1]} ≠ ${next.sizes[0]})`,
      );
  });
  const sizes = [matrices[0]!.sizes[0]!, ...matrices.map((x) => x.sizes[1]!)];
  const cuts = bestCuts(sizes);
  const chain = (i: number, j: number): Tensor => {
    if (i === j) return matrices[i] as Tensor;
    const k = cuts[i * n + j]!;
    return matmul(chain(i, k), chain(k + 1, j));
  };
  const shape = [nodes[0]!, nodes[n - 1]!].flatMap((x, i) => (x.ndim === 1 ? [] : [x.sizes[i]!]));
  return reshapeNode(chain(0, n - 1), shape);
});

/** The best place to cut the chain from i to j, by the number of multiplications. */
function bestCuts(sizes: readonly number[]): Int32Array {
  const n = sizes.length - 1;
  const cost = new Float64Array(n * n);
  const cuts = new Int32Array(n * n);
  for (let length = 2; length <= n; length++) {
    for (let i = 0; i + length <= n; i++) {
      const j = i + length - 1;
      cost[i * n + j] = Infinity;
      for (let k = i; k < j; k++) {
        const total =
          cost[i * n + k]! + cost[(k + 1) * n + j]! + sizes[i]! * sizes[k + 1]! * sizes[j + 1]!;
        if (total < cost[i * n + j]!) [cost[i * n + j], cuts[i * n + j]] = [total, k];
      }
    }
  }
  return cuts;
}

const dimOption = defineOptions<{ readonly dim?: number }>({ dim: kinds.dim });

/**
 * The dot product `Σ xᵢ yᵢ` along `dim` (default −1); other dimensions broadcast. PyTorch: `torch.linalg.vecdot`.
 * @example linalg.vecdot(tensor([[1, 2], [3, 4]]), tensor([1, 1])) // [3, 7]
 */
export const vecdot = composite(
  'linalg.vecdot',
  (x: Tensor, y: Tensor, options?: { readonly dim?: number }): Tensor => {
    const { dim = -1 } = dimOption('linalg.vecdot', options);
    const both = mul(x, y);
    const d = normalizeDim('linalg.vecdot', dim, both.ndim);
    return sumOver([both], { dims: [d], keepdim: false });
  },
);

/**
 * The cross product of vectors of length 3 along `dim` (default −1); other dimensions broadcast. PyTorch:
 * `torch.linalg.cross`.
 * @example linalg.cross(tensor([1, 0, 0]), tensor([0, 1, 0])) // [0, 0, 1]
 */
export const cross = composite(
  'linalg.cross',
  (x: Tensor, y: Tensor, options?: { readonly dim?: number }): Tensor => {
    const { dim = -1 } = dimOption('linalg.cross', options);
    return crossed('linalg.cross', x, y, dim);
  },
) as (x: Tensor, y: Tensor, options?: CrossOptions) => Tensor;

interface LinalgDiagonalOptions {
  readonly offset?: number;
  readonly dim1?: number;
  readonly dim2?: number;
}

const diagonalOptions = defineOptions<LinalgDiagonalOptions>({
  offset: kinds.whole,
  dim1: kinds.dim,
  dim2: kinds.dim,
});

/**
 * Like `diagonal`, by default of the last two dimensions. PyTorch: `torch.linalg.diagonal`.
 * @example linalg.diagonal(tensor([[1, 2], [3, 4]])) // [1, 4]
 */
export const diagonal = composite(
  'linalg.diagonal',
  (A: Tensor, options?: LinalgDiagonalOptions): Tensor => {
    const { offset = 0, dim1 = -2, dim2 = -1 } = diagonalOptions('linalg.diagonal', options);
    return diagonalOf(A, { offset, dim1, dim2 });
  },
);

const vanderOptions = defineOptions<{ readonly N?: number | null }>({
  N: kinds.orNull(kinds.size),
});

/**
 * The powers 0 to N − 1 of each element, in a new last dimension. PyTorch: `torch.linalg.vander`.
 * @example linalg.vander(tensor([2, 3]), { N: 3 }) // [[1, 2, 4], [1, 3, 9]]
 */
export const vander = composite(
  'linalg.vander',
  (x: Tensor, options?: { readonly N?: number | null }): Tensor => {
    const { N } = vanderOptions('linalg.vander', options);
    const node = operand('linalg.vander', x);
    const vectors = node.ndim === 0 ? reshapeNode(node, [1]) : node;
    return powersOf('linalg.vander', vectors, N ?? (vectors.sizes.at(-1) as number));
  },
);

/**
 * The first n columns of the product of reflections `I − τᵢ vᵢ vᵢᵀ`, where vᵢ is 0 above, 1 on, and column i of
 * `A […, m, n]` below the diagonal; `tau […, k]`. PyTorch: `torch.linalg.householder_product`.
 * @example linalg.householderProduct(tensor([[1], [0]]), tensor([2])) // [[-1], [0]]
 */
export const householderProduct = composite(
  'linalg.householderProduct',
  (A: Tensor, tau: Tensor): Tensor => {
    const op = 'linalg.householderProduct';
    const [a, t] = [floatOperand(op, A), floatOperand(op, tau)];
    const [m = 0, n = 0] = a.sizes.slice(-2);
    const k = t.sizes.at(-1) ?? 0;
    const lead = a.sizes.slice(0, -2);
    if (a.ndim < 2 || m < n || k > n || show(t.sizes.slice(0, -1)) !== show(lead)) {
      throw new ShapeError(
        `${op}: expected A […, m, n] with m ≥ n and tau […, k] with k ≤ n, got ${show(a.sizes)} and ${show(t.sizes)}`,
      );
    }
    const last = a.ndim - 1;
    const eye = identityLike(filled(0, [...lead, m, m], a.dtype));
    let q = narrowNode(eye, last, 0, n);
    for (let i = k - 1; i >= 0; i--) {
      const below = narrowNode(narrowNode(a, last, i, 1), last - 1, i + 1, m - i - 1);
      const v = concatNode(
        [filled(0, [...lead, i, 1], a.dtype), filled(1, [...lead, 1, 1], a.dtype), below].filter(
          (part) => part.sizes[last - 1]! > 0,
        ),
        last - 1,
      );
      const factor = reshapeNode(narrowNode(t, t.ndim - 1, i, 1), [...lead, 1, 1]);
      q = sub(q, mul(product(v, product(v, q, true)), factor));
    }
    // Even without a reflection the result stays connected to A, with a gradient of 0.
    return k === 0 ? choose(ne(q, q), a, q) : q;
  },
);

interface IndOption {
  readonly ind?: number;
}

const indOption = byPosition(defineOptions<IndOption>({ ind: kinds.count }), 'ind');

/**
 * The inverse of a tensor as a map of its last dimensions to its first `ind` ones, 2 by default. PyTorch:
 * `torch.linalg.tensorinv`. @throws {ShapeError} unless the two groups of dimensions have equally many elements.
 * @example linalg.tensorinv(eye(4).reshape([2, 2, 4])).shape // [4, 2, 2]
 */
export const tensorinv = composite(
  'linalg.tensorinv',
  (A: Tensor, given?: number | IndOption): Tensor => {
    const op = 'linalg.tensorinv';
    const { ind = 2 } = indOption(op, given);
    const a = floatOperand(op, A);
    checkInteger(op, 'ind', ind, 1);
    const [first, second] = [a.sizes.slice(0, ind), a.sizes.slice(ind)];
    const n = sizeOf(first);
    if (n !== sizeOf(second)) {
      throw new ShapeError(
        `${op}: the first ${plural(ind, 'dimension')} of ${show(a.sizes)} and the others have sizes ${n} and ${sizeOf(second)}; ` +
          `they must be equal`,
      );
    }
    const flat = reshapeNode(a, [n, n]);
    const inverse = solveOf([flat, identityLike(flat)], { transposed: false, op });
    return reshapeNode(inverse, [...second, ...first]);
  },
);

interface DimsOption {
  readonly dims?: readonly number[] | null;
}

const dimsOption = defineOptions<DimsOption>({ dims: kinds.orNull(kinds.listOf(kinds.dim)) });

/**
 * The X with `tensordot(A, X, X.ndim) = B`: the shape of A is that of B followed by that of X, once its dimensions
 * `dims` are moved to the end. PyTorch: `torch.linalg.tensorsolve`.
 * @example linalg.tensorsolve(eye(4).reshape([2, 2, 4]), ones([2, 2])) // [1, 1, 1, 1]
 */
export const tensorsolve = composite(
  'linalg.tensorsolve',
  (A: Tensor, B: Tensor, options?: DimsOption): Tensor => {
    const op = 'linalg.tensorsolve';
    const { dims } = dimsOption(op, options);
    const [given, b] = [floatOperand(op, A), floatOperand(op, B)];
    const moved = normalizeDims(op, dims ?? [], given.ndim);
    const order = [...range(given.ndim).filter((d) => !moved.includes(d)), ...moved];
    const a = permuteNode(given, order);
    const shape = a.sizes.slice(b.ndim);
    const n = sizeOf(shape);
    if (b.size !== n || a.size !== n * n) {
      throw new ShapeError(
        `${op}: A ${show(a.sizes)} must have the shape of B ${show(b.sizes)} and then as many elements again ` +
          `(${b.size} ≠ ${n})`,
      );
    }
    const x = solveOf([reshapeNode(a, [n, n]), reshapeNode(b, [n, 1])], { transposed: false, op });
    return reshapeNode(x, shape);
  },
);
