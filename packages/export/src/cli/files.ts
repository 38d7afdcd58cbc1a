/** @file Files that are there whole or not at all. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes all files, or none: first under other names beside them, then each is given its own. */
export async function writeAll(files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const parts: [part: string, path: string][] = [];
  try {
    for (const [path, content] of files) {
      await mkdir(dirname(path), { recursive: true });
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
