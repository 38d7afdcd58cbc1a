/**
 * @file Factorizations of matrices larger than one panel: that the factors multiply to the matrix, and vectors are orthonormal.
 */
import { describe, expect, it } from 'vitest';
import { withLoopMemory } from '../../../kernels/plain/doubleLoops.js';
import { addProduct, blockAt, copyToLoopMemory, type Matrix } from './denseKernels.js';
import { choleskyInPlace, luInPlace, RowOrder, substitute } from './factorKernels.js';
import { householder } from './reflections.js';
import { Rows } from './rows.js';
import { jacobiSingular } from './singularValues.js';
import { symmetricEigen } from './symmetricEigen.js';

/** Numbers from −1 to 1 without a pattern. */
function noise(count: number): Matrix {
  let state = 1;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) | 0;
    return state / 2 ** 31;
  });
}

function times(a: Matrix, b: Matrix, m: number, k: number, n: number): Matrix {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++)
      for (let p = 0; p < k; p++) c[i * n + j]! += a[i * k + p]! * b[p * n + j]!;
  return c;
}

function transpose(a: Matrix, m: number, n: number): Matrix {
  return Float64Array.from({ length: m * n }, (_, i) => a[(i % m) * n + Math.floor(i / m)]!);
}

const identity = (n: number): Matrix =>
  Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));

/** The largest difference, in units of n ε times the largest element. */
function farFrom(got: Matrix, want: Matrix, n: number): number {
  const size = want.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const error = want.reduce((most, x, i) => Math.max(most, Math.abs(x - got[i]!)), 0);
  return got.every(Number.isFinite) ? error / size / (n * 2 ** -52) : NaN;
}

function scaled(rows: Matrix, by: (i: number) => number, columns: number): Matrix {
  return rows.map((x, i) => x * by(Math.floor(i / columns)));
}

describe.each([1, 2, 5, 31, 32, 33, 67])('matrices of %i rows', (n) => {
  const a = noise(n * n);
  const positive = times(a, transpose(a, n, n), n, n, n).map((x, i) => x + (i % (n + 1) === 0 ? 1 : 0)); // prettier-ignore

  it('products of blocks', () => {
    const c = noise(n * n);
    const want = times(a, positive, n, n, n).map((x, i) => noise(n * n)[i]! - x);
    addProduct(blockAt(c, n, 0, 0), -1, blockAt(a, n, 0, 0), blockAt(positive, n, 0, 0), [n, n, n]);
    expect(farFrom(c, want, n)).toBeLessThan(2);
    expect(new Rows(a, n).dot(0, 0)).toBeCloseTo(times(a, transpose(a, n, n), n, n, n)[0]!, 12);
  });

  it('LU, and systems by it', () => {
    const lu = a.slice();
    const rows = new RowOrder(n, n);
    luInPlace(lu, n, n, rows);
    const { order } = rows;
    const lower = lu.map((x, i) => (i % n < Math.floor(i / n) ? x : i % (n + 1) === 0 ? 1 : 0));
    const upper = lu.map((x, i) => (i % n < Math.floor(i / n) ? 0 : x));
    const ordered = a.map((_, i) => a[order[Math.floor(i / n)]! * n + (i % n)]!);
    expect(farFrom(times(lower, upper, n, n, n), ordered, n)).toBeLessThan(4);
    const x = noise(n * 3);
    const b = times(lower, times(upper, x, n, n, 3), n, n, 3);
    substitute(lu, n, b, 3, false, true);
    substitute(lu, n, b, 3, true, false);
    expect(farFrom(b, x, n)).toBeLessThan(1e4);
  });

  it('Cholesky', () => {
    const lower = positive.slice();
    expect(choleskyInPlace(lower, n)).toBe(-1);
    expect(farFrom(times(lower, transpose(lower, n, n), n, n, n), positive, n)).toBeLessThan(2);
    const spoiled = positive.slice();
    spoiled[n * n - 1] = -1;
    expect(choleskyInPlace(spoiled, n)).toBe(n - 1);
  });

  it('QR of a tall matrix', () => {
    const m = n + 3;
    const tall = noise(m * n);
    const r = tall.slice();
    const q = householder(r, m, n, m);
    expect(farFrom(times(q, r, m, m, n), tall, m)).toBeLessThan(4);
    expect(farFrom(times(transpose(q, m, m), q, m, m, m), identity(m), m)).toBeLessThan(4);
  });

  it('eigenvalues and eigenvectors', () => {
    for (const scale of [1, 1e250, 1e-250]) {
      const symmetric = a.map((x, i) => scale * (x + a[(i % n) * n + Math.floor(i / n)]!));
      const { values, rows } = symmetricEigen(symmetric.slice(), n);
      const back = times(
        transpose(rows, n, n),
        scaled(rows, (i) => values[i]!, n),
        n,
        n,
        n,
      );
      expect(farFrom(back, symmetric, n)).toBeLessThan(8);
      expect(farFrom(times(rows, transpose(rows, n, n), n, n, n), identity(n), n)).toBeLessThan(8);
      expect([...values].sort((x, y) => x - y)).toEqual([...values]);
    }
  });

  it('singular values and vectors', () => {
    const m = n + 2;
    for (const scale of [1, 1e250, 1e-250]) {
      const tall = noise(m * n).map((x) => scale * x);
      const { u, s, v } = jacobiSingular(tall, m, n);
      const back = times(
        u,
        scaled(transpose(v, n, n), (i) => s[i]!, n),
        m,
        n,
        n,
      );
      expect(farFrom(back, tall, n)).toBeLessThan(8);
      expect(farFrom(times(transpose(u, m, n), u, n, m, n), identity(n), n)).toBeLessThan(8);
      expect(farFrom(times(transpose(v, n, n), v, n, n, n), identity(n), n)).toBeLessThan(8);
    }
  });
});

