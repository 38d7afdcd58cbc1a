/** @file Ctrl-C, SIGTERM and abort signals: the first lets the step end, the second Ctrl-C ends the process at once. */

/** The exit code of a program that was interrupted. */
export const INTERRUPTED = 130;

/** The part of `AbortSignal` that is used, so that declarations need no DOM types. */
export interface Signal {
  readonly aborted: boolean;
}

/** The platform's `AbortSignal`, where its declarations are at hand. */
export type PlatformSignal = typeof globalThis extends { AbortSignal: { prototype: infer T } }
  ? T
  : Signal;

/** Listens for interrupts during a training run. */
export class Interrupts {
  /** The name of the signal that was received, or null. */
  received: string | null = null;
  private readonly onSignal = (name: string): void => {
    if (this.received !== null) process.exit(INTERRUPTED);
    this.received = name;
  };
  private readonly listening: boolean;
  private readonly abort: Signal | undefined;

  constructor(handle: boolean, abort: Signal | undefined) {
    this.abort = abort;
    this.listening = handle && typeof process === 'object' && typeof process.on === 'function';
    if (!this.listening) return;
    process.on('SIGINT', this.onSignal);
    process.on('SIGTERM', this.onSignal);
  }

  get aborted(): boolean {
    return this.abort?.aborted === true;
  }

  /** Stops listening. */
  close(): void {
    if (!this.listening) return;
    process.off('SIGINT', this.onSignal);
    process.off('SIGTERM', this.onSignal);
  }
}
