/** @file Products of matrices, in types: the inner dimensions must be equal, leading ones broadcast. */
import type { Shape } from '../graph/shape.js';
import type { BroadcastResult } from './broadcast.js';
import type { IsOpen, ShapeOf, Show } from './message.js';

/** `Result` if the inner sizes may be equal; otherwise a message. */
type Inner<
  A extends Shape,
  B extends Shape,
  K extends number,
  L extends number,
  Result,
> = number extends K
  ? Result
  : number extends L
    ? Result
    : [K] extends [L]
      ? Result
      : `inner dimensions differ: ${Show<A>} × ${Show<B>} (${K} ≠ ${L})`;

type Batched<Batch, M extends number, N extends number> = Batch extends Shape
  ? [...Batch, M, N]
  : Batch;

/** The shape of `matmul(A, B)`; a message if they do not fit; any shape if a rank is not known. */
export type MatmulResult<A extends Shape, B extends Shape> =
  IsOpen<A> extends true
    ? Shape
    : IsOpen<B> extends true
      ? Shape
      : A extends readonly [...infer Rows extends Shape, infer K extends number]
        ? B extends readonly [infer L extends number]
          ? Inner<A, B, K, L, Rows>
          : B extends readonly [
                ...infer Batch extends Shape,
                infer L extends number,
                infer N extends number,
              ]
            ? Rows extends readonly [...infer Lead extends Shape, infer M extends number]
              ? Inner<A, B, K, L, Batched<BroadcastResult<Lead, Batch>, M, N>>
              : Inner<A, B, K, L, [...Batch, N]>
            : 'matmul needs at least one dimension'
        : 'matmul needs at least one dimension';

/** The shape of `matmul(A, B)`. */
export type MatmulShape<A extends Shape, B extends Shape> = ShapeOf<MatmulResult<A, B>>;

/** Like `MatmulResult`, for operands that must have the rank of `Rank`. */
export type ProductResult<
  A extends Shape,
  B extends Shape,
  RankA extends Shape,
  RankB extends Shape,
> =
  IsOpen<A> extends true
    ? Shape
    : IsOpen<B> extends true
      ? Shape
      : A extends RankA
        ? B extends RankB
          ? MatmulResult<A, B>
          : `expected ${Show<RankB>}, got ${Show<B>}`
        : `expected ${Show<RankA>}, got ${Show<A>}`;

/** The shape of `x Wᵀ`, `W: [out, in]` or `[in]`. */
export type LinearResult<S extends Shape, W extends Shape> =
  IsOpen<S> extends true
    ? Shape
    : IsOpen<W> extends true
      ? Shape
      : S extends readonly [...infer Lead extends Shape, infer K extends number]
        ? W extends readonly [...infer Out extends Shape, infer L extends number]
          ? number extends K
            ? [...Lead, ...Out]
            : number extends L
              ? [...Lead, ...Out]
              : [K] extends [L]
                ? [...Lead, ...Out]
                : `${Show<S>} has ${K} features, the weight ${Show<W>} takes ${L}`
          : Shape
        : Shape;

/** The shape of two vectors' outer product. */
export type OuterShape<A extends Shape, B extends Shape> =
  IsOpen<A> extends true
    ? Shape
    : IsOpen<B> extends true
      ? Shape
      : [...A, ...B] extends infer S extends readonly [number, number]
        ? S
        : Shape;
