/** @file NumPy's .npz format: a zip archive of .npy files, one per array. */
import { FormatError } from '../errors.js';
import { plainRecord } from './elements.js';
import type { ArrayRecord } from './elements.js';
import { readNpy } from './npy.js';
import { readZip } from './zip/readZip.js';
import type { ZipLimits } from './zip/readZip.js';
import { quoted } from './quoted.js';

/**
 * Reads a whole .npz file, as `numpy.savez` and `numpy.savez_compressed` write it.
 *
 * @returns The arrays by name (`weights` for the entry `weights.npy`), without prototype.
 * @throws {FormatError} if the archive or one of its arrays is malformed or exceeds the limits.
 */
export async function readNpz(
  bytes: Uint8Array,
  what = 'npz',
  limits?: ZipLimits,
): Promise<Record<string, ArrayRecord>> {
  const arrays = plainRecord<ArrayRecord>();
  for (const [entry, content] of Object.entries(await readZip(bytes, what, limits))) {
    if (!entry.endsWith('.npy')) {
      throw new FormatError(`${what}: entry ${quoted(entry)} is not a .npy file`);
    }
    arrays[entry.slice(0, -'.npy'.length)] = readNpy(content, `${what}: entry ${quoted(entry)}`);
  }
  return arrays;
}
