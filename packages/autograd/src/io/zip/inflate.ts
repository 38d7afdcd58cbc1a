/** @file Unpacks untrusted deflated data: never more than declared, and every fault is an error. */
import { FormatError } from '../../errors.js';
import { allocateBytes } from '../../graph/values/allocateBytes.js';

/** Unpacks raw deflate data to exactly `size` bytes; stops as soon as there are more. */
export async function inflate(packed: Uint8Array, size: number, what: string): Promise<Uint8Array> {
  const result = allocateBytes(size);
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  // The reader reports a fault as well; here it only must not go unhandled.
  const ignore = (): void => undefined;
  writer.closed.catch(ignore);
  writer.write(packed as Uint8Array<ArrayBuffer>).catch(ignore);
  writer.close().catch(ignore);
  const reader = stream.readable.getReader();
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (filled + value.byteLength > size)
        throw new FormatError(`${what}: unpacks to more than the ${size} bytes it declares`);
      result.set(value, filled);
      filled += value.byteLength;
    }
  } catch (cause) {
    reader.cancel().catch(ignore);
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`${what}: the packed data is damaged`, { cause });
  }
  if (filled !== size)
    throw new FormatError(`${what}: unpacks to ${filled} bytes instead of the ${size} it declares`);
  return result;
}
