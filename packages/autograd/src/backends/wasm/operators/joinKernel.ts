/** @file Many short inputs side by side, in one call: a loop over their addresses and lengths. */
import type { JoinKernel } from '../../../engine/compile/operators.js';
import { itemSize } from '../../../graph/dtype.js';
import { BLOCK } from '../assembler/functionBuilder.js';
import { Block, type FormedKernel } from '../assembler/block.js';
import { kernelFunction } from '../assembler/kernelFunction.js';
import { copyRow, elementsOf } from '../assembler/nest.js';
import { I32 } from '../assembler/opcodes.js';

export function planJoin({ rows, lengths, inputs, out }: JoinKernel): FormedKernel {
  const size = itemSize[out.dtype];
  // Dtypes of one size share a form.
  const copied = size === 1 ? 'bool' : size === 4 ? 'int32' : 'float64';
  const block = new Block();
  const to = block.place(out);
  const [count, times] = [block.number(inputs.length), block.number(rows)];
  const step = block.number(lengths.reduce((sum, n) => sum + n, 0) * size);
  const first = block.words.length;
  inputs.forEach((input, i) => {
    block.place(input);
    block.number(lengths[i]!);
  });
  return {
    key: `join ${size}`,
    block,
    parallel: false,
    threadScratch: 0,
    write: (module) => {
      const f = kernelFunction(module);
      const local = (): number => f.local('i32');
      const [piece, from, length, bytes] = [local(), local(), local(), local()];
      const [start, at] = [local(), local()];
      f.get(BLOCK).set(piece).push(to).set(start);
      f.repeat(count, () => {
        f.get(piece)
          .memory(I32.load, 4 * first)
          .set(from);
        f.get(piece)
          .memory(I32.load, 4 * first + 4)
          .tee(length);
        f.i32(size).op(I32.mul).set(bytes).get(start).set(at);
        f.repeat(times, () => {
          copyRow(f, at, from, { local: length }, elementsOf(copied));
          f.advance(from, { local: bytes }).advance(at, step);
        });
        f.advance(start, { local: bytes }).advance(piece, 8);
      });
      return f;
    },
  };
}
