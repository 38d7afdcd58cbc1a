/** @file Files that are there whole or not at all. */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes all files, or none: first under other names beside them, then each is given its own. A device or a pipe, such as
 * `/dev/stdout`, is written into.
 */
export async function writeAll(files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const parts: [part: string, path: string][] = [];
  try {
    for (const [path, content] of files) {
      await mkdir(dirname(path), { recursive: true });
      const there = await stat(path).catch(() => undefined);
      if (there !== undefined && !there.isFile() && !there.isDirectory()) {
        await writeFile(path, content);
        continue;
      }
      const part = join(dirname(path), `.${basename(path)}.part-${process.pid}`);
      parts.push([part, path]);
      await writeFile(part, content);
    }
    for (const [part, path] of parts) await rename(part, path);
  } catch (error) {
    for (const [part] of parts) await rm(part, { force: true });
    throw error;
  }
}