describe('edges', () => {
  it('singular values far apart keep their digits relative to their columns', () => {
    const n = 24;
    const { rows: q } = symmetricEigen(noise(n * n), n);
    const owed = Array.from({ length: n }, (_, i) => 10 ** -i);
    const { s } = jacobiSingular(
      transpose(
        scaled(q, (i) => owed[i]!, n),
        n,
        n,
      ),
      n,
      n,
    );
    owed.forEach((x, i) => expect(s[i]! / x).toBeCloseTo(1, 12));
  });

  it('matrices of lower rank, of zeros and of ones', () => {
    const n = 40;
    const thin = noise(n * 3);
    for (const a of [
      times(thin, transpose(thin, n, 3), n, 3, n),
      new Float64Array(n * n),
      new Float64Array(n * n).fill(1),
      identity(n),
    ]) {
      const { u, s, v } = jacobiSingular(a, n, n);
      const back = times(
        u,
        scaled(transpose(v, n, n), (i) => s[i]!, n),
        n,
        n,
        n,
      );
      back.forEach((x, i) => expect(x).toBeCloseTo(a[i]!, 12));
      expect(farFrom(times(transpose(u, n, n), u, n, n, n), identity(n), n)).toBeLessThan(8);
      const { values, rows } = symmetricEigen(a.slice(), n);
      expect(farFrom(times(rows, transpose(rows, n, n), n, n, n), identity(n), n)).toBeLessThan(8);
      expect(Math.max(...values.map(Math.abs))).toBeCloseTo(s[0]!, 12);
    }
  });

  it('an element that is not finite makes all NaN at once', () => {
    const a = noise(300 * 300);
    a[7] = NaN;
    expect(jacobiSingular(a, 300, 300).s.every(Number.isNaN)).toBe(true);
    a[7] = Infinity;
    a[7 * 300] = Infinity;
    expect(symmetricEigen(a, 300).values.every(Number.isNaN)).toBe(true);
  });
});

