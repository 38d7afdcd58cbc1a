/** @file What a resumed epoch has already seen of data that does not know where it was: an array, a generator. */
import { getRngState, setRngState } from '@chainrule/autograd';

/** The batches after the first `count`. What reading the first ones draws is taken back, so that dropout goes on as it was. */
export async function* passOver<B>(
  data: Iterable<B> | AsyncIterable<B>,
  count: number,
): AsyncGenerator<B> {
  const random = getRngState();
  let left = count;
  for await (const batch of data) {
    if (left-- > 0) continue;
    if (left === -1) setRngState(random);
    yield batch;
  }
}
