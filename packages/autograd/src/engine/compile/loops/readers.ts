/** @file Which loops use a buffer: only the last few, as others are too far away to be worth joining. */
import { addAll } from '../../../graph/lists.js';

/** The most loops of one buffer that are looked at. */
const MAX_READERS = 8;

export class RecentReaders {
  /** For each buffer its last readers, the latest first. */
  private readonly lists = new Map<number, number[]>();
  private readonly now: (step: number) => number;

  /** `now` maps a step to the one into which it has been merged. */
  constructor(now: (step: number) => number = (step) => step) {
    this.now = now;
  }

  note(base: number, step: number): void {
    const list = this.lists.get(base);
    if (list === undefined) this.lists.set(base, [step]);
    else if (list[0] !== step)
      this.lists.set(base, this.latest([step, ...list]).slice(0, MAX_READERS));
  }

  /** The last readers of any of the buffers, the latest first. */
  of(bases: Iterable<number>): number[] {
    const found: number[] = [];
    for (const base of bases) addAll(found, this.lists.get(base) ?? []);
    return this.latest(found);
  }

  private latest(steps: readonly number[]): number[] {
    return [...new Set(steps.map(this.now))].sort((x, y) => y - x);
  }
}
