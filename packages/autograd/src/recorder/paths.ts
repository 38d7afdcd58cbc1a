/** @file Names for tensors in arguments and results: the path to each. */
import { isTensor } from '../tree.js';

/** A step into a tree, as it would be written in code. */
function step(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** The parts of a tree of arrays and objects for which `isEnd` is true, with their paths, in order. */
export function pathsOf<T>(
  tree: unknown,
  isEnd: (x: unknown) => x is T,
  path = '',
): { path: string; end: T }[] {
  if (isEnd(tree)) return [{ path, end: tree }];
  if (typeof tree !== 'object' || tree === null || isTensor(tree)) return [];
  if (Array.isArray(tree)) return tree.flatMap((x, i) => pathsOf(x, isEnd, step(path, i)));
  const prototype: unknown = Object.getPrototypeOf(tree);
  if (prototype !== Object.prototype && prototype !== null) return [];
  return Object.entries(tree).flatMap(([key, x]) => pathsOf(x, isEnd, step(path, key)));
}

/** A tree with its ends replaced; values that are neither arrays nor plain objects stay the same. */
export function replaceLeaves<T>(
  tree: unknown,
  isEnd: (x: unknown) => x is T,
  f: (end: T) => unknown,
): unknown {
  if (isEnd(tree)) return f(tree);
  if (typeof tree !== 'object' || tree === null || isTensor(tree)) return tree;
  if (Array.isArray(tree)) return tree.map((x) => replaceLeaves(x, isEnd, f));
  const prototype: unknown = Object.getPrototypeOf(tree);
  if (prototype !== Object.prototype && prototype !== null) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([key, x]) => [key, replaceLeaves(x, isEnd, f)]),
  );
}
