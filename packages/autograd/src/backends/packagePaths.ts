/**
 * @file The paths of optional packages of Node.js, such as koffi. They are resolved from the program, and from the package that
 * uses them, but never from the current folder or that of a file given to the program, which anybody might control.
 */
import { checkArgument } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';

/**
 * The files that `name` is loaded from, the best first: as found from the folders `first`, from the program, and from `own`,
 * the file or URL of the module that asks. Empty where it is not installed, and outside of Node.js. For packages built on
 * this one.
 * @example packagePaths('koffi', import.meta.url)
 */
export function packagePaths(
  name: string,
  own: string | null,
  first: readonly string[] = [],
): string[] {
  checkArgument('packagePaths', 'name', name, kinds.text);
  checkArgument('packagePaths', 'own', own, kinds.orNull(kinds.text));
  checkArgument('packagePaths', 'first', first, kinds.listOf(kinds.text));
  if (typeof process !== 'object' || typeof process.getBuiltinModule !== 'function') return [];
  const { createRequire } = process.getBuiltinModule('node:module');
  const path = process.getBuiltinModule('node:path');
  const folders = first.map((folder) => path.join(path.resolve(folder), 'main'));
  const found = new Set<string>();
  for (const from of [...folders, programPath(), own]) {
    if (from === null || !ABSOLUTE.test(from)) continue;
    try {
      found.add(createRequire(from).resolve(name));
    } catch {
      // Not installed there.
    }
  }
  return [...found];
}

/** A path from a root, or a URL: anything else would be resolved from the current folder. */
const ABSOLUTE = /^(file:|[\\/]|[a-z]:)/i;

/**
 * A path within the program's path, which may name a file or a folder (`node .`): a file contains no node_modules, so that the
 * search continues in its folder. Links are followed: Node.js itself looks for the program's packages at their targets, and the
 * links may be anywhere.
 */
function programPath(): string | null {
  const program = process.argv[1];
  // With `node -e` it is an argument, and may be any path.
  if (program === undefined || process.execArgv.some(isProgramText)) return null;
  return process.getBuiltinModule('node:path').join(resolveLinks(program), 'main');
}

function resolveLinks(program: string): string {
  if (process.execArgv.includes('--preserve-symlinks-main')) return program;
  try {
    return process.getBuiltinModule('node:fs').realpathSync(program);
  } catch {
    return program; // No such file: a name without its extension, `node -` and the like.
  }
}

/** Whether an option of Node.js gives the program itself as text. */
function isProgramText(option: string): boolean {
  return /^(-[a-z]*[ep]|--eval|--print)$|^--(eval|print)=/.test(option);
}
