/** @file Loops over one or two rows of doubles, two numbers at a time, with the bits of the plain loops. */
import type { FunctionBuilder, ModuleBuilder } from '../../assembler/moduleBuilder.js';
import { F64, F64x2, I32, V128 } from '../../assembler/opcodes.js';

/**
 * Writes a function of two addresses and a count: the dot product, in four interleaved sums; leftover elements go to the first.
 */
export function dotLoop(module: ModuleBuilder): FunctionBuilder {
  const f = module.function(['i32', 'i32', 'i32'], ['f64']);
  const [x, y, count] = [0, 1, 2];
  const left = f.local('i32');
  const sums = [f.local('v128'), f.local('v128')];
  const sum = f.local('f64');
  f.get(count).i32(2).op(I32.shrU).set(left);
  f.repeatLocal(left, () => {
    sums.forEach((s, v) => {
      f.get(s)
        .get(x)
        .memory(V128.load, 16 * v)
        .get(y)
        .memory(V128.load, 16 * v);
      f.op(F64x2.mul).op(F64x2.add).set(s);
    });
    f.advance(x, 32).advance(y, 32);
  });
  f.get(sums[0]!).lane(F64x2.extract, 0).set(sum);
  f.get(count).i32(3).op(I32.and).set(left);
  f.repeatLocal(left, () => {
    f.get(sum).get(x).memory(F64.load, 0).get(y).memory(F64.load, 0);
    f.op(F64.mul).op(F64.add).set(sum);
    f.advance(x, 8).advance(y, 8);
  });
  f.get(sum).get(sums[0]!).lane(F64x2.extract, 1).op(F64.add);
  f.get(sums[1]!).lane(F64x2.extract, 0).get(sums[1]!).lane(F64x2.extract, 1).op(F64.add);
  f.op(F64.add);
  return f;
}

/**
 * Writes a function of two addresses, a count, a cosine and a sine: rows x and y become `cos x − sin y` and `sin x + cos y`.
 */
export function turnLoop(module: ModuleBuilder): FunctionBuilder {
  const f = module.function(['i32', 'i32', 'i32', 'f64', 'f64'], []);
  const [x, y, count] = [0, 1, 2];
  const [cos, sin] = [f.local('v128'), f.local('v128')];
  f.get(3).op(F64x2.splat).set(cos).get(4).op(F64x2.splat).set(sin);
  const left = f.local('i32');
  const [u, v] = [f.local('v128'), f.local('v128')];
  const both = (bytes: 8 | 16): void => {
    const load = bytes === 16 ? V128.load : V128.load64Zero;
    const store = (): void => {
      if (bytes === 16) f.memory(V128.store, 0);
      else f.memoryLane(V128.store64Lane, 0, 0);
    };
    f.get(x).memory(load, 0).set(u).get(y).memory(load, 0).set(v);
    f.get(x).get(cos).get(u).op(F64x2.mul).get(sin).get(v).op(F64x2.mul).op(F64x2.sub);
    store();
    f.get(y).get(sin).get(u).op(F64x2.mul).get(cos).get(v).op(F64x2.mul).op(F64x2.add);
    store();
    f.advance(x, bytes).advance(y, bytes);
  };
  f.get(count).i32(1).op(I32.shrU).set(left);
  f.repeatLocal(left, () => both(16));
  f.get(count)
    .i32(1)
    .op(I32.and)
    .if(() => both(8));
  return f;
}

/** How many columns of 16 bytes are rotated together. */
const STRIP = 4;

/**
 * Writes a function that takes the address of the last row, the bytes per row, the number of columns, the address of pairs of
 * cosine and sine, and their number: it rotates each row with the one above it, from the bottom up. The upper row of a rotation
 * stays in registers for the next one.
 */
export function turnUpwardsLoop(module: ModuleBuilder): FunctionBuilder {
  const f = module.function(['i32', 'i32', 'i32', 'i32', 'i32'], []);
  const [last, step, columns, angles, count] = [0, 1, 2, 3, 4];
  const [row, above, angle, left] = [
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
  ];
  const [cos, sin, x] = [f.local('v128'), f.local('v128'), f.local('v128')];
  const carried = Array.from({ length: STRIP }, () => f.local('v128'));
  const strip = (vectors: number, single: boolean): void => {
    const load = single ? V128.load64Zero : V128.load;
    const store = (v: number): void => {
      if (single) f.memoryLane(V128.store64Lane, 0, 0);
      else f.memory(V128.store, 16 * v);
    };
    const here = carried.slice(0, vectors);
    f.get(last).set(row).get(angles).set(angle).get(count).set(left);
    here.forEach((y, v) =>
      f
        .get(row)
        .memory(load, 16 * v)
        .set(y),
    );
    f.repeatLocal(left, () => {
      f.get(row).get(step).op(I32.sub).set(above);
      f.get(angle).memory(V128.load64Splat, 0).set(cos);
      f.get(angle).memory(V128.load64Splat, 8).set(sin);
      here.forEach((y, v) => {
        f.get(above)
          .memory(load, 16 * v)
          .set(x);
        f.get(row).get(sin).get(x).op(F64x2.mul).get(cos).get(y).op(F64x2.mul).op(F64x2.add);
        store(v);
        f.get(cos).get(x).op(F64x2.mul).get(sin).get(y).op(F64x2.mul).op(F64x2.sub).set(y);
      });
      f.get(above).set(row).advance(angle, 16);
    });
    here.forEach((y, v) => {
      f.get(row).get(y);
      store(v);
    });
    f.advance(last, single ? 8 : 16 * vectors);
  };
  for (const vectors of [STRIP, 1]) {
    f.block(() =>
      f.loop(() => {
        f.get(columns)
          .i32(2 * vectors)
          .op(I32.ltS)
          .brIf(1);
        strip(vectors, false);
        f.advance(columns, -2 * vectors).br(0);
      }),
    );
  }
  f.get(columns).if(() => strip(1, true));
  return f;
}
