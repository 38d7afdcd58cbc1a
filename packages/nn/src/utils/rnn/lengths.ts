/** @file Reads an argument that contains lengths of sequences. */
import { Cell, checkArgument, kinds, peek, Tensor } from '@chainrule/autograd';

/** Lengths as numbers, or as an int32 tensor, which is read at the call. */
export type Lengths = readonly number[] | Tensor;

/** The lengths as numbers. */
export function numbersOf(op: string, lengths: Lengths): readonly number[] {
  const list = lengths instanceof Tensor ? [...elementsOf(lengths)] : lengths;
  return checkArgument(op, 'lengths', list, kinds.listOf(kinds.whole));
}

/** Constant lengths are read directly, also while a function is recorded; a cell may change until the next call. */
function elementsOf(lengths: Tensor): ArrayLike<number> & Iterable<number> {
  return (lengths instanceof Cell ? null : peek(lengths)) ?? lengths.dataSync();
}
