/** @file Passes the events of a training run to a loop over them: the training and the loop wait for each other. */

/** The error of an offer after the loop has been left. */
export const STOPPED: Error = new Error('the loop was left');

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((res, rej) => ([resolve, reject] = [res, rej]));
  // Marks rejections as handled: perhaps nobody waits for the promise.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

export class Listener<T> {
  /** Set while the loop waits for an event. */
  private pending: Deferred<T> | null = null;
  /** Set while the training waits for the loop to ask for the next event. */
  private offered: { readonly event: T; taken: boolean; readonly done: Deferred<void> } | null =
    null;
  private isClosed = false;

  /** Waits until the loop has handled the event and asks for the next one. @throws LEFT once the loop has been left. */
  offer(event: T): Promise<void> {
    if (this.isClosed) return Promise.reject(STOPPED);
    const done = deferred<void>();
    const { pending } = this;
    this.offered = { event, taken: pending !== null, done };
    this.pending = null;
    pending?.resolve(event);
    return done.promise;
  }

  /** The next event. */
  ask(): Promise<T> {
    const { offered } = this;
    if (offered !== null && !offered.taken) {
      offered.taken = true;
      return Promise.resolve(offered.event);
    }
    this.pending = deferred<T>();
    const { promise } = this.pending;
    this.offered = null;
    offered?.done.resolve();
    return promise;
  }

  /** The loop has been left: the training ends at the event that it has just offered. */
  leave(): void {
    this.isClosed = true;
    this.offered?.done.reject(STOPPED);
  }
}
