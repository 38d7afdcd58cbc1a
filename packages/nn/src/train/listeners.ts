/** @file The receivers of a run's events: its callbacks, then the loop that iterates over them. */
import type { Callback, FitControl, FitEvent } from './events.js';
import type { Listener } from './listener.js';

export class Listeners {
  /** The loop over the events, if there is one. */
  listener: Listener<FitEvent> | null = null;
  private readonly callbacks: readonly Callback[];
  private readonly control: FitControl;

  constructor(callbacks: readonly Callback[], control: FitControl) {
    this.callbacks = callbacks;
    this.control = control;
  }

  /** Whether there is any receiver. */
  get hasListeners(): boolean {
    return this.listener !== null || this.callbacks.length > 0;
  }

  /** Sends an event to the receivers one after the other; returns a promise only if one of them does. */
  emit(event: FitEvent): Promise<void> | undefined {
    let before: Promise<void> | undefined;
    for (const callback of this.callbacks) {
      if (before === undefined) before = call(callback, event, this.control) ?? undefined;
      else before = before.then(() => call(callback, event, this.control));
    }
    if (this.listener === null) return before;
    const offer = (): Promise<void> | undefined => this.listener?.offer(event);
    return before === undefined ? offer() : before.then(offer);
  }
}

function call(callback: Callback, event: FitEvent, control: FitControl): void | Promise<void> {
  return typeof callback === 'function' ? callback(event, control) : callback.on(event, control);
}
