/** @file Checks that shapes broadcast; errors name the function that was called. */
import { type Shape, ShapeError, type Tensor } from '@chainrule/autograd';

/** The shape that two shapes broadcast to; `names` are their names in errors. */
export function broadcast(op: string, a: Shape, b: Shape, names = ''): number[] {
  const n = Math.max(a.length, b.length);
  return Array.from({ length: n }, (_, d) => {
    const [x, y] = [a[d - n + a.length] ?? 1, b[d - n + b.length] ?? 1];
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        `${op}: shapes [${a.join(', ')}] and [${b.join(', ')}]${names} do not broadcast: dimension ${d - n} is ${x} in one and ` +
          `${y} in the other (they must be equal, or one of them 1)`,
      );
    }
    return x === 1 ? y : x;
  });
}

/** Refuses two tensors whose shapes do not broadcast; the error has their names. */
export function checkBroadcast(op: string, given: Readonly<Record<string, Tensor>>): void {
  const [[a, x], [b, y]] = Object.entries(given) as [[string, Tensor], [string, Tensor]];
  broadcast(op, x.shape, y.shape, ` of ${a} and ${b}`);
}
