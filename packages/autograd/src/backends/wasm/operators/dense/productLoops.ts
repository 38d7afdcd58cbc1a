/**
 * @file Sums of products of blocks of doubles, row-major, two numbers at a time: factorizations spend most of their time here.
 * Each element adds its products one after the other, each rounded, so that the bits are the same on every processor and in the
 * plain loops.
 */
import type { FunctionBuilder, ModuleBuilder } from '../../assembler/moduleBuilder.js';
import { F64x2, I32, V128 } from '../../assembler/opcodes.js';

/** The most columns, and rows of b, per pass: that part of b is copied to the first bytes of memory. */
export const MAX_COLUMNS = 256;
export const MAX_INNER = 64;
/** The bytes of such a copy. */
export const COPY_BYTES = MAX_COLUMNS * MAX_INNER * 8;

/** How many rows of c, and columns of 16 bytes, have their sums in registers. */
const ROWS = 4;
const WIDE = 2;
/** The columns of 16 bytes in registers for a single row. */
const SINGLE_ROW_COLUMNS = 8;

/** Parameters: the addresses and bytes per row of c, a and b; then the sizes. */
const [C, C_STEP, A, A_STEP, B, B_STEP, SIZE, INNER, COLUMNS] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** Writes a function `c ± a b` of the addresses and byte strides of c, a and b, then of rows, inner and columns. */
export function productLoop(module: ModuleBuilder, sign: 1 | -1): FunctionBuilder {
  const f = module.function(
    Array.from({ length: 9 }, () => 'i32' as const),
    [],
  );
  const code = sign > 0 ? F64x2.add : F64x2.sub;
  const left = f.local('i32');
  const columnsLeft = f.local('i32');
  const [c, b] = [f.local('i32'), f.local('i32')];
  const row = { c, a: A, b, bStep: { local: B_STEP } };

  /** Moves along a row of tiles while this many columns are left. */
  const along = (bytes: number, body: () => void): void => {
    f.block(() =>
      f.loop(() => {
        f.get(columnsLeft).i32(bytes).op(I32.ltS).brIf(1);
        body();
        f.advance(columnsLeft, -bytes).advance(c, bytes).br(0);
      }),
    );
  };
  /** The columns that do not fill a tile: two at a time, then the last one. */
  const rest = (rows: number): void => {
    along(16, () => {
      tile(f, code, row, rows, 1, false);
      f.advance(b, 16);
    });
    f.get(columnsLeft).if(() => tile(f, code, row, rows, 1, true));
  };

  f.get(SIZE)
    .i32(ROWS)
    .op(I32.geS)
    .if(() => copyColumns(f));
  // Four rows at a time, from the copy.
  f.block(() =>
    f.loop(() => {
      f.get(SIZE).i32(ROWS).op(I32.ltS).brIf(1);
      f.get(COLUMNS).i32(3).op(I32.shl).set(columnsLeft);
      f.get(C).set(c).i32(0).set(b);
      along(16 * WIDE, () => {
        tile(f, code, { ...row, bStep: 16 * WIDE }, ROWS, WIDE, false);
        f.get(INNER)
          .i32(16 * WIDE)
          .op(I32.mul)
          .get(b)
          .op(I32.add)
          .set(b);
      });
      f.get(B).get(c).op(I32.add).get(C).op(I32.sub).set(b);
      rest(ROWS);
      f.get(C).get(C_STEP).i32(ROWS).op(I32.mul).op(I32.add).set(C);
      f.get(A).get(A_STEP).i32(ROWS).op(I32.mul).op(I32.add).set(A);
      f.advance(SIZE, -ROWS).br(0);
    }),
  );
  // The remaining rows one by one, from b itself.
  f.get(SIZE).set(left);
  f.repeatLocal(left, () => {
    f.get(COLUMNS).i32(3).op(I32.shl).set(columnsLeft);
    f.get(C).set(c).get(B).set(b);
    for (const vectors of [SINGLE_ROW_COLUMNS, WIDE]) {
      along(16 * vectors, () => {
        tile(f, code, row, 1, vectors, false);
        f.advance(b, 16 * vectors);
      });
    }
    rest(1);
    f.get(C).get(C_STEP).op(I32.add).set(C);
    f.get(A).get(A_STEP).op(I32.add).set(A);
  });
  return f;
}

/** Copies the columns of b that fill tiles to the beginning of memory, tile by tile. */
function copyColumns(f: FunctionBuilder): void {
  const [tiles, rows, from, to] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const start = f.local('i32');
  f.get(B).set(start).i32(0).set(to);
  f.get(COLUMNS).i32(2).op(I32.shrU).set(tiles);
  f.repeatLocal(tiles, () => {
    f.get(start).set(from).get(INNER).set(rows);
    f.repeatLocal(rows, () => {
      for (let v = 0; v < WIDE; v++)
        f.get(to)
          .get(from)
          .memory(V128.load, 16 * v)
          .memory(V128.store, 16 * v);
      f.advance(to, 16 * WIDE)
        .get(from)
        .get(B_STEP)
        .op(I32.add)
        .set(from);
    });
    f.advance(start, 16 * WIDE);
  });
}

interface Tile {
  readonly c: number;
  readonly a: number;
  readonly b: number;
  readonly bStep: number | { readonly local: number };
}

/** The sums of `rows` rows and `vectors` vectors, or of a single column. */
function tile(
  f: FunctionBuilder,
  code: number,
  { c, a, b, bStep }: Tile,
  rows: number,
  vectors: number,
  single: boolean,
): void {
  const load = single ? V128.load64Zero : V128.load;
  const each = (start: number, step: number): number[] => {
    const pointers = [start];
    for (let r = 1; r < rows; r++) {
      const next = f.local('i32');
      f.get(pointers[r - 1]!)
        .get(step)
        .op(I32.add)
        .set(next);
      pointers.push(next);
    }
    return pointers;
  };
  const to = each(c, C_STEP);
  const [first, below, left] = [f.local('i32'), f.local('i32'), f.local('i32')];
  f.get(a).set(first).get(b).set(below);
  const from = each(first, A_STEP);
  const sums = to.map((pointer) =>
    Array.from({ length: vectors }, (_, v) => {
      const sum = f.local('v128');
      f.get(pointer)
        .memory(load, 16 * v)
        .set(sum);
      return sum;
    }),
  );
  const factors = Array.from({ length: vectors }, () => f.local('v128'));
  const factor = f.local('v128');
  f.get(INNER).set(left);
  f.repeatLocal(left, () => {
    factors.forEach((x, v) =>
      f
        .get(below)
        .memory(load, 16 * v)
        .set(x),
    );
    from.forEach((pointer, r) => {
      f.get(pointer).memory(V128.load64Splat, 0).set(factor);
      factors.forEach((x, v) => {
        const sum = sums[r]![v]!;
        f.get(sum).get(factor).get(x).op(F64x2.mul).op(code).set(sum);
      });
    });
    for (const pointer of from) f.advance(pointer, 8);
    f.advance(below, bStep);
  });
  to.forEach((pointer, r) => {
    sums[r]!.forEach((sum, v) => {
      f.get(pointer).get(sum);
      if (single) f.memoryLane(V128.store64Lane, 0, 0);
      else f.memory(V128.store, 16 * v);
    });
  });
}
