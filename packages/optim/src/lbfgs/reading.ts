/** @file Generators that yield the tensors they need to read: the same code can read synchronously or wait for a device. */
import { ChainruleError, type Tensor, type TypedArray } from '@chainrule/autograd';

/** A computation that yields tensors and receives their elements. */
export type Reading<R> = Generator<readonly Tensor[], R, readonly TypedArray[]>;

/** Runs a computation, reading synchronously. `name` begins the error if a read is impossible, as in a recorded function. */
export function readNow<R>(name: string, steps: Reading<R>): R {
  let next = steps.next();
  while (next.done !== true) next = steps.next(next.value.map((t) => dataOf(name, t)));
  return next.value;
}

function dataOf(name: string, t: Tensor): TypedArray {
  try {
    return t.dataSync();
  } catch (error) {
    if (error instanceof ChainruleError) error.message = `${name}: ${error.message}`;
    throw error;
  }
}

export async function readLater<R>(steps: Reading<R>): Promise<R> {
  let next = steps.next();
  while (next.done !== true)
    next = steps.next(await Promise.all(next.value.map((t): Promise<TypedArray> => t.data())));
  return next.value;
}
