/** @file A small random generator with its own state, for random orders of samples. */
import { randint } from '@chainrule/autograd';

/** The numbers 0 … n − 1 in an order that depends on `seed`. */
export function permutation(n: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const next = generator(seed);
  // The Fisher–Yates shuffle.
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** A seed from the generator that `manualSeed` governs. */
export function drawnSeed(): number {
  return randint(0, 2 ** 31 - 1, []).item();
}

/** Numbers in [0, 1), 32 bits each: splitmix32. */
export function generator(seed: number): () => number {
  let state = Math.trunc(seed) | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}
