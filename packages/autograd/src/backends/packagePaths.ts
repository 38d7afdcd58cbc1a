/**
 * @file Where optional packages of Node.js lie, such as koffi: looked for as the program would, and as the package that uses
 * them, and never from the present folder or that of a file the program was given, which may be anybody's.
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
  for (const from of [...folders, programPlace(), own]) {
    if (from === null || !ABSOLUTE.test(from)) continue;
    try {
      found.add(createRequire(from).resolve(name));
    } catch {
      // Not there.
    }
  }
  return [...found];
}

/** What is a path from a root or a URL: what is not would be looked up from the present folder. */
const ABSOLUTE = /^(file:|[\\/]|[a-z]:)/i;

/**
 * A file within the program's path, which may name a folder (`node .`): a file has no node_modules, so that the search goes on
 * beside it. Of a link, where it leads: there Node.js itself looks for the program's packages, and the link may lie anywhere.
 */
function programPlace(): string | null {
  const program = process.argv[1];
  // With `node -e` it is an argument, and may lead anywhere.
  if (program === undefined || process.execArgv.some(isProgramText)) return null;
  return process.getBuiltinModule('node:path').join(behindLinks(program), 'main');
}

function behindLinks(program: string): string {
  if (process.execArgv.includes('--preserve-symlinks-main')) return program;
  try {
    return process.getBuiltinModule('node:fs').realpathSync(program);
  } catch {
    return program; // No such file: a name without its ending, `node -` and the like.
  }
}

/** Whether an option of Node.js is the program itself, as text. */
function isProgramText(option: string): boolean {
  return /^(-[a-z]*[ep]|--eval|--print)$|^--(eval|print)=/.test(option);
}
