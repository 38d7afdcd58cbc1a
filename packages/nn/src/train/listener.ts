/** @file Passes the events of a training run to a loop over them: each waits for the other. */

/** What an offer fails with once the loop has been left. */
export const LEFT: Error = new Error('the loop was left');

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((res, rej) => ([resolve, reject] = [res, rej]));
  // Wakes the one that waits, if any.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

export class Listener<T> {
  /** The loop waits for an event. */
  private asked: Deferred<T> | null = null;
  /** The training waits for the loop to ask on. */
  private offered: { readonly event: T; taken: boolean; readonly done: Deferred<void> } | null =
    null;
  private left = false;

  /** Waits until the loop has had the event and asks for the next one. @throws LEFT once it has been left. */
  offer(event: T): Promise<void> {
    if (this.left) return Promise.reject(LEFT);
    const done = deferred<void>();
    const { asked } = this;
    this.offered = { event, taken: asked !== null, done };
    this.asked = null;
    asked?.resolve(event);
    return done.promise;
  }

  /** The next event. */
  ask(): Promise<T> {
    const { offered } = this;
    if (offered !== null && !offered.taken) {
      offered.taken = true;
      return Promise.resolve(offered.event);
    }
    this.asked = deferred<T>();
    const { promise } = this.asked;
    this.offered = null;
    offered?.done.resolve();
    return promise;
  }

  /** The loop is over: the training ends at the event that it has just told. */
  leave(): void {
    this.left = true;
    this.offered?.done.reject(LEFT);
  }
}
