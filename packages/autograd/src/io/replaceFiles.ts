/** @file Files that are replaced in one step, alone or together. */
import {
  codeOf,
  FileError,
  node,
  shownPath,
  sweepTemporary,
  syncFolder,
  tryTo,
  withTemporary,
  writeDurably,
} from './files.js';

/**
 * Replaces a file in one step: after an interruption at any byte it has its old content, or the new. Its owner and its
 * permissions stay; a symbolic link stays one, and the file to which it leads is replaced. A device or a pipe, such as
 * `/dev/stdout`, is not replaced but written to.
 *
 * @throws {FileError} with the old content intact.
 */
export function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  return replaceFiles([[path, bytes]]);
}

/**
 * Replaces several files in this way. All are written to the disk under other names before the first is renamed, so a full
 * disk, or a folder that may not be written, leaves all files as they were. If the process is killed while it renames, some
 * files are old and some new, and each is complete.
 *
 * @throws {FileError} that names the file.
 */
export async function replaceFiles(
  files: readonly (readonly [path: string, bytes: Uint8Array])[],
): Promise<void> {
  const moves: (() => Promise<void>)[] = [];
  const write = async (k: number): Promise<void> => {
    const entry = files[k];
    if (entry === undefined) {
      for (const move of moves) await move();
      return;
    }
    const [path, bytes] = entry;
    const say = <T>(action: () => Promise<T>): Promise<T> =>
      tryTo(`file: cannot write ${shownPath(path)}`, action);
    const { fs, path: paths } = node();
    // Errors that make a name impossible are thrown before any file changes.
    const before = await say(() =>
      fs.stat(path).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error;
        return undefined;
      }),
    );
    if (before?.isDirectory() === true)
      throw new FileError(
        `file: cannot write ${shownPath(path)}: it is a folder (EISDIR)`,
        'EISDIR',
      );
    if (before !== undefined && !before.isFile()) {
      moves.push(() => say(() => fs.writeFile(path, bytes)));
      return write(k + 1);
    }
    const target = await say(() => followed(path));
    const folder = paths.dirname(target);
    await sweepTemporary(folder).catch(() => undefined); // we may not list the folder
    await withTemporary(folder, async (temporary) => {
      await say(() => writeDurably(temporary, bytes, before));
      moves.push(() => say(() => fs.rename(temporary, target)));
      await write(k + 1);
    });
    await say(() => syncFolder(folder));
  };
  await write(0);
}

/** Most systems follow this many links, and no more. */
const MAX_LINKS = 40;

/** The path to which symbolic links lead, even if that file does not exist yet. */
async function followed(path: string): Promise<string> {
  const { fs, path: paths } = node();
  let at = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    const next = await fs.readlink(at).catch(() => undefined);
    if (next === undefined) return at;
    // A link is relative to the real location of its folder.
    at = paths.resolve(await fs.realpath(paths.dirname(at)), next);
  }
  return fs.realpath(path); // links in a circle: the system throws its error
}
