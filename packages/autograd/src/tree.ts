/** @file Trees: nested arrays and plain objects with tensors as leaves, as transforms take and return them. */
import { isArray, promise } from './arguments/kinds.js';
import { display, passes } from './arguments/index.js';
import { ChainruleError } from './errors.js';
import { isTensor } from './graph/isTensor.js';
import type { Tensor } from './graph/tensor.js';

/** Any value: arrays and plain objects are traversed, tensors are leaves, and all other values are passed on unchanged. */
export type Tree = unknown;

/** The structure of a tree without its tensors: trees of equal structure match leaf by leaf. */
export interface Structure {
  /** How many tensors it has. */
  readonly size: number;
  /** Rebuilds the tree with other leaves in place of the tensors, in the same order. */
  rebuild(leaves: readonly unknown[]): Tree;
  /** The structure as text, `{ w: *, rest: [*] }`, for messages and to compare. */
  readonly text: string;
}

export { isTensor };

/**
 * The tensors of a tree, in order: arrays by position, objects by the order of their keys.
 * @example flattenTree({ w: tensor([1, 2]), rest: ['x'] }).leaves.length // 1
 */
export function flatten(tree: Tree): { leaves: Tensor[]; structure: Structure } {
  const leaves: Tensor[] = [];
  try {
    const structure = visit(tree, leaves, new Set());
    return { leaves, structure };
  } catch (error) {
    if (error instanceof ChainruleError) throw error;
    throw new ChainruleError(`a tree of tensors cannot be read: ${display(tree)}`, {
      cause: error,
    });
  }
}

/**
 * The same for a tree that is to have a structure: objects with the same keys are alike, in whatever order these come.
 * Whether it fits is seen by the texts.
 */
export function flattenLike(tree: Tree, like: Structure): ReturnType<typeof flatten> {
  const found = flatten(tree);
  return found.structure.text === like.text ? found : flatten(inOrder(tree, like.rebuild([])));
}

function inOrder(tree: Tree, like: Tree): Tree {
  if (!isBranch(tree) || !isBranch(like) || isArray(tree) !== isArray(like)) return tree;
  if (isArray(tree)) return tree.map((part, k) => inOrder(part, (like as readonly Tree[])[k]));
  const parts = tree as Readonly<Record<string, Tree>>;
  const known = Object.entries(like).filter(([key]) => Object.hasOwn(parts, key));
  if (known.length < Object.keys(tree).length) return tree;
  return Object.fromEntries(known.map(([key, part]) => [key, inOrder(parts[key], part)]));
}

/** The tensors of a tree. */
export function tensorsOf(tree: Tree): Tensor[] {
  return flatten(tree).leaves;
}

/** The tree with each tensor replaced by the result of `f`. */
export function mapTree(tree: Tree, f: (leaf: Tensor, index: number) => unknown): Tree {
  const { leaves, structure } = flatten(tree);
  return structure.rebuild(leaves.map(f));
}

function visit(tree: Tree, leaves: Tensor[], above: Set<object>): Structure {
  if (isTensor(tree)) {
    leaves.push(tree);
    return LEAF;
  }
  // What an async function gives is not a tree: what it returns later would be missed.
  if (passes(promise, tree)) {
    tree.then(undefined, () => undefined);
    throw new ChainruleError('a tree of tensors holds a promise; await it outside the function');
  }
  if (!isBranch(tree)) return { size: 0, rebuild: () => tree, text: '·' };
  if (above.has(tree)) throw new ChainruleError('a tree of tensors must not contain itself');
  above.add(tree);
  const keys = Object.keys(tree);
  const parts = keys.map((key) => visit((tree as Record<string, unknown>)[key], leaves, above));
  above.delete(tree);
  const list = isArray(tree);
  return {
    size: parts.reduce((n, part) => n + part.size, 0),
    rebuild: (given) => {
      let at = 0;
      const built = parts.map((part) => {
        const own = part.rebuild(given.slice(at, at + part.size));
        at += part.size;
        return own;
      });
      return list ? built : Object.fromEntries(keys.map((key, i) => [key, built[i]]));
    },
    text: list
      ? `[${parts.map((part) => part.text).join(', ')}]`
      : `{ ${keys.map((key, i) => `${key}: ${(parts[i] as Structure).text}`).join(', ')} }`,
  };
}

const LEAF: Structure = { size: 1, rebuild: (leaves) => leaves[0], text: '*' };

function isBranch(x: unknown): x is object {
  if (typeof x !== 'object' || x === null) return false;
  if (isArray(x)) return true;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === null || prototype === Object.prototype;
}

/** A structure as shown in messages: its text, shortened if it is long. */
export function shown({ text }: Structure): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
