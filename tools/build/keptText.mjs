/** @file What is made of sources in seconds, kept until one of them changes. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The files below a folder, in one order everywhere. */
function filesBelow(path) {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Changes with what is said, with any file of these folders, and with its name. */
function stateOf(said, folders) {
  const hash = createHash('sha256').update(JSON.stringify(said));
  for (const root of folders)
    for (const path of filesBelow(root)) {
      const text = readFileSync(path);
      hash.update(`\n${path.slice(root.length)} ${text.length}\n`).update(text);
    }
  return hash.digest('hex');
}

/**
 * The text that `make` gives: what is kept at a path from the last time, if nothing has changed in these folders nor in what is
 * said of the tools. Several processes may ask at once.
 */
export async function keptText(path, said, folders, make) {
  const key = stateOf(said, folders);
  const kept = read(path);
  if (kept?.startsWith(`${key}\n`)) return kept.slice(key.length + 1);
  const text = await make();
  try {
    mkdirSync(dirname(path), { recursive: true });
    const draft = `${path}.${randomUUID()}`;
    writeFileSync(draft, `${key}\n${text}`);
    renameSync(draft, path);
  } catch {
    // A folder that cannot be written to keeps nothing.
  }
  return text;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
