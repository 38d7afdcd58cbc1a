/** @file Fourier transforms along a dimension: threads take rows, or blocks of several transforms. */
import type { FourierKernel } from '../../../../engine/compile/operators.js';
import { itemSize } from '../../../../graph/dtype.js';
import { Block, type FormedKernel } from '../../assembler/block.js';
import { BLOCK, FOLD_BYTES, kernelFunction, SCRATCH } from '../../assembler/kernelFunction.js';
import { forShare } from '../../assembler/nest.js';
import { I32, V128 } from '../../assembler/opcodes.js';
import { ComplexLanes } from './complexLanes.js';
import { blockNumbers, sideOf, writeBlock } from './fourierBlocks.js';
import { radicesOf, type Rows } from './fourierPasses.js';
import { complexLength, isByRows, writeRow } from './fourierRows.js';

/** Below this many elements one thread is as fast as many. */
export const SERIAL_WORK = 16 * 1024;
/**
 * Padding: rows whose length is a power of two would begin at the same offset of a page, and compete for the same few lines of
 * the L1 cache.
 */
export const ROW_PADDING = 192;

/** `roots` are the roots of unity `e^(−2πi k/n)` for the length n. */
export function planFourier(
  kernel: FourierKernel,
  roots: { readonly cos: Float64Array; readonly sin: Float64Array },
): FormedKernel {
  const { outer, inner, length, sign, scale, from, to, inputs } = kernel;
  const dtype = kernel.out.dtype === 'float64' ? 'float64' : 'float32';
  const size = itemSize[dtype];
  const byRows = isByRows(kernel);
  const n = byRows ? complexLength(kernel) : length;
  const radices = radicesOf(n) as number[];
  const side = sideOf(kernel);
  const units = byRows ? outer : Math.ceil((outer * inner) / side.width);
  const parallel = units > 1 && outer * inner * length >= SERIAL_WORK;
  const block = new Block();
  const number = (x: number) => (size === 4 ? block.float32(x) : block.float64(x));
  const numbers = {
    inputs: inputs.map((place) => block.place(place)),
    out: block.place(kernel.out),
    count: block.number(units),
    // Halves the sums where a real row is split.
    scale: number(byRows && from === 'real' ? scale / 2 : scale),
  };
  const where = blockNumbers(block, kernel);
  const table = block.words.length * 4;
  for (let k = 0; k < length; k++) {
    number(roots.cos[k]!);
    number(roots.sin[k]!);
  }
  const pitch = Math.ceil(((byRows ? n + 4 : n * side.width) * size) / 64) * 64 + ROW_PADDING;
  return {
    key: `fourier ${dtype} ${length} ${sign} ${from} ${inputs.length} ${to} ${byRows ? 'rows' : `${side.width} ${side.together}`} ${parallel}`,
    block,
    parallel,
    threadScratch: 4 * pitch,
    write: (module) => {
      const f = kernelFunction(module);
      const c = new ComplexLanes(f, dtype);
      const at = (base: number, bytes: number): number => {
        const local = f.local('i32');
        f.get(base).i32(bytes).op(I32.add).set(local);
        return local;
      };
      const rows = (k: number): Rows => ({
        pointer: at(SCRATCH, FOLD_BYTES + 2 * k * pitch),
        pitch,
      });
      const site = {
        ...{ c, kernel: { length, sign, from, to }, radices, numbers },
        table: at(BLOCK, table),
        scratch: [rows(0), rows(1)] as const,
      };
      const factor = c.v.word(size === 4 ? V128.load32Splat : V128.load64Splat, numbers.scale);
      forShare(f, numbers.count, parallel, (i) => {
        if (byRows) writeRow(site, i, factor);
        else writeBlock(site, side, where, i, factor);
      });
      return f;
    },
  };
}
