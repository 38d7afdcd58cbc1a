/** @file Table entries of the second half of linear algebra. */
import * as A from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { spread, type OpLine } from '../opChecks.js';

const t = (shape: number[], seed = 1): Tensor => spread(shape, -1, 1, [], seed);
/** Near a multiple of the identity. */
const square = (n: number, seed = 1, batch: number[] = []): Tensor =>
  A.add(t([...batch, n, n], seed), A.mul(A.eye(n, n, { dtype: 'float64' }), 3)).detach();
const symmetrical = (a: Tensor): Tensor => A.mul(A.add(a, A.transpose(a, -1, -2)), 0.5);
const lower = (n: number): Tensor => A.tril(square(n)).detach();
/** Eigenvalues well apart. */
const apart = (): Tensor => A.add(t([3, 3]), A.diag(A.tensor(Float64Array.of(2, 4, 6)))).detach();

export const products: Record<string, OpLine> = {
  addmv: {
    samples: () => [
      [t([2]), t([2, 3], 2), t([3], 3)],
      [t([1]), t([2, 3], 2), t([3], 3), { beta: 0.5, alpha: 2 }],
    ],
  },
  addr: {
    samples: () => [
      [t([2, 3]), t([2], 2), t([3], 3)],
      [t([]), t([2], 2), t([3], 3), { beta: 2 }],
    ],
  },
  addbmm: { samples: () => [[t([2, 4]), t([3, 2, 3], 2), t([3, 3, 4], 3), { alpha: 0.5 }]] },
  baddbmm: { samples: () => [[t([3, 2, 4]), t([3, 2, 3], 2), t([3, 3, 4], 3)]] },
  kron: {
    samples: () => [
      [t([2, 3]), t([2, 2], 2)],
      [t([2]), t([2, 2], 2)],
    ],
  },
  cross: {
    samples: () => [
      [t([2, 3]), t([2, 3], 2)],
      [t([3, 2]), t([3, 1], 2), { dim: 0 }],
    ],
  },
  inner: {
    samples: () => [
      [t([2, 3]), t([4, 3], 2)],
      [t([3]), t([3], 2)],
      [t([2]), t([], 2)],
    ],
  },
  vdot: { samples: () => [[t([3]), t([3], 2)]] },
  vander: { samples: () => [[t([3])], [t([3]), { N: 2, increasing: true }]] },
  logdet: { samples: () => [[square(3)], [square(2, 1, [2])]] },
  matrixExp: { samples: () => [[t([3, 3])], [A.mul(t([2, 2, 2]), 6).detach()]] },
};

export const systems: Record<string, OpLine> = {
  'linalg.matrixExp': { samples: () => [[t([2, 2])]] },
  'linalg.lu': { samples: () => [[square(3)], [t([3, 2])], [t([2, 3])], [square(2, 1, [2])]] },
  'linalg.luFactor': { samples: () => [[square(3)], [t([3, 2])], [t([2, 4])]] },
  'linalg.luSolve': {
    call: (a: Tensor, b: Tensor, options: A.linalg.LuSolveOptions) => {
      const { LU, pivots } = A.linalg.luFactor(a);
      return A.linalg.luSolve(LU, pivots, b, options);
    },
    samples: () => [
      [square(3), t([3, 2], 2), {}],
      [square(3), t([2, 3], 2), { left: false }],
      [square(3, 1, [2]), t([3, 1], 2), { adjoint: true }],
    ],
  },
  'linalg.lstsq': {
    samples: () => [
      [t([4, 2]), t([4, 3], 2)],
      [t([2, 3]), t([2, 1], 2)],
      [t([4, 2]), t([4], 2)],
    ],
  },
  'linalg.pinv': { samples: () => [[t([4, 2])], [t([2, 3])], [square(3)]] },
  'linalg.matrixRank': { samples: () => [[t([3, 2])], [square(3), { atol: 0.5 }]], order: 0 },
  'linalg.cond': {
    samples: () => [[apart()], [apart(), -2], [apart(), 1], [apart(), 'fro'], [t([4, 2])]],
  },
  'linalg.multiDot': {
    samples: () => [[[t([2, 3]), t([3, 1], 2), t([1, 4], 3)]], [[t([3]), t([3, 2], 2), t([2], 3)]]],
  },
  'linalg.eigvalsh': {
    call: (a: Tensor) => A.linalg.eigvalsh(symmetrical(a)),
    samples: () => [[apart()]],
  },
  'linalg.svdvals': { samples: () => [[apart()], [t([4, 2])], [t([2, 2, 3])]] },
  'linalg.vecdot': {
    samples: () => [
      [t([2, 3]), t([2, 3], 2)],
      [t([2, 3]), t([2, 1], 2), { dim: 0 }],
    ],
  },
  'linalg.vectorNorm': {
    samples: () => [
      [t([2, 3])],
      [t([2, 3]), 3, { dim: 1 }],
      [t([2, 3]), Infinity, { dim: [0, 1], keepdim: true }],
    ],
  },
  'linalg.matrixNorm': {
    samples: () => [
      [apart()],
      [apart(), 'nuc'],
      [apart(), 1],
      [t([2, 3, 3]), -Infinity, { dim: [0, 2] }],
      [apart(), 2],
    ],
  },
  'linalg.choleskySolve': {
    samples: () => [
      [t([3, 2]), lower(3)],
      [t([2, 3, 1]), A.transpose(lower(3), 0, 1).detach(), { upper: true }],
    ],
  },
  'linalg.choleskyInverse': { samples: () => [[lower(3)]] },
  'linalg.householderProduct': {
    samples: () => [
      [t([4, 3]), t([2], 2)],
      [t([2, 3, 3]), t([2, 3], 2)],
    ],
  },
  'linalg.tensorinv': {
    samples: () => [[A.reshape(square(6), [2, 3, 6]).detach()], [square(3), 1]],
  },
  'linalg.tensorsolve': {
    samples: () => [
      [A.reshape(square(6), [2, 3, 6]).detach(), t([2, 3], 2)],
      [A.reshape(square(6), [6, 2, 3]).detach(), t([2, 3], 2), { dims: [0] }],
    ],
  },
  'linalg.cross': { samples: () => [[t([2, 3]), t([3], 2)]] },
  'linalg.diagonal': { samples: () => [[t([2, 3, 4])], [t([2, 3]), { offset: 1 }]] },
  'linalg.vander': { samples: () => [[t([2, 3])], [t([3]), { N: 2 }]] },
};
