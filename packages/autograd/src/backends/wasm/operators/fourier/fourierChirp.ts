/**
 * @file Fourier transforms of lengths with a large prime factor, one after the other: products with a chirp before and after a
 * convolution, which is two transforms of a length with small factors.
 */
import type { FourierKernel } from '../../../../engine/compile/operators.js';
import { itemSize } from '../../../../graph/dtype.js';
import { Block, type FormedKernel } from '../../assembler/block.js';
import { BLOCK, FOLD_BYTES, kernelFunction, SCRATCH } from '../../assembler/kernelFunction.js';
import type { FunctionBuilder, Word } from '../../assembler/moduleBuilder.js';
import { forShare } from '../../assembler/nest.js';
import { F32, F64, I32 } from '../../assembler/opcodes.js';
import { ComplexLanes, type Complex } from './complexLanes.js';
import { blockNumbers, partsFrom } from './fourierBlocks.js';
import { ROW_PADDING, SERIAL_WORK } from './fourierKernel.js';
import {
  firstPass,
  lastPass,
  middlePass,
  radicesOf,
  stagesOf,
  type Rows,
} from './fourierPasses.js';

interface Parts {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The kernel that convolves with `size` elements. `roots` are `e^(−2πi k/size)`; all three tables have the same length. */
export function planChirped(
  kernel: FourierKernel,
  size: number,
  tables: { readonly roots: Parts; readonly turns: Parts; readonly filter: Parts },
): FormedKernel {
  const { outer, inner, length, sign, scale, from, to, inputs } = kernel;
  const dtype = kernel.out.dtype === 'float64' ? 'float64' : 'float32';
  const item = itemSize[dtype];
  const [load, store] = item === 4 ? [F32.load, F32.store] : [F64.load, F64.store];
  const units = outer * inner;
  const parallel = units > 1 && units * length >= SERIAL_WORK;
  const block = new Block();
  const x = inputs.map((place) => block.place(place));
  const y = block.place(kernel.out);
  const where = blockNumbers(block, kernel);
  const number = (z: number) => (item === 4 ? block.float32(z) : block.float64(z));
  /** The start of numbers in the block: as pairs, or all real and then all imaginary parts. */
  const tableOf = ({ re, im }: Parts, paired: boolean): number => {
    const at = block.words.length * 4;
    if (paired) re.forEach((z, k) => [number(z), number(im[k]!)]);
    else for (const part of [re, im]) part.forEach(number);
    return at;
  };
  const scaled = (part: Float64Array): Float64Array => part.map((z) => z * scale);
  const filter = { re: scaled(tables.filter.re), im: scaled(tables.filter.im) };
  const places = [
    tableOf(tables.roots, true),
    tableOf(tables.turns, false),
    tableOf(filter, false),
  ];
  const pitch = Math.ceil((size * item) / 64) * 64 + ROW_PADDING;
  return {
    key: `chirped ${dtype} ${length} ${sign} ${from} ${inputs.length} ${to} ${parallel}`,
    block,
    parallel,
    threadScratch: 4 * pitch,
    write: (module) => {
      const f = kernelFunction(module);
      const c = new ComplexLanes(f, dtype);
      const at = (base: number, bytes: number): number => pointerTo(f, base, bytes);
      const rows = (k: number): Rows => ({
        pointer: at(SCRATCH, FOLD_BYTES + 2 * k * pitch),
        pitch,
      });
      const [first, second] = [rows(0), rows(1)];
      const [roots, turns, filtered] = places.map((bytes) => at(BLOCK, bytes)) as [
        number,
        number,
        number,
      ];
      // The inverse is the transform with real and imaginary parts exchanged.
      const [real, imag] = sign < 0 ? [0, pitch] : [pitch, 0];
      forShare(f, where.total, parallel, (t) => {
        const begin = (start: Word, plane: Word, bytes: number): number => {
          const pointer = f.local('i32');
          f.push(start).get(t).push(where.inner).op(I32.divU).push(plane).op(I32.mul).op(I32.add);
          f.get(t).push(where.inner).op(I32.remU).i32(bytes).op(I32.mul).op(I32.add).set(pointer);
          return pointer;
        };
        const given = x.map((start) => begin(start, where.from.plane, partsFrom(kernel) * item));
        const count = from === 'half' ? (length >> 1) + 1 : length;
        const row = at(first.pointer, 0);
        clear(c, first, from === 'real' ? 0 : Math.floor(length / c.lanes) * 16, size * item);
        f.repeat(count, () => {
          const [one = 0, other = one] = given;
          f.get(row).get(one).memory(load, 0).memory(store, real);
          if (from !== 'real')
            f.get(row)
              .get(other)
              .memory(load, other === one ? item : 0)
              .memory(store, imag);
          for (const pointer of given) f.advance(pointer, where.from.step);
          f.advance(row, item);
        });
        if (from === 'half') mirror(c, first.pointer, length, real, imag);
        const done = convolve(c, size, [first, second], { roots, turns, filter: filtered });
        const out = begin(y, where.to.plane, (to === 'real' ? 1 : 2) * item);
        f.get(done.pointer).set(row);
        f.repeat(to === 'half' ? (length >> 1) + 1 : length, () => {
          f.get(out).get(row).memory(load, real).memory(store, 0);
          if (to !== 'real') f.get(out).get(row).memory(load, imag).memory(store, item);
          f.advance(out, where.to.step).advance(row, item);
        });
      });
      return f;
    },
  };
}

function pointerTo(f: FunctionBuilder, base: number, bytes: number): number {
  const local = f.local('i32');
  f.get(base).i32(bytes).op(I32.add).set(local);
  return local;
}

/** Clears both parts from one byte to another. */
function clear(c: ComplexLanes, { pointer, pitch }: Rows, from: number, to: number): void {
  const at = pointerTo(c.f, pointer, from);
  c.f.repeat((to - from) / 16, () => {
    c.v.scope(() => {
      const zero = c.constant(0);
      c.storeParts(at, 0, pitch, { re: zero, im: zero });
      return [];
    });
    c.f.advance(at, 16);
  });
}

/** Completes a row of which half is given: the other elements are conjugates, and the ends have no imaginary part. */
function mirror(
  c: ComplexLanes,
  pointer: number,
  length: number,
  real: number,
  imag: number,
): void {
  const { f, v, size } = c;
  v.scope(() => {
    const ends = length % 2 === 0 ? [0, length / 2] : [0];
    c.scatter(
      ends.map((k) => [pointer, k * size + imag]),
      c.constant(0),
    );
    return [];
  });
  const [up, down] = [pointerTo(f, pointer, size), pointerTo(f, pointer, (length - 1) * size)];
  f.repeat((length - 1) >> 1, () => {
    v.scope(() => {
      c.scatter([[down, real]], c.gather([[up, real]]));
      c.scatter([[down, imag]], c.minus(c.constant(0), c.gather([[up, imag]])));
      return [];
    });
    f.advance(up, size).advance(down, -size);
  });
}

interface Tables {
  readonly roots: number;
  readonly turns: number;
  readonly filter: number;
}

/**
 * Multiplies the first row by the chirp, convolves, and multiplies by the chirp again; returns the row that holds the result.
 */
function convolve(c: ComplexLanes, n: number, rows: readonly [Rows, Rows], at: Tables): Rows {
  const { f, size } = c;
  const stages = stagesOf(n, radicesOf(n) as number[], 1);
  const last = stages.at(-1) as (typeof stages)[number];
  const [quarter, pitch] = [(n / 4) * size, n * size];
  const swap = ({ re, im }: Complex): Complex => ({ re: im, im: re });
  const turns = pointerTo(f, at.turns, 0);
  /** A transform from the first row; the row with the result comes first in the returned pair. `inverse` lacks its factor. */
  const transform = ([from, other]: readonly [Rows, Rows], inverse: boolean): [Rows, Rows] => {
    const x = pointerTo(f, from.pointer, 0);
    const load = (j: number): Complex => {
      const z = c.loadParts(x, j * quarter, from.pitch);
      return inverse ? swap(z) : c.mul(z, c.loadParts(turns, j * quarter, pitch));
    };
    const advance = (): void => {
      f.advance(x, 16);
      if (!inverse) f.advance(turns, 16);
    };
    let [source, destination] = [other, from];
    firstPass(c, n, { pointer: at.roots, unit: 1 }, load, advance, source);
    for (const stage of stages.slice(1, -1)) {
      middlePass(c, stage, { pointer: at.roots, unit: 1 }, source, destination);
      [source, destination] = [destination, source];
    }
    const y = pointerTo(f, destination.pointer, 0);
    const factors = pointerTo(f, inverse ? at.turns : at.filter, 0);
    const emit = (u: number, sum: Complex): void => {
      const offset = u * last.stride * size;
      const z = c.mul(inverse ? swap(sum) : sum, c.loadParts(factors, offset, pitch));
      c.storeParts(y, offset, destination.pitch, z);
    };
    lastPass(c, last, source, emit, () => f.advance(y, 16).advance(factors, 16));
    return [destination, source];
  };
  return transform(transform(rows, false), true)[0];
}
