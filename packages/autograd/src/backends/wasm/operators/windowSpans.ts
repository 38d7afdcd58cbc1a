/** @file Windows along dimensions: whether they are all alike, and how their elements are visited. */
import type { Span } from '../../../engine/compile/operators.js';
import type { FunctionBuilder, Quantity, Word } from '../assembler/moduleBuilder.js';
import { byteStrides } from '../assembler/nest.js';
import type { Block } from '../assembler/block.js';

/** Windows of up to this many elements are unrolled. */
const UNROLLED = 16;
/** Words of a window's entry in a table of bounds: its start, and its number of positions. */
const ENTRY_WORDS = 2;
export const ENTRY_BYTES = ENTRY_WORDS * 4;

/** The number of positions in window `o`. */
export function lengthOf({ starts, ends, step }: Span, o: number): number {
  return Math.max(0, Math.ceil(((ends[o] as number) - (starts[o] as number)) / step));
}

/** Windows along one dimension that all have one length and are equally far apart. */
interface Regular {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
}

/** The geometry of the windows if they are all alike, otherwise null. */
function regularity(span: Span): Regular | null {
  const { starts } = span;
  const [start = 0, second = start] = starts;
  const count = lengthOf(span, 0);
  const stride = second - start;
  const alike = starts.every((s, o) => s === start + o * stride && lengthOf(span, o) === count);
  return alike && count > 0 ? { start, stride, count } : null;
}

/** Windows along one dimension, with sizes in elements of a plane. */
interface Dimension {
  /** How many windows there are. */
  readonly windows: Word;
  /** Elements from one position of the plane to the next along the dimension. */
  readonly stride: Word;
  /** Elements from one element of a window to the next. */
  readonly step: Word;
  /** Elements from one window to the next; 0 if the bounds are in a table. */
  readonly windowStride: Quantity;
  /** The start of the table of bounds, in bytes from the beginning of the block; null if windows are alike. */
  readonly table: Word | null;
  /** The number of elements of a window along the dimension, if it is the same for all. */
  readonly count: Word;
}

/** The windows of a plane: the part that determines the form, and their numbers. */
export interface Windows {
  readonly key: string;
  readonly dims: readonly Dimension[];
  /** The start of the first window. */
  readonly first: Word;
  /**
   * If windows are alike and so small that they are unrolled: the elements along each dimension, and the steps along the last
   * dimension from one element to the next, and from one window to the next. Null otherwise.
   */
  readonly taps: {
    readonly counts: readonly number[];
    readonly step: number;
    readonly windowStride: number;
  } | null;
}

export function windowsOf(block: Block, spans: readonly Span[]): Windows {
  const regular = spans.map(regularity);
  const sizes = spans.map((span) => span.size);
  const strides = byteStrides(sizes, 1);
  const small = regular.reduce((all, r) => all * (r?.count ?? Infinity), 1) <= UNROLLED;
  const last = regular.at(-1);
  const taps =
    small && last != null
      ? {
          counts: regular.map((r) => (r as Regular).count),
          step: (spans.at(-1) as Span).step,
          windowStride: last.stride,
        }
      : null;
  const first = regular.reduce((sum, r, d) => sum + (r?.start ?? 0) * (strides[d] as number), 0);
  const start = block.number(first);
  const dims = spans.map((span, d): Dimension => {
    const stride = strides[d] as number;
    const r = regular[d] ?? null;
    return {
      windows: block.number(span.starts.length),
      stride: block.number(stride),
      step: block.number(span.step * stride),
      windowStride: r === null ? 0 : block.number(r.stride * stride),
      table: r === null ? block.number(0) : null,
      count: block.number(r?.count ?? 0),
    };
  });
  // Tables come last, so that all other words have the same positions in every kernel of the form.
  dims.forEach(({ table }, d) => {
    if (table === null) return;
    block.words[table.word] = block.words.length * 4;
    const span = spans[d] as Span;
    span.starts.forEach((from, o) => {
      block.number(from);
      block.number(lengthOf(span, o));
    });
  });
  const alike = regular.map((r) => (r === null ? 'table' : 'alike')).join();
  const key = taps === null ? alike : `${taps.counts.join('x')}:${taps.step}:${taps.windowStride}`;
  return { key, dims, first: start, taps };
}

/**
 * Visits the elements of an unrolled window that begins at the local `from`: `visit` gets a pointer, a byte offset, and a
 * function that pushes how many elements that is from the first.
 */
export function eachTap(
  f: FunctionBuilder,
  { dims, taps }: Windows & { readonly taps: NonNullable<Windows['taps']> },
  from: number,
  item: number,
  visit: (at: number, bytes: number, offset: () => void) => void,
): void {
  const rank = dims.length;
  const along = (d: number, pointer: number, offset: () => void): void => {
    const count = taps.counts[d] as number;
    if (d === rank - 1) {
      for (let k = 0; k < count; k++)
        visit(pointer, k * taps.step * item, () => {
          offset();
          f.i32(k * taps.step).op(0x6a);
        });
      return;
    }
    const { step } = dims[d] as Dimension;
    for (let k = 0; k < count; k++) {
      const moved = k === 0 ? pointer : f.local('i32');
      if (k > 0)
        f.get(pointer)
          .get(f.word(step, k * item))
          .op(0x6a)
          .set(moved);
      along(d + 1, moved, () => {
        offset();
        if (k > 0) f.get(f.word(step, k)).op(0x6a);
      });
    }
  };
  along(0, from, () => f.i32(0));
}
