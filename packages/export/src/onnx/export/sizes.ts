/** @file How a size that depends on dynamic ones follows from the sizes of values: `scale · n · m + shift`. */

/** A size in each of the recordings: equal in all of them if it does not depend on a dynamic size. */
export type Size = readonly number[];

export function isFixed(size: Size): boolean {
  return size.every((n) => n === size[0]);
}

/** A place where a size can be read: a dimension of a value. */
export interface Source {
  readonly size: Size;
  readonly name: string;
  readonly dim: number;
}

/** A size as an integer multiple of a product of other sizes, plus an integer. */
export interface Relation {
  readonly factors: readonly Source[];
  readonly scale: number;
  readonly shift: number;
}

/** The simplest relation that holds at all recorded sizes; null if there is none. */
export function relationOf(size: Size, sources: readonly Source[]): Relation | null {
  for (const source of sources) {
    const found = straight(size, source.size);
    if (found !== null) return { factors: [source], ...found };
  }
  for (const [i, a] of sources.entries()) {
    for (const b of sources.slice(i + 1)) {
      const found = straight(
        size,
        a.size.map((n, k) => n * (b.size[k] as number)),
      );
      if (found !== null) return { factors: [a, b], ...found };
    }
  }
  return null;
}

/** The line through the recorded sizes, if they lie on one. There are at least three, so that a line is no accident. */
function straight(to: Size, from: Size): { scale: number; shift: number } | null {
  const at = from.findIndex((n) => n !== from[0]);
  if (at < 0) return null;
  const scale =
    ((to[at] as number) - (to[0] as number)) / ((from[at] as number) - (from[0] as number));
  const shift = (to[0] as number) - scale * (from[0] as number);
  if (!Number.isInteger(scale) || scale < 1) return null;
  return to.every((n, i) => n === scale * (from[i] as number) + shift) ? { scale, shift } : null;
}