describe('vector loops give the bits of the plain ones', () => {
  it.each([
    [1, 1, 64],
    [4, 16, 4],
    [5, 7, 9],
    [33, 65, 70],
    [3, 40, 300],
    [67, 130, 31],
    [1, 200, 257],
  ])('products of %i by %i by %i', (m, k, n) => {
    const [a, b, c] = [noise(m * (k + 3)), noise(k * (n + 2)), noise(m * (n + 1))];
    for (const sign of [1, -1] as const) {
      const product = (x: Matrix, y: Matrix, z: Matrix): Matrix => {
        addProduct(
          { of: z, at: 0, step: n + 1 },
          sign,
          { of: x, at: 1, step: k + 3 },
          { of: y, at: 0, step: n + 2 },
          [m, k, n],
        );
        return z.slice();
      };
      const inVectors = withLoopMemory(a.length + b.length + c.length + 64, () =>
        product(copyToLoopMemory(a), copyToLoopMemory(b), copyToLoopMemory(c)),
      );
      expect(inVectors).toEqual(product(a, b, c.slice()));
    }
  });

  it.each([16, 17, 18, 19, 33, 100])('rows of %i', (n) => {
    const a = noise(5 * n);
    const angles = Float64Array.of(0.6, 0.8, 0.28, -0.96, 1, 0);
    const all = (x: Matrix, turns: Matrix): number[] => {
      const rows = new Rows(x, n);
      rows.turn(0, 3, 0.8, 0.6);
      rows.turnUpwards(4, turns, 3);
      return [rows.dot(1, 4), ...x];
    };
    const inVectors = withLoopMemory(a.length + 64, () =>
      all(copyToLoopMemory(a), copyToLoopMemory(angles)),
    );
    expect(inVectors).toEqual(all(a.slice(), angles));
  });

  it.each([1, 2, 3, 5, 16, 21, 33])('factorizations of %i rows', (n) => {
    const a = noise(n * n);
    // A column that is zero from its pivot on, and one that is zero below it.
    const [singular, sparse] = [a.slice(), a.slice()];
    for (let i = 0; i < n; i++) singular[i * n + (n >> 1)] = sparse[i * n] = 0;
    sparse[0] = 1;
    const positive = times(a, transpose(a, n, n), n, n, n).map((x, i) => x + (i % (n + 1) === 0 ? 1 : 0)); // prettier-ignore
    const spoiled = positive.map((x, i) => (i === n * n - 1 ? -1 : x));
    const all = (put: (x: Matrix) => Matrix): unknown => {
      const results: unknown[] = [];
      for (const x of [a, singular, sparse]) {
        const order = new RowOrder(n, n);
        const lu = put(x);
        luInPlace(lu, n, n, order);
        results.push(lu.slice(), order);
        for (const k of [1, 2, 5, 21, 40]) {
          for (const upper of [false, true]) {
            const right = put(noise(n * k));
            substitute(lu, n, right, k, upper, !upper);
            results.push(right.slice());
          }
        }
        const r = put(x);
        results.push(householder(r, n, n, n).slice(), r.slice());
      }
      for (const x of [positive, spoiled]) {
        const lower = put(x);
        results.push(choleskyInPlace(lower, n), lower.slice());
      }
      return results;
    };
    expect(withLoopMemory(2 ** 17, () => all(copyToLoopMemory))).toEqual(all((x) => x.slice()));
  });

  it('room is given back, and plain arrays take its place where it is full', () => {
    withLoopMemory(8, () => {
      const [first, second] = [
        copyToLoopMemory(noise(8)),
        withLoopMemory(0, () => copyToLoopMemory(noise(1 << 22))),
      ];
      expect(second.buffer).not.toBe(first.buffer);
      const [one, other] = [
        withLoopMemory(0, () => copyToLoopMemory(noise(8))),
        copyToLoopMemory(noise(8)),
      ];
      expect(one.byteOffset === other.byteOffset || one.buffer !== other.buffer).toBe(true);
    });
    expect(copyToLoopMemory(noise(8)).byteOffset).toBe(0);
  });
});
