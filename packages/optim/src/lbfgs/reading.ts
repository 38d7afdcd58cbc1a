/** @file Code that stops wherever it reads tensors: the same lines read at once, or wait for a device. */
import { ChainruleError, type Tensor, type TypedArray } from '@chainrule/autograd';

/** Steps that ask for the elements of tensors and are given them. */
export type Reading<R> = Generator<readonly Tensor[], R, readonly TypedArray[]>;

/** An error of reading, in a function that is recorded, begins with `name`. */
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
