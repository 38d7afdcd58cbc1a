/** @file Reads what is to be exported from a module of the user's, and says where in it something is wrong. */
import { existsSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Tensor } from '@chainrule/autograd';

/** What a file of the user's says. */
export interface Wanted {
  readonly f: (...args: Tensor[]) => unknown;
  readonly args: Tensor[];
  readonly modules?: never;
  readonly names?: readonly string[];
  readonly train?: never;
  readonly dynamic?: never;
}

/** What the user's file says, checked as far as it is the same for all. */
export async function readWanted(file: string, name: string): Promise<Wanted> {
  const path = resolve(file);
  if (!existsSync(path)) throw new Error(`there is no file ${file}`);
  if (statSync(path).isDirectory())
    throw new Error(
      `${file} is a folder: expected a JavaScript module that gives the function to export`,
    );
  const made = await load(file, path);
  const given = made[name];
  if (given === undefined) {
    throw new Error(
      `${file} has no export ${name}; there are ${Object.keys(made).join(', ') || 'none'}`,
    );
  }
  const { f, args } = given as Partial<Wanted>;
  if (typeof given !== 'object' || given === null || f === undefined || !Array.isArray(args)) {
    throw new Error(
      `${file}: the export ${name} must be { f, args }: a function, and an array of example tensors`,
    );
  }
  return given as Wanted;
}

async function load(file: string, path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`${file} could not be loaded: ${String(error)}`, { cause: error });
  }
}

/** The line of the user's own code that led to an error, as `file:line:column`; null where none is known. */
export function placeOf(error: unknown): string | null {
  const stack = (error instanceof Error && (error.cause ?? error)) as Error | false;
  // An error of the syntax begins with the place; others have it behind each call.
  const lines = (stack === false ? '' : (stack.stack ?? '')).split('\n');
  for (const line of lines) {
    const found = /(?:\(|at |^)(?:async )?((?:file:\/\/)?\/[^()\s]*?):(\d+)(?::(\d+))?\)?$/.exec(
      line.trim(),
    );
    const url = found?.[1];
    if (
      url === undefined ||
      /[\\/](node_modules|packages[\\/][\w-]+[\\/](src|dist))[\\/]/.test(url)
    )
      continue;
    const path = url.startsWith('file:') ? fileURLToPath(url) : url;
    return [relative('.', path), ...(found?.slice(2) ?? [])]
      .filter((x) => x !== undefined)
      .join(':');
  }
  return null;
}
