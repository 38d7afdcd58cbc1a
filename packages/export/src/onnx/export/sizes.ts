/** @file How a number that depends on dynamic sizes follows from the sizes of values: `scale · n · m + shift`. */

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

/** `scale · x + shift` */
export interface Line {
  readonly scale: number;
  readonly shift: number;
}

/** A number as a multiple of a product of sizes, plus a shift. */
export interface Relation extends Line {
  readonly factors: readonly Source[];
}

/**
 * The simplest relation that `holds` for all recorded numbers, by default exactly and with integers; null if there is none.
 */
export function relationOf(
  to: Size,
  sources: readonly Source[],
  holds: (found: number, i: number) => boolean = (found, i) =>
    found === to[i] && Number.isInteger(found),
): Relation | null {
  const pairs = sources.flatMap((a, i) => sources.slice(i + 1).map((b) => [a, b]));
  for (const factors of [...sources.map((source) => [source]), ...pairs]) {
    const from = to.map((_, i) => factors.reduce((n, { size }) => n * (size[i] as number), 1));
    const line = straight(to, from);
    if (line !== null && from.every((n, i) => holds(line.scale * n + line.shift, i)))
      return { factors, ...line };
  }
  return null;
}

/** The line through the first two different sizes. There are at least three, so that a line through all is no accident. */
function straight(to: Size, from: Size): Line | null {
  const at = from.findIndex((n) => n !== from[0]);
  if (at < 0) return null;
  const scale =
    ((to[at] as number) - (to[0] as number)) / ((from[at] as number) - (from[0] as number));
  return scale === 0 ? null : { scale, shift: (to[0] as number) - scale * (from[0] as number) };
}
