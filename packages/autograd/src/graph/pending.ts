/** @file Limits on how much may be pending behind a tensor that nobody has read. */

/**
 * The limits beyond which a new tensor without grad is evaluated unasked: its depth, the bytes of the leaves it keeps alive,
 * and how many runs ago the oldest pending node behind it was made. All depend on the structure of the graph alone, never on
 * what else was made meanwhile: a step of a loop is cut at the same points each time, and finds its plans again.
 */
export const PENDING_LIMITS = { depth: 10_000, bytes: 2 ** 26, runs: 64 } as const;

/**
 * Counts the bytes of the values that new nodes read. What was read since a run bounds the bytes behind everything that is
 * pending since then. Adding up the bounds of a node's inputs instead would count shared leaves repeatedly, and grow without
 * limit where each node has several inputs.
 */
class ReadCounter {
  private bytes = 0;
  /** The byte count just before each of the last runs, for the bytes read after it. */
  private readonly before = new Float64Array(PENDING_LIMITS.runs + 1);
  private run = 0;

  add(run: number, bytes: number): void {
    if (run !== this.run) this.advance(run);
    this.bytes += bytes;
  }

  /** The bytes read since a run, one of the last `PENDING_LIMITS.runs`. */
  since(run: number): number {
    return run > this.run ? 0 : this.bytes - this.before[run % this.before.length]!;
  }

  private advance(run: number): void {
    const { before, bytes } = this;
    for (let r = Math.max(this.run + 1, run - PENDING_LIMITS.runs); r <= run; r++)
      before[r % before.length] = bytes;
    this.run = run;
  }
}

/** The counter of this process. */
export const readCounter = new ReadCounter();
