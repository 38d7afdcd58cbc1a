/**
 * @file IndexedDB: a database in every browser, for pages and workers. Each file is an entry under its whole path, and a folder
 * is all entries that begin with its name. Files that belong together are written in one transaction.
 */
import { shownPath } from '../files.js';
import { missing, namesOf, tryInPage } from './paths.js';
import { LATEST, type StorageBackend } from './storageBackend.js';

const DATABASE = 'chainrule';
const STORE = 'files';
const PREFIX = 'indexeddb:';

const pathOf = (path: string): string => namesOf(path.replace(PREFIX, '')).join('/');

/** All keys that begin with a folder's name. */
const inside = (folder: string): IDBKeyRange =>
  IDBKeyRange.bound(`${folder}/`, `${folder}0`, true, true);

export const indexedDb: StorageBackend = {
  resolve: (path) => PREFIX + pathOf(path),
  join: (folder, name) => `${PREFIX}${pathOf(folder)}/${name}`,
  read: async (path) => {
    const bytes: unknown = await transact(
      'readonly',
      `file: cannot read ${shownPath(path)}`,
      (store) => store.get(pathOf(path)),
    );
    if (bytes === undefined) throw missing('file: cannot read', path);
    return bytes as Uint8Array;
  },
  readPlain: (path) => indexedDb.read(path),
  replace: async (path, bytes) => {
    await transact('readwrite', `file: cannot write ${shownPath(path)}`, (store) =>
      store.put(bytes.slice(), pathOf(path)),
    );
  },
  list: async (folder) => {
    const from = pathOf(folder);
    const keys = await transact('readonly', `file: cannot read ${shownPath(folder)}`, (store) =>
      store.getAllKeys(inside(from)),
    );
    if (keys.length === 0) throw missing('file: cannot read', folder);
    return [
      ...new Set(
        (keys as string[]).map((key) => key.slice(from.length + 1).split('/', 1)[0] as string),
      ),
    ];
  },
  prepare: () => Promise.resolve(),
  add: async (folder, names, files) => {
    const from = pathOf(folder);
    const taken = new Set(await indexedDb.list(folder).catch(() => []));
    let free = '';
    for (const name of names) {
      free = name;
      if (!taken.has(name)) break;
    }
    await transact('readwrite', `file: cannot write into ${shownPath(folder)}`, (store) => {
      for (const [file, bytes] of Object.entries(files))
        store.put(bytes.slice(), `${from}/${free}/${file}`);
      return store.put(new TextEncoder().encode(`${free}\n`), `${from}/${LATEST}`);
    });
    return free;
  },
  remove: async (folder, name) => {
    await transact('readwrite', `file: cannot write into ${shownPath(folder)}`, (store) =>
      store.delete(inside(`${pathOf(folder)}/${name}`)),
    );
  },
};

/** Opens the database, makes one request, waits until the transaction is complete, and returns the result. */
function transact<T>(
  mode: IDBTransactionMode,
  what: string,
  request: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  return tryInPage(what, async () => {
    const database = await open();
    try {
      return await new Promise<T>((resolve, reject) => {
        const transaction = database.transaction(STORE, mode, { durability: 'strict' });
        const asked = request(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(asked.result);
        const fail = (): void =>
          reject(transaction.error ?? new DOMException('aborted', 'AbortError'));
        transaction.onabort = fail;
        transaction.onerror = fail;
      });
    } finally {
      database.close();
    }
  });
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new DOMException('cannot be opened'));
  });
}
