/** @file Lowerings: what a primitive is for the engine (a loop, view, product or kernel), with its parameters. */
import type { KernelFamily } from '../kernels/family.js';
import type { Attrs } from './primitive.js';
import type { Tensor } from './tensor.js';

/** A function of the elements of up to three inputs; booleans are 0 and 1. */
export type Scalar = (x: number, y: number, z: number) => number;

/** How a fold combines two elements. */
export type FoldOp = 'sum' | 'prod' | 'max' | 'min';

/**
 * How a primitive is computed. The reference kernel of its record is always right; every other lowering is faster, and lets
 * it be fused with its neighbours in the graph.
 */
export type Lowering<A extends Attrs = Attrs> =
  /** One function of the elements at the same (broadcast) position. */
  | ({
      readonly kind: 'element';
      readonly scalar: Scalar;
      /** The function to use instead if its attributes make it refuse some arguments. */
      checked?(attrs: A): Scalar;
    } & Laws)
  /** Folds dimensions into one element. */
  | { readonly kind: 'fold'; readonly fold: FoldOp; dims(attrs: A): readonly number[] }
  /** The same elements in the same order. Only if it is `transparent` may simplification replace it by its input. */
  | { readonly kind: 'alias'; readonly transparent: boolean }
  /** Elements of its input in another order, only some of them, or some repeatedly. */
  | { readonly kind: 'view'; view(attrs: A): ViewSpec }
  /** A product of matrices. */
  | { readonly kind: 'product'; transposed(attrs: A): { readonly a: boolean; readonly b: boolean } }
  /** Its inputs, side by side or one within another. */
  | {
      readonly kind: 'parts';
      parts(attrs: A): PartsSpec;
      /** For a concatenation: the kernel of many short inputs. */
      readonly joining?: KernelFamily<KernelSpec & { readonly kind: 'join' }, never>;
      /** For a pad: concatenates adjacent parts along a dimension, instead of adding padded ones. */
      readonly join?: (parts: readonly Tensor[], dim: number) => Tensor;
      /** Of a pad: a sum, some of whose terms are pads. It comes with these, as no other program needs it. */
      readonly sum?: (terms: readonly Tensor[]) => Tensor;
    }
  /** A slice of its first operand; the other operands, integers passed in at each run, say where it begins. */
  | { readonly kind: 'dynamicView'; dynamic(attrs: A): DynamicViewSpec }
  /**
   * Its first operand, placed into a tensor filled with its second (one element), and further parts added: `parts` in all.
   * The remaining operands say where each part lies.
   */
  | {
      readonly kind: 'dynamicParts';
      dynamic(attrs: A): DynamicPartsSpec;
      /** The sum of several such nodes with zeros around their parts, as one node with more parts. */
      join(parts: readonly Tensor[]): Tensor;
      /** As of a pad. */
      readonly sum: (terms: readonly Tensor[]) => Tensor;
    }
  | KernelLowering<A>
  /** A loop; its results are nodes of their own, which read it. */
  | { readonly kind: 'loop' }
  | { readonly kind: 'loopResult'; result(attrs: A): number }
  /** The reference kernel, on every backend. */
  | { readonly kind: 'reference' }
  /** Not computed: a number, or the placeholder of an argument. */
  | { readonly kind: 'leaf' };

/** A kernel over contiguous inputs, which its family makes from the spec. */
export type KernelLowering<A extends Attrs = Attrs> = {
  [S in KernelSpec as S['kind']]: {
    readonly kind: 'kernel';
    readonly family: KernelFamily<S, never>;
    kernel(attrs: A): S;
  };
}[KernelSpec['kind']];

/** Laws that hold for every element, NaN, infinities and signed zeros included; simplification uses them. */
export interface Laws {
  /** If the second operand is 1 (or either one), the result is the other operand. */
  readonly unit?: 'second' | 'either' | undefined;
  /** Applied twice, it returns its argument. */
  readonly involution?: boolean | undefined;
}

export type ViewSpec =
  /** Repeats dimensions of size 1, and all elements along new leading dimensions. */
  | { readonly kind: 'expand' }
  /** Dimension `d` is dimension `dims[d]` of the input. */
  | { readonly kind: 'permute'; readonly dims: readonly number[] }
  /** Element `i` of dimension `d` is element `start[d] + i · step[d]` of the input. */
  | { readonly kind: 'slice'; readonly start: readonly number[]; readonly step: readonly number[] };

