/**
 * @file Arrays for which the machine has no memory: an error that says how large they are, in place of the JavaScript
 * engine's.
 */
import { DeviceError } from '../../errors.js';

/** The error for an array of `bytes` bytes that could not be allocated because of `cause`. */
export function outOfMemory(bytes: number, cause: unknown): DeviceError {
  const size = `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return new DeviceError(
    `memory: there is no room for an array of ${size} (${(cause as Error).message}); ` +
      'use smaller batches, or free what is no longer needed',
    { cause },
  );
}

/** An array of bytes, filled with zeros. @throws {DeviceError} where there is no memory for it. */
export function allocateBytes(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw outOfMemory(bytes, cause);
  }
}
