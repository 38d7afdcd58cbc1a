/** @file Files that are there whole or not at all. */
import { readFileSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes all files, or none: first under other names beside them, then each is given its own. A device or a pipe, such as
 * `/dev/stdout`, is written into.
 *
 * @throws {Error} that names the file or folder that cannot be written.
 */
export async function writeAll(files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const parts: [part: string, path: string][] = [];
  try {
    for (const [path, content] of files) {
      await makeFolder(dirname(path));
      const there = await stat(path).catch(() => undefined);
      if (there?.isDirectory() === true) throw new Error(`cannot write ${path}: it is a folder`);
      if (there !== undefined && !there.isFile()) {
        await at(path, () => writeFile(path, content));
        continue;
      }
      const part = join(dirname(path), `.${basename(path)}.part-${process.pid}`);
      parts.push([part, path]);
      await at(path, () => writeFile(part, content));
    }
    for (const [part, path] of parts) await at(path, () => rename(part, path));
  } catch (error) {
    for (const [part] of parts) await rm(part, { force: true });
    throw error;
  }
}

/** Whether Node takes a `.js` file of this folder for an ES module: by the nearest package.json, and where there is none by its text. */
export function takesModules(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { type } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as {
        type?: unknown;
      };
      return type === 'module';
    } catch {
      if (dirname(at) === at) return true;
    }
  }
}

/** A folder and those around it. Node's own way to do that does not end where the system lets none be made. */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await at(path, () => mkdir(path));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
  EROFS: 'it may not be written',
  EEXIST: 'there is a file of that name, where a folder is needed',
  ENOENT: 'there is no such place',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its name is too long',
};

async function at(path: string, does: () => Promise<unknown>): Promise<void> {
  try {
    await does();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(`cannot write ${path}: ${REASONS[code] ?? message}`, { cause: error });
  }
}
