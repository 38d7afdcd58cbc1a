/** @file A primitive operation: the one record about it that the whole engine reads. */
import type { DType, TypedArray } from './dtype.js';
import type { Lowering } from './lowering.js';
import type { Shape } from './shape.js';
import type { Tensor } from './tensor.js';

export type AttrValue =
  number | boolean | string | readonly number[] | readonly (readonly number[])[];

/** The parameters of a node beyond its inputs: plain values, in a fixed order of keys, part of a plan's structure. */
export type Attrs = Readonly<Record<string, AttrValue>>;

/** A tensor as a reference kernel sees it: contiguous and row-major. */
export interface Value {
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * A primitive. Rules are written with tensors, so that derivatives can be differentiated again.
 *
 * In the rules: `inputs` and `out` are the node's own, `ct` the cotangent of `out`, `t` the tangent of an input.
 */
export interface Primitive<A extends Attrs = Attrs> {
  /** The first thing that `structuredClone` and `postMessage` reach; they print it, so that their error says what to do. */
  readonly uncloneable?: () => string;
  readonly name: string;
  /** Position in the registry; part of a plan's structure. */
  readonly id: number;
  /** How the engine computes it. */
  readonly lowering: Lowering<A>;
  /** False where the result is constant almost everywhere: comparisons, rounding to integers, positions. */
  readonly differentiable: boolean;
  /** Cotangent of input `i`, in that input's shape and dtype; null for zero. */
  vjp(i: number, ct: Tensor, inputs: readonly Tensor[], out: Tensor, attrs: A): Tensor | null;
  /** Tangent of the output from the tangents of the inputs (null for zero; at least one is not). */
  jvp(
    ts: readonly (Tensor | null)[],
    inputs: readonly Tensor[],
    out: Tensor,
    attrs: A,
  ): Tensor | null;
  /** The same operation for `size` examples in one: batched inputs have an extra first dimension, and so must the result. */
  batch(inputs: readonly Tensor[], batched: readonly boolean[], attrs: A, size: number): Tensor;
  /** The reference: fills `out.data`. Alias primitives have none. */
  kernel(inputs: readonly Value[], out: Value, attrs: A): void;
  /** The same node with the position that it reads or writes as an operand; null if it has none. */
  dynamic(inputs: readonly Tensor[], attrs: A): DynamicForm | null;
}

/** The form of a node whose position is an operand. */
export interface DynamicForm {
  readonly op: Primitive;
  readonly inputs: readonly Tensor[];
  readonly attrs: Attrs;
}

/** For operations that read their inputs as a whole. */
export const noDynamicForm = (): null => null;

/** Every primitive, by id. */
export const primitives: Primitive[] = [];

/* prettier-ignore */
const refuseClone = (): string => 'a tensor is a node of a graph: send its shape and await t.data() instead';

/** A record whose fields are always in the same order, whatever that of `spec`: V8 then finds a field at a fixed offset. */
export function recordOf<A extends Attrs>(
  { name, lowering, differentiable, vjp, jvp, batch, kernel, dynamic = noDynamicForm }: Spec<A>,
  id: number,
): Primitive<A> {
  return {
    uncloneable: refuseClone,
    name,
    id,
    lowering,
    differentiable,
    vjp,
    jvp,
    batch,
    kernel,
    dynamic,
  };
}

type Spec<A extends Attrs> = Omit<Primitive<A>, 'id' | 'uncloneable' | 'dynamic'> &
  Partial<Pick<Primitive<A>, 'dynamic'>>;

/** Registers a primitive; called once for each when its file is loaded. */
export function register<A extends Attrs>(spec: Spec<A>): Primitive<A> {
  const primitive = recordOf(spec, primitives.length);
  primitives.push(primitive);
  return primitive;
}
