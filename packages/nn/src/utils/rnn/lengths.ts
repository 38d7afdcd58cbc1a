/** @file Lengths of sequences as an argument. */
import { checkArgument, kinds, Tensor } from '@chainrule/autograd';

/** Lengths as numbers, or as an int32 tensor, which is read at the call. */
export type Lengths = readonly number[] | Tensor;

/** The lengths as numbers. */
export function numbersOf(op: string, lengths: Lengths): readonly number[] {
  const list = lengths instanceof Tensor ? [...lengths.dataSync()] : lengths;
  return checkArgument(op, 'lengths', list, kinds.listOf(kinds.whole));
}
