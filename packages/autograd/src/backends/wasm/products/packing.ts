/** @file Packing: copies parts of a matrix so that a tile of a product reads them contiguously. */
import type { FunctionBuilder, ModuleBuilder } from '../assembler/moduleBuilder.js';
import { F32, F64, I32, SHUFFLE, V128 } from '../assembler/opcodes.js';
import { once, type Tiling } from './microKernel.js';

export type Packing = (typeof PACKINGS)[number];
export const PACKINGS = ['rows', 'columns', 'general'] as const;

/**
 * `(depth, b, stepB, columnB, to, columns)`: copies a panel of a full tile's columns into contiguous memory. Columns beyond
 * the last repeat it or hold the data that follows in memory; their products are not used.
 */
export function packFunction(module: ModuleBuilder, t: Tiling, packing: Packing): FunctionBuilder {
  return once(module, `pack${t.size}${packing}`, () => {
    const f = module.function(
      Array.from({ length: 6 }, () => 'i32' as const),
      [],
    );
    const [depth, b, stepB, columnB, to, columns] = [0, 1, 2, 3, 4, 5];
    const width = t.vectors * 16;
    const [load, store] = t.size === 4 ? [F32.load, F32.store] : [F64.load, F64.store];
    const left = f.local('i32');
    if (packing === 'rows') {
      f.get(depth).set(left);
      f.repeatLocal(left, () => {
        for (let k = 0; k < t.vectors; k++)
          f.get(to)
            .get(b)
            .memory(V128.load, 16 * k)
            .memory(V128.store, 16 * k);
        f.get(b).get(stepB).op(I32.add).set(b);
        f.advance(to, width);
      });
      return f;
    }
    const count = t.vectors * t.lanes;
    const pointers = Array.from({ length: count }, (_, j) => {
      const pointer = f.local('i32');
      const last = (): FunctionBuilder => f.get(columns).i32(1).op(I32.sub);
      f.get(b).i32(j);
      last().i32(j).get(columns).op(I32.ltS);
      // select(j, columns − 1, j < columns)
      f.op(0x1b).get(columnB).op(I32.mul).op(I32.add).set(pointer);
      return pointer;
    });
    const scalars = (): void => {
      f.repeatLocal(left, () => {
        pointers.forEach((pointer, j) => {
          f.get(to)
            .get(pointer)
            .memory(load, 0)
            .memory(store, j * t.size);
          f.get(pointer).get(stepB).op(I32.add).set(pointer);
        });
        f.advance(to, width);
      });
    };
    if (packing === 'columns') {
      const blocks = f.local('i32');
      f.get(depth).i32(t.lanes).op(I32.divU).set(blocks);
      f.repeatLocal(blocks, () => {
        for (let group = 0; group < t.vectors; group++) {
          transpose(
            f,
            t,
            pointers.slice(group * t.lanes, (group + 1) * t.lanes),
            to,
            group * 16,
            width,
          );
        }
        for (const pointer of pointers) f.advance(pointer, 16);
        f.advance(to, width * t.lanes);
      });
      f.get(depth).i32(t.lanes).op(I32.remU).set(left);
      scalars();
      return f;
    }
    f.get(depth).set(left);
    scalars();
    return f;
  });
}

/**
 * `(depth, from, step, to)`: copies `bytes` bytes, a multiple of 16, `depth` times, from addresses `step` bytes apart into
 * contiguous memory. Data beyond a matrix may be read, but is not used.
 */
export function gatherFunction(module: ModuleBuilder, bytes: number): FunctionBuilder {
  return once(module, `gather${bytes}`, () => {
    const f = module.function(
      Array.from({ length: 4 }, () => 'i32' as const),
      [],
    );
    const [depth, from, step, to] = [0, 1, 2, 3];
    f.repeatLocal(depth, () => {
      for (let k = 0; k < bytes; k += 16)
        f.get(to).get(from).memory(V128.load, k).memory(V128.store, k);
      f.get(from).get(step).op(I32.add).set(from);
      f.advance(to, bytes);
    });
    return f;
  });
}

/** Loads a vector from each pointer and stores the transpose of that square. */
function transpose(
  f: FunctionBuilder,
  t: Tiling,
  from: readonly number[],
  to: number,
  offset: number,
  pitch: number,
): void {
  const rows = from.map((pointer) => {
    const row = f.local('v128');
    f.get(pointer).memory(V128.load, 0).set(row);
    return row;
  });
  const mix = (x: number, y: number, order: readonly number[]): number => {
    const out = f.local('v128');
    f.get(x).get(y).shuffle32(SHUFFLE, order).set(out);
    return out;
  };
  const [r0 = 0, r1 = 0, r2 = 0, r3 = 0] = rows;
  let turned: number[];
  if (t.lanes === 2) {
    turned = [mix(r0, r1, [0, 1, 4, 5]), mix(r0, r1, [2, 3, 6, 7])];
  } else {
    const [low01, low23] = [mix(r0, r1, [0, 4, 1, 5]), mix(r2, r3, [0, 4, 1, 5])];
    const [high01, high23] = [mix(r0, r1, [2, 6, 3, 7]), mix(r2, r3, [2, 6, 3, 7])];
    turned = [
      mix(low01, low23, [0, 1, 4, 5]),
      mix(low01, low23, [2, 3, 6, 7]),
      mix(high01, high23, [0, 1, 4, 5]),
      mix(high01, high23, [2, 3, 6, 7]),
    ];
  }
  turned.forEach((row, k) =>
    f
      .get(to)
      .get(row)
      .memory(V128.store, offset + k * pitch),
  );
}