export type PartsSpec =
  /** One after the other along a dimension. */
  | { readonly kind: 'concat'; readonly dim: number }
  /** The first input at the positions of a slice, and the second, a single element, everywhere else. */
  | { readonly kind: 'pad'; readonly start: readonly number[]; readonly step: readonly number[] };

/**
 * Element `i` of dimension `d` is element `start[d] + i · step[d]` of the whole; for dimensions in `dims` operands give the
 * start.
 */
export interface DynamicViewSpec {
  readonly start: readonly number[];
  readonly step: readonly number[];
  readonly dims: readonly number[];
}

export interface DynamicPartsSpec extends DynamicViewSpec {
  readonly parts: number;
}

/**
 * Splits operands into the parts and, for each part, the numbers that say where it lies. The operands are the parts, with the
 * filling after the first, then the positions.
 */
export function splitDynamicParts<T>(
  inputs: readonly T[],
  { parts, dims }: Pick<DynamicPartsSpec, 'parts' | 'dims'>,
): { readonly part: T; readonly numbers: readonly T[] }[] {
  const at = (k: number): number => parts + 1 + k * dims.length;
  return Array.from({ length: parts }, (_, k) => ({
    part: inputs[k === 0 ? 0 : k + 1]!,
    numbers: inputs.slice(at(k), at(k + 1)),
  }));
}

/** Operator kernels with what attributes say of them; `engine/compile/operators.ts` defines what they compute. */
export type KernelSpec =
  | {
      readonly kind: 'conv';
      readonly direction: 'forward' | 'gradInput' | 'gradWeight';
      readonly groups: number;
      readonly stride: readonly number[];
      readonly padLow: readonly number[];
      readonly padHigh: readonly number[];
      readonly dilation: readonly number[];
    }
  /**
   * An index for each element, along a dimension of a table: the table is the first input, into which the others are written.
   */
  | {
      readonly kind: 'elements';
      readonly mode: 'gather' | 'set' | 'add' | 'mul' | 'max' | 'min';
      readonly dim: number;
    }
  /** An index for each slice of such a table. */
  | { readonly kind: 'slices'; readonly mode: 'gather' | 'add'; readonly dim: number }
  /** 1 at the position that each index names, out of `count`. */
  | { readonly kind: 'mark'; readonly count: number }
  | { readonly kind: 'position'; readonly largest: boolean; readonly dim: number }
  /** Contiguous inputs side by side along a dimension. */
  | { readonly kind: 'join'; readonly dim: number }
  /** The positions `0, 1, …`. */
  | { readonly kind: 'count' }
  | ({ readonly kind: 'pool'; readonly mode: 'argmax' | 'sum' | 'spread' } & Windows)
  | {
      readonly kind: 'sort';
      readonly result: 'order' | 'median' | 'argmedian';
      readonly descending: boolean;
      readonly dims: readonly number[];
      /** For an order: how many of its first elements are read. */
      readonly leading?: number | undefined;
    }
  | { readonly kind: 'search'; readonly right: boolean }
  /** Distances of all rows of one matrix from all of another. */
  | { readonly kind: 'distance'; readonly norm: DistanceNorm }
  /** Sums of the differences of such rows, each times a weight. */
  | { readonly kind: 'pull'; readonly transposed: boolean }
  /** A Fourier transform of `length` along a dimension. */
  | {
      readonly kind: 'fourier';
      readonly dim: number;
      readonly length: number;
      readonly sign: number;
      readonly scale: number;
      readonly from: FourierForm;
      readonly to: Exclude<FourierForm, 'parts'>;
    }
  | {
      readonly kind: 'cumulative';
      readonly op: 'sum' | 'prod' | 'largest' | 'smallest' | 'recurrence';
      readonly dim: number;
      readonly reverse: boolean;
    }
  | { readonly kind: 'random'; readonly distribution: 'uniform' | 'normal' };

/**
 * Complex numbers as pairs in a last dimension or as two tensors, real numbers, or the first half of the spectrum of real
 * ones.
 */
export type FourierForm = 'pairs' | 'parts' | 'real' | 'half';

/** The sum of absolute differences, the root of the sum of their squares, or the largest. */
export type DistanceNorm = 'l1' | 'l2' | 'max';

/** Windows over the last dimensions, `[starts[d][o], ends[d][o])` and every `step[d]`-th element of them. */
export interface Windows {
  readonly size: readonly number[];
  readonly step?: readonly number[];
  readonly starts: readonly (readonly number[])[];
  readonly ends: readonly (readonly number[])[];
}
