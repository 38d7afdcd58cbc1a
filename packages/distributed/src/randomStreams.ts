/** @file Random streams that differ between ranks and follow from one seed. */
import { getRngState, setRngState, type RngState } from '@chainrule/autograd';

/** The seed of a rank. Rank 0 keeps the job's seed, so its state in a checkpoint restores the streams of all ranks. */
export function seedOf(seed: number, rank: number): number {
  if (rank === 0) return seed;
  // SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014), of which 53 bits are used.
  const mask = (1n << 64n) - 1n;
  let z = (BigInt(seed) + BigInt(rank) * 0x9e3779b97f4a7c15n) & mask;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return Number((z ^ (z >> 31n)) >> 11n);
}

/** Continues from rank 0's state in this rank's own stream. */
export function takeStream(ofRoot: RngState, rank: number): void {
  setRngState({ seed: seedOf(ofRoot.seed, rank), offset: ofRoot.offset });
}

export { getRngState };
