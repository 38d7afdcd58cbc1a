/** @file Where files are stored: the common interface of a disk, a browser's database, its file system, and downloads. */

/** Whole files by name. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** The name of the file that says which checkpoint of a folder is the newest. */
export const LATEST = 'latest';

/**
 * A kind of storage. Whatever interrupts it, a file has its old content or its new one, and the folder of a checkpoint is
 * complete or does not exist (or lacks the file that was to come last). Errors are those of the system, or `FileError`.
 */
export interface StorageBackend {
  /** A canonical path, equal for two names of the same folder. */
  resolve(path: string): string;
  /** The path of something in a folder, in the form that users may pass. */
  join(folder: string, name: string): string;
  /** All bytes of a file. */
  read(path: string): Promise<Uint8Array>;
  /** Like `read`, but for the file itself: links are not followed. */
  readPlain(path: string): Promise<Uint8Array>;
  /** Replaces a file in one step. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** The names in a folder. @throws {FileError} `ENOENT` if it does not exist. */
  list(folder: string): Promise<string[]>;
  /** Makes a folder if it does not exist, and removes what interrupted saves have left in it. */
  prepare(folder: string): Promise<void>;
  /** Adds a folder with files, the last one last, under the first free name, and records it as the newest. */
  add(folder: string, names: Iterable<string>, files: Files): Promise<string>;
  /** Removes a folder within a folder. */
  remove(folder: string, name: string): Promise<void>;
}
