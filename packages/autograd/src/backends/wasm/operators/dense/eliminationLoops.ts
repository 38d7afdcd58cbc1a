/**
 * @file The loops in which factorizations of small matrices spend their time: eliminating a column, triangular systems,
 * applying a reflection; on doubles, two at a time, with the bits of the plain loops.
 */
import type { FunctionBuilder, ModuleBuilder } from '../../assembler/moduleBuilder.js';
import { F64, F64x2, I32, V128 } from '../../assembler/opcodes.js';

/** How many columns of 16 bytes are in registers at a time. */
const STRIP = 8;

/** What a body does to `vectors` times 16 bytes; with `single`, to 8 bytes, in the lower half of a vector. */
type Strip = (vectors: number, single: boolean) => void;

const load = (single: boolean): number => (single ? V128.load64Zero : V128.load);

/** Stores the vector on the stack at the address below it. */
function store(f: FunctionBuilder, v: number, single: boolean): void {
  if (single) f.memoryLane(V128.store64Lane, 0, 0);
  else f.memory(V128.store, 16 * v);
}

/** Runs `body` until the byte count in a local is below 8; `body` advances its own addresses. */
function inStrips(f: FunctionBuilder, bytes: number, widths: readonly number[], body: Strip): void {
  for (const vectors of widths) {
    f.block(() =>
      f.loop(() => {
        f.get(bytes)
          .i32(16 * vectors)
          .op(I32.ltS)
          .brIf(1);
        body(vectors, false);
        f.advance(bytes, -16 * vectors).br(0);
      }),
    );
  }
  f.get(bytes)
    .i32(8)
    .op(I32.geS)
    .if(() => body(1, true));
}

/** `x −= factor · y` over `bytes` bytes; changes all three locals. */
function lessTimes(f: FunctionBuilder, x: number, y: number, bytes: number, factor: number): void {
  inStrips(f, bytes, [4, 1], (vectors, single) => {
    for (let v = 0; v < vectors; v++) {
      f.get(x)
        .get(x)
        .memory(load(single), 16 * v);
      f.get(factor)
        .get(y)
        .memory(load(single), 16 * v)
        .op(F64x2.mul)
        .op(F64x2.sub);
      store(f, v, single);
    }
    f.advance(x, 16 * vectors).advance(y, 16 * vectors);
  });
}

/**
 * Writes a function that takes the address of a row and the bytes per row, the number of rows from this one on, and the byte
 * offset of the pivot and of the end of the columns. It moves the row with the largest element of the column to the top,
 * eliminates the column below, and returns how far down that row was.
 */
export function eliminateLoop(module: ModuleBuilder): FunctionBuilder {
  const f = module.function(['i32', 'i32', 'i32', 'i32', 'i32'], ['i32']);
  const [top, step, rows, at, end] = [0, 1, 2, 3, 4];
  const [row, left, x, y, bytes] = Array.from({ length: 5 }, () => f.local('i32')) as [
    number, number, number, number, number,
  ]; // prettier-ignore
  const [best, pivot, factor] = [f.local('i32'), f.local('f64'), f.local('f64')];
  const both = f.local('v128');
  const first = (): void => void f.get(top).get(at).op(I32.add).set(row);
  f.get(rows).i32(1).op(I32.sub).set(rows);
  first();
  f.get(row).memory(F64.load, 0).op(F64.abs).set(pivot).get(rows).set(left);
  f.repeatLocal(left, () => {
    f.get(row).get(step).op(I32.add).set(row);
    f.get(row).memory(F64.load, 0).op(F64.abs).tee(factor).get(pivot).op(F64.gt);
    f.if(() => {
      f.get(factor).set(pivot);
      f.get(rows).i32(1).op(I32.add).get(left).op(I32.sub).set(best);
    });
  });
  f.get(best).if(() => {
    f.get(top).set(x).get(step).set(bytes);
    f.get(best).get(step).op(I32.mul).get(top).op(I32.add).set(y);
    inStrips(f, bytes, [1], (_vectors, single) => {
      f.get(x).memory(load(single), 0).set(both);
      f.get(x).get(y).memory(load(single), 0);
      store(f, 0, single);
      f.get(y).get(both);
      store(f, 0, single);
      f.advance(x, 16).advance(y, 16);
    });
  });
  first();
  f.get(row).memory(F64.load, 0).tee(pivot).f64(0).op(F64.ne);
  f.if(() => {
    f.repeatLocal(rows, () => {
      f.get(row).get(step).op(I32.add).tee(row);
      f.get(row).memory(F64.load, 0).get(pivot).op(F64.div).tee(factor).memory(F64.store, 0);
      f.get(factor).f64(0).op(F64.ne);
      f.if(() => {
        f.get(factor).op(F64x2.splat).set(both);
        f.get(row).i32(8).op(I32.add).set(x);
        f.get(top).get(at).op(I32.add).i32(8).op(I32.add).set(y);
        f.get(end).get(at).op(I32.sub).i32(8).op(I32.sub).set(bytes);
        lessTimes(f, x, y, bytes, both);
      });
    });
  });
  f.get(best);
  return f;
}

