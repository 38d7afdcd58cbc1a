/**
 * @file What a recording assumes of the arguments it was made for, checked at each call.
 *
 * A recording also assumes its guards (`graph/mode.ts`: what the function read, such as `training`, `requiresGrad` and the
 * layout of parameter groups), the grad mode and the backend.
 */
import { ChainruleError } from '../../errors.js';
import type { DeviceName } from '../../graph/device.js';
import type { DType } from '../../graph/dtype.js';
import { sameShape, type Shape } from '../../graph/shape.js';
import type { Hook } from '../../graph/cells/gradient.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Placeholder } from '../../graph/version.js';
import { isWhole } from '../../graph/version.js';
import { flatten, isTensor } from '../../tree.js';
import { ObjectSnapshot } from './objectSnapshot.js';

/** What is assumed of one leaf of the arguments. */
export type Fact =
  | {
      readonly kind: 'tensor';
      readonly shape: Shape;
      readonly dtype: DType;
      readonly home: DeviceName | null;
      readonly requiresGrad: boolean;
      /** The index of the first argument leaf that is the same tensor: if one is given twice, its gradients add up. */
      readonly same: number;
      /** If it requires grad: whether it keeps its gradient, has one, and what its hooks are. */
      readonly isLeaf: boolean;
      readonly hasGrad: boolean;
      readonly hooks: readonly Hook[];
    }
  /** A cell is read and written in place, so it must be the same one; likewise a tensor that the function also captured. */
  | { readonly kind: 'identity'; readonly tensor: Tensor }
  /** A number is an input; whether it is an integer may decide the dtype of a result. */
  | { readonly kind: 'number'; readonly placeholder: Placeholder; readonly whole: boolean }
  /** A key of an object, or an option: part of what was recorded. So are the contents of class instances. */
  | { readonly kind: 'value'; readonly value: unknown; readonly contents: ObjectSnapshot | null };

/** What is assumed of a leaf that a recording reads and that is not an argument. */
export interface LeafFact {
  readonly leaf: Tensor;
  readonly requiresGrad: boolean;
  /** The hooks that were called during the recording; null where none could be. */
  readonly hooks: readonly Hook[] | null;
}

/** Everything that is not an array or plain object, in order, with the keys of objects and the lengths of arrays. */
export function argumentLeaves(tree: unknown): unknown[] {
  const leaves: unknown[] = [];
  try {
    collectLeaves(tree, leaves, 0);
  } catch (error) {
    if (error instanceof ChainruleError) throw error;
    throw new ChainruleError('the arguments of a compiled function cannot be read', {
      cause: error,
    });
  }
  return leaves;
}

/** A tree deeper than this is checked once for cycles. */
const CYCLE_CHECK_DEPTH = 64;

function collectLeaves(tree: unknown, leaves: unknown[], depth: number): void {
  if (depth === CYCLE_CHECK_DEPTH) flatten(tree);
  if (Array.isArray(tree)) {
    leaves.push(membersMarker(tree.length));
    for (const x of tree) collectLeaves(x, leaves, depth + 1);
  } else if (isPlainObject(tree)) {
    const keys = Object.keys(tree);
    leaves.push(membersMarker(keys.length));
    for (const key of keys) {
      leaves.push(key);
      collectLeaves(tree[key], leaves, depth + 1);
    }
  } else {
    leaves.push(tree);
  }
}

/** A marker that precedes this many members: different from any value that a user passes. */
function membersMarker(n: number): symbol {
  return MEMBERS[n] ?? Symbol.for(`chainrule.members.${n}`);
}

const MEMBERS = Array.from({ length: 32 }, (_, n) => Symbol.for(`chainrule.members.${n}`));

/** The arguments with placeholders in place of tensors and numbers. */
export function substitute(
  tree: unknown,
  placeholders: readonly (Tensor | null)[],
  at: { next: number } = { next: 0 },
): unknown {
  if (Array.isArray(tree)) {
    at.next++;
    return tree.map((x) => substitute(x, placeholders, at));
  }
  if (isPlainObject(tree)) {
    at.next++;
    return Object.fromEntries(
      Object.entries(tree).map(([key, x]) => {
        at.next++; // the key is a leaf too
        return [key, substitute(x, placeholders, at)];
      }),
    );
  }
  return placeholders[at.next++] ?? tree;
}

