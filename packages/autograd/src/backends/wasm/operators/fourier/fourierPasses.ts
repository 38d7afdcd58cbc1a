/**
 * @file The passes of a Fourier transform over vectors, in T. G. Stockham's order, which needs no reordering: each turns
 * columns of r elements into rows of r sums, times powers of a root of unity, from one part of the scratch memory to another.
 */
import type { ComplexLanes, Complex } from './complexLanes.js';

/** Prime factors that have a pass of their own, which takes p² steps; fours come first, twos last. */
const RADICES = [4, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 2];

/** The radices of a length, fours first; null if a prime factor is too large. */
export function radicesOf(n: number): number[] | null {
  const radices: number[] = [];
  let rest = n;
  for (const p of RADICES) {
    for (; rest % p === 0; rest /= p) radices.push(p);
  }
  return rest === 1 ? radices : null;
}

/** The sums of r numbers times the powers of the root of unity `e^(−2πi/r)`. */
function sums(c: ComplexLanes, x: readonly Complex[]): Complex[] {
  const r = x.length;
  const at = (i: number): Complex => x[i] as Complex;
  if (r === 2) return [c.add(at(0), at(1)), c.sub(at(0), at(1))];
  if (r === 4) {
    const [p, m] = [c.add(at(0), at(2)), c.sub(at(0), at(2))];
    const [q, d] = [c.add(at(1), at(3)), c.sub(at(1), at(3))];
    return [c.add(p, q), c.subTurned(m, d), c.sub(p, q), c.addTurned(m, d)];
  }
  const half = (r - 1) / 2;
  const plus = Array.from({ length: half }, (_, j) => c.add(at(j + 1), at(r - 1 - j)));
  const minus = Array.from({ length: half }, (_, j) => c.sub(at(j + 1), at(r - 1 - j)));
  const out = [plus.reduce((sum, y) => c.add(sum, y), at(0))];
  for (let u = 1; u <= half; u++) {
    const angle = (j: number): number => (2 * Math.PI * ((u * (j + 1)) % r)) / r;
    const even = plus
      .map((y, j) => c.scaled(y, c.constant(Math.cos(angle(j)))))
      .reduce((sum, y) => c.add(sum, y), at(0));
    const odd = minus
      .map((y, j) => c.scaled(y, c.constant(Math.sin(angle(j)))))
      .reduce((sum, y) => c.add(sum, y));
    out[u] = c.subTurned(even, odd);
    out[r - u] = c.addTurned(even, odd);
  }
  return out;
}

/** A part of the scratch memory: the start of its real parts; the imaginary ones are `pitch` bytes after them. */
export interface Rows {
  readonly pointer: number;
  readonly pitch: number;
}

/** A table of roots of unity in pairs, `unit` entries from one n-th root to the next. */
export interface Roots {
  readonly pointer: number;
  readonly unit: number;
}

/**
 * The first pass over a row of length n, a multiple of 16, with radix 4 over several columns at a time. `load` returns the
 * elements `j · n/4` after the current ones, and `advance` moves these.
 */
export function firstPass(
  c: ComplexLanes,
  n: number,
  roots: Roots,
  load: (j: number) => Complex,
  advance: () => void,
  to: Rows,
): void {
  const { f, v, size, lanes } = c;
  const y = f.local('i32');
  f.get(to.pointer).set(y);
  const powers = [1, 2, 3].map((u) => ({
    pointer: f.local('i32'),
    step: u * roots.unit * 2 * size,
  }));
  for (const { pointer } of powers) f.get(roots.pointer).set(pointer);
  f.repeat(n / 4 / lanes, () => {
    v.scope(() => {
      const out = sums(c, [0, 1, 2, 3].map(load)).map((x, u) => {
        if (u === 0) return x;
        const { pointer, step } = powers[u - 1] as (typeof powers)[number];
        const root =
          step === 2 * size
            ? c.loadPairs(pointer, 0)
            : c.gatherPairs(Array.from({ length: lanes }, (_, l) => [pointer, l * step] as const));
        return c.mul(x, root);
      });
      c.storeTransposed(
        y,
        0,
        out.map(({ re }) => re),
      );
      c.storeTransposed(
        y,
        to.pitch,
        out.map(({ im }) => im),
      );
      return [];
    });
    advance();
    f.advance(y, 64);
    for (const { pointer, step } of powers) f.advance(pointer, lanes * step);
  });
}

/** The state before a pass: `stride` adjacent elements, of which `rowStride` belong to one row, and `length` still to transform. */
export interface Stage {
  readonly radix: number;
  readonly length: number;
  readonly stride: number;
  readonly rowStride: number;
}

/** A pass that is followed by others. */
export function middlePass(
  c: ComplexLanes,
  { radix, length, stride, rowStride }: Stage,
  roots: Roots,
  from: Rows,
  to: Rows,
): void {
  const { f, v, size, lanes } = c;
  const m = length / radix;
  const [x, y] = [f.local('i32'), f.local('i32')];
  f.get(from.pointer).set(x).get(to.pointer).set(y);
  const powers = Array.from({ length: radix - 1 }, () => f.local('i32'));
  for (const pointer of powers) f.get(roots.pointer).set(pointer);
  const step = rowStride * roots.unit * 2 * size;
  f.repeat(m, () => {
    v.scope(() => {
      const turns = powers.map((pointer) => c.splatPair(pointer, 0));
      f.repeat(stride / lanes, () => {
        v.scope(() => {
          const columns = Array.from({ length: radix }, (_, j) =>
            c.loadParts(x, j * m * stride * size, from.pitch),
          );
          sums(c, columns).forEach((sum, u) => {
            const out = u === 0 ? sum : c.mul(sum, turns[u - 1] as Complex);
            c.storeParts(y, u * stride * size, to.pitch, out);
          });
          return [];
        });
        f.advance(x, 16).advance(y, 16);
      });
      return [];
    });
    f.advance(y, (radix - 1) * stride * size);
    powers.forEach((pointer, i) => f.advance(pointer, (i + 1) * step));
  });
}

/** The last pass, without roots: `emit` receives the sums, `stride` elements apart; `advance` moves its destination. */
export function lastPass(
  c: ComplexLanes,
  { radix, stride }: Stage,
  from: Rows,
  emit: (u: number, sum: Complex) => void,
  advance: () => void,
): void {
  const { f, v, size, lanes } = c;
  const x = f.local('i32');
  f.get(from.pointer).set(x);
  f.repeat(stride / lanes, () => {
    v.scope(() => {
      const columns = Array.from({ length: radix }, (_, j) =>
        c.loadParts(x, j * stride * size, from.pitch),
      );
      sums(c, columns).forEach((sum, u) => emit(u, sum));
      return [];
    });
    f.advance(x, 16);
    advance();
  });
}

/** The stages of a length, for `width` transforms at a time. */
export function stagesOf(n: number, radices: readonly number[], width: number): Stage[] {
  let [length, rowStride] = [n, 1];
  return radices.map((radix) => {
    const stage = { radix, length, stride: rowStride * width, rowStride };
    length /= radix;
    rowStride *= radix;
    return stage;
  });
}
