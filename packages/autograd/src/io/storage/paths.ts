/** @file Paths in a page: names separated by slashes, and the errors of browsers as errors of files. */
import { FileError, shownPath } from '../files.js';

/** The names in a path. @throws {FileError} for a path that leads outside of the storage, or nowhere. */
export function namesOf(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.length === 0 || names.includes('..'))
    throw new FileError(`file: ${shownPath(path)} is not a path of names separated by /`, 'EINVAL');
  return names;
}

const REASONS: Readonly<Record<string, readonly [code: string, reason: string]>> = {
  NotFoundError: ['ENOENT', 'there is no such file or folder'],
  TypeMismatchError: [
    'EISDIR',
    'there is a folder in place of a file, or a file in place of a folder',
  ],
  QuotaExceededError: ['ENOSPC', "the browser's storage quota for this site is used up"],
  NotAllowedError: ['EACCES', 'the browser does not allow it'],
  SecurityError: ['EACCES', 'the browser does not allow it; a private window, or no https?'],
  NoModificationAllowedError: ['EBUSY', 'it is being written elsewhere'],
};

/** Runs `action`; a browser's error becomes a {@link FileError} with the code that a disk would report. */
export async function tryInPage<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (!(cause instanceof DOMException)) throw cause;
    const [code, reason] = REASONS[cause.name] ?? ['EIO', cause.message];
    throw new FileError(`${what}: ${reason} (${code})`, code, { cause });
  }
}

/** The error for a file or folder that does not exist. */
export function missing(what: string, path: string): FileError {
  return new FileError(
    `${what} ${shownPath(path)}: there is no such file or folder (ENOENT)`,
    'ENOENT',
  );
}
