/**
 * @file Reads untrusted files with another package, in a separate thread that is ended when it takes too long or too much
 * memory. A damaged file can send a reader into an endless loop, and only another thread can end that.
 */
import { FormatError, packagePaths } from '@chainrule/autograd';
import { OWN } from '../copy.js';
import { unloadable } from './optional.js';

/** The limits of a reader. */
export interface ReaderLimits {
  /** Seconds. */
  readonly seconds: number;
  /** MiB of JavaScript's memory. */
  readonly mebibytes: number;
}

const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { path, name, argument } = workerData;
  import(require('node:url').pathToFileURL(path))
    .catch((error) => { throw { loading: true, message: String(error?.message ?? error) }; })
    .then((library) => library[name](argument))
    .then((value) => parentPort.postMessage({ value }))
    .catch((error) => parentPort.postMessage({ name: error?.name, loading: error?.loading === true, message: String(error?.message ?? error) }));`;

/**
 * The error of a package as a reason. The engine's messages about missing values in a damaged file are of no use, and are
 * replaced.
 */
export function reasonOf(library: string, { name, message }: Failure): string {
  const told = name === 'Error' && !/\bundefined\b/.test(message);
  return told ? message : `${library} cannot read the file: it is damaged, or of another kind`;
}

interface Failure {
  readonly name?: string;
  /** Whether the package itself could not be loaded. */
  readonly loading?: boolean;
  readonly message: string;
}

/**
 * The result of function `name` of the package `library` for `argument`; null if there are no threads of Node's, or the
 * package is not found.
 *
 * @throws {FormatError} if it fails, or goes beyond the limits. @throws {ChainruleError} if the package cannot be loaded.
 */
export async function guarded<T>(
  op: string,
  library: string,
  name: string,
  argument: unknown,
  { seconds, mebibytes }: ReaderLimits,
): Promise<{ readonly value: T } | null> {
  const { process } = globalThis as { process?: Partial<Pick<NodeJS.Process, 'getBuiltinModule'>> };
  const threads = process?.getBuiltinModule?.('node:worker_threads');
  const [path] = packagePaths(library, OWN.place);
  if (threads === undefined || path === undefined) return null;
  const worker = new threads.Worker(PROGRAM, {
    eval: true,
    execArgv: [],
    workerData: { path, name, argument },
    resourceLimits: { maxOldGenerationSizeMb: mebibytes },
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<{ readonly value: T }>((resolve, reject) => {
      const fail = (reason: string, cause?: unknown): void =>
        reject(new FormatError(`${op}: ${reason}`, { cause }));
      timer = setTimeout(
        () => fail(`reading took more than ${seconds} s: a damaged file?`),
        seconds * 1000,
      );
      worker.on('message', (answer: { readonly value: T } | Failure) => {
        if (!('message' in answer)) resolve(answer);
        else if (answer.loading === true) reject(unloadable(op, library, answer));
        else fail(reasonOf(library, answer), answer);
      });
      worker.on('error', (error: Error & { readonly code?: string }) =>
        fail(
          error.code === 'ERR_WORKER_OUT_OF_MEMORY'
            ? `reading took more than ${mebibytes} MiB of memory: a damaged file?`
            : error.message,
          error,
        ),
      );
      worker.on('exit', () => fail('the thread that read it has ended'));
    });
  } finally {
    clearTimeout(timer);
    void worker.terminate();
  }
}
