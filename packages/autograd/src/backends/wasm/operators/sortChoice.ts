/** @file The first few elements of an order: the best so far are kept in order during one pass over the row. */
import type { DType } from '../../../graph/dtype.js';
import type { FunctionBuilder, Word } from '../assembler/moduleBuilder.js';
import { I32, I64 } from '../assembler/opcodes.js';
import type { Rows } from './rows.js';
import { itemOf, pushKey } from './sortKeys.js';

/** Locals: the kept items, and the address and the position of the first element of the row after them. */
export interface Chosen {
  readonly items: number;
  readonly source: number;
  readonly position: number;
}

/** Words: the row, the offset of the last kept item in bytes, and how many elements are not kept at first. */
export interface Behind {
  readonly from: Rows;
  readonly last: Word;
  readonly rest: Word;
}

/**
 * Inserts each of the remaining elements that comes before the last kept item in its place among the kept items, which are in
 * order.
 */
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
          // Of equal elements the earlier one stays first.
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
