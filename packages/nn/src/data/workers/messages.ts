/** @file The messages between a dataset and its workers. */
import {
  kinds,
  passes,
  tensor,
  type DType,
  type Shape,
  type TypedArray,
} from '@chainrule/autograd';

/** A request of a dataset to its workers. */
export type Request =
  | { readonly chainrule: 'length'; readonly id: number }
  | {
      readonly chainrule: 'batch';
      readonly id: number;
      readonly indices: Int32Array;
      readonly seed: number;
    }
  | { readonly chainrule: 'forget'; readonly ids: readonly number[] };

/** The answer of a worker. */
export interface Answer {
  readonly chainrule: 'answer';
  readonly id: number;
  readonly value?: unknown;
  /** The index of the item that failed, if it was an item, and the reason. */
  readonly failed?: { readonly index: number | null; readonly reason: string };
}

/** A tensor in a message. */
interface Packed {
  readonly $tensor: { readonly data: TypedArray; readonly shape: Shape; readonly dtype: DType };
}

/** A batch as a message: tensors get arrays of their own, which are transferred to the other thread. */
export async function packed(tree: unknown, arrays: ArrayBuffer[]): Promise<unknown> {
  if (passes(kinds.tensor, tree)) {
    const data = (await tree.data()).slice();
    arrays.push(data.buffer);
    return { $tensor: { data, shape: [...tree.shape], dtype: tree.dtype } } satisfies Packed;
  }
  if (Array.isArray(tree)) return Promise.all(tree.map((part) => packed(part, arrays)));
  if (!isPlain(tree)) return tree;
  const entries = Object.entries(tree).map(async ([k, v]) => [k, await packed(v, arrays)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Restores a batch from a message. */
export function unpacked(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(unpacked);
  if (!isPlain(tree)) return tree;
  const { $tensor } = tree as unknown as Packed;
  if ($tensor !== undefined) {
    const { data, shape, dtype } = $tensor;
    return tensor(data, { shape, dtype });
  }
  return Object.fromEntries(Object.entries(tree).map(([k, v]) => [k, unpacked(v)]));
}

function isPlain(x: unknown): x is Record<string, unknown> {
  return typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype;
}
