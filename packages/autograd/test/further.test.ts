/** @file The second half of the operations: laws that hold for all numbers, and the errors for bad input. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as A from '../src/index.js';
import { ChainruleError, type Tensor } from '../src/index.js';

const double = { dtype: 'float64' } as const;
const random = (...shape: number[]): Tensor => A.randn(shape, double);
const close = (x: Tensor, y: Tensor, atol = 1e-9): void =>
  expect(A.allClose(x, y, { atol, rtol: 1e-9 }), `${String(x)}\nis not\n${String(y)}`).toBe(true);
const sizes = fc.integer({ min: 1, max: 5 });
const seeds = fc.nat({ max: 1e6 });

describe('laws of linear algebra', () => {
  it('P L U equals A for every shape', () => {
    fc.assert(
      fc.property(sizes, sizes, seeds, (m, n, seed) => {
        A.manualSeed(seed);
        const a = random(2, m, n);
        const { P, L, U } = A.linalg.lu(a);
        close(P.matmul(L).matmul(U), a);
        expect(A.linalg.luFactor(a).pivots.shape).toEqual([2, Math.min(m, n)]);
      }),
      { numRuns: 30 },
    );
  });

  it("a pseudoinverse fulfils Penrose's conditions, of every rank", () => {
    fc.assert(
      fc.property(sizes, sizes, sizes, seeds, (m, n, r, seed) => {
        A.manualSeed(seed);
        const a = random(m, r).matmul(random(r, n));
        const p = A.linalg.pinv(a, { rtol: 1e-10 });
        close(a.matmul(p).matmul(a), a, 1e-7);
        close(p.matmul(a).matmul(p), p, 1e-5);
        expect(A.linalg.matrixRank(a, { rtol: 1e-10 }).item()).toBe(Math.min(m, n, r));
      }),
      { numRuns: 30 },
    );
  });

  it('exponentials: of −A the inverse, of sums that commute the product', () => {
    A.manualSeed(1);
    const a = random(3, 4, 4);
    const eye = A.eye(4, 4, double).expand(3, 4, 4);
    close(A.matrixExp(a).matmul(A.matrixExp(a.neg())), eye, 1e-8);
    close(A.matrixExp(a.mul(3)), A.linalg.matrixPower(A.matrixExp(a), 3), 1e-6);
  });

  it('luSolve solves from either side, and with the transpose', () => {
    A.manualSeed(2);
    const a = random(2, 3, 3);
    const { LU, pivots } = A.linalg.luFactor(a);
    const b = random(2, 3, 2);
    close(a.matmul(A.linalg.luSolve(LU, pivots, b)), b);
    close(a.mT.matmul(A.linalg.luSolve(LU, pivots, b, { adjoint: true })), b);
    close(A.linalg.luSolve(LU, pivots, b.mT, { left: false }).matmul(a), b.mT);
  });

  it('least squares: the residual is orthogonal to the columns', () => {
    A.manualSeed(3);
    const [a, b] = [random(6, 3), random(6)];
    const { solution } = A.linalg.lstsq(a, b);
    close(a.mT.matmul(a.matmul(solution).sub(b)), A.zeros([3], double));
  });
});

describe('laws of places', () => {
  it('scatterReduce by sum is scatterAdd, by mean its quotient', () => {
    A.manualSeed(4);
    const [x, src] = [random(5), random(7)];
    const index = A.randint(0, 5, [7]);
    close(A.scatterReduce(x, 0, index, src, 'sum'), x.scatterAdd(0, index, src));
    const count = A.ones([5], double).scatterAdd(0, index, A.ones([7], double));
    close(A.scatterReduce(x, 0, index, src, 'mean'), x.scatterAdd(0, index, src).div(count));
  });

  it('products have the derivative of each factor where others are 0', () => {
    const src = A.tensor([2, 0, 3, 0, 0], { ...double, requiresGrad: true });
    A.scatterReduce(A.ones([2], double), 0, [0, 0, 0, 1, 1], src, 'prod')
      .sum()
      .backward();
    expect(src.grad?.toArray()).toEqual([0, 6, 0, 0, 0]);
  });

  it('taking elements out and putting them back gives the tensor', () => {
    const x = random(3, 4, 5);
    expect(A.selectScatter(x, x.select(1, 2), 1, 2).equal(x)).toBe(true);
    expect(A.diagonalScatter(x, A.diagonal(x, 1, 0, 2), { offset: 1, dim2: 2 }).equal(x)).toBe(
      true,
    );
    expect(A.sliceScatter(x, x.at(':', ':', '1::2'), { dim: 2, start: 1, step: 2 }).equal(x)).toBe(
      true,
    );
    expect(A.rot90(A.rot90(x, 1), 3).equal(x)).toBe(true);
    expect(A.hstack(A.hsplit(x, 2)).equal(x)).toBe(true);
  });

  it('kthvalue, quantile and median agree', () => {
    A.manualSeed(5);
    const x = random(7, 3);
    expect(A.kthvalue(x, 4, 0).values.equal(A.quantile(x, 0.5, 0))).toBe(true);
    expect(A.median(x, 0).values.equal(A.kthvalue(x, 4, 0).values)).toBe(true);
  });
});

const v = A.tensor([1, 2, 3]);
const square = A.tensor([
  [1, 2],
  [3, 4],
]);

describe('bad input is refused by name', () => {
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['quantile', () => A.quantile(v, 1.5), /quantile: q must be in \[0, 1\], got 1.5/],
    [
      'quantile of integers',
      () => A.quantile(A.arange(3), 0.5),
      /quantile: expected a float tensor/,
    ],
    ['kthvalue', () => A.kthvalue(v, 4), /kthvalue: k is 4, but dimension 0/],
    ['mode of nothing', () => A.mode(A.zeros([2, 0])), /mode: dimension 1/],
    ['diff of a number', () => A.diff(A.scalar(1)), /diff: expected at least one dimension/],
    ['trapezoid', () => A.trapezoid(v, A.tensor([1, 2])), /trapezoid: y \[3\] needs one position/],
    ['gradient', () => A.gradient(A.tensor([1])), /gradient: dimension 0 .* needs 2/],
    ['cov', () => A.cov(A.zeros([2, 2, 2])), /cov: expected variables in rows/],
    [
      'cdist',
      () => A.cdist(A.zeros([2, 3]), A.zeros([2, 4])),
      /cdist: expected rows of equal length/,
    ],
    ['cdist of p < 0', () => A.cdist(square, square, { p: -1 }), /cdist: p must be a number ≥ 0/],
    ['renorm', () => A.renorm(v, 2, 0, 1), /renorm: expected at least 2 dimensions/],
    ['histc', () => A.histc(v, { bins: 0 }), /histc: bins must/],
    ['histc, ends', () => A.histc(v, { min: 2, max: 1 }), /histc: max must be at least min/],
    ['hsplit', () => A.hsplit(v, 2), /hsplit: dimension 0 of shape \[3\] does not divide into 2/],
    ['vstack', () => A.vstack([v, A.tensor([1])]), /vstack: shapes/],
    ['cross', () => A.cross(square, square), /cross: shapes .* have no dimension of size 3/],
    ['rot90', () => A.rot90(square, 1, [0, 0]), /rot90: a dimension occurs twice/],
    ['cartesianProd', () => A.cartesianProd([square]), /cartesianProd: expected vectors/],
    ['diagEmbed', () => A.diagEmbed(v, { dim1: 0, dim2: 0 }), /dim1 and dim2 are both dimension 0/],
    ['unravelIndex', () => A.unravelIndex([6], [2, 3]), /unravelIndex: index 6 .* out of range/],
    ['indexCopy', () => A.indexCopy(square, 0, [2], A.zeros([1, 2])), /indexCopy: index 2/],
    [
      'indexCopy, shape',
      () => A.indexCopy(square, 0, [0], A.zeros([2, 2])),
      /indexCopy: the source/,
    ],
    [
      'scatterReduce',
      () => A.scatterReduce(v, 0, [0], v, 'median' as 'sum'),
      /scatterReduce: reduce must be 'sum'/,
    ],
    [
      'maskedScatter',
      () => A.maskedScatter(v, A.tensor([true, true, false]), A.tensor([1])),
      /takes 2 elements, the source has 1/,
    ],
    [
      'selectScatter',
      () => A.selectScatter(square, v, 0, 0),
      /selectScatter: the source has shape \[3\]/,
    ],
    ['matrixExp', () => A.matrixExp(A.zeros([2, 3])), /matrixExp: expected square matrices/],
    [
      'lstsq',
      () => A.linalg.lstsq(square, A.zeros([3, 1])),
      /linalg\.lstsq: A \[2, 2\] and B \[3, 1\]/,
    ],
    [
      'multiDot',
      () => A.linalg.multiDot([square, A.zeros([3, 2])]),
      /linalg\.multiDot: tensors 0 .* do not fit/,
    ],
    [
      'tensorinv',
      () => A.linalg.tensorinv(A.zeros([2, 3, 4])),
      /linalg\.tensorinv: the first 2 dimensions/,
    ],
    [
      'singular',
      () => A.linalg.tensorinv(A.ones([2, 2]), 1).toArray(),
      /linalg\.tensorinv: matrix 0 .* is singular/,
    ],
    ['cond', () => A.linalg.cond(square, 'max' as 'fro'), /linalg\.cond: p must be/],
    ['gcd', () => A.gcd(v, 2), /gcd: expected int32 operands/],
    ['bitwiseNot', () => A.bitwiseNot(v), /bitwiseNot: expected int32 or bool/],
    ['addcdiv', () => A.addcdiv(v, A.arange(3), A.arange(3)), /addcdiv: the quotient of integers/],
    ['nextafter', () => A.nextafter(A.arange(3), 1), /nextafter: expected float/],
    ['unknown option', () => A.diff(v, { order: 2 } as object), /diff: there is no option 'order'/],
    ['mT', () => v.mT, /mT: expected a matrix/],
  ];
  it.each(cases)('%s', (_name, call, message) => {
    expect(call).toThrow(ChainruleError);
    expect(call).toThrow(message);
    expect(v.add(1).toArray()).toEqual([2, 3, 4]);
  });
});
