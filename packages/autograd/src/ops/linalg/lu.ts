/**
 * @file LU factorization with partial pivoting, `A = P L U`: for matrices of any shape, and solving with it.
 *
 * The columns up to the square are eliminated, and those to the right follow by a triangular system.
 */
import { defineOptions, type OptionsReader } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { DTypeError, ShapeError } from '../../errors.js';
import type { Value } from '../../graph/primitive.js';
import { range, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import { composite, operand } from '../build/define.js';
import { add, castNode } from '../build/element.js';
import { filled, primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';
import { sub } from '../build/fieldOperations.js';
import { eq } from '../build/relations.js';
import { gatherOf, scatterAddOf } from '../indexing/gather.js';
import { tril, triu } from '../shape/diagonals.js';
import { concatNode, iotaAlong, narrowNode } from '../shape/movement.js';
import { copyNumbers } from './kernels/denseKernels.js';
import { luInPlace, RowOrder } from './kernels/factorKernels.js';
import { eachMatrix, identityLike, product, transposed, triangularOf } from './solving.js';
import { matrix, square } from './systems.js';

const LOWER = { upper: false, transposed: false, unit: true };
const UPPER = { upper: true, transposed: false, unit: false };

/**
 * The factors of A `[…, m, n]`, m ≥ n, next to each other, `[…, m, n + 2]`: L below the diagonal and U on and above it; the row
 * of A in each row of `L U`; and LAPACK's pivots, counted from 1, with zeros below them.
 */
const luPackedOf: PrimitiveOp<Record<never, never>> = primitive('luPacked', {
  lowering: { kind: 'reference' },
  shape: ([a]) => {
    const [m, n] = (a as Tensor).sizes.slice(-2) as [number, number];
    return [...(a as Tensor).sizes.slice(0, -2), m, n + 2];
  },
  // L⁻ᵀ (tril(Lᵀ gL, −1) + triu(gU Uᵀ)) U⁻ᵀ for the leading block; the rows below it are A₂ = L₂ U.
  vjp: (_i, ct, [a], out) => {
    const { packed, order } = unpacked(out);
    const [block, below] = split(packed);
    const [rate, rateBelow] = split(unpacked(ct).packed);
    const right = below && rateBelow && timesInverse(block, rateBelow, true);
    const upper =
      right === null ? triu(rate) : triu(sub(rate, product(below as Tensor, right, true)));
    const inner = add(
      tril(product(lower(block), tril(rate, -1), true), -1),
      triu(product(upper, triu(block), false, true)),
    );
    const left = triangularOf([block, inner], { ...LOWER, transposed: true });
    const rows = joined(timesInverse(block, left, true), right);
    return scatterAddOf([zerosOf(a as Tensor), indexOfRows(order, rows), rows], {
      dim: rows.ndim - 2,
    });
  },
  jvp: ([t], _inputs, out) => {
    const { packed, order } = unpacked(out);
    const [block, below] = split(packed);
    const [rate, rateBelow] = split(rowsAt(t as Tensor, order));
    const both = timesInverse(block, triangularOf([block, rate], LOWER), false);
    const upper = product(triu(both), triu(block));
    const square = add(product(lower(block), tril(both, -1)), upper);
    const moved =
      below === null || rateBelow === null
        ? square
        : joined(square, timesInverse(block, sub(rateBelow, product(below, upper)), false));
    const still = filled(0, [...out.sizes.slice(0, -1), 2], out.dtype);
    return concatNode([moved, still], out.ndim - 1);
  },
  batch: ([a]) => luPackedOf([a as Tensor]),
  reference: ([a], out) => {
    const [m, n] = (a as Value).shape.slice(-2) as [number, number];
    const rows = new RowOrder(m, n);
    const y = out.data;
    eachMatrix(a as Value, (matrix, i) => {
      luInPlace(matrix, m, n, rows);
      for (let r = 0, at = i * m * (n + 2); r < m; r++, at += n + 2) {
        copyNumbers(y, at, matrix, r * n, n);
        y[at + n] = rows.order[r]!;
        y[at + n + 1] = r < n ? rows.pivots[r]! : 0;
      }
    });
  },
});

/** The parts of the result of `luPackedOf`: the factors, and the order and the pivots in int32. */
function unpacked(both: Tensor): { packed: Tensor; order: Tensor; pivots: Tensor } {
  const last = both.ndim - 1;
  const [m, width] = both.sizes.slice(-2) as [number, number];
  const n = width - 2;
  const column = (at: number, rows: number): Tensor => {
    const part = narrowNode(narrowNode(both, last, at, 1), last - 1, 0, rows);
    return castNode(reshapeNode(part, [...both.sizes.slice(0, -2), rows]), 'int32');
  };
  return { packed: narrowNode(both, last, 0, n), order: column(n, m), pivots: column(n + 1, n) };
}

/** The leading square block of a tall matrix, and the rows below it. */
function split(a: Tensor): readonly [block: Tensor, below: Tensor | null] {
  const [m, n] = a.sizes.slice(-2) as [number, number];
  if (m === n) return [a, null];
  return [narrowNode(a, a.ndim - 2, 0, n), narrowNode(a, a.ndim - 2, n, m - n)];
}

function joined(block: Tensor, below: Tensor | null): Tensor {
  return below === null ? block : concatNode([block, below], block.ndim - 2);
}

/** `x U⁻¹`, or `x U⁻ᵀ`, with the U of a packed square. */
function timesInverse(packed: Tensor, x: Tensor, transpose: boolean): Tensor {
  return transposed(triangularOf([packed, transposed(x)], { ...UPPER, transposed: !transpose }));
}

/** L with ones on the diagonal, of a packed factorization. */
function lower(packed: Tensor): Tensor {
  return add(tril(packed, -1), identityLike(packed));
}

/** The order of `m` rows that results from pivots. */
const pivotOrderOf: PrimitiveOp<{ m: number }> = primitive('pivotOrder', {
  lowering: { kind: 'reference' },
  shape: ([pivots], { m }) => [...(pivots as Tensor).sizes.slice(0, -1), m],
  batch: ([pivots], _batched, attrs) => pivotOrderOf([pivots as Tensor], attrs),
  reference: ([pivots], out, { m }) => {
    const { data, shape } = pivots as Value;
    const k = shape.at(-1) as number;
    for (let i = 0; i < out.data.length / Math.max(1, m); i++)
      out.data.set(orderOfPivots(data.subarray(i * k, (i + 1) * k), m), i * m);
  },
});

/** The order of `m` rows after the exchanges. */
function orderOfPivots(pivots: ArrayLike<number>, m: number): Int32Array {
  const order = Int32Array.from({ length: m }, (_, i) => i);
  for (let k = 0; k < pivots.length; k++) {
    const other = pivots[k]! - 1;
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  return order;
}

/** The rows of matrices in another order. */
function rowsAt(x: Tensor, order: Tensor): Tensor {
  return gatherOf([x, indexOfRows(order, x)], { dim: x.ndim - 2 });
}

/** The order of rows as an index of each element of `x`. */
function indexOfRows(order: Tensor, x: Tensor): Tensor {
  return expandNode(reshapeNode(order, [...order.sizes, 1]), x.sizes);
}

interface Parts {
  readonly order: Tensor;
  readonly pivots: Tensor;
  /** `[…, m, k]` with k = min(m, n): L without the ones on its diagonal, and U, or its first k columns, in one matrix. */
  readonly packed: Tensor;
  /** The other columns of U. */
  readonly rest: Tensor | null;
}

function factors(a: Tensor): Parts {
  const [m, n] = a.sizes.slice(-2) as [number, number];
  const last = a.ndim - 1;
  if (m >= n) return { ...unpacked(luPackedOf([a])), rest: null };
  // The columns up to the square determine the order of the rows.
  const parts = unpacked(luPackedOf([narrowNode(a, last, 0, m)]));
  const right = rowsAt(narrowNode(a, last, m, n - m), parts.order);
  return { ...parts, rest: triangularOf([parts.packed, right], LOWER) };
}

/** The result of `lu`: `A = P L U`. */
export interface LuResult {
  /** P, a permutation of rows: `[…, m, m]`, without gradient. */
  readonly P: Tensor;
  /** L, with ones on the diagonal: `[…, m, k]` with k = min(m, n). */
  readonly L: Tensor;
  /** U, upper triangular: `[…, k, n]`. */
  readonly U: Tensor;
}

/**
 * The factorization `A = P L U` of `A […, m, n]`, with partial pivoting. The derivative needs a leading block that
 * is not singular. PyTorch: `torch.linalg.lu`.
 * @example
 * const { P, L, U } = linalg.lu(tensor([[1, 2], [2, 6]])); // U [[2, 6], [0, -1]]
 * P.matmul(L).matmul(U) // [[1, 2], [2, 6]]
 */
export const lu = composite('linalg.lu', (A: Tensor): LuResult => {
  const a = matrix('linalg.lu', A);
  const m = a.sizes.at(-2) as number;
  const { order, packed, rest } = factors(a);
  const rowOf = iotaAlong(m, order.ndim - 1, order.ndim + 1);
  const P = castNode(eq(rowOf, reshapeNode(order, [...order.sizes.slice(0, -1), 1, m])), a.dtype);
  const [block, below] = split(packed);
  const [L, U] = [joined(lower(block), below), triu(block)];
  return { P, L, U: rest === null ? U : concatNode([U, rest], a.ndim - 1) };
});

/** The result of `luFactor`, for `luSolve`. */
export interface LuFactors {
  /** L below the diagonal (its own is 1) and U on and above it, in one matrix: `[…, m, n]`. */
  readonly LU: Tensor;
  /** The row with which each row was exchanged, one after the other, counted from 1: int32 `[…, min(m, n)]`. */
  readonly pivots: Tensor;
}

/**
 * The factors of `lu` in the compact form that `luSolve` takes. PyTorch: `torch.linalg.lu_factor`.
 * @example linalg.luFactor(tensor([[1, 2], [2, 6]])).pivots // [2, 2]
 */
export const luFactor = composite('linalg.luFactor', (A: Tensor): LuFactors => {
  const a = matrix('linalg.luFactor', A);
  const { pivots, packed, rest } = factors(a);
  if (rest === null) return { LU: packed, pivots };
  return { LU: concatNode([packed, rest], a.ndim - 1), pivots };
});

/** Options of `luSolve`. */
export interface LuSolveOptions {
  /** Whether to solve `A X = B` rather than `X A = B`. Default true. */
  readonly left?: boolean;
  /** Whether to solve with the transpose of A. Default false. */
  readonly adjoint?: boolean;
}

const luSolveOptions: OptionsReader<LuSolveOptions> = defineOptions<LuSolveOptions>({
  left: kinds.flag,
  adjoint: kinds.flag,
});

/**
 * The X with `A X = B`, from the factors of A that `luFactor` gives. A zero on the diagonal of U gives infinities.
 * PyTorch: `torch.linalg.lu_solve`.
 * @example
 * const { LU, pivots } = linalg.luFactor(tensor([[2, 1], [0, 4]]));
 * linalg.luSolve(LU, pivots, tensor([[4], [8]])) // [[1], [2]]
 */
export const luSolve = composite(
  'linalg.luSolve',
  (LU: Tensor, pivots: Tensor, B: Tensor, options?: LuSolveOptions): Tensor => {
    const op = 'linalg.luSolve';
    const { left = true, adjoint = false } = luSolveOptions(op, options);
    const packed = square(op, LU);
    const n = packed.sizes.at(-1) as number;
    const given = operand(op, pivots);
    if (given.dtype !== 'int32')
      throw new DTypeError(`${op}: pivots must be int32, got ${given.dtype}`);
    const right = matrix(op, B);
    const b = left ? right : transposed(right);
    if (given.sizes.at(-1) !== n || b.sizes.at(-2) !== n) {
      throw new ShapeError(
        `${op}: LU ${show(packed.sizes)}, pivots ${show(given.sizes)} and B ${show(right.sizes)} do not fit`,
      );
    }
    const lead = range(Math.max(packed.ndim, b.ndim) - 2).map((d) => {
      const size = (t: Tensor): number =>
        t.sizes[d - (Math.max(packed.ndim, b.ndim) - t.ndim)] ?? 1;
      return Math.max(size(packed), size(b));
    });
    const order = expandNode(pivotOrderOf([given], { m: n }), [...lead, n]);
    const [f, y] = [
      expandNode(packed, [...lead, n, n]),
      expandNode(b, [...lead, ...b.sizes.slice(-2)]),
    ];
    const x = left !== adjoint ? forwards(f, order, y) : backwards(f, order, y);
    return left ? x : transposed(x);
  },
);

/** `U⁻¹ L⁻¹ Pᵀ b`. */
function forwards(packed: Tensor, order: Tensor, b: Tensor): Tensor {
  return triangularOf([packed, triangularOf([packed, rowsAt(b, order)], LOWER)], UPPER);
}

/** `P L⁻ᵀ U⁻ᵀ b`. */
function backwards(packed: Tensor, order: Tensor, b: Tensor): Tensor {
  const y = triangularOf([packed, b], { ...UPPER, transposed: true });
  const z = triangularOf([packed, y], { ...LOWER, transposed: true });
  const n = order.sizes.at(-1) as number;
  const rows = iotaAlong(n, order.ndim - 1, order.ndim + 1);
  const P = eq(rows, reshapeNode(order, [...order.sizes.slice(0, -1), 1, n]));
  return product(castNode(P, z.dtype), z);
}
