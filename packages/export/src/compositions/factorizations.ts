/**
 * @file Factorizations of matrices, and operations based on them, from operations that other formats have. An exporter writes
 * these if its format has no such operation. Like the kernels, they compute in double precision.
 *
 * If there are several solutions (signs of vectors, vectors of a repeated value), the result may differ from that of the
 * kernels.
 */
import {
  cat,
  pad,
  stack,
  tril,
  triu,
  where,
  zerosLike,
  arange,
  tensor,
  whileLoop,
  type Tensor,
} from '@chainrule/autograd';
import type { OperationAttributes, OperationName } from '@chainrule/autograd/graph';
import type { Composition, Compositions } from './composition.js';
import {
  choleskyFactor,
  determinant,
  eliminated,
  orderOf,
  pivotsOf,
  solved,
  substituted,
} from './elimination.js';
import { identity, sizes, timesDiagonal } from './matrices.js';
import { eigen, reflected, singular } from './rotations.js';

/** Of matrices in any dimensions, by a function of `[b, m, n]` in double precision. */
function matrices<K extends OperationName>(
  f: (xs: readonly [Tensor, Tensor], attributes: OperationAttributes[K]) => Tensor,
): Composition<K> {
  return (inputs, attributes) => {
    const [first] = inputs as readonly [Tensor];
    const lead = first.shape.slice(0, -2);
    const flat = inputs.map((x) => x.reshape([-1, ...x.shape.slice(-2)]).cast('float64'));
    const y = f(flat as never, attributes);
    const made = y.dtype === 'int32' ? y : y.cast(first.dtype);
    return made.reshape([...lead, ...y.shape.slice(1)]);
  };
}

const TAYLOR_LIMIT = 0.5;
/** The number of terms that the exponential of a matrix of norm ½ needs. */
const TERMS = 16;

/** `exp(A)`: A is halved until its norm is below ½, and the exponential of that is squared as often. */
function exponential(a: Tensor): Tensor {
  const norm = a.abs().sum(2).amax(1);
  const halvings = where(norm.gt(TAYLOR_LIMIT), norm.div(TAYLOR_LIMIT).log2().ceil(), 0);
  const x = a.mul(halvings.neg().exp2().unsqueeze(1).unsqueeze(2));
  const eye = identity(a).cast(a.dtype);
  let sum = x.div(TERMS).add(eye);
  for (let k = TERMS - 1; k > 0; k--) sum = x.matmul(sum).div(k).add(eye);
  const [y] = whileLoop(
    ([, k]: [Tensor, Tensor]) => halvings.gt(k).any(),
    ([z, k]: [Tensor, Tensor]): [Tensor, Tensor] => [
      where(halvings.gt(k).unsqueeze(1).unsqueeze(2), z.matmul(z), z),
      k.add(1),
    ],
    [sum, tensor(0, { dtype: 'float64' })] as [Tensor, Tensor],
    { maxIterations: 2000 },
  );
  return y;
}

/** U, s, V, and the sign of their determinants: `det(U) det(V)` is 1 or −1. */
function signed(a: Tensor): { u: Tensor; s: Tensor; v: Tensor; sign: Tensor } {
  const [u, s, v] = singular(a);
  return { u, s, v, sign: determinant(u).mul(determinant(v)).sign().unsqueeze(1) };
}

function cofactors(a: Tensor): Tensor {
  const { u, s, v, sign } = signed(a);
  const others = where(identity(a), 1, s.unsqueeze(1)).prod(2);
  return timesDiagonal(u, others.mul(sign)).matmul(v.mT);
}

/** The derivative of the cofactors in the direction `t`. */
function cofactorRate(a: Tensor, t: Tensor): Tensor {
  const { u, s, v, sign } = signed(a);
  const [, n] = sizes(a);
  const eye = identity(a);
  const left = eye.unsqueeze(1).logicalOr(eye);
  const others = where(left, 1, s.reshape([-1, 1, 1, n]))
    .prod(3)
    .mul(sign.unsqueeze(2));
  const turned = u.mT.matmul(t).matmul(v);
  const beside = where(eye, 0, others);
  const own = where(eye, turned, 0).sum(1).unsqueeze(1).mul(beside).sum(2);
  const rate = where(eye, own.unsqueeze(2), turned.mT.mul(beside).neg());
  return u.matmul(rate).matmul(v.mT);
}

/** `A = U diag(s) Vᵀ` of a matrix of any shape. */
function decomposed(a: Tensor): [u: Tensor, s: Tensor, v: Tensor] {
  const [, m, n] = sizes(a);
  if (m >= n) return singular(a);
  const [v, s, u] = singular(a.mT);
  return [u, s, v];
}

export const factorizations: Compositions = {
  luPacked: matrices(([a]) => {
    const { packed, order, pivots } = eliminated(a);
    const [, m, n] = sizes(a);
    const columns = stack([order, pad(pivots, [0, m - n])], 2);
    return cat([packed, columns.cast(packed.dtype)], 2);
  }),
  pivotOrder: ([pivots], { m }) => {
    const x = pivots as Tensor;
    const order = orderOf(x.reshape([-1, x.shape.at(-1) as number]), m);
    return order.reshape([...x.shape.slice(0, -1), m]);
  },
  solve: matrices(([a, b], { transposed }) => solved(transposed ? a.mT : a, b)),
  triangularSolve: matrices(([a, b], { upper, transposed, unit }) => {
    const t = upper ? triu(a) : tril(a);
    return substituted(transposed ? t.mT : t, b, upper !== transposed, unit);
  }),
  cholesky: matrices(([a]) => choleskyFactor(a)),
  det: matrices(([a]) => determinant(a)),
  slogdet: matrices(([a]) => {
    const { diagonal, sign } = pivotsOf(a);
    return stack([diagonal.sign().prod(1).mul(sign), diagonal.abs().log().sum(1)], 1);
  }),
  cofactor: matrices(([a]) => cofactors(a)),
  cofactorRate: matrices(([a, t]) => cofactorRate(a, t)),
  qr: matrices(([a]) => {
    const [, , n] = sizes(a);
    const { q, r } = reflected(a, n);
    return cat([q, triu(r.at(':', `0:${n}`)).mT], 1);
  }),
  orthogonalComplete: matrices(([a]) => reflected(a, sizes(a)[1]).q),
  eigh: matrices(([a], { vectors }) => {
    const [values, v] = eigen(tril(a).add(tril(a, -1).mT));
    return cat([values.unsqueeze(1), vectors ? v : zerosLike(v)], 1);
  }),
  svd: matrices(([a]) => {
    const [u, s, v] = decomposed(a);
    return cat([u, s.unsqueeze(1), v], 1);
  }),
  pinv: matrices(([a], { atol, rtol }) => {
    const [u, s, v] = decomposed(a);
    const least = where(arange(s.shape[1] as number).eq(0), s, 0)
      .sum(1, { keepdim: true })
      .mul(rtol)
      .maximum(atol);
    const inverse = where(s.gt(least), where(s.gt(least), s, 1).reciprocal(), 0);
    return timesDiagonal(v, inverse).matmul(u.mT);
  }),
  matrixExp: matrices(([a]) => exponential(a)),
};