/**
 * Writes a function that takes the address of a pivot and the bytes per row, the number of elements to its right, and how many
 * rows below it to update: one column of a Cholesky factorization of the upper triangle.
 */
export function rootLoop(module: ModuleBuilder): FunctionBuilder {
  const f = module.function(['i32', 'i32', 'i32', 'i32'], []);
  const [pivot, step, count, rows] = [0, 1, 2, 3];
  const [row, from, x, y, bytes] = Array.from({ length: 5 }, () => f.local('i32')) as [
    number, number, number, number, number,
  ]; // prettier-ignore
  const [both, root] = [f.local('v128'), f.local('f64')];
  f.get(pivot).get(pivot).memory(F64.load, 0).op(F64.sqrt).tee(root).memory(F64.store, 0);
  f.get(root).op(F64x2.splat).set(both);
  f.get(pivot).i32(8).op(I32.add).tee(from).set(x);
  f.get(count).i32(3).op(I32.shl).set(bytes);
  inStrips(f, bytes, [1], (_vectors, single) => {
    f.get(x).get(x).memory(load(single), 0).get(both).op(F64x2.div);
    store(f, 0, single);
    f.advance(x, 16);
  });
  f.get(pivot).set(row);
  f.repeatLocal(rows, () => {
    // The diagonal element of the next row.
    f.get(row).get(step).op(I32.add).i32(8).op(I32.add).set(row);
    f.get(row).set(x).get(from).set(y).get(count).i32(3).op(I32.shl).set(bytes);
    f.get(from).memory(V128.load64Splat, 0).set(both);
    lessTimes(f, x, y, bytes, both);
    f.advance(from, 8).advance(count, -1);
  });
  return f;
}

/**
 * Writes a function that takes the addresses of a triangular matrix and of the right sides, each with the bytes per row, then
 * the number of rows, the bytes of a row of right sides, and whether the triangle is the upper one, and has ones on the
 * diagonal.
 */
