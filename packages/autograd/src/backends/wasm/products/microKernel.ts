/**
 * @file The inner functions of matrix products, one of each in a module: a tile of the product, and the edge of a tile.
 *
 * A tile of `rows × vectors` accumulators stays in registers over the whole depth: each step loads a row of B and one
 * broadcast element of A for every row.
 */
import type { FunctionBuilder, ModuleBuilder } from '../assembler/moduleBuilder.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import type { DistanceNorm } from '../../../graph/lowering.js';
import { F32, F32x4, F64, F64x2, I32, V128 } from '../assembler/opcodes.js';

/** Sizes and instructions of one element type at one vector width. */
export interface Tiling {
  readonly size: 4 | 8;
  /** Elements of a vector. */
  readonly lanes: number;
  /** Rows and vectors of a full tile. */
  readonly rows: number;
  readonly vectors: number;
  /** Steps of the depth written out in the loop. */
  readonly unroll: number;
  readonly fma: boolean;
  /**
   * What elements a of A and b of B add to a sum: their product, a norm's part of their difference, or for a pull the
   * product `a (x − b)` with a third element x.
   */
  readonly term: 'product' | DistanceNorm | 'pull';
}

/** The tile for pulls: registers also hold what B is subtracted from. */
export function pullTiling(t: Tiling): Tiling {
  return { ...t, rows: 2, unroll: 1, term: 'pull' };
}

/** The tile that fits the registers: measured as the fastest on V8 for each vector width. */
export function tiling(dtype: 'float32' | 'float64', context: KernelContext): Tiling {
  const size = dtype === 'float32' ? 4 : 8;
  // Doubles are not joined, so they need no more vectors side by side. Before V8 13 there are few registers, and larger tiles
  // spill.
  const shape =
    context.width === 'wide' && size === 4
      ? context.fma
        ? { rows: 6, vectors: 4, unroll: 2 }
        : { rows: 4, vectors: 4, unroll: 1 }
      : context.width !== 'simd128' && context.fma
        ? { rows: 6, vectors: 2, unroll: 2 }
        : { rows: 4, vectors: 2, unroll: 1 };
  return { size, lanes: 16 / size, ...shape, fma: context.fma, term: 'product' };
}

const made = new WeakMap<ModuleBuilder, Map<string, FunctionBuilder>>();

/** A function of the module, written on first use. */
export function once(
  module: ModuleBuilder,
  key: string,
  write: () => FunctionBuilder,
): FunctionBuilder {
  let functions = made.get(module);
  if (functions === undefined) made.set(module, (functions = new Map<string, FunctionBuilder>()));
  let found = functions.get(key);
  if (found === undefined) functions.set(key, (found = write()));
  return found;
}

/**
 * `(depth, a, rowA, stepA, b, stepB, c, rowC, accumulate)`: C (+)= A·B for `rows` rows and a full tile's columns. Strides
 * count bytes; the columns of B and C are contiguous. Pulls also have `(x, rowX)`: what B is subtracted from.
 */
export function tileFunction(module: ModuleBuilder, t: Tiling, rows: number): FunctionBuilder {
  return once(module, `tile${t.size}x${rows}${t.term}`, () => {
    const pulls = t.term === 'pull';
    const f = module.function(
      Array.from({ length: pulls ? 11 : 9 }, () => 'i32' as const),
      [],
    );
    f.joins = t.size === 4 && t.term === 'product';
    const [depth, a, rowA, stepA, b, stepB, c, rowC, accumulate] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    const [x, rowX] = [9, 10];
    const single = t.size === 4;
    const add = joining(t).vector;
    const pointers = [a];
    for (let row = 1; row < rows; row++) {
      const pointer = f.local('i32');
      f.get(pointers[row - 1] as number)
        .get(rowA)
        .op(I32.add)
        .set(pointer);
      pointers.push(pointer);
    }
    const sums = Array.from({ length: rows * t.vectors }, () => f.local('v128'));
    const columns = Array.from({ length: t.vectors }, () => f.local('v128'));
    const element = f.local('v128');
    const difference = f.local('v128');
    /** For pulls: what B is subtracted from, held in registers. */
    const minuends: number[] = [];
    for (let row = 0; pulls && row < rows; row++) {
      for (let k = 0; k < t.vectors; k++) {
        const local = f.local('v128');
        f.get(x)
          .memory(V128.load, 16 * k)
          .set(local);
        minuends.push(local);
      }
      f.get(x).get(rowX).op(I32.add).set(x);
    }
    const step = (): void => {
      columns.forEach((column, k) =>
        f
          .get(b)
          .memory(V128.load, 16 * k)
          .set(column),
      );
      f.get(b).get(stepB).op(I32.add).set(b);
      pointers.forEach((pointer, row) => {
        f.get(pointer)
          .memory(single ? V128.load32Splat : V128.load64Splat, 0)
          .set(element);
        f.get(pointer).get(stepA).op(I32.add).set(pointer);
        columns.forEach((column, k) => {
          const sum = sums[row * t.vectors + k] as number;
          const from = minuends[row * t.vectors + k];
          if (from !== undefined) addPull(f, t, { sum, element, column, from });
          else addTerm(f, t, { sum, element, column, difference });
        });
      });
      // Temporaries that are live after the loop would keep pairs of vectors from being fused.
      if (t.vectors > 2)
        for (const local of [...columns, element, difference]) f.v128Zero().set(local);
    };
    const left = f.local('i32');
    if (t.unroll > 1) {
      f.get(depth).i32(t.unroll).op(I32.divU).set(left);
      f.repeatLocal(left, () => {
        for (let u = 0; u < t.unroll; u++) step();
      });
      f.get(depth).i32(t.unroll).op(I32.remU).set(left);
    } else {
      f.get(depth).set(left);
    }
    f.repeatLocal(left, step);

    const at = f.local('i32');
    f.get(accumulate).if(() => {
      f.get(c).set(at);
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < t.vectors; k++) {
          const sum = sums[row * t.vectors + k] as number;
          f.get(at)
            .memory(V128.load, 16 * k)
            .get(sum)
            .op(add)
            .set(sum);
        }
        f.get(at).get(rowC).op(I32.add).set(at);
      }
    });
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < t.vectors; k++)
        f.get(c)
          .get(sums[row * t.vectors + k] as number)
          .memory(V128.store, 16 * k);
      f.get(c).get(rowC).op(I32.add).set(c);
    }
    return f;
  });
}

