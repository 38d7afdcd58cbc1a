/** @file SHA-256 sums, by the implementation of Node or the browser. */
import { FileError, hasDisk, node } from './files.js';

/** The sum in hexadecimal digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  if (hasDisk()) return node().crypto.createHash('sha256').update(bytes).digest('hex');
  const subtle = (globalThis.crypto as Partial<Crypto> | undefined)?.subtle;
  if (subtle === undefined) {
    throw new FileError(
      'checkpoints are checked by their SHA-256 sums, which a browser makes only on https and localhost',
      'ENOSYS',
    );
  }
  // Memory shared between threads is refused, so it is copied.
  const sum = await subtle.digest('SHA-256', bytes.slice());
  return Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
