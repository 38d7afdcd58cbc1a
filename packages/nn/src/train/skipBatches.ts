/**
 * @file Skips the batches that a resumed epoch has already seen, for data that does not know its position: an array, a
 * generator.
 */
import { getRngState, setRngState } from '@chainrule/autograd';

/**
 * The batches after the first `count`. The first ones are read with the random state in which the epoch began, so that a
 * generator that shuffles gives the same order; everything after them draws from the current state.
 */
export async function* skipBatches<B>(
  data: Iterable<B> | AsyncIterable<B>,
  count: number,
  began: unknown,
): AsyncGenerator<B> {
  const now = getRngState();
  if (began !== undefined) setRngState(began);
  let left = count;
  for await (const batch of data) {
    if (left === 0) yield batch;
    else if (--left === 0) setRngState(now);
  }
  if (left > 0) setRngState(now);
}
