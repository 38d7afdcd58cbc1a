/**
 * @file Eigenvalues and singular values by Jacobi rotations, all disjoint pairs in one step, from operations and loops that
 * other formats have (G. H. Golub and C. F. Van Loan, "Matrix Computations", 8.5).
 */
import {
  arange,
  gather,
  remainder,
  scan,
  tensor,
  where,
  whileLoop,
  type Tensor,
} from '@chainrule/autograd';
import { diagonalOf } from './elimination.js';
import { identity, picked, sizes } from './matrices.js';

/** The most sweeps (rounds in which all pairs meet once); a few are enough in practice. */
const MAX_SWEEPS = 40;

/** The partner of each index in a round, or itself: as in a tournament, over all rounds each index meets all others. */
function partners(n: number, round: Tensor): Tensor {
  const others = n % 2 === 0 ? n - 1 : n;
  const index = arange(n);
  const found = remainder(remainder(round, others).mul(2).sub(index), others);
  if (n % 2 === 1) return found; // One meets itself.
  const host = remainder(round, others);
  return where(index.eq(n - 1), host, where(found.eq(index), n - 1, found));
}

/** A rotation for each pair of columns, as one matrix: it zeroes the elements of a symmetric matrix at each pair. */
function rotation(g: Tensor, partner: Tensor): Tensor {
  const [, n] = sizes(g);
  const index = arange(n);
  const meets = index.unsqueeze(1).eq(partner);
  const own = diagonalOf(g);
  // Both columns of a pair must use the same number; rounding could make `g[i, j]` and `g[j, i]` differ.
  const both = picked(g.add(g.mT).mul(0.5), meets, 1);
  const none = both.eq(0).logicalOr(index.eq(partner));
  const other = picked(own.unsqueeze(2), meets, 1);
  const ratio = other.sub(own).div(where(none, 1, both).mul(2));
  const turn = where(ratio.eq(0), where(index.lt(partner), 1, -1), ratio.sign());
  const tangent = where(none, 0, turn.div(ratio.abs().add(ratio.square().add(1).sqrt())));
  const cosine = tangent.square().add(1).rsqrt();
  const sine = tangent.mul(cosine).unsqueeze(1);
  return where(
    identity(g),
    cosine.unsqueeze(1),
    where(meets.logicalAnd(none.logicalNot().unsqueeze(1)), sine.neg(), 0),
  );
}

/** Rotates `x` and `v` round by round while an off-diagonal element of `matrix(x)` exceeds `counts`. */
function turned(
  n: number,
  start: readonly [x: Tensor, v: Tensor],
  matrix: (x: Tensor) => Tensor,
  turn: (x: Tensor, by: Tensor) => Tensor,
  counts: (g: Tensor) => Tensor,
): [Tensor, Tensor] {
  if (n < 2) return [...start];
  const rounds = n % 2 === 0 ? n - 1 : n;
  type Carry = [x: Tensor, v: Tensor, round: Tensor];
  const [x, v] = whileLoop(
    ([y]: Carry) => {
      const g = matrix(y);
      return where(identity(g), 0, g).abs().gt(counts(g)).any();
    },
    ([y, w, round]: Carry): Carry => {
      const by = rotation(matrix(y), partners(n, round));
      return [turn(y, by), w.matmul(by), round.add(1)];
    },
    [...start, tensor(0, { dtype: 'int32' })] as Carry,
    { maxIterations: rounds * MAX_SWEEPS },
  );
  return [x, v];
}

/** Sorts values `[b, n]`, and the columns that belong to them. */
function ordered(
  values: Tensor,
  columns: readonly Tensor[],
  descending: boolean,
): [Tensor, ...Tensor[]] {
  const order = values.argsort(1, { descending });
  const inOrder = columns.map((x) => gather(x, 2, order.unsqueeze(1).expand(x.shape)));
  return [gather(values, 1, order), ...inOrder];
}

/** The rounding error of a sum of n terms, relative to 1. */
const rounding = (n: number): number => 4e-16 * n;

/** Eigenvalues `[b, n]` in ascending order, and eigenvectors in columns, of a symmetric matrix. */
export function eigen(a: Tensor): [values: Tensor, vectors: Tensor] {
  const [, n] = sizes(a);
  const least = a.abs().amax([1, 2], { keepdim: true }).mul(rounding(n));
  const eye = identity(a).cast(a.dtype).expand(a.shape);
  const [d, v] = turned(
    n,
    [a, eye],
    (x) => x,
    (x, by) => by.mT.matmul(x).matmul(by),
    () => least,
  );
  return ordered(diagonalOf(d), [v], false) as [Tensor, Tensor];
}

/** `A = U diag(s) Vᵀ` for A `[b, m, n]` with m ≥ n; s is descending, and U has n columns. */
export function singular(a: Tensor): [u: Tensor, s: Tensor, v: Tensor] {
  const [b, m, n] = sizes(a);
  const gram = (x: Tensor): Tensor => x.mT.matmul(x);
  const eye = identity(gram(a)).cast(a.dtype).expand([b, n, n]);
  // The error of a short column is that of the longest column that it was rotated with.
  const counts = (g: Tensor): Tensor => {
    const lengths = diagonalOf(g).sqrt();
    const noise = lengths.amax(1, { keepdim: true }).mul(rounding(m));
    return lengths.unsqueeze(2).maximum(lengths.unsqueeze(1)).mul(noise.unsqueeze(2));
  };
  const [x, v] = turned(n, [a, eye], gram, (y, by) => y.matmul(by), counts);
  const [s, columns, right] = ordered(diagonalOf(gram(x)).sqrt(), [x, v], true) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  // Orthogonal columns are those of Q up to their signs; Q is a full orthogonal basis even if one of them is zero.
  const { q, r } = reflected(columns, n);
  const signs = where(diagonalOf(r).lt(0), -1, 1).cast(a.dtype);
  return [q.mul(signs.unsqueeze(1)), s, right];
}

/** QR by Householder reflections: `columns` of Q, and R in the first rows. */
export function reflected(a: Tensor, columns: number): { q: Tensor; r: Tensor } {
  const [b, m, n] = sizes(a);
  const [row, column] = [arange(m), arange(n)];
  type Carry = [r: Tensor, q: Tensor];
  const step = ([r, q]: Carry, k: Tensor): [Carry, Tensor] => {
    const values = picked(r, column.eq(k), 2);
    const rest = where(row.gt(k), values, 0);
    const square = rest.square().sum(1, { keepdim: true });
    // As in LAPACK, a column that is zero below the diagonal needs no reflection.
    const none = square.eq(0);
    const head = picked(values, row.eq(k), 1).unsqueeze(1);
    const length = head.square().add(square).sqrt();
    const u = where(row.eq(k), head.add(where(head.lt(0), length.neg(), length)), rest);
    const beta = where(
      none,
      0,
      where(none, 1, u.square().sum(1, { keepdim: true }))
        .reciprocal()
        .mul(2),
    );
    const [down, along] = [u.unsqueeze(2), u.mul(beta).unsqueeze(1)];
    return [[r.sub(down.matmul(along.matmul(r))), q.sub(q.matmul(down).matmul(along))], k];
  };
  const eye = row.unsqueeze(1).eq(row).cast(a.dtype).expand([b, m, m]);
  const [[r, q]] = scan(step, [a, eye] as Carry, arange(Math.min(m, n)));
  return { q: q.at(':', ':', `0:${columns}`), r };
}
