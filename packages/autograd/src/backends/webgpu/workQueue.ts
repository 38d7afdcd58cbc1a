/** @file The order of a device's work: a loop whose end only the device knows is waited for, and all later work waits too. */
export class WorkQueue {
  private last: Promise<unknown> | null = null;

  /** Whether anything is being waited for. */
  get waits(): boolean {
    return this.last !== null;
  }

  /** Does the work now, or after the work that is being waited for. */
  run<T>(work: () => T | Promise<T>): T | Promise<T> {
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
  // The caller gets the error.
}
