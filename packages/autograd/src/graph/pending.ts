/** @file How much may be pending behind a tensor that nobody has read. */

/**
 * A new tensor without grad is evaluated unasked when it is so deep, holds on to leaves of so many bytes, or has a pending
 * node behind it that is older than so many runs. All are counted by the structure of the graph, and never by what else
 * was made meanwhile: a step of a loop is cut at the same places each time, and finds its plans again.
 */
export const MOST_PENDING = { depth: 10_000, bytes: 2 ** 26, runs: 64 } as const;
