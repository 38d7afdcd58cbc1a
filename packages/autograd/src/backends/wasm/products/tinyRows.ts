/**
 * @file Rows of A that are so small that their products would be denormal, which processors compute fifty times slower: they
 * are multiplied by a power of two, and their results are divided by it. Gradients that vanish over a long sequence have such
 * rows.
 *
 * Each row decides for itself, over the part of the depth that is summed in one block: neither threads nor blocks change a
 * bit.
 */
import type { FunctionBuilder, ModuleBuilder } from '../assembler/moduleBuilder.js';
import { F32, F32x4, I32, I32x4, V128 } from '../assembler/opcodes.js';
import { once, type Tiling } from './microKernel.js';

/**
 * Rows whose elements are all below 2⁻⁶³ are multiplied by 2⁵⁴: then a sum of 256 terms stays below the largest element of B.
 */
const LARGE_BITS = 0x60000000;
const ABS_BITS = 0x7fffffff;
const SHIFT = 54;
const SCALE = 2 ** -SHIFT;
/** The unit of denormals, 2⁻¹⁴⁹, times 2⁵⁴. */
const DENORMAL = 2 ** (SHIFT - 149);
const SMALLEST_NORMAL = 0x00800000;

/** Bytes for the factors by which a block's rows are multiplied at the end. */
export const FACTOR_BYTES = 512;
/** From this many columns of C on, looking for such rows costs next to nothing. */
export const MIN_COLUMNS = 16;

/**
 * `(a, rows, depth, rowA, stepA, factors) → i32`: writes the factor for each row's sums, 1 or 2⁻⁵⁴; returns whether any is
 * not 1. Strides count bytes; factors of up to three further rows may be written.
 */
export function tinyRowsFunction(module: ModuleBuilder): FunctionBuilder {
  return once(module, 'tinyRows', () => {
    const f = module.function(
      Array.from({ length: 6 }, () => 'i32' as const),
      ['i32'],
    );
    const [a, rows, depth, rowA, stepA, factors] = [0, 1, 2, 3, 4, 5];
    const [from, left, word, any] = [
      ...[f.local('i32'), f.local('i32')],
      ...[f.local('i32'), f.local('i32')],
    ] as [number, number, number, number];
    const vectors = Array.from({ length: 4 }, () => f.local('v128'));
    const [vector] = vectors as [number, ...number[]];
    /** Decides a row's factor from the bits of its elements, joined in `word`. */
    const decide = (): void => {
      f.get(word).i32(ABS_BITS).op(I32.and).set(word);
      f.get(word).i32(LARGE_BITS).op(I32.and).op(I32.eqz);
      f.get(word).i32(0).op(I32.ne).op(I32.and).tee(word).get(any).op(I32.or).set(any);
      f.get(factors).f32(SCALE).f32(1).get(word).select().memory(F32.store, 0);
      f.advance(factors, 4);
    };
    const join = (): void => {
      f.get(word).get(from).memory(I32.load, 0).op(I32.or).set(word);
    };
    /** Handles rows that lie side by side, `count` vectors of them. */
    const sideBySide = (count: number): void => {
      for (let k = 0; k < count; k++) f.v128Zero().set(vectors[k]!);
      f.get(a).set(from).get(depth).set(left);
      f.repeatLocal(left, () => {
        for (let k = 0; k < count; k++)
          f.get(vectors[k]!)
            .get(from)
            .memory(V128.load, 16 * k)
            .op(V128.or)
            .set(vectors[k]!);
        f.get(from).get(stepA).op(I32.add).set(from);
      });
      for (let k = 0; k < count; k++)
        f.get(factors)
          .get(vectors[k]!)
          .memory(V128.store, 16 * k);
      f.i32(4 * count).set(left);
      f.repeatLocal(left, () => {
        f.get(factors).memory(I32.load, 0).set(word);
        decide();
      });
      f.advance(a, 16 * count);
      f.get(rows)
        .i32(4 * count)
        .op(I32.sub)
        .set(rows);
    };
    const isUnit = (stride: number): FunctionBuilder => f.get(stride).i32(4).op(I32.eq);
    isUnit(rowA).if(
      () => {
        f.block(() =>
          f.loop(() => {
            f.get(rows).i32(13).op(I32.ltS).brIf(1);
            sideBySide(4);
            f.br(0);
          }),
        );
        f.block(() =>
          f.loop(() => {
            f.get(rows).i32(0).op(I32.leS).brIf(1);
            sideBySide(1);
            f.br(0);
          }),
        );
      },
      () => {
        f.repeatLocal(rows, () => {
          f.i32(0).set(word).get(a).set(from).get(depth).set(left);
          isUnit(stepA).if(() => {
            f.v128Zero().set(vector);
            f.get(depth).i32(2).op(I32.shrU).set(left);
            f.repeatLocal(left, () => {
              f.get(vector).get(from).memory(V128.load, 0).op(V128.or).set(vector);
              f.advance(from, 16);
            });
            for (let lane = 0; lane < 4; lane++)
              f.get(vector).lane(I32x4.extract, lane).get(word).op(I32.or).set(word);
            f.get(depth).i32(3).op(I32.and).set(left);
          });
          f.repeatLocal(left, () => {
            join();
            f.get(from).get(stepA).op(I32.add).set(from);
          });
          decide();
          f.get(a).get(rowA).op(I32.add).set(a);
        });
      },
    );
    f.get(any);
    return f;
  });
}

