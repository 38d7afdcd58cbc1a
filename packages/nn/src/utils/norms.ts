/** @file The common parts of weight and spectral normalization: norms of a weight's rows, and a power iteration. */
import {
  checkArgument,
  kinds,
  mv,
  norm,
  normalize,
  passes,
  type Tensor,
} from '@chainrule/autograd';
import {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
} from '../layers/convolution/convTranspose.js';
import type { Module } from '../module/module.js';

/** The norms over all dimensions but `dim`, with keepdim; one norm of the whole tensor if `dim` is null. */
export function normsExcept(v: Tensor, dim: number | null): Tensor {
  if (dim === null) return norm(v);
  checkArgument('weightNorm', 'dim', dim, kinds.wholeBetween(-v.ndim, v.ndim - 1));
  const exceptDim = dim < 0 ? dim + v.ndim : dim;
  const dims = v.shape.map((_, d) => d).filter((d) => d !== exceptDim);
  return norm(v, dims, { keepdim: true });
}

/** `g v / ‖v‖`. */
export function scaledDirection(g: Tensor, v: Tensor, dim: number | null): Tensor {
  return v.mul(g.div(normsExcept(v, dim)));
}

const transposed = kinds.kind('be a transposed convolution', (x) =>
  [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d].some((Class) => x instanceof Class),
);

/** The dimension of a layer's outputs in its weight. */
export function outputDim(module: Module): number {
  return passes(transposed, module) ? 1 : 0;
}

/** A weight as a matrix with a row for each index of `dim`. */
export function asMatrix(weight: Tensor, dim: number): Tensor {
  const front = dim === 0 ? weight : weight.movedim(dim, 0);
  const rows = front.shape[0] as number;
  return front.reshape([rows, front.size / rows]);
}

/** A vector of norm 1. */
export const unit = (x: Tensor, eps: number): Tensor => normalize(x, { dim: 0, eps });

/** A matrix–vector product scaled to norm 1: half a step of a power iteration. */
export const follow = (matrix: Tensor, x: Tensor, eps: number): Tensor => unit(mv(matrix, x), eps);
