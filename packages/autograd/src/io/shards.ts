/**
 * @file Models in several safetensors files, with an index that says which tensor is in which. The index is not trusted: its
 * file names must be plain names of ordinary files in the same folder.
 */
import { FormatError } from '../errors.js';
import type { ArrayRecord } from './elements.js';
import { plainRecord } from './elements.js';
import { asObject, asString, decodeUtf8, readJson } from './json.js';
import { backendOf } from './storage/backendOf.js';
import { readSafetensors } from './safetensors.js';
import { quoted } from './quoted.js';

const SHARD_NAME = /^[A-Za-z0-9][\w.-]*\.safetensors$/;
const MAX_SHARDS = 10_000;

/**
 * Reads the shards that an index names, `{ "weight_map": { tensor: file } }`.
 *
 * @throws {FormatError} if the index is malformed, names files elsewhere, or disagrees with the shards.
 */
export async function readShards(indexPath: string): Promise<Record<string, ArrayRecord>> {
  const place = backendOf(indexPath);
  const json = readJson(decodeUtf8(await place.read(indexPath), indexPath), indexPath);
  const map = asObject(asObject(json, indexPath).get('weight_map'), `${indexPath}: weight_map`);
  const namesOf = new Map<string, string[]>();
  for (const [name, value] of map) {
    const file = asString(value, `${indexPath}: weight_map[${quoted(name)}]`);
    if (!SHARD_NAME.test(file)) {
      throw new FormatError(
        `${indexPath}: ${quoted(file)} is not a plain name of a .safetensors file`,
      );
    }
    namesOf.set(file, [...(namesOf.get(file) ?? []), name]);
  }
  if (namesOf.size > MAX_SHARDS) {
    throw new FormatError(`${indexPath}: ${namesOf.size} files; at most ${MAX_SHARDS} are read`);
  }

  const arrays = plainRecord<ArrayRecord>();
  for (const [file, names] of namesOf) {
    const path = indexPath.replace(/[^/\\]*$/, file);
    const shard = readSafetensors(await place.readPlain(path), path).arrays;
    const extra = Object.keys(shard).find((name) => map.get(name) !== file);
    if (extra !== undefined) {
      throw new FormatError(`${path}: holds ${quoted(extra)}, which the index lists elsewhere`);
    }
    for (const name of names) {
      const array = shard[name];
      if (!array)
        throw new FormatError(`${path}: lacks ${quoted(name)}, which the index lists there`);
      arrays[name] = array;
    }
  }
  return arrays;
}
