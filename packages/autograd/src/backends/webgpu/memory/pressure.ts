/**
 * @file Has the garbage collector look for dropped values while a device fills: it sees the memory of the host alone, and
 * what it finds is given back when the event loop turns.
 */

/** From so many bytes on a value weighs on the collector of a browser. */
const HEAVY = 2 ** 18;

export class Pressure {
  private readonly limit: number;
  private next: number;
  private readonly collect = collector();

  /** `limit` is what there is in all; from a quarter of it on there is pressure, as a loop may fill the rest before it waits. */
  constructor(limit: number) {
    this.limit = limit;
    this.next = limit / 4;
  }

  /** Is told how much is in use when it has grown. */
  rises(used: number): void {
    if (used < this.next) return;
    this.collect?.();
    this.next = used + this.limit / 4;
  }

  /** Is told how much is in use when something was given back. */
  falls(used: number): void {
    this.next = Math.max(this.limit / 4, Math.min(this.next, used + this.limit / 4));
  }

  /**
   * Memory of the host that nobody touches, so that none is taken, to be held by a value of the device: a browser, whose
   * collector cannot be called, goes by its size.
   */
  weightOf(bytes: number, used: number): ArrayBuffer | null {
    if (this.collect !== null || bytes < HEAVY || used < this.limit / 16) return null;
    try {
      return new ArrayBuffer(bytes);
    } catch {
      return null; // a host with little memory still has its device
    }
  }
}

/** The collector of Node.js. */
function collector(): (() => void) | null {
  if (typeof process !== 'object' || typeof process.getBuiltinModule !== 'function') return null;
  const v8 = process.getBuiltinModule('node:v8');
  const vm = process.getBuiltinModule('node:vm');
  try {
    v8.setFlagsFromString('--expose-gc');
    const gc = vm.runInNewContext('gc') as unknown;
    return typeof gc === 'function' ? (gc as () => void) : null;
  } catch {
    return null; // a runtime that is only like Node.js
  }
}
