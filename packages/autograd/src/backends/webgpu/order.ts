/**
 * @file What a device is given to do, in order: a loop whose end only the device knows is waited for, and what comes after
 * it waits too.
 */
export class Order {
  private last: Promise<unknown> | null = null;

  /** Whether something is waited for. */
  get waits(): boolean {
    return this.last !== null;
  }

  /** Does it now, or after what is waited for. */
  do<T>(work: () => T | Promise<T>): T | Promise<T> {
    const result = this.last === null ? work() : this.last.then(work);
    if (!(result instanceof Promise)) return result;
    const done: Promise<void> = result.then(nothing, nothing).then(() => {
      if (this.last === done) this.last = null;
    });
    this.last = done;
    return result;
  }
}

function nothing(): void {
  // Whoever asked for it is told how it went.
}
