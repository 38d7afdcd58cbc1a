/**
 * @file Trees of tensors, in types: the form of the derivative with respect to an argument, and the arguments and results of
 * `vmap`.
 */
import type { Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';

/** `any` and `unknown` stay what they are: nothing is known about them. */
type Known<X, Result> = unknown extends X ? X : Result;

/** A tree with its tensors replaced as `Leaf` says. */
type Leaves<X, Leaf extends 'plain' | 'any' | 'batched'> = Known<
  X,
  X extends Tensor<infer S>
    ? { plain: Tensor<S>; any: Tensor; batched: Tensor<Batched<S>> }[Leaf]
    : X extends (...args: never[]) => unknown
      ? X
      : X extends object
        ? { [K in keyof X]: Leaves<X[K], Leaf> }
        : X
>;

type Batched<S extends Shape> = number extends S['length'] ? Shape : [number, ...S];

/** The gradient with respect to an argument: tensors in place of tensors and cells, and of a number. */
export type GradientOf<X> = Known<X, X extends number ? Tensor<[]> : Leaves<X, 'plain'>>;

/** Which arguments to differentiate: a position counted from 0, negative from the end, or several. */
export type Argnums = number | readonly number[];

/** The gradient with respect to the arguments that `N` names: one, or a list of them. */
export type Gradient<A extends readonly unknown[], N> = N extends number
  ? GradientAt<A, N>
  : N extends readonly number[]
    ? { -readonly [K in keyof N]: GradientAt<A, Extract<N[K], number>> }
    : GradientAt<A, 0>;

type GradientAt<A extends readonly unknown[], N extends number> = N extends -1
  ? A extends readonly [...unknown[], infer Last]
    ? GradientOf<Last>
    : GradientOf<A[number]>
  : `${N}` extends keyof A
    ? GradientOf<A[N]>
    : GradientOf<A[number]>;

/** The derivatives with respect to tensors, one for each; `Unused` stands where the outputs do not depend on it. */
export type InputGradients<I extends Tensor | readonly Tensor[], Unused = never> = I extends Tensor
  ? [GradientOf<I> | Unused]
  : { -readonly [K in keyof I]: GradientOf<I[K]> | Unused };

/** What the pullback of `vjp` returns: the gradient of a single argument, or a list with one for each. */
export type Cotangents<A extends readonly unknown[]> = A extends readonly [infer X]
  ? GradientOf<X>
  : { -readonly [K in keyof A]: GradientOf<A[K]> };

/** The arguments of a function made by `vmap`: tensors of any shape in place of tensors. */
export type BatchedArguments<A extends readonly unknown[]> = {
  [K in keyof A]: Leaves<A[K], 'any'>;
};

/** The result of such a function: the examples come first, unless `outDims` says otherwise. */
export type BatchedResult<R, OutDims> = [OutDims] extends [0]
  ? Leaves<R, 'batched'>
  : Leaves<R, 'any'>;
