/** @file Loops over one or two rows of doubles, two numbers at a time, with the bits of the plain loops. */
import type { FunctionBuilder, ModuleBuilder } from '../../assembler/moduleBuilder.js';
import { F64, F64x2, I32, V128 } from '../../assembler/opcodes.js';

/** A function of two addresses and a count: the sum of products, in four sums side by side; what is left goes to the first. */
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

/** A function of two addresses, a count, a cosine and a sine: rows x and y become `cos x − sin y` and `sin x + cos y`. */
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
