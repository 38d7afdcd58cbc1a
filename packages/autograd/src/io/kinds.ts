/** @file The arguments of the functions on files: paths, tensors by name, metadata. */
import { checkArgument, type Kind } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { FormatError } from '../errors.js';
import type { FileLike } from './storage/backendOf.js';

const path: Kind<string> = { ...kinds.text, must: 'be a path, a string', error: FormatError };
const named: Kind<object> = kinds.kind(
  'be tensors by name, an object or a Map, as stateDict() gives them',
  (x) =>
    x instanceof Map ||
    (kinds.object.test(x) && !kinds.callable.test((x as { stateDict?: unknown }).stateDict)),
  FormatError,
);
const entries: Kind<object> = {
  ...kinds.object,
  must: 'be an object of values to save',
  error: FormatError,
};
const metadata: Kind<Readonly<Record<string, string>>> = kinds.kind(
  'be text by name',
  (x) => kinds.object.test(x) && Object.values(x).every((v) => typeof v === 'string'),
  FormatError,
);

const source: Kind<string | FileLike> = kinds.kind(
  'be a path, a string, or a file that was picked, a Blob',
  (x) => typeof x === 'string' || kinds.callable.test((x as Partial<FileLike> | null)?.arrayBuffer),
  FormatError,
);

export const checkSource = (
  op: string,
  name: string,
  value: string | FileLike,
): string | FileLike => checkArgument(op, name, value, source);

export const checkPath = (op: string, name: string, value: string): string =>
  checkArgument(op, name, value, path);

export function checkNamed(op: string, tensors: unknown, data?: unknown): void {
  checkArgument(op, 'tensors', tensors, named);
  if (data !== undefined) checkArgument(op, 'metadata', data, metadata);
}

export function checkEntries(op: string, name: string, value: unknown): void {
  checkArgument(op, name, value, entries);
}
