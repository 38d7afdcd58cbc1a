/** @file How much may be pending behind a tensor that nobody has read. */

/**
 * A new tensor without grad is evaluated unasked when it is so deep, holds on to leaves of so many bytes, or has a pending
 * node behind it that is older than so many runs. All are counted by the structure of the graph, and never by what else
 * was made meanwhile: a step of a loop is cut at the same places each time, and finds its plans again.
 */
export const MOST_PENDING = { depth: 10_000, bytes: 2 ** 26, runs: 64 } as const;

/**
 * The bytes of the values that new nodes were made of. What was taken up since a run bounds the bytes behind all that is
 * pending since then. The bounds of a node's inputs added up count what is behind several of them as often, and grow without
 * measure where each node is made of several.
 */
class Taken {
  private bytes = 0;
  /** The bytes before each of the last runs had anything taken up after it. */
  private readonly before = new Float64Array(MOST_PENDING.runs + 1);
  private run = 0;

  add(run: number, bytes: number): void {
    if (run !== this.run) this.pass(run);
    this.bytes += bytes;
  }

  /** What was taken up after so many runs, of the last `MOST_PENDING.runs`. */
  since(run: number): number {
    return run > this.run ? 0 : this.bytes - this.before[run % this.before.length]!;
  }

  private pass(run: number): void {
    const { before, bytes } = this;
    for (let r = Math.max(this.run + 1, run - MOST_PENDING.runs); r <= run; r++)
      before[r % before.length] = bytes;
    this.run = run;
  }
}

/** What this process took up. */
export const taken = new Taken();
