/**
 * @file Gaussian elimination, and the operations based on it, from operations and loops that other formats have. Matrices are
 * `[b, m, n]`.
 */
import { arange, gather, linalg, scan, where, zerosLike, type Tensor } from '@chainrule/autograd';
import { identity, picked, sizes } from './matrices.js';

/** `A = P L U`. */
export interface Elimination {
  /** L below the diagonal, U on and above it: `[b, m, n]`. */
  readonly packed: Tensor;
  /** The row of A that is each row of `L U`: int32 `[b, m]`. */
  readonly order: Tensor;
  /** For each row, the row that it was exchanged with, counted from 1: int32 `[b, min(m, n)]`. */
  readonly pivots: Tensor;
  /** 1 for an even number of exchanges, −1 for an odd one: `[b]`. */
  readonly sign: Tensor;
}

/** Reorders the rows of each example: `x [b, m, n]`, `order [b, m]`. */
export function rowsAt(x: Tensor, order: Tensor): Tensor {
  return gather(x, 1, order.unsqueeze(2).expand(x.shape));
}

/** The row order that exchanges row k with another row, for each example. */
function exchange(row: Tensor, k: Tensor, other: Tensor): Tensor {
  const [at, there] = [row.eq(k), row.eq(other.unsqueeze(1))];
  return where(at, other.unsqueeze(1), where(there, k, row));
}

/** LU column by column, with partial pivoting. */
export function eliminated(a: Tensor): Elimination {
  const [b, m, n] = sizes(a);
  const [row, column] = [arange(m), arange(n)];
  const start = a.sum([1, 2]).mul(0);
  type Carry = [packed: Tensor, order: Tensor, sign: Tensor];
  const step = ([x, order, sign]: Carry, k: Tensor): [Carry, Tensor] => {
    const [isRow, isColumn, below] = [row.eq(k), column.eq(k), row.gt(k)];
    let values = picked(x, isColumn, 2);
    const best = where(row.ge(k), values.abs(), -1).argmax(1);
    const from = exchange(row, k, best);
    [x, order, values] = [rowsAt(x, from), gather(order, 1, from), gather(values, 1, from)];
    sign = where(best.eq(k), sign, sign.neg());
    const pivot = picked(values, isRow, 1).unsqueeze(1);
    // Nothing is left to eliminate below a pivot of 0.
    const divisor = where(pivot.eq(0), 1, pivot);
    const factor = where(below, values.div(divisor), 0).unsqueeze(2);
    const top = where(column.gt(k), picked(x, isRow.unsqueeze(1), 1), 0).unsqueeze(1);
    const next = where(isColumn.logicalAnd(below.unsqueeze(1)), factor, x.sub(factor.mul(top)));
    return [[next, order, sign], best.add(1)];
  };
  const rows = row.expand([b, m]);
  const steps = arange(Math.min(m, n));
  const [[packed, order, sign], pivots] = scan(step, [a, rows, start.add(1)] as Carry, steps);
  return { packed, order, pivots: pivots.t(), sign };
}

/** `A⁻¹ B`. */
export function solved(a: Tensor, b: Tensor): Tensor {
  const { packed, order } = eliminated(a);
  const y = linalg.triangularSolve(packed, rowsAt(b, order), { upper: false, unitriangular: true });
  return linalg.triangularSolve(packed, y, { upper: true });
}

/** The diagonal of U `[b, n]`, and the sign of the row exchanges. */
export function pivotsOf(a: Tensor): { diagonal: Tensor; sign: Tensor } {
  const { packed, sign } = eliminated(a);
  return { diagonal: diagonalOf(packed), sign };
}

/** The diagonal of a matrix with at least as many rows as columns: `[b, n]`. */
export function diagonalOf(a: Tensor): Tensor {
  return picked(a, identity(a), 1);
}

/** `[b]` */
export function determinant(a: Tensor): Tensor {
  const { diagonal, sign } = pivotsOf(a);
  return diagonal.prod(1).mul(sign);
}

/** The order of `m` rows after the exchanges, counted from 1: int32 `[b, k]`. */
export function orderOf(pivots: Tensor, m: number): Tensor {
  const [b = 0, k = 0] = pivots.shape;
  const row = arange(m);
  const step = (order: Tensor, [at, other]: [Tensor, Tensor]): [Tensor, Tensor] => [
    gather(order, 1, exchange(row, at, other.sub(1))),
    at,
  ];
  const [order] = scan(step, row.expand([b, m]), [arange(k), pivots.t()] as [Tensor, Tensor]);
  return order;
}

/** `T⁻¹ B` row by row, where T is triangular with zeros in the other triangle. */
export function substituted(t: Tensor, b: Tensor, upper: boolean, unit: boolean): Tensor {
  const [, n] = sizes(t);
  const row = arange(n);
  const step = (x: Tensor, i: Tensor): [Tensor, Tensor] => {
    const k = upper ? i.neg().add(n - 1) : i;
    const isRow = row.eq(k);
    const weights = picked(t, isRow.unsqueeze(1), 1).unsqueeze(1);
    const rest = picked(b, isRow.unsqueeze(1), 1).unsqueeze(1).sub(weights.matmul(x));
    const y = unit ? rest : rest.div(picked(weights, isRow, 2).unsqueeze(2));
    return [where(isRow.unsqueeze(1), y, x), i];
  };
  return scan(step, zerosLike(b), arange(n))[0];
}

/** The lower Cholesky factor column by column; NaN where A is not positive definite. */
export function choleskyFactor(a: Tensor): Tensor {
  const [, n] = sizes(a);
  const row = arange(n);
  const step = ([rest, l]: [Tensor, Tensor], k: Tensor): [[Tensor, Tensor], Tensor] => {
    const isColumn = row.eq(k);
    const values = picked(rest, isColumn, 2);
    const pivot = picked(values, isColumn, 1).unsqueeze(1).sqrt();
    const column = where(row.ge(k), values.div(pivot), 0).unsqueeze(2);
    return [[rest.sub(column.matmul(column.mT)), where(isColumn, column, l)], k];
  };
  return scan(step, [a, zerosLike(a)] as [Tensor, Tensor], row)[0][1];
}
