/** @file The job that this process is part of. */
import { ChainruleError } from '@chainrule/autograd';
import type { Communicator } from './communicator.js';

let current: Communicator | null = null;

/** Enters a job; null leaves it. */
export function setCurrent(world: Communicator | null): void {
  current = world;
}

export function hasCurrent(): boolean {
  return current !== null;
}

/** The job of this process. @throws {ChainruleError} before `distributed()` and after `close()`. */
export function currentWorld(op: string): Communicator {
  if (current === null) {
    throw new ChainruleError(`${op}: call await distributed() first: it connects the ranks`);
  }
  return current;
}
