/** @file Reads what to export from a module of the user's, and says where in the module an error is. */
import { existsSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { display, kinds, passes, type Tensor } from '@chainrule/autograd';
import { modelOrFunction } from '../forward.js';
import { requestOfOnnx } from './onnxRequest.js';

/** The contents of a user's file. */
export interface ExportRequest {
  readonly f: unknown;
  readonly args: Tensor[];
  readonly modules?: unknown;
  readonly names?: unknown;
  readonly train?: unknown;
  readonly dynamic?: unknown;
  /** Null if the model runs only with the sizes of `args`; for other files the option `--batch none` says so. */
  readonly batch?: null;
}

const KEYS = ['f', 'args', 'modules', 'names', 'train', 'dynamic'];

/** Reads the user's file, and checks what is common to all targets. */
export async function readRequest(
  file: string,
  name: string,
  target: string,
): Promise<ExportRequest> {
  const path = resolve(file);
  if (!existsSync(path)) throw new Error(`there is no file ${file}`);
  if (statSync(path).isDirectory())
    throw new Error(
      `${file} is a folder: expected a JavaScript module that gives the function to export`,
    );
  if (/\.onnx$/i.test(path)) return requestOfOnnx(file, path, target === 'module');
  const made = await load(file, path);
  const there = Object.keys(made).filter((key) => made[key] !== undefined);
  if (!there.includes(name)) {
    throw new Error(`${file} has no export ${name}; there are ${there.join(', ') || 'none'}`);
  }
  const refuse = (why: string): never => {
    throw new Error(`${file}: the export ${name} ${why}`);
  };
  const given = made[name];
  const shape = 'must be { f, args }: a module or function, and an array of example tensors';
  if (!passes(kinds.object, given)) return refuse(`${shape}; got ${display(given)}`);
  const { f, args } = given as Partial<ExportRequest>;
  if (!passes(modelOrFunction, f)) refuse(`${shape}; f is ${display(f)}`);
  if (!passes(kinds.listOf(kinds.tensor), args)) refuse(`${shape}; args is ${display(args)}`);
  const surplus = Object.keys(given).find((key) => !KEYS.includes(key));
  if (surplus !== undefined) refuse(`does not take '${surplus}'; it takes ${KEYS.join(', ')}`);
  return given as unknown as ExportRequest;
}

async function load(file: string, path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`${file} could not be loaded: ${String(error)}`, { cause: error });
  }
}

/** The line of the user's own code that led to an error, as `file:line:column`; null if it is not known. */
export function userLocation(error: unknown): string | null {
  const stack = (error instanceof Error && (error.cause ?? error)) as Error | false;
  // The stack of a syntax error begins with the position; other stacks have a position after each call.
  const lines = (stack === false ? '' : (stack.stack ?? '')).split('\n');
  for (const line of lines) {
    const found = /(?:\(|at |^)(?:async )?((?:file:\/\/)?\/[^()\s]*?):(\d+)(?::(\d+))?\)?$/.exec(
      line.trim(),
    );
    const url = found?.[1];
    if (
      url === undefined ||
      /[\\/](node_modules|packages[\\/][\w-]+[\\/](src|dist|bin))[\\/]/.test(url)
    )
      continue;
    const path = url.startsWith('file:') ? fileURLToPath(url) : url;
    return [relative('.', path), ...(found?.slice(2) ?? [])]
      .filter((x) => x !== undefined)
      .join(':');
  }
  return null;
}
