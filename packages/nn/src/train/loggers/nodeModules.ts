/**
 * @file Loads Node's own modules for loggers that write files. They are not imported, because bundlers for pages would look
 * for them.
 */
import type * as NodeFs from 'node:fs';
import type * as NodeOs from 'node:os';
import type * as NodePath from 'node:path';
import { ChainruleError } from '@chainrule/autograd';

interface NodeModules {
  readonly fs: typeof NodeFs;
  readonly os: typeof NodeOs;
  readonly path: typeof NodePath;
}

/** @throws {ChainruleError} outside of Node, with what to do instead. */
export function nodeModules(op: string, instead: string): NodeModules {
  if (typeof process !== 'object' || typeof process.getBuiltinModule !== 'function')
    throw new ChainruleError(`${op}: only Node.js can write files by path; ${instead}`);
  return {
    fs: process.getBuiltinModule('node:fs'),
    os: process.getBuiltinModule('node:os'),
    path: process.getBuiltinModule('node:path'),
  };
}
