/** @file Laws of factorizations, and errors of linear algebra. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as A from '../../index.js';
import type { Tensor } from '../../index.js';

const { linalg } = A;

const matrix = (
  m: fc.Arbitrary<number>,
  n: (m: number) => fc.Arbitrary<number>,
): fc.Arbitrary<Tensor> =>
  fc.tuple(fc.integer({ min: 1, max: 2 }), m).chain(([batch, rows]) =>
    n(rows).chain((columns) =>
      fc
        .array(fc.integer({ min: -8, max: 8 }), {
          minLength: batch * rows * columns,
          maxLength: batch * rows * columns,
        })
        .map((data) => A.tensor(Float64Array.from(data), { shape: [batch, rows, columns] })),
    ),
  );
const small = fc.integer({ min: 1, max: 6 });
const anyMatrix = matrix(small, () => small);
const squareMatrix = matrix(small, (n) => fc.constant(n));

function expectEqual(x: Tensor, y: Tensor, tolerance = 1e-9): void {
  expect(x.shape).toEqual(y.shape);
  const [a, b] = [x.dataSync(), y.dataSync()];
  a.forEach((v, i) => expect(Math.abs(v - (b[i] ?? NaN))).toBeLessThanOrEqual(tolerance));
}

const t = (x: Tensor): Tensor => A.transpose(x, -1, -2);
const eye = (n: number, batch: number): Tensor =>
  A.expand(A.eye(n, n, { dtype: 'float64' }), [batch, n, n]);
const last = (x: Tensor): number => x.shape.at(-1) as number;

describe('factorizations of any matrix, singular ones included', () => {
  test('A = QR with orthonormal Q and upper triangular R', () => {
    fc.assert(
      fc.property(
        anyMatrix,
        fc.constantFrom('reduced' as const, 'complete' as const),
        (a, mode) => {
          const { Q, R } = linalg.qr(a, { mode });
          expectEqual(A.matmul(Q, R), a);
          expectEqual(A.matmul(t(Q), Q), eye(last(Q), a.shape[0] as number));
          expectEqual(A.triu(R), R, 0);
        },
      ),
    );
  });

  test('A = U diag(S) Vh with orthonormal U and V, S falling', () => {
    fc.assert(
      fc.property(anyMatrix, fc.boolean(), (a, fullMatrices) => {
        const { U, S, Vh } = linalg.svd(a, { fullMatrices });
        const k = last(S);
        const scaled = A.mul(A.narrow(U, -1, 0, k), A.unsqueeze(S, -2));
        expectEqual(A.matmul(scaled, A.narrow(Vh, -2, 0, k)), a);
        expectEqual(A.matmul(t(U), U), eye(last(U), a.shape[0] as number));
        expectEqual(A.matmul(Vh, t(Vh)), eye(Vh.shape.at(-2) as number, a.shape[0] as number));
        const s = Array.from(S.dataSync());
        s.forEach((v, i) =>
          expect(v >= 0 && (i % k === 0 || v <= (s[i - 1] as number))).toBe(true),
        );
      }),
    );
  });

  test('A = V diag(λ) Vᵀ of a symmetric A, λ rising, from the lower triangle only', () => {
    fc.assert(
      fc.property(squareMatrix, (a) => {
        const symmetric = A.add(a, t(a));
        const { values: eigenvalues, vectors: v } = linalg.eigh(A.tril(symmetric));
        expectEqual(A.matmul(A.mul(v, A.unsqueeze(eigenvalues, -2)), t(v)), symmetric);
        expectEqual(A.matmul(t(v), v), eye(last(v), a.shape[0] as number));
        const l = Array.from(eigenvalues.dataSync());
        l.forEach((x, i) => expect(i % last(v) === 0 || x >= (l[i - 1] as number)).toBe(true));
      }),
    );
  });

  test('A = L Lᵀ, and solving undoes multiplying', () => {
    fc.assert(
      fc.property(squareMatrix, (a) => {
        const n = last(a);
        const definite = A.add(A.matmul(a, t(a)), eye(n, a.shape[0] as number));
        const l = linalg.cholesky(definite);
        expectEqual(A.matmul(l, t(l)), definite, 1e-8);
        expectEqual(linalg.cholesky(definite, { upper: true }), t(l), 0);
        expectEqual(A.matmul(definite, linalg.inv(definite)), eye(n, a.shape[0] as number), 1e-6);
        const b = A.matmul(l, a);
        expectEqual(linalg.triangularSolve(l, b, { upper: false }), a, 1e-7);
        expectEqual(
          linalg.triangularSolve(t(l), A.matmul(a, t(l)), { upper: true, left: false }),
          a,
          1e-7,
        );
      }),
    );
  });

  test('the determinant is the product of the singular values, with the sign of slogdet', () => {
    fc.assert(
      fc.property(squareMatrix, (a) => {
        const { sign, logabsdet } = linalg.slogdet(a);
        const det = Array.from(linalg.det(a).dataSync());
        const product = Array.from(A.prod(linalg.svd(a).S, -1).dataSync());
        const scale = Array.from(linalg.norm(a, { dim: [1, 2] }).dataSync(), (x) =>
          Math.max(1, x ** last(a)),
        );
        det.forEach((d, i) => {
          expect(Math.abs(Math.abs(d) - (product[i] as number))).toBeLessThanOrEqual(
            1e-12 * (scale[i] as number),
          );
          expect(d).toBeCloseTo(
            (sign.dataSync()[i] as number) * Math.exp(logabsdet.dataSync()[i] as number),
            6,
          );
        });
      }),
    );
  });
});

describe('derivatives', () => {
  // PyTorch 2.13, autograd of the gradient's sum with weights sin(1 + 3 i + j).
  test.each([
    [
      [
        [1, 2],
        [2, 4],
      ],
      [
        [-0.9589, 0.7568],
        [-0.9093, 0.8415],
      ],
    ],
    [
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ],
      [
        [-10.2706, 7.1488, 1.3305],
        [-4.9109, 5.0266, -0.0421],
        [7.0681, -6.4753, 1.1248],
      ],
    ],
    [
      [
        [1, 1, 1],
        [1, 1, 1],
        [1, 1, 1],
      ],
      [
        [-1.2567, 0.7223, 0.5345],
        [-0.1909, 0.4555, -0.2645],
        [1.4477, -1.1777, -0.2699],
      ],
    ],
    // PyTorch gives NaN here: every cofactor of a 2 × 2 matrix is linear.
    [
      [
        [0, 0],
        [0, 0],
      ],
      [
        [-0.9589, 0.7568],
        [-0.9093, 0.8415],
      ],
    ],
  ])('the second derivative of det of a singular matrix is finite: %j', (rows, second) => {
    const weights = A.tensor(
      rows.map((row, i) => row.map((_, j) => Math.sin(1 + 3 * i + j))),
      { dtype: 'float64' },
    );
    const a = A.tensor(rows, { dtype: 'float64' });
    const slope = A.grad((x: Tensor) => linalg.det(x));
    const h = A.grad((x: Tensor) => slope(x).mul(weights).sum())(a);
    h.dataSync().forEach((v, i) => expect(v).toBeCloseTo(second.flat()[i] as number, 4));
    const [, forward] = A.jvp((x: Tensor) => slope(x), [a], [weights]);
    forward.dataSync().forEach((v, i) => expect(v).toBeCloseTo(second.flat()[i] as number, 4));
  });

  test.each([1, 1e-2, 1e-5, 1e-9, 0])(
    'cofactors are minors, however near to a singular matrix: %f off',
    (off) => {
      // The last row is the sum of the others, except for one element.
      const rows = [
        [2, -1, 0.5, 3],
        [1, 4, -2, 0.25],
        [-3, 0.5, 1, 2],
      ];
      const sum = [0, 1, 2, 3].map((j) => rows.reduce((s, row) => s + row[j]!, j === 2 ? off : 0));
      const a = [...rows, sum];
      const minor = (m: readonly (readonly number[])[]): number =>
        m.length === 0
          ? 1
          : m[0]!.reduce((s, x, j) => s + (j % 2 === 0 ? x : -x) * minor(without(m, 0, j)), 0);
      const without = (m: readonly (readonly number[])[], r: number, c: number): number[][] =>
        m.filter((_, i) => i !== r).map((row) => row.filter((_, j) => j !== c));
      const truth = a.flatMap((row, i) =>
        row.map((_, j) => (-1) ** (i + j) * minor(without(a, i, j))),
      );
      const largest = Math.max(...truth.map(Math.abs));
      const g = A.grad((x: Tensor) => linalg.det(x))(A.tensor(a, { dtype: 'float64' }));
      g.dataSync().forEach((x, k) => expect(Math.abs(x - truth[k]!)).toBeLessThan(1e-13 * largest));
    },
  );

  test('the gradient of det is the cofactors, for singular matrices too', () => {
    const a = A.tensor(
      [
        [1, 2, 3],
        [2, 4, 6],
        [1, 0, 1],
      ],
      { dtype: 'float64', requiresGrad: true },
    );
    const [g] = A.grad([linalg.det(a)], [a]) as [Tensor];
    // Minors computed by hand.
    const cofactors = [
      [4, 4, -4],
      [-2, -2, 2],
      [0, 0, 0],
    ];
    g.dataSync().forEach((v, i) => expect(v).toBeCloseTo(cofactors.flat()[i] as number, 12));
  });

  test('eigenvalues have derivatives where eigenvectors have none', () => {
    const a = A.tensor(
      [
        [2, 0],
        [0, 2],
      ],
      { dtype: 'float64', requiresGrad: true },
    );
    const [g] = A.grad([A.sum(linalg.eigh(a).values)], [a]) as [Tensor];
    expect(g.toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  test('the sum of singular values of a matrix with equal ones', () => {
    const a = A.tensor(
      [
        [3, 0],
        [0, 3],
      ],
      { dtype: 'float64', requiresGrad: true },
    );
    const [g] = A.grad([linalg.norm(a, { ord: 'nuc' })], [a]) as [Tensor];
    g.dataSync().forEach((v, i) => expect(v).toBeCloseTo(i % 3 === 0 ? 1 : 0, 12));
  });
});

describe('refusals', () => {
  const singular = A.tensor([
    [1, 2],
    [2, 4],
  ]);
  test('singular and indefinite matrices, when evaluated', () => {
    expect(() => linalg.inv(singular).dataSync()).toThrow(
      /linalg\.inv: matrix 0 of shape \[2, 2\] is singular/,
    );
    expect(() => linalg.solve(singular, A.ones([2])).dataSync()).toThrow(
      /linalg\.solve: matrix 0 .* is singular/,
    );
    expect(() =>
      linalg
        .cholesky(
          A.tensor([
            [1, 2],
            [2, 1],
          ]),
        )
        .dataSync(),
    ).toThrow(/not positive definite: .* order 2/);
    expect(linalg.slogdet(singular).logabsdet.item()).toBe(-Infinity);
  });
  test('refuses invalid shapes and options', () => {
    expect(() => linalg.det(A.zeros([2, 3]))).toThrow(/linalg\.det: expected square matrices/);
    expect(() => linalg.solve(A.zeros([2, 2]), A.zeros([3, 1]))).toThrow(A.ShapeError);
    expect(() => linalg.norm(A.zeros([2, 2]), { ord: 3 })).toThrow(/no norm of ord 3/);
    expect(() => linalg.norm(A.zeros([2]), { ord: 'nuc' })).toThrow(/for matrices/);
    expect(() => A.norm(A.zeros([2, 3, 4]), { p: 'nuc' })).toThrow(/nuclear norm is over 2/);
    expect(() => A.norm(A.zeros([2, 3]), 1, { p: 'nuc' })).toThrow(/nuclear norm is over 2/);
    expect(() => linalg.qr(A.zeros([3]))).toThrow(A.ShapeError);
    expect(() => linalg.triangularSolve(singular, singular, {} as never)).toThrow(/upper/);
    const x = A.tensor([[1], [2]], { requiresGrad: true });
    expect(() => A.grad([A.sum(linalg.qr(x, { mode: 'complete' }).Q)], [x])).toThrow(A.GradError);
  });
});

test('a norm overflows, or vanishes, only where it cannot be held, whatever its powers do', () => {
  const cases: [number[], number, number][] = [
    [[1e20, 1, 1], 2, 1e20],
    [[3e-30, 4e-30], 2, 5e-30],
    [[3, 4], 100, 4],
    [[1e-20, 1e-20], 3, 2 ** (1 / 3) * 1e-20],
    [[3e38, 1e38], 2, Math.hypot(3e38, 1e38)],
  ];
  for (const [x, p, expected] of cases) {
    const near = (a: number, b: number): void =>
      expect(Math.abs(a - b)).toBeLessThanOrEqual(4e-7 * Math.abs(b));
    near(A.norm(A.tensor(x), { p }).item(), expected);
    const slopes = A.grad((t: A.Tensor) => A.norm(t, { p }))(A.tensor(x)).toArray() as number[];
    // The gradient is (|x| / norm)^(p − 1).
    slopes.forEach((slope, i) => near(slope, ((x[i] as number) / expected) ** (p - 1)));
  }
});

test('the norm of a float32 row is that of float64, rounded once', () => {
  for (let n = 1; n < 60; n++) {
    const x = A.tensor(Float32Array.from({ length: n }, (_, i) => 10 ** (n % 9) * Math.sin(i + n)));
    const exact = Math.sqrt(A.sum(x.cast('float64').square()).item());
    expect(A.norm(x).item()).toBe(Math.fround(exact));
  }
});

test('the condition of a singular matrix is infinite in every norm, of one with NaN it is NaN', () => {
  const singular = [
    [[1, 2], [2, 4]],
    [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
    [[0, 0], [0, 0]],
    [[0, 1], [0, 2]],
  ]; // prettier-ignore
  for (const p of [1, -1, Infinity, -Infinity, 'fro', 'nuc'] as const) {
    for (const a of singular)
      expect(linalg.cond(A.tensor(a, { dtype: 'float64' }), p).item()).toBe(Infinity);
    expect(linalg.cond(A.tensor([[1, NaN], [2, 3]]), p).item()).toBe(NaN); // prettier-ignore
  }
});

test('the norms of a matrix without rows or columns are 0, and still have a gradient', () => {
  for (const ord of [1, 2, Infinity, 'nuc', 'fro'] as const) {
    for (const shape of [
      [0, 5],
      [5, 0],
    ]) {
      const x = A.zeros(shape, { requiresGrad: true });
      const y = A.linalg.norm(x, ord);
      expect(y.item(), `${ord} of ${String(shape)}`).toBe(0);
      expect(A.grad([y], [x])[0]?.shape).toEqual(shape);
    }
  }
  const [a, tau] = [A.randn([4, 3], { requiresGrad: true }), A.zeros([0])];
  const q = A.linalg.householderProduct(a, tau);
  expect(q.toArray()).toEqual(A.eye(4, 3).toArray());
  expect(A.grad([q.sum()], [a])[0]?.abs().max().item()).toBe(0);
});