export function substituteLoop(module: ModuleBuilder): FunctionBuilder {
  const f = module.function(
    Array.from({ length: 8 }, () => 'i32' as const),
    [],
  );
  const [a, aStep, x, xStep, n, columns, upper, unit] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [row, to, pivot, from, known, left, solved] = Array.from({ length: 7 }, () =>
    f.local('i32'),
  ) as [number, number, number, number, number, number, number];
  const sums = Array.from({ length: STRIP }, () => f.local('v128'));
  const both = f.local('v128');
  const [aMove, xMove] = [f.local('i32'), f.local('i32')];
  for (const [move, step] of [
    [aMove, aStep],
    [xMove, xStep],
  ] as const)
    // prettier-ignore
    f.get(step).i32(0).get(step).op(I32.sub).get(upper).op(I32.eqz).select().set(move);
  const strip: Strip = (vectors, single) => {
    const here = sums.slice(0, vectors);
    f.get(a).set(row).get(x).set(to).i32(0).set(solved);
    f.get(upper).if(() => {
      f.get(n).i32(1).op(I32.sub).tee(left).get(aStep).op(I32.mul).get(a).op(I32.add).set(row);
      f.get(left).get(xStep).op(I32.mul).get(x).op(I32.add).set(to);
    });
    f.get(n).set(left);
    f.repeatLocal(left, () => {
      // The diagonal is as far right as the number of rows left above, or of rows solved.
      f.get(left).i32(1).op(I32.sub).get(solved).get(upper).select();
      f.i32(3).op(I32.shl).get(row).op(I32.add).set(pivot);
      f.get(upper).if(
        () => {
          f.get(pivot).i32(8).op(I32.add).set(from);
          f.get(to).get(xStep).op(I32.add).set(known);
        },
        () => void f.get(row).set(from).get(x).set(known),
      );
      here.forEach((sum, v) =>
        f
          .get(to)
          .memory(load(single), 16 * v)
          .set(sum),
      );
      const count = f.local('i32');
      f.get(solved).set(count);
      f.repeatLocal(count, () => {
        f.get(from).memory(V128.load64Splat, 0).set(both);
        here.forEach((sum, v) => {
          f.get(sum)
            .get(both)
            .get(known)
            .memory(load(single), 16 * v);
          f.op(F64x2.mul).op(F64x2.sub).set(sum);
        });
        f.advance(from, 8).advance(known, { local: xStep });
      });
      f.get(unit).op(I32.eqz);
      f.if(() => {
        f.get(pivot).memory(V128.load64Splat, 0).set(both);
        for (const sum of here) f.get(sum).get(both).op(F64x2.div).set(sum);
      });
      here.forEach((sum, v) => {
        f.get(to).get(sum);
        store(f, v, single);
      });
      f.advance(solved, 1).advance(row, { local: aMove }).advance(to, { local: xMove });
    });
    f.advance(x, 16 * vectors);
  };
  inStrips(f, columns, [STRIP, 2, 1], strip);
  return f;
}

/**
 * Writes a function that takes the address of a block and the bytes per row, the address of a vector u, the number of rows and
 * the bytes of a row, and β: it multiplies the block by `I − β u uᵀ` from the left.
 */
export function reflectLoop(module: ModuleBuilder): FunctionBuilder {
  const f = module.function(['i32', 'i32', 'i32', 'i32', 'i32', 'f64'], []);
  const [a, step, u, rows, columns, beta] = [0, 1, 2, 3, 4, 5];
  const [row, from, left] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const sums = Array.from({ length: STRIP }, () => f.local('v128'));
  const both = f.local('v128');
  const down = (body: () => void): void => {
    f.get(a).set(row).get(u).set(from).get(rows).set(left);
    f.repeatLocal(left, () => {
      body();
      f.advance(from, 8).advance(row, { local: step });
    });
  };
  inStrips(f, columns, [STRIP, 2, 1], (vectors, single) => {
    const here = sums.slice(0, vectors);
    for (const sum of here) f.v128Zero().set(sum);
    down(() => {
      f.get(from).memory(V128.load64Splat, 0).set(both);
      here.forEach((sum, v) => {
        f.get(sum)
          .get(both)
          .get(row)
          .memory(load(single), 16 * v);
        f.op(F64x2.mul).op(F64x2.add).set(sum);
      });
    });
    down(() => {
      f.get(from).memory(F64.load, 0).get(beta).op(F64.mul).op(F64x2.splat).set(both);
      here.forEach((sum, v) => {
        f.get(row)
          .get(row)
          .memory(load(single), 16 * v);
        f.get(both).get(sum).op(F64x2.mul).op(F64x2.sub);
        store(f, v, single);
      });
    });
    f.advance(a, 16 * vectors);
  });
  return f;
}
