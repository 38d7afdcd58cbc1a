/** @file Which kind of storage a path means. */
import { display, kinds, passes } from '../../arguments/index.js';
import { FormatError } from '../../errors.js';
import { codeOf, FileError, hasDisk } from '../files.js';
import { disk } from './disk.js';
import { downloads } from './download.js';
import { indexedDb } from './indexedDb.js';
import { opfs } from './opfs.js';
import type { StorageBackend } from './storageBackend.js';

const BACKENDS: Readonly<Record<string, StorageBackend>> = {
  'indexeddb:': indexedDb,
  'opfs:': opfs,
  'download:': downloads,
};

/**
 * The storage of a path: named by its prefix, `indexeddb:`, `opfs:` or `download:`; without a prefix, the disk in Node and
 * IndexedDB in pages.
 *
 * @throws {FileError} if there is no such storage.
 */
export function backendOf(path: string): StorageBackend {
  const named = /^(indexeddb:|opfs:|download:)/.exec(path)?.[0];
  if (hasDisk()) {
    if (named === undefined) return disk;
    throw new FileError(`${named} exists only in pages; in Node give a path`, 'ENOSYS');
  }
  if (named !== undefined && named !== 'indexeddb:') return BACKENDS[named] as StorageBackend;
  if (typeof indexedDB === 'object') return indexedDb;
  throw new FileError(
    'Paths need Node 20.16 or newer, or a page with IndexedDB; elsewhere use decodeSafetensors(bytes) and ' +
      'encodeSafetensors(tensors).',
    'ENOSYS',
  );
}

/** A file picked by the user, or a fetched one: a `Blob`, declared here so that no browser types are needed. */
export interface FileLike {
  /** All of its bytes. */
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Its bytes, or the error why there are none: a caller's object may do anything. */
async function readingFile(source: FileLike): Promise<unknown> {
  try {
    return await source.arrayBuffer();
  } catch (cause) {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    throw new FileError(`file: its bytes cannot be read${why}`, codeOf(cause) ?? 'EIO', { cause });
  }
}

/** From any realm; a view on part of a buffer is accepted too. */
const buffer = kinds.kind<ArrayBuffer>(
  'give an ArrayBuffer',
  (x) => ArrayBuffer.isView(x) || Object.prototype.toString.call(x) === '[object ArrayBuffer]',
);

/** All bytes of a file, given by path or as an object. */
export async function bytesIn(source: string | FileLike): Promise<Uint8Array> {
  if (typeof source === 'string') return backendOf(source).read(source);
  const bytes: unknown = await readingFile(source);
  if (!passes(buffer, bytes))
    throw new FormatError(`file: arrayBuffer() must ${buffer.must}, got ${display(bytes)}`);
  return new Uint8Array(bytes);
}
