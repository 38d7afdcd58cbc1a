/**
 * @file Makes the garbage collector look for dropped values while a device fills up: the collector sees only host memory. The
 * memory of the values it finds is freed when the event loop turns.
 */

/** From this many bytes on, a value adds weight for the collector of a browser. */
const MIN_WEIGHT_BYTES = 2 ** 18;

export class MemoryPressure {
  private readonly limit: number;
  private next: number;
  private readonly collect = collector();

  /** `limit` is the total; the collector runs from a quarter of it on, as a loop may fill the rest before it waits. */
  constructor(limit: number) {
    this.limit = limit;
    this.next = limit / 4;
  }

  /** Call with the bytes in use after they have grown. */
  onGrow(used: number): void {
    if (used < this.next) return;
    this.collect?.();
    this.next = used + this.limit / 4;
  }

  /** Call with the bytes in use after something was freed. */
  onFree(used: number): void {
    this.next = Math.max(this.limit / 4, Math.min(this.next, used + this.limit / 4));
  }

  /**
   * Host memory to be held by a value of the device. Nobody touches it, so the system allocates no pages, but the collector
   * of a browser, which cannot be called, counts its size.
   */
  weightOf(bytes: number, used: number): ArrayBuffer | null {
    if (this.collect !== null || bytes < MIN_WEIGHT_BYTES || used < this.limit / 16) return null;
    try {
      return new ArrayBuffer(bytes);
    } catch {
      return null; // a host with little memory still has its device
    }
  }
}

/** The garbage collector of Node.js, or null. */
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
