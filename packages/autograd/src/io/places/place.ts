/** @file Where files lie: what a disk, a database of the browser, its file system and the downloads have in common. */

/** Whole files by name. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** The name of the file that says which checkpoint of a folder is the newest. */
export const LATEST = 'latest';

/**
 * A kind of storage. Whatever interrupts it, a file has its old content or its new one, and a folder of a checkpoint is
 * there whole or not at all (or without the file that was to come last). Errors are those of the system, or `FileError`.
 */
export interface Place {
  /** A path by which two names of one folder are known to be the same. */
  resolve(path: string): string;
  /** The path of something in a folder, as users may pass it on. */
  join(folder: string, name: string): string;
  /** All bytes of a file. */
  read(path: string): Promise<Uint8Array>;
  /** As `read`, of what lies there itself: no link is followed. */
  readPlain(path: string): Promise<Uint8Array>;
  /** Replaces a file in one step. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** The names in a folder. @throws {FileError} `ENOENT` if it is not there. */
  list(folder: string): Promise<string[]>;
  /** Makes a folder if it is not there, and sweeps what interrupted savings have left in it. */
  prepare(folder: string): Promise<void>;
  /** Adds a folder with files, the last one last, under the first name that is free, and notes it as the newest. */
  add(folder: string, names: Iterable<string>, files: Files): Promise<string>;
  /** Removes a folder in a folder. */
  remove(folder: string, name: string): Promise<void>;
}
