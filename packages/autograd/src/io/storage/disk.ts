/** @file The disk of the computer, in Node. */
import { FormatError } from '../../errors.js';
import {
  codeOf,
  node,
  readFile,
  shownPath,
  sweepTemporary,
  syncFolder,
  tryTo,
  withTemporary,
  writeDurably,
} from '../files.js';
import { replaceFile } from '../replaceFiles.js';
import { LATEST, type StorageBackend } from './storageBackend.js';

export const disk: StorageBackend = {
  resolve: (path) => node().path.resolve(path),
  join: (folder, name) => node().path.join(folder, name),
  read: readFile,
  readPlain: async (path) => {
    const status = await tryTo(`file: cannot read ${shownPath(path)}`, () => node().fs.lstat(path));
    if (!status.isFile())
      throw new FormatError(
        `${path} is not an ordinary file; links, folders and devices are not read`,
      );
    return readFile(path);
  },
  replace: replaceFile,
  list: (folder) => node().fs.readdir(folder),
  prepare: async (folder) => {
    await makeFolder(folder);
    await sweepTemporary(folder);
  },
  add: async (folder, names, files) => {
    const { fs, path } = node();
    const added = await withTemporary(folder, async (draft) => {
      await fs.mkdir(draft);
      for (const [file, bytes] of Object.entries(files))
        await writeDurably(path.join(draft, file), bytes);
      await syncFolder(draft);
      return moveIntoPlace(draft, folder, names);
    });
    await syncFolder(folder);
    await replaceFile(path.join(folder, LATEST), new TextEncoder().encode(`${added}\n`));
    return added;
  },
  // Renamed first, so that a half-removed folder is never visible under its name.
  remove: (folder, name) =>
    withTemporary(folder, async (temporary) => {
      const { fs, path } = node();
      try {
        await fs.rename(path.join(folder, name), temporary);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error; // another process has removed it
      }
    }),
};

/**
 * Makes a folder and those above it. Node's own function never returns where a system reports an existing folder as missing:
 * /proc.
 */
async function makeFolder(folder: string): Promise<void> {
  const { fs, path } = node();
  try {
    await fs.mkdir(folder);
  } catch (error) {
    const above = path.dirname(folder);
    if (codeOf(error) === 'EEXIST' && (await fs.stat(folder)).isDirectory()) return;
    if (codeOf(error) !== 'ENOENT' || above === folder) throw error;
    await makeFolder(above);
    await fs.mkdir(folder).catch(async (again: unknown) => {
      if (codeOf(again) !== 'EEXIST' || !(await fs.stat(folder)).isDirectory()) throw again;
    });
  }
}

/** Renames to the first of the names that is free. */
async function moveIntoPlace(
  draft: string,
  folder: string,
  names: Iterable<string>,
): Promise<string> {
  const { fs, path } = node();
  let last: unknown;
  for (const name of names) {
    try {
      await fs.rename(draft, path.join(folder, name));
      return name;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error) ?? '')) throw error;
      // Windows reports EPERM for a folder that exists; other systems report it for many other reasons.
      if (codeOf(error) === 'EPERM') await fs.access(path.join(folder, name));
      last = error;
    }
  }
  throw last;
}