/** How sums over parts of the depth are combined. */
function joining(t: Tiling): { readonly one: number; readonly vector: number } {
  const single = t.size === 4;
  return t.term === 'max'
    ? { one: single ? F32.max : F64.max, vector: single ? F32x4.max : F64x2.max }
    : { one: single ? F32.add : F64.add, vector: single ? F32x4.add : F64x2.add };
}

/** Adds the term of an element of A and one of B to a sum. */
function addTerm(
  f: FunctionBuilder,
  t: Tiling,
  at: Record<'sum' | 'element' | 'column' | 'difference', number>,
): void {
  const { sum, element, column, difference } = at;
  const single = t.size === 4;
  const subtract = single ? F32x4.sub : F64x2.sub;
  if (t.term === 'l1' || t.term === 'max') {
    f.get(sum).get(element).get(column).op(subtract);
    f.op(single ? F32x4.abs : F64x2.abs);
    f.op(joining(t).vector).set(sum);
    return;
  }
  const factors = (): void => {
    if (t.term === 'product') f.get(element).get(column);
    else f.get(element).get(column).op(subtract).tee(difference).get(difference);
  };
  if (!t.fma) f.get(sum);
  factors();
  if (t.fma) f.get(sum).op(single ? F32x4.relaxedMadd : F64x2.relaxedMadd);
  else f.op(single ? F32x4.mul : F64x2.mul).op(joining(t).vector);
  f.set(sum);
}

/** Adds `element · (from − column)` to a sum. */
function addPull(
  f: FunctionBuilder,
  t: Tiling,
  at: Record<'sum' | 'element' | 'column' | 'from', number>,
): void {
  const vector = t.size === 4 ? F32x4 : F64x2;
  if (!t.fma) f.get(at.sum);
  f.get(at.element).get(at.from).get(at.column).op(vector.sub);
  if (t.fma) f.get(at.sum).op(vector.relaxedMadd);
  else f.op(vector.mul).op(vector.add);
  f.set(at.sum);
}

/** `(tile, c, rowC, columnC, rows, columns, accumulate)`: writes the part of a finished tile that is within C. */
export function edgeFunction(module: ModuleBuilder, t: Tiling): FunctionBuilder {
  return once(module, `edge${t.size}${joining(t).one}`, () => {
    const f = module.function(
      Array.from({ length: 7 }, () => 'i32' as const),
      [],
    );
    const [tile, c, rowC, columnC, rows, columns, accumulate] = [0, 1, 2, 3, 4, 5, 6];
    const [load, store] = t.size === 4 ? [F32.load, F32.store] : [F64.load, F64.store];
    const add = joining(t).one;
    const [from, to, left] = [f.local('i32'), f.local('i32'), f.local('i32')];
    f.repeatLocal(rows, () => {
      f.get(tile).set(from).get(c).set(to).get(columns).set(left);
      f.repeatLocal(left, () => {
        f.get(accumulate).if(
          () =>
            f.get(to).get(from).memory(load, 0).get(to).memory(load, 0).op(add).memory(store, 0),
          () => f.get(to).get(from).memory(load, 0).memory(store, 0),
        );
        f.advance(from, t.size).get(to).get(columnC).op(I32.add).set(to);
      });
      f.advance(tile, t.vectors * 16)
        .get(c)
        .get(rowC)
        .op(I32.add)
        .set(c);
    });
    return f;
  });
}
