/**
 * @file The origin private file system of a page: real files that only this site sees. The browser writes a file next to its
 * destination and moves it there; a folder is complete once its last file exists.
 */
import { FileError, shownPath } from '../files.js';
import { namesOf, tryInPage } from './paths.js';
import { LATEST, type Files, type StorageBackend } from './storageBackend.js';

const PREFIX = 'opfs:';

const pathOf = (path: string): string[] => namesOf(path.replace(PREFIX, ''));

export const opfs: StorageBackend = {
  resolve: (path) => PREFIX + pathOf(path).join('/'),
  join: (folder, name) => `${PREFIX}${[...pathOf(folder), name].join('/')}`,
  read: (path) =>
    tryInPage(`file: cannot read ${shownPath(path)}`, async () => {
      const { folder, name } = await parentOf(path, false);
      const file = await (await folder.getFileHandle(name)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    }),
  readPlain: (path) => opfs.read(path),
  replace: (path, bytes) =>
    tryInPage(`file: cannot write ${shownPath(path)}`, async () => {
      // As on a disk, a missing folder is an error.
      const { folder, name } = await parentOf(path, false);
      await write(folder, name, bytes);
    }),
  list: (folder) =>
    tryInPage(`file: cannot read ${shownPath(folder)}`, async () => {
      const names: string[] = [];
      for await (const [name] of entriesOf(await folderOf(pathOf(folder), false))) names.push(name);
      return names;
    }),
  prepare: (folder) =>
    tryInPage(`file: cannot write into ${shownPath(folder)}`, async () => {
      await folderOf(pathOf(folder), true);
    }),
  add: (folder, names, files) =>
    tryInPage(`file: cannot write into ${shownPath(folder)}`, async () => {
      const parent = await folderOf(pathOf(folder), true);
      const taken = new Set(await opfs.list(folder));
      for (const name of names) {
        if (taken.has(name)) continue;
        await fill(parent, name, files);
        await write(parent, LATEST, new TextEncoder().encode(`${name}\n`));
        return name;
      }
      throw new FileError(`file: there is no free name in ${shownPath(folder)} (EEXIST)`, 'EEXIST');
    }),
  remove: (folder, name) =>
    tryInPage(`file: cannot write into ${shownPath(folder)}`, async () => {
      const parent = await folderOf(pathOf(folder), false);
      await parent.removeEntry(name, { recursive: true });
    }),
};

async function fill(parent: FileSystemDirectoryHandle, name: string, files: Files): Promise<void> {
  const folder = await parent.getDirectoryHandle(name, { create: true });
  try {
    for (const [file, bytes] of Object.entries(files)) await write(folder, file, bytes);
  } catch (error) {
    await parent.removeEntry(name, { recursive: true }).catch(() => undefined);
    throw error;
  }
}

async function write(
  folder: FileSystemDirectoryHandle,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true });
  // The content changes only when the stream is closed.
  const stream = await handle.createWritable();
  try {
    // Memory shared between threads cannot be written, so it is copied.
    await stream.write(bytes.slice());
    await stream.close();
  } catch (error) {
    await stream.abort().catch(() => undefined);
    throw error;
  }
}

async function parentOf(
  path: string,
  create: boolean,
): Promise<{ folder: FileSystemDirectoryHandle; name: string }> {
  const names = pathOf(path);
  const name = names.pop() as string;
  return { folder: await folderOf(names, create), name };
}

async function folderOf(
  names: readonly string[],
  create: boolean,
): Promise<FileSystemDirectoryHandle> {
  const storage = (navigator as { storage?: Partial<StorageManager> }).storage;
  if (typeof storage?.getDirectory !== 'function') {
    throw new FileError(
      'opfs: this page has no private file system; browsers offer it on https and localhost. indexeddb: works everywhere',
      'ENOSYS',
    );
  }
  let folder = await storage.getDirectory();
  for (const name of names) folder = await folder.getDirectoryHandle(name, { create });
  return folder;
}

/** The entries of a folder; TypeScript's DOM declarations lack them. */
function entriesOf(folder: FileSystemDirectoryHandle): AsyncIterable<[string, unknown]> {
  return folder as unknown as AsyncIterable<[string, unknown]>;
}