function isPlainObject(x: unknown): x is Record<string, unknown> {
  if (typeof x !== 'object' || x === null || isTensor(x)) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

/** What is assumed of `leaves` and their `placeholders`; a leaf without a placeholder (null) is used as it is. */
export function factsOf(
  leaves: readonly unknown[],
  placeholders: readonly (Placeholder | null)[],
): Fact[] {
  return leaves.map((leaf, i): Fact => {
    const placeholder = placeholders[i] ?? null;
    if (typeof leaf === 'number' && placeholder !== null)
      return { kind: 'number', placeholder, whole: isWhole(leaf) };
    if (!isTensor(leaf)) return { kind: 'value', value: leaf, contents: ObjectSnapshot.take(leaf) };
    if (placeholder === null) return { kind: 'identity', tensor: leaf };
    return {
      kind: 'tensor',
      shape: leaf.sizes,
      dtype: leaf.dtype,
      home: leaf.current.home,
      requiresGrad: leaf.needsGrad,
      same: leaves.indexOf(leaf),
      isLeaf: leaf.isLeaf,
      hasGrad: hasGrad(leaf),
      hooks: leaf.extra?.hooks.slice() ?? [],
    };
  });
}

/** Whether arguments are as assumed. `captured` are tensors that a recording uses as they are. */
export function fitsFacts(
  facts: readonly Fact[],
  captured: ReadonlySet<unknown>,
  leaves: readonly unknown[],
): boolean {
  if (facts.length !== leaves.length) return false;
  for (let i = 0; i < facts.length; i++) {
    if (!fits(facts[i] as Fact, leaves[i], i, leaves, captured)) return false;
  }
  return true;
}

/** Whether the leaves that a recording reads are as assumed. */
export function fitsLeaves(facts: readonly LeafFact[]): boolean {
  for (let i = 0; i < facts.length; i++) {
    const { leaf, requiresGrad, hooks } = facts[i] as LeafFact;
    if (leaf.needsGrad !== requiresGrad) return false;
    if (hooks !== null && !sameHooks(leaf, hooks)) return false;
  }
  return true;
}

function fits(
  fact: Fact,
  leaf: unknown,
  i: number,
  leaves: readonly unknown[],
  captured: ReadonlySet<unknown>,
): boolean {
  switch (fact.kind) {
    case 'value':
      return Object.is(leaf, fact.value) && (fact.contents === null || fact.contents.matches());
    case 'number':
      return typeof leaf === 'number' && (!fact.placeholder.fixed || isWhole(leaf) === fact.whole);
    case 'identity':
      return leaf === fact.tensor;
    case 'tensor':
      return (
        isTensor(leaf) &&
        leaf.current === leaf && // no cell
        leaf.dtype === fact.dtype &&
        leaf.current.home === fact.home &&
        sameShape(leaf.sizes, fact.shape) &&
        leaves.indexOf(leaf) === fact.same &&
        leaf.needsGrad === fact.requiresGrad &&
        !(captured.size > 0 && captured.has(leaf)) &&
        (i !== fact.same || !fact.requiresGrad || hasSameGradState(fact, leaf))
      );
  }
}

function hasSameGradState(fact: Fact & { kind: 'tensor' }, leaf: Tensor): boolean {
  return (
    leaf.isLeaf === fact.isLeaf && hasGrad(leaf) === fact.hasGrad && sameHooks(leaf, fact.hooks)
  );
}

function sameHooks({ extra }: Tensor, before: readonly Hook[]): boolean {
  const hooks = extra === null ? NONE : extra.hooks;
  if (hooks.length !== before.length) return false;
  for (let k = 0; k < hooks.length; k++) if (hooks[k] !== before[k]) return false;
  return true;
}

const NONE: readonly Hook[] = [];

function hasGrad(leaf: Tensor): boolean {
  return (leaf.extra?.grad?.live ?? null) !== null;
}
