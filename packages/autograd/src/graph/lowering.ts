/** @file What a primitive is for the engine: the loop, view, product or kernel that computes it, and its parameters there. */
import type { KernelFamily } from '../kernels/family.js';
import type { Attrs } from './primitive.js';
import type { Tensor } from './tensor.js';

/** A function of the elements of up to three inputs; booleans are 0 and 1. */
export type Scalar = (x: number, y: number, z: number) => number;

/** How a fold puts two elements together. */
export type FoldOp = 'sum' | 'prod' | 'max' | 'min';

/**
 * What computes a primitive. The plain kernel of its record is always right; every other kind is quicker, and lets it be
 * fused with what comes before and after it.
 */
export type Lowering<A extends Attrs = Attrs> =
  /** One function of the elements at the same (broadcast) position. */
  | ({
      readonly kind: 'element';
      readonly scalar: Scalar;
      /** The function where it refuses arguments by its attributes. */
      checked?(attrs: A): Scalar;
    } & Laws)
  /** Folds dimensions into one element. */
  | { readonly kind: 'fold'; readonly fold: FoldOp; dims(attrs: A): readonly number[] }
  /** The same elements in the same order. Simplification may take the input for it only where it is `transparent`. */
  | { readonly kind: 'alias'; readonly transparent: boolean }
  /** Elements of its input in another order, some of them, or some repeatedly. */
  | { readonly kind: 'view'; view(attrs: A): ViewSpec }
  /** A product of matrices. */
  | { readonly kind: 'product'; transposed(attrs: A): { readonly a: boolean; readonly b: boolean } }
  /** Its inputs, side by side or one within another. */
  | {
      readonly kind: 'parts';
      parts(attrs: A): PartsSpec;
      /** Of a pad: joins what lies side by side along a dimension, in place of a sum of padded parts. */
      readonly join?: (parts: readonly Tensor[], dim: number) => Tensor;
      /** Of a pad: a sum, some of whose terms are pads. It comes with these, as no other program needs it. */
      readonly sum?: (terms: readonly Tensor[]) => Tensor;
    }
  /** A slice of its first operand; where it begins is said by the others, whole numbers that the program is handed. */
  | { readonly kind: 'placedView'; placed(attrs: A): PlacedSpec }
  /**
   * Its first operand within the second, a single element, and more added to that, so many parts in all; the other operands
   * say where each lies.
   */
  | {
      readonly kind: 'placedParts';
      placed(attrs: A): PlacedPartsSpec;
      /** The sum of such parts with zeros around them, as one of more parts. */
      join(parts: readonly Tensor[]): Tensor;
      /** As of a pad. */
      readonly sum: (terms: readonly Tensor[]) => Tensor;
    }
  | KernelLowering<A>
  /** A loop; its results are nodes of their own, which read it. */
  | { readonly kind: 'loop' }
  | { readonly kind: 'loopResult'; result(attrs: A): number }
  /** Its plain kernel, whatever the backend. */
  | { readonly kind: 'reference' }
  /** It is computed by nobody: a number, or what stands for an argument. */
  | { readonly kind: 'leaf' };

/** A kernel of its own kind over contiguous inputs: its family makes it of what is said of it. */
export type KernelLowering<A extends Attrs = Attrs> = {
  [S in KernelSpec as S['kind']]: {
    readonly kind: 'kernel';
    readonly family: KernelFamily<S, never>;
    kernel(attrs: A): S;
  };
}[KernelSpec['kind']];

/** What holds for every element, NaN, infinities and signed zeros included: simplification makes use of it. */
export interface Laws {
  /** With 1 for the second operand, or for either, the result is the other one. */
  readonly unit?: 'second' | 'either' | undefined;
  /** Applied twice it gives what it was given. */
  readonly involution?: boolean | undefined;
}

export type ViewSpec =
  /** Dimensions of size 1 are repeated, and so are all elements along new leading ones. */
  | { readonly kind: 'expand' }
  /** Dimension `d` is dimension `dims[d]` of the input. */
  | { readonly kind: 'permute'; readonly dims: readonly number[] }
  /** Element `i` of dimension `d` is element `start[d] + i · step[d]` of the input. */
  | { readonly kind: 'slice'; readonly start: readonly number[]; readonly step: readonly number[] };

export type PartsSpec =
  /** One after the other along a dimension. */
  | { readonly kind: 'concat'; readonly dim: number }
  /** The first input at the places of a slice, and the second, a single element, everywhere else. */
  | { readonly kind: 'pad'; readonly start: readonly number[]; readonly step: readonly number[] };

/** Element `i` of dimension `d` is element `start[d] + i · step[d]` of the whole; of those in `dims` operands say the start. */
export interface PlacedSpec {
  readonly start: readonly number[];
  readonly step: readonly number[];
  readonly dims: readonly number[];
}

export interface PlacedPartsSpec extends PlacedSpec {
  readonly parts: number;
}

/**
 * The parts among the operands of what they are put into, and for each those that say where it lies. Operands are the parts,
 * the filling after the first, then the places.
 */
export function placedParts<T>(
  inputs: readonly T[],
  { parts, dims }: Pick<PlacedPartsSpec, 'parts' | 'dims'>,
): { readonly part: T; readonly numbers: readonly T[] }[] {
  const at = (k: number): number => parts + 1 + k * dims.length;
  return Array.from({ length: parts }, (_, k) => ({
    part: inputs[k === 0 ? 0 : k + 1]!,
    numbers: inputs.slice(at(k), at(k + 1)),
  }));
}

/** Kernels of their own kind with what attributes say of them; what they compute is written in `engine/compile/kernel.ts`. */
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
  /** An index for each element, along a dimension of a table: the first input, which the others are written into. */
  | {
      readonly kind: 'elements';
      readonly mode: 'gather' | 'set' | 'add' | 'mul' | 'max' | 'min';
      readonly dim: number;
    }
  /** An index for each slice of such a table. */
  | { readonly kind: 'slices'; readonly mode: 'gather' | 'add'; readonly dim: number }
  /** 1 at the place that each index names, of so many. */
  | { readonly kind: 'mark'; readonly count: number }
  | { readonly kind: 'position'; readonly largest: boolean; readonly dim: number }
  /** The positions `0, 1, …`. */
  | { readonly kind: 'count' }
  | ({ readonly kind: 'pool'; readonly mode: 'argmax' | 'sum' | 'spread' } & Windows)
  | {
      readonly kind: 'sort';
      readonly result: 'order' | 'median' | 'argmedian';
      readonly descending: boolean;
      readonly dims: readonly number[];
      /** Of an order, how many of the first places are read. */
      readonly leading?: number | undefined;
    }
  | { readonly kind: 'search'; readonly right: boolean }
  /** All rows of a matrix from all of another. */
  | { readonly kind: 'distance'; readonly norm: DistanceNorm }
  /** Sums of their differences, each times a weight. */
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

/** Complex numbers as pairs in a last dimension or as two tensors, real ones, or the first half of pairs that stand for such. */
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
