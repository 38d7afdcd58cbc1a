/**
 * @file Reading and writing whole files, in Node. A file is written next to its destination and then moved there, so that a
 * reader sees the old content or the new, whatever interrupts the writer. Node's modules are reached through
 * `process.getBuiltinModule`: bundlers for browsers find no `node:` import.
 */
import type * as NodeCrypto from 'node:crypto';
import type * as NodeFs from 'node:fs';
import type * as NodePath from 'node:path';
import { type Cause, ChainruleError } from '../errors.js';

/**
 * A file that cannot be read or written: it is missing, or permission or space is lacking. `code` is the system's: `ENOSPC`.
 */
export class FileError extends ChainruleError {
  /** @internal */
  static override readonly kinds: readonly string[] = ['FileError', 'ChainruleError'];
  /** The system's code for the failure: `'ENOENT'`, `'EACCES'`. */
  readonly code: string;

  constructor(message: string, code: string, options?: Cause) {
    super(message, options);
    this.code = code;
  }
}

type Fs = typeof NodeFs.promises;
type Path = typeof NodePath;
type Crypto = typeof NodeCrypto;

interface NodeProcess {
  readonly pid: number;
  kill(pid: number, signal: 0): void;
  getBuiltinModule(id: string): unknown;
}

/** Whether there is a disk, that is, whether Node's modules can be reached. */
export function hasDisk(): boolean {
  const { process } = globalThis as { process?: Partial<NodeProcess> };
  return typeof process?.getBuiltinModule === 'function';
}

/** The modules of Node that files need. @throws {FileError} if there is no file system. */
export function node(): { fs: Fs; path: Path; crypto: Crypto; process: NodeProcess } {
  const { process } = globalThis as { process?: Partial<NodeProcess> };
  if (typeof process?.getBuiltinModule !== 'function') {
    throw new FileError(
      'Paths need Node 20.16 or newer; elsewhere use decodeSafetensors(bytes) and encodeSafetensors(tensors).',
      'ENOSYS',
    );
  }
  const get = (id: string): unknown => process.getBuiltinModule?.(id);
  return {
    fs: (get('node:fs') as { promises: Fs }).promises,
    path: get('node:path') as Path,
    crypto: get('node:crypto') as Crypto,
    process: process as NodeProcess,
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many files are open',
  ENOTDIR: 'part of the path is not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'something else is already there',
  ELOOP: 'its links form a loop',
  ENAMETOOLONG: 'the name is too long',
  ERR_INVALID_ARG_VALUE: 'a path cannot contain a null character',
};

/** Runs `action`; a system error becomes a {@link FileError} that says what was attempted and why it failed. */
export async function tryTo<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const code = codeOf(cause);
    const isSaid = cause instanceof FileError && cause.message.startsWith(what);
    if (code === undefined || isSaid) throw cause;
    const reason = REASONS[code] ?? (cause as Error).message.split(',', 1)[0];
    throw new FileError(`${what}: ${reason} (${code})`, code, { cause });
  }
}

/**
 * Runs `action` for `op`, which a user called: errors of files begin with its name.
 * @example inNameOf('loadNpz', () => readFile(path)) // loadNpz: cannot read 'a.npz': there is no such file or folder (ENOENT)
 */
export async function inNameOf<T>(op: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof ChainruleError)
      error.message = error.message.replace(/^file: /, `${op}: `);
    throw error;
  }
}

/** A path as shown in messages: quoted, without control characters, and not too long. */
export function shownPath(path: string): string {
  const quoted = JSON.stringify(path).slice(1, -1);
  return `'${quoted.length > 300 ? `${quoted.slice(0, 300)}…` : quoted}'`;
}

/** The system's code of an error, `ENOENT` for example. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** One read call stays below 2 GiB, the most that systems accept. */
const MAX_READ = 2 ** 30;

/** Reads all bytes of a file. @throws {FileError} */
export function readFile(path: string): Promise<Uint8Array> {
  const what = `file: cannot read ${shownPath(path)}`;
  return tryTo(what, async () => {
    // Reading a pipe might never end.
    const status = await node().fs.stat(path);
    if (!status.isFile() && !status.isDirectory())
      throw new FileError(`${what}: it is a pipe or a device; only files are read`, 'EINVAL');
    const file = await node().fs.open(path, 'r');
    try {
      const bytes = allocateFor((await file.stat()).size, what);
      let filled = 0;
      while (filled < bytes.length) {
        const length = Math.min(MAX_READ, bytes.length - filled);
        const { bytesRead } = await file.read(bytes, filled, length, filled);
        if (bytesRead === 0) break; // it was truncated while being read
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    } finally {
      await file.close();
    }
  });
}

function allocateFor(size: number, what: string): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new FileError(`${what}: its ${size} bytes do not fit into memory`, 'EFBIG', { cause });
  }
}

/** The permissions and owner of a file. */
interface Access {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Writes a new file with the given permissions, and waits until it is on the disk. */
export async function writeDurably(
  path: string,
  bytes: Uint8Array,
  access?: Access,
): Promise<void> {
  // Never readable by more users than in the end.
  const file = await node().fs.open(path, 'wx', access && access.mode & 0o777);
  try {
    if (access !== undefined) {
      await file.chown(access.uid, access.gid).catch(() => undefined); // we may not change the owner
      await file.chmod(access.mode & 0o7777).catch(() => undefined); // a file system without modes
    }
    let written = 0;
    while (written < bytes.length) {
      const length = Math.min(MAX_READ, bytes.length - written);
      written += (await file.write(bytes, written, length, written)).bytesWritten;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until the directory entries of a folder are on the disk. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await node().fs.open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    // Windows cannot open folders, and some file systems cannot sync them; there the rename has to be enough.
    if (!['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EACCES'].includes(codeOf(error) ?? ''))
      throw error;
  }
}

/** The temporary files that this process is writing. */
const active = new Set<string>();

/**
 * Runs `action` with the path of something temporary in `folder`, and removes what remains of it afterwards. The name,
 * `.tmp-<process>-<random>`, identifies its process.
 */
export async function withTemporary<T>(
  folder: string,
  action: (temporary: string) => Promise<T>,
): Promise<T> {
  const { crypto, fs, path, process } = node();
  const name = `.tmp-${process.pid}-${crypto.randomBytes(6).toString('hex')}`;
  const temporary = path.join(folder, name);
  active.add(name);
  try {
    return await action(temporary);
  } finally {
    await fs.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    active.delete(name);
  }
}

/** Removes what killed processes left in a folder. */
export async function sweepTemporary(folder: string): Promise<void> {
  const { fs, path } = node();
  for (const name of await fs.readdir(folder)) {
    const pid = Number(/^\.tmp-(\d+)-[0-9a-f]+$/.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(pid) || active.has(name) || isAlive(pid)) continue;
    await fs.rm(path.join(folder, name), { recursive: true, force: true }).catch((error) => {
      // Two processes that sweep at the same time empty the same folder.
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) throw error;
    });
  }
}

function isAlive(pid: number): boolean {
  const { process } = node();
  if (pid === process.pid) return false; // not in `active`: an earlier process had the same number
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH'; // EPERM: the process is alive and belongs to another user
  }
}
