/** @file Code that stops wherever it reads tensors: the same lines read at once, or wait for a device. */
import type { Tensor, TypedArray } from '@chainrule/autograd';

/** Steps that ask for the elements of tensors and are given them. */
export type Reading<R> = Generator<readonly Tensor[], R, readonly TypedArray[]>;

export function readNow<R>(steps: Reading<R>): R {
  let next = steps.next();
  while (next.done !== true) next = steps.next(next.value.map((t) => t.dataSync()));
  return next.value;
}

export async function readLater<R>(steps: Reading<R>): Promise<R> {
  let next = steps.next();
  while (next.done !== true)
    next = steps.next(await Promise.all(next.value.map((t): Promise<TypedArray> => t.data())));
  return next.value;
}
