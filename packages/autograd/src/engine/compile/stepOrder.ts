/**
 * @file The dependencies between steps while they are merged: whether two may become one, and an order in which all can run.
 *
 * Each step has a level above those of all steps that it needs, so that a search from one step to another looks only at the
 * levels between them.
 */

/** A search gives up after this many steps: the loops are too far apart to be merged. */
const MAX_SEARCH = 256;

export class StepOrder {
  /** How many steps were looked at in all. */
  visits = 0;
  private readonly needs: number[][];
  private readonly users: number[][];
  private readonly level: Float64Array;
  /** The step into which each has been merged; itself if it has not. */
  private readonly target: Int32Array;
  /** The last search that met each step. */
  private readonly seen: Int32Array;
  private searches = 0;

  /** For each step, the buffers it reads and those it writes. */
  constructor(reads: readonly Iterable<number>[], writes: readonly Iterable<number>[]) {
    const writer = new Map<number, number>();
    writes.forEach((slots, step) => {
      for (const slot of slots) writer.set(slot, step);
    });
    this.needs = reads.map((): number[] => []);
    this.users = reads.map((): number[] => []);
    this.level = new Float64Array(reads.length);
    this.target = Int32Array.from(reads, (_, step) => step);
    this.seen = new Int32Array(reads.length);
    reads.forEach((slots, step) => {
      for (const slot of slots) {
        const from = writer.get(slot);
        if (from === undefined || from === step) continue;
        this.needs[step]!.push(from);
        this.users[from]!.push(step);
        this.level[step] = Math.max(this.level[step]!, this.level[from]! + 1);
      }
    });
  }

  /** The step into which a step has been merged. */
  find(step: number): number {
    let top = step;
    while (this.target[top] !== top) top = this.target[top]!;
    for (let x = step; x !== top;) {
      const next = this.target[x]!;
      this.target[x] = top;
      x = next;
    }
    return top;
  }

  /**
   * Merges `a` into `b` and returns whether it could: `b` may need `a`, but nothing else that needs `a`; `a` must not need
   * `b`.
   */
  merge(a: number, b: number): boolean {
    const aFirst = this.level[a]! <= this.level[b]!;
    const [low, high] = aFirst ? [a, b] : [b, a];
    const between = this.level[low]! < this.level[high]! ? this.between(low, high, aFirst) : NONE;
    if (between === null || !this.raise(between, low, high)) return false;
    this.level[b] = this.level[high]!;
    this.target[a] = b;
    this.needs[b] = joined(this.needs[a]!, this.needs[b]!);
    this.users[b] = joined(this.users[a]!, this.users[b]!);
    this.needs[a] = this.users[a] = [];
    return true;
  }

  /** The steps that need `low`, up to the level of `high`; null if `high` needs one of them, or they are too many. */
  private between(low: number, high: number, direct: boolean): number[] | null {
    const search = ++this.searches;
    const top = this.level[high]!;
    const found = [low];
    let looks = 0;
    for (let i = 0; i < found.length; i++) {
      for (const user of this.users[found[i]!]!) {
        const step = this.find(user);
        this.visits++;
        if (++looks > MAX_SEARCH) return null;
        if (step === high && !(direct && i === 0)) return null;
        if (step === high || step === low || this.seen[step] === search) continue;
        this.seen[step] = search;
        if (this.level[step]! <= top) found.push(step);
      }
    }
    return found.slice(1);
  }

  /** Moves steps between two levels to just above the upper one, below all that need them. */
  private raise(steps: readonly number[], low: number, high: number): boolean {
    if (steps.length === 0) return true;
    const [bottom, top] = [this.level[low]!, this.level[high]!];
    let next = Infinity;
    for (const step of steps) {
      for (const user of this.users[step]!) {
        const level = this.level[this.find(user)]!;
        if (level > top) next = Math.min(next, level);
      }
    }
    const room = Math.min(next, top + 1) - top;
    if (room < 1e-6) return false; // moved so often that no numbers are left between
    for (const step of steps)
      this.level[step] = top + (room * (this.level[step]! - bottom)) / (top - bottom + 1);
    return true;
  }

  /** The remaining steps, each after those it needs, otherwise in their order. */
  sorted(): number[] {
    const open = this.needs.map((_, step) => this.target[step] === step);
    const sorted: number[] = [];
    const path: number[] = [];
    const left: number[][] = [];
    const enter = (step: number): void => {
      open[step] = false;
      path.push(step);
      const needs = this.needs[step]!.map((x) => this.find(x));
      left.push(needs.sort((x, y) => y - x));
    };
    for (let start = 0; start < open.length; start++) {
      if (open[start] === true) enter(start);
      while (path.length > 0) {
        const need = left[left.length - 1]!.pop();
        if (need === undefined) {
          left.pop();
          sorted.push(path.pop() as number);
        } else if (open[need] === true) {
          enter(need);
        }
      }
    }
    return sorted;
  }
}

const NONE: readonly number[] = [];

/** Both lists as one: the shorter is appended to the longer. */
function joined(x: number[], y: number[]): number[] {
  const [long, short] = x.length < y.length ? [y, x] : [x, y];
  for (const step of short) long.push(step);
  return long;
}
