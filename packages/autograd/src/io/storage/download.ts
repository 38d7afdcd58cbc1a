/** @file The downloads folder: a page can put files there, and can read only those that the user picks. */
import { FileError } from '../files.js';
import { writeZip } from '../zip/writeZip.js';
import { namesOf } from './paths.js';
import type { StorageBackend } from './storageBackend.js';

const PREFIX = 'download:';

const nameOf = (path: string): string => namesOf(path.replace(PREFIX, '')).at(-1) as string;

/** By then a browser has taken the bytes. */
const TAKEN = 60_000;

export const downloads: StorageBackend = {
  resolve: (path) => PREFIX + nameOf(path),
  join: (folder, name) => `${PREFIX}${nameOf(folder)}-${name}.zip`,
  read: () => Promise.reject(unreadable()),
  readPlain: () => Promise.reject(unreadable()),
  replace: (path, bytes) => Promise.resolve().then(() => download(nameOf(path), bytes)),
  list: () => Promise.resolve([]),
  prepare: () => Promise.resolve(),
  add: (folder, names, files) =>
    Promise.resolve().then(() => {
      const [name = ''] = names;
      download(`${nameOf(folder)}-${name}.zip`, writeZip(files));
      return name;
    }),
  remove: () => Promise.resolve(),
};

function unreadable(): FileError {
  return new FileError(
    'download: a page cannot read its downloads; pass a file that the user picked, as in ' +
      'loadSafetensors(input.files[0])',
    'ENOSYS',
  );
}

function download(name: string, bytes: Uint8Array): void {
  if (typeof document !== 'object') {
    throw new FileError(
      'download: only a page can offer a file, a worker cannot; post the bytes to the page',
      'ENOSYS',
    );
  }
  const type = 'application/octet-stream';
  const url = URL.createObjectURL(new Blob([bytes.slice()], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), TAKEN);
}