/**
 * `(a, rows, depth, rowA, stepA, factors, to)`: copies the rows one after the other, multiplied by 2⁵⁴ if their factor is not
 * 1, without arithmetic on denormal numbers.
 */
export function scaledRowsFunction(module: ModuleBuilder): FunctionBuilder {
  return once(module, 'scaledRows', () => {
    const f = module.function(
      Array.from({ length: 7 }, () => 'i32' as const),
      [],
    );
    const [a, rows, depth, rowA, stepA, factors, to] = [0, 1, 2, 3, 4, 5, 6];
    const [from, left, word, sign] = [
      ...[f.local('i32'), f.local('i32')],
      ...[f.local('i32'), f.local('i32')],
    ] as [number, number, number, number];
    const each = (element: () => void): void => {
      f.get(depth).set(left);
      f.repeatLocal(left, () => {
        f.get(from).memory(I32.load, 0).set(word);
        element();
        f.get(to).get(word).memory(I32.store, 0);
        f.get(from).get(stepA).op(I32.add).set(from);
        f.advance(to, 4);
      });
    };
    f.repeatLocal(rows, () => {
      f.get(a).set(from).get(factors).memory(F32.load, 0).f32(1).op(F32.ne);
      f.if(
        () =>
          each(() => {
            f.get(word).i32(ABS_BITS).op(I32.and).tee(word).get(from).memory(I32.load, 0);
            f.op(I32.xor).set(sign);
            f.get(word).i32(SMALLEST_NORMAL).op(I32.ltU);
            f.if(
              () =>
                f.get(word).op(F32.fromU32).f32(DENORMAL).op(F32.mul).op(I32.bitsOfF32).set(word),
              () => f.advance(word, SHIFT << 23),
            );
            f.get(word).get(sign).op(I32.or).set(word);
          }),
        () => each(() => undefined),
      );
      f.get(a).get(rowA).op(I32.add).set(a);
      f.advance(factors, 4);
    });
    return f;
  });
}

/** `(tile, factors, rows)`: multiplies the rows of a finished tile by their factors. */
export function unscaleFunction(module: ModuleBuilder, { vectors }: Tiling): FunctionBuilder {
  return once(module, 'unscale', () => {
    const f = module.function(['i32', 'i32', 'i32'], []);
    const [tile, factors, rows] = [0, 1, 2];
    f.repeatLocal(rows, () => {
      for (let k = 0; k < vectors; k++) {
        f.get(tile)
          .get(tile)
          .memory(V128.load, 16 * k);
        f.get(factors).memory(V128.load32Splat, 0).op(F32x4.mul);
        f.memory(V128.store, 16 * k);
      }
      f.advance(tile, 16 * vectors);
      f.advance(factors, 4);
    });
    return f;
  });
}
