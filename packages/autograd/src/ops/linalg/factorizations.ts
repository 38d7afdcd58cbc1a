/**
 * @file The primitives behind matrix factorizations. Those with several factors return them stacked in one matrix.
 *
 * Derivatives are PyTorch's. A factor that is not unique (an eigenvector of a repeated eigenvalue, a singular vector of a
 * repeated or zero singular value) has no derivative: a gradient that flows through it alone is infinite or NaN.
 */
import { ChainruleError, GradError } from '../../errors.js';
import type { Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { add, mul, reciprocal, sub } from '../elements/arithmetic.js';
import { eq, where } from '../elements/comparison.js';
import { tril, triu } from '../shape/diagonals.js';
import { castNode, strongMul } from '../build/element.js';
import { blockAt, copyNumbers, transposeOf } from './kernels/denseKernels.js';
import { choleskyInPlace } from './kernels/factorKernels.js';
import { householder } from './kernels/reflections.js';
import { jacobiSingular } from './kernels/singularValues.js';
import { symmetricEigen } from './kernels/symmetricEigen.js';
import { concatNode, iotaAlong, narrowNode } from '../shape/movement.js';
import { primitive, zerosOf, type PrimitiveOp } from '../build/primitive.js';
import { eachMatrix, product, transposed, triangularOf } from './solving.js';
import { scaleOf } from './vectorNorm.js';

const LOWER = { upper: false, transposed: false, unit: false };
const LOWER_T = { upper: false, transposed: true, unit: false };

/** Rows `start` to `start + length` of each matrix. */
export function rows(x: Tensor, start: number, length: number): Tensor {
  return narrowNode(x, x.ndim - 2, start, length);
}

function stackRows(...parts: readonly Tensor[]): Tensor {
  return concatNode(parts, (parts[0] as Tensor).ndim - 2);
}

/** 1 on the diagonal of the last two dimensions, 0 elsewhere, as booleans. */
function onDiagonal(x: Tensor): Tensor {
  const [m = 0, n = 0] = x.sizes.slice(-2);
  return eq(iotaAlong(m, 0, 2), iotaAlong(n, 1, 2));
}

/** The lower triangle with half the diagonal. */
function halfLower(x: Tensor): Tensor {
  const low = tril(x);
  return where(onDiagonal(low), mul(low, 0.5), low);
}

/** The lower Cholesky factor L of `A = L Lᵀ`, from the lower triangle of A. */
export const choleskyOf: PrimitiveOp<Record<never, never>> = primitive('cholesky', {
  lowering: { kind: 'reference' },
  shape: ([a]) => (a as Tensor).sizes,
  vjp: (_i, ct, _inputs, l) => {
    // L⁻ᵀ Φ(Lᵀ ct) L⁻¹, made symmetric.
    const middle = halfLower(product(l, ct, true));
    const left = triangularOf([l, middle], LOWER_T);
    const both = transposed(triangularOf([l, transposed(left)], LOWER_T));
    return mul(add(both, transposed(both)), 0.5);
  },
  jvp: ([t], _inputs, l) => {
    const symmetric = mul(add(t as Tensor, transposed(t as Tensor)), 0.5);
    const left = triangularOf([l, symmetric], LOWER);
    const both = transposed(triangularOf([l, transposed(left)], LOWER));
    return product(l, halfLower(both));
  },
  batch: ([a]) => choleskyOf([a as Tensor]),
  reference: ([a], out) => {
    const n = (a as Value).shape.at(-1) as number;
    eachMatrix(a as Value, (m, i) => {
      const failed = choleskyInPlace(m, n);
      if (failed >= 0) {
        throw new ChainruleError(
          `linalg.cholesky: matrix ${i} of shape [${n}, ${n}] is not positive definite: its leading minor of order ` +
            `${failed + 1} is not positive`,
        );
      }
      copyNumbers(out.data, i * n * n, m, 0, n * n);
    });
  },
});

/** The thin QR of `A [m, n]`, m ≥ n: `[Q; Rᵀ]`, m + n rows of n columns. */
export const qrOf: PrimitiveOp<Record<never, never>> = primitive('qr', {
  lowering: { kind: 'reference' },
  shape: ([a]) => stacked((a as Tensor).sizes, 0),
  vjp: (_i, ct, [a], out) => {
    const m = (a as Tensor).sizes.at(-2) as number;
    const [q, r, gq, gr] = [...qrParts(out, m), ...qrParts(ct, m)] as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const upper = triu(sub(product(gr, r, false, true), product(q, gq, true)));
    const both = add(upper, transposed(upper));
    const symmetric = where(onDiagonal(both), mul(both, 0.5), both);
    const left = add(gq, product(q, symmetric));
    // X Rᵀ = left
    return transposed(
      triangularOf([r, transposed(left)], { upper: true, transposed: false, unit: false }),
    );
  },
  jvp: ([t], [a], out) => {
    const m = (a as Tensor).sizes.at(-2) as number;
    const [q, r] = qrParts(out, m);
    const x = transposed(
      triangularOf([r, transposed(t as Tensor)], { upper: true, transposed: true, unit: false }),
    );
    const b = product(q, x, true);
    const low = tril(b, -1);
    const skew = sub(low, transposed(low));
    const dq = add(product(q, sub(skew, b)), x);
    return stackRows(dq, transposed(product(sub(b, skew), r)));
  },
  batch: ([a]) => qrOf([a as Tensor]),
  reference: ([a], out) => {
    const [m, n] = (a as Value).shape.slice(-2) as [number, number];
    eachMatrix(a as Value, (r, i) => {
      const at = i * (m + n) * n;
      copyNumbers(out.data, at, householder(r, m, n, n), 0, m * n);
      for (let j = 0; j < n; j++)
        for (let k = 0; k < n; k++) out.data[at + (m + j) * n + k] = k > j ? 0 : r[k * n + j]!;
    });
  },
});

function stacked(shape: readonly number[], more: number): number[] {
  const [m = 0, n = 0] = shape.slice(-2);
  return [...shape.slice(0, -2), m + n + more, n];
}

/** Q and R from the result of `qrOf`. */
export function qrParts(packed: Tensor, m: number): [Tensor, Tensor] {
  const n = packed.sizes.at(-1) as number;
  return [rows(packed, 0, m), transposed(rows(packed, m, n))];
}

/**
 * All m orthonormal columns of the QR of `A [m, n]`, m > n: `[m, m]`. Those beyond n are arbitrary, so there is no derivative.
 */
export const completeOf: PrimitiveOp<Record<never, never>> = primitive('orthogonalComplete', {
  lowering: { kind: 'reference' },
  shape: ([a]) => [...(a as Tensor).sizes.slice(0, -1), (a as Tensor).sizes.at(-2) as number],
  vjp: () => {
    throw undetermined();
  },
  jvp: () => {
    throw undetermined();
  },
  batch: ([a]) => completeOf([a as Tensor]),
  reference: ([a], out) => {
    const [m, n] = (a as Value).shape.slice(-2) as [number, number];
    eachMatrix(a as Value, (r, i) => out.data.set(householder(r, m, n, m), i * m * m));
  },
});

function undetermined(): GradError {
  return new GradError(
    "linalg.qr: mode 'complete' has no derivative for more rows than columns; use mode 'reduced'",
  );
}

/**
 * Eigenvalues in ascending order and eigenvectors of the symmetric matrix in the lower triangle: `[λ; V]`, n + 1 rows. If only
 * the eigenvalues are read, V may be missing, unless derivatives need it.
 */
export const eighOf: PrimitiveOp<{ vectors: boolean }> = primitive('eigh', {
  lowering: { kind: 'reference' },
  shape: ([a]) => {
    const { sizes: shape } = a as Tensor;
    const n = shape.at(-1) as number;
    return [...shape.slice(0, -2), n + 1, n];
  },
  vjp: (_i, ct, [a], out, { vectors }) => {
    const [values, v] = eighParts(vectors ? out : eighOf([a as Tensor], { vectors: true }));
    const [gl, gv] = eighParts(ct);
    if (!vectors) return product(mul(v, gl), v, false, true);
    const inner = strongMul(product(v, gv, true), gaps(values, sub));
    return product(product(v, where(onDiagonal(inner), gl, inner)), v, false, true);
  },
  jvp: ([t], [a], out, { vectors }) => {
    const n = out.sizes.at(-1) as number;
    const [values, v] = eighParts(vectors ? out : eighOf([a as Tensor], { vectors: true }));
    const rate = product(product(v, t as Tensor, true), v);
    const diagonal = where(onDiagonal(rate), rate, zerosOf(rate));
    const ones = castNode(eq(iotaAlong(n, 1, 2), iotaAlong(n, 1, 2)), rate.dtype);
    return stackRows(product(ones, diagonal), product(v, strongMul(rate, gaps(values, sub))));
  },
  batch: ([a], _batched, attrs) => eighOf([a as Tensor], attrs),
  reference: ([a], out, { vectors }) => {
    const n = (a as Value).shape.at(-1) as number;
    eachMatrix(a as Value, (m, i) => {
      const { values, rows } = symmetricEigen(m, n, vectors);
      const at = i * (n + 1) * n;
      copyNumbers(out.data, at, values, 0, n);
      if (!vectors) return void out.data.fill(0, at + n, at + (n + 1) * n);
      for (let r = 0; r < n; r++)
        for (let c = 0; c < n; c++) out.data[at + (c + 1) * n + r] = rows[r * n + c]!;
    });
  },
});

/** The eigenvalues as a row, and the eigenvectors, from the result of `eighOf`. */
export function eighParts(packed: Tensor): [values: Tensor, vectors: Tensor] {
  return [rows(packed, 0, 1), rows(packed, 1, packed.sizes.at(-1) as number)];
}

/** `1 / (xⱼ − xᵢ)` at (i, j), 0 on the diagonal, for a row of values. */
function gaps(values: Tensor, minus: typeof sub): Tensor {
  const difference = minus(values, transposed(values));
  const diagonal = onDiagonal(difference);
  const filler = castNode(diagonal, difference.dtype);
  return where(diagonal, zerosOf(difference), reciprocal(add(difference, filler)));
}

/** A row of singular values divided by a number of their size, so that no square overflows, and the gaps of their squares. */
function spread(s: Tensor): { size: Tensor; scaled: Tensor; column: Tensor; f: Tensor } {
  const size = reciprocal(scaleOf(s, [s.ndim - 1]));
  const scaled = mul(s, size);
  return { size, scaled, column: transposed(scaled), f: gaps(mul(scaled, scaled), sub) };
}

/** The thin singular value decomposition of `A [m, n]`: `[U; s; V]`, m + 1 + n rows of min(m, n) columns. */
export const svdOf: PrimitiveOp<Record<never, never>> = primitive('svd', {
  lowering: { kind: 'reference' },
  shape: ([a]) => {
    const { sizes: shape } = a as Tensor;
    const [m = 0, n = 0] = shape.slice(-2);
    return [...shape.slice(0, -2), m + n + 1, Math.min(m, n)];
  },
  vjp: (_i, ct, [a], out) => {
    const [m, n] = (a as Tensor).sizes.slice(-2) as [number, number];
    const [u, s, v] = svdParts(out, m);
    const [gu, gs, gv] = svdParts(ct, m);
    const { size, scaled, column, f } = spread(s);
    const left = mul(strongMul(skew(product(u, gu, true)), f), scaled);
    const right = mul(strongMul(skew(product(v, gv, true)), f), column);
    const inner = mul(add(left, right), size);
    const middle = where(onDiagonal(inner), gs, inner);
    const inverse = reciprocal(s);
    let g = product(product(u, middle), v, false, true);
    // The parts that turn a factor out of its own span; a square factor has none.
    if (m > n) g = add(g, product(strongMul(outside(u, gu), inverse), v, false, true));
    if (n > m) g = add(g, product(u, strongMul(outside(v, gv), inverse), false, true));
    return g;
  },
  jvp: ([t], [a], out) => {
    const [m, n] = (a as Tensor).sizes.slice(-2) as [number, number];
    const [u, s, v] = svdParts(out, m);
    const [du, dv] = [product(t as Tensor, v), product(t as Tensor, u, true)];
    const rate = product(u, du, true);
    const { size, scaled, column, f } = spread(s);
    const turn = mul(transposed(rate), size);
    const slope = mul(rate, size);
    const leftRate = strongMul(add(mul(slope, scaled), mul(turn, column)), f);
    const rightRate = strongMul(add(mul(slope, column), mul(turn, scaled)), f);
    const inverse = reciprocal(s);
    let [tu, tv] = [product(u, leftRate), product(v, rightRate)];
    if (m > n) tu = add(tu, strongMul(outside(u, du), inverse));
    if (n > m) tv = add(tv, strongMul(outside(v, dv), inverse));
    const k = Math.min(m, n);
    const diagonal = where(onDiagonal(rate), rate, zerosOf(rate));
    const ones = castNode(eq(iotaAlong(k, 1, 2), iotaAlong(k, 1, 2)), rate.dtype);
    return stackRows(tu, product(ones, diagonal), tv);
  },
  batch: ([a]) => svdOf([a as Tensor]),
  reference: ([a], out) => {
    const [m, n] = (a as Value).shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    eachMatrix(a as Value, (matrix, i) => {
      const tall = m >= n;
      const given = tall ? matrix : transposeOf(blockAt(matrix, n, 0, 0), m, n);
      const { u, s, v } = jacobiSingular(given, Math.max(m, n), k);
      const at = i * (m + n + 1) * k;
      out.data.set(tall ? u : v, at);
      out.data.set(s, at + m * k);
      out.data.set(tall ? v : u, at + (m + 1) * k);
    });
  },
});

/** U, s as a row, and V from the result of `svdOf`. */
export function svdParts(packed: Tensor, m: number): [Tensor, Tensor, Tensor] {
  return [
    rows(packed, 0, m),
    rows(packed, m, 1),
    rows(packed, m + 1, (packed.sizes.at(-2) as number) - m - 1),
  ];
}

function skew(x: Tensor): Tensor {
  return sub(x, transposed(x));
}

/** `(I − Q Qᵀ) x`. */
function outside(q: Tensor, x: Tensor): Tensor {
  return sub(x, product(q, product(q, x, true)));
}
