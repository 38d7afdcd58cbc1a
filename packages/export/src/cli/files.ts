/** @file Writes files so that either all of them exist in full or none has changed. */
import { readFileSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFiles } from '@chainrule/autograd/internal';

/**
 * Writes all files, or none; missing folders are created. A device or a pipe, such as `/dev/stdout`, is written to in place.
 *
 * @throws {Error} that names the file or folder that cannot be written.
 */
export async function writeAll(files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  for (const path of files.keys()) await makeFolder(dirname(path));
  const encoder = new TextEncoder();
  const bytes = (content: string | Uint8Array): Uint8Array =>
    typeof content === 'string' ? encoder.encode(content) : content;
  await replaceFiles([...files].map(([path, content]) => [path, bytes(content)] as const));
}

/**
 * Whether Node treats a `.js` file in this folder as an ES module: decided by the nearest package.json, or by its text if
 * there is none.
 */
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

/**
 * Creates a folder and its parents. `mkdir` with `recursive` never returns if the system does not allow a folder to be
 * created.
 */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (await isFolder(path)) return; // somebody else has made it meanwhile
    throw new Error(`cannot write ${path}: ${REASONS[code] ?? message}`, { cause: error });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'there is a file of that name where a folder is needed',
  ENOENT: 'there is no such folder',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its name is too long',
};
