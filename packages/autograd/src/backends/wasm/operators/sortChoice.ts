/** @file The first few of an order: the best so far are kept, sorted, while the row goes by. */
import type { DType } from '../../../graph/dtype.js';
import type { FunctionBuilder, Word } from '../assembler/moduleBuilder.js';
import { I32, I64 } from '../assembler/opcodes.js';
import type { Rows } from './rows.js';
import { itemOf, pushKey } from './sortKeys.js';

/** Locals: the kept items, and the address and the number of the first element behind them in the row. */
export interface Chosen {
  readonly items: number;
  readonly source: number;
  readonly position: number;
}

/** Words: the row, where the last kept item is among them, in bytes, and how many elements are not kept at first. */
export interface Behind {
  readonly from: Rows;
  readonly last: Word;
  readonly rest: Word;
}

/** Each element behind the kept items, which are in order, that comes before the last of them takes its place among them. */
export function chooseItems(
  f: FunctionBuilder,
  { dtype, descending }: { readonly dtype: DType; readonly descending: boolean },
  { items, source, position }: Chosen,
  { from, last: lastAt, rest }: Behind,
): void {
  const item = itemOf(dtype);
  const kind = dtype === 'float64' ? 'i64' : 'i32';
  const { load, store, gtU } = kind === 'i64' ? I64 : I32;
  const [key, worst, last, hole] = [f.local(kind), f.local(kind), f.local('i32'), f.local('i32')];
  f.get(items).push(lastAt).op(I32.add).tee(last).memory(load, item.key).set(worst);
  f.repeat(rest, () => {
    f.get(worst);
    pushKey(f, dtype, source, descending);
    f.tee(key).op(gtU);
    f.if(() => {
      f.get(last).set(hole);
      f.block(() =>
        f.loop(() => {
          f.get(hole).get(items).op(I32.eq).brIf(1);
          f.get(hole).i32(item.bytes).op(I32.sub).memory(load, item.key);
          // Of equal ones the earlier stays before.
          f.get(key).op(gtU).op(I32.eqz).brIf(1);
          f.get(hole).get(hole).i32(item.bytes).op(I32.sub).memory(item.load, 0);
          f.memory(item.store, 0).advance(hole, -item.bytes).br(0);
        }),
      );
      f.get(hole).get(position).memory(I32.store, 0);
      f.get(hole).get(key).memory(store, item.key);
      f.get(last).memory(load, item.key).set(worst);
    });
    f.advance(position, 1).advance(source, from.step);
  });
}
