/** @file What a dataset and its workers send each other. */
import {
  kinds,
  passes,
  tensor,
  type DType,
  type Shape,
  type TypedArray,
} from '@chainrule/autograd';

/** What a dataset asks its workers. */
export type Request =
  | { readonly chainrule: 'length'; readonly id: number }
  | {
      readonly chainrule: 'batch';
      readonly id: number;
      readonly indices: Int32Array;
      readonly seed: number;
    }
  | { readonly chainrule: 'forget'; readonly ids: readonly number[] };

/** What a worker answers. */
export interface Answer {
  readonly chainrule: 'answer';
  readonly id: number;
  readonly value?: unknown;
  /** What failed: the item, if it was one, and why. */
  readonly failed?: { readonly index: number | null; readonly reason: string };
}

/** A tensor on its way from one thread to another. */
interface Packed {
  readonly $tensor: { readonly data: TypedArray; readonly shape: Shape; readonly dtype: DType };
}

/** A batch as it can be sent: tensors with arrays of their own, which move to the other thread. */
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

/** A batch as it was before it was sent. */
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
