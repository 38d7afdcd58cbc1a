/** @file Table entries of matrix products and linear algebra. */
import * as A from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { spread, type OpLine } from '../opChecks.js';

const t = (shape: number[], seed = 1): Tensor => spread(shape, -1, 1, [], seed);
/** Well conditioned: near a multiple of the identity. */
const square = (n: number, seed = 1, batch: number[] = []): Tensor =>
  A.add(t([...batch, n, n], seed), A.mul(A.eye(n, n, { dtype: 'float64' }), 3)).detach();
const definite = (n: number, seed = 1): Tensor => {
  const a = square(n, seed);
  return A.matmul(a, A.transpose(a, -1, -2)).detach();
};
/** Symmetric, with eigenvalues well apart. */
const symmetric = (n: number): Tensor => {
  const a = t([n, n]);
  return A.add(
    A.diag(A.mul(A.arange(1, n + 1).cast('float64'), 2)),
    A.mul(A.add(a, A.transpose(a, 0, 1)), 0.3),
  ).detach();
};
const sym = (a: Tensor): Tensor => A.mul(A.add(a, A.transpose(a, -1, -2)), 0.5);

export const matrix: Record<string, OpLine> = {
  matmul: {
    samples: () => [
      [t([2, 3]), t([3, 4], 2)],
      [t([2, 1, 2, 3]), t([3, 3, 2], 2)],
      [t([3]), t([3, 2], 2)],
      [t([2, 3]), t([3], 2)],
      [t([3]), t([3], 2)],
    ],
  },
  mm: { samples: () => [[t([2, 3]), t([3, 4], 2)]] },
  bmm: { samples: () => [[t([2, 2, 3]), t([2, 3, 4], 2)]] },
  mv: { samples: () => [[t([2, 3]), t([3], 2)]] },
  dot: { samples: () => [[t([3]), t([3], 2)]] },
  outer: { samples: () => [[t([3]), t([2], 2)]] },
  trace: { samples: () => [[t([3, 4])]] },
  addmm: {
    samples: () => [
      [t([2, 4]), t([2, 3], 2), t([3, 4], 3)],
      [t([4]), t([2, 3], 2), t([3, 4], 3), { beta: 0.5, alpha: 2 }],
    ],
  },
  einsum: {
    samples: () => [
      ['ij,jk->ik', t([2, 3]), t([3, 4], 2)],
      ['bij,bkj->bik', t([2, 2, 3]), t([2, 4, 3], 2)],
      ['ii->i', t([3, 3])],
      ['i,j,k->kij', t([2]), t([3], 2), t([2], 3)],
    ],
  },
  tensordot: {
    samples: () => [
      [t([2, 3, 4]), t([3, 4, 2], 2), 2],
      [t([2, 3]), t([4, 3], 2), [[1], [1]]],
    ],
  },
  linear: {
    samples: () => [
      [t([2, 3]), t([4, 3], 2)],
      [t([2, 2, 3]), t([4, 3], 2), t([4], 3)],
    ],
  },
};

export const linalg: Record<string, OpLine> = {
  'linalg.inv': { samples: () => [[square(3)], [square(2, 3, [2])]] },
  'linalg.solve': {
    samples: () => [
      [square(3), t([3, 2], 2)],
      [square(3), t([3], 2)],
      [square(3), t([2, 3], 2), { left: false }],
      [square(2, 3, [2]), t([2, 2, 3], 2)],
    ],
  },
  'linalg.det': { samples: () => [[square(3)], [square(2, 3, [2])]] },
  'linalg.det along a matrix': {
    call: (a: Tensor, t: Tensor) => A.jvp((x: Tensor) => A.linalg.det(x), [a], [t])[1],
    samples: () => [[square(3), square(3, 2)]],
  },
  'linalg.slogdet': { samples: () => [[square(3)], [square(2, 3, [2])]] },
  'linalg.cholesky': {
    call: (a: Tensor) => A.linalg.cholesky(sym(a)),
    samples: () => [[definite(3)]],
  },
  'linalg.qr': { samples: () => [[square(3)], [t([4, 3])]], rtol: 1e-4 },
  'linalg.eigh': {
    call: (a: Tensor) => gauge(A.linalg.eigh(sym(a))),
    samples: () => [[symmetric(3)]],
    rtol: 1e-4,
  },
  'linalg.svd': {
    call: (a: Tensor) => {
      const { U, S, Vh } = A.linalg.svd(a);
      const k = S.shape.at(-1) as number;
      return [
        S,
        A.matmul(A.narrow(U, -1, 0, k), A.narrow(Vh, -2, 0, k)),
        A.square(A.narrow(Vh, -2, 0, k)),
      ];
    },
    samples: () => [[symmetric(3)], [A.cat([symmetric(3), t([1, 3])], 0).detach()]],
    rtol: 1e-4,
  },
  'linalg.norm': { samples: () => [[t([3, 4])], [t([3, 4]), { dim: 1 }]] },
  'linalg.matrixPower': {
    samples: () => [
      [square(3), 3],
      [square(3), -2],
      [square(3), 0],
    ],
  },
  'linalg.triangularSolve': {
    samples: () => [
      [square(3), t([3, 2], 2), { upper: true }],
      [square(3), t([3, 2], 2), { upper: false }],
    ],
  },
};

/** What does not depend on the signs of eigenvectors. */
function gauge({ values, vectors }: { values: Tensor; vectors: Tensor }): Tensor[] {
  return [values, A.square(vectors)];
}
