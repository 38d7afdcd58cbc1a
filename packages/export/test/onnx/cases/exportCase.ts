/** @file The type of an export case, and helpers that make most of them. */
import * as cr from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';

export interface ExportCase {
  readonly name: string;
  readonly f: nn.Module | ((...xs: readonly Tensor[]) => unknown);
  /** Arguments for a size of what is dynamic, the same ones each time. */
  readonly args: (batch: number) => Tensor[];
  /** The dimension that moves; null for none. */
  readonly batch: number | null | Readonly<Record<string, number>>;
  /** The first version that has all of it, beyond 17. */
  readonly since?: number;
}

/** Numbers that are the same in every run, from `low` to `high`. */
export function numbers(shape: readonly number[], low = -1, high = 1, seed = 1): Tensor {
  const size = shape.reduce((n, d) => n * d, 1);
  let state = seed * 7919 + 13;
  const data = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + (high - low) * (state / 2 ** 32);
  });
  return cr.tensor(data, { shape });
}

export function integers(shape: readonly number[], below: number): Tensor {
  return numbers(shape, 0, below - 0.01)
    .floor()
    .cast('int32');
}

export function layer(
  name: string,
  make: () => nn.Module,
  shape: readonly number[],
  since = 17,
): ExportCase {
  cr.manualSeed(3);
  const f = make();
  // Statistics and weights that are not those they begin with.
  for (const [k, p] of f.namedParameters().entries())
    if (p[1].ndim <= 1) p[1].assign(numbers(p[1].shape, 0.5, 1.5, k + 1));
  for (const [k, b] of f.buffers().entries())
    if (b.dtype === 'float32') b.assign(numbers(b.shape, 0.5, 1.5, k + 7));
  return { name, f, args: (batch) => [numbers([batch, ...shape])], batch: 0, since };
}

export function unary(
  name: string,
  f: (x: Tensor) => unknown,
  low = -2,
  high = 2,
  since = 17,
): ExportCase {
  return { name, f, args: (batch) => [numbers([batch, 3, 4], low, high)], batch: 0, since };
}

export function binary(
  name: string,
  f: (x: Tensor, y: Tensor) => unknown,
  low = -2,
  high = 2,
  since = 17,
): ExportCase {
  const args = (batch: number): Tensor[] => [
    numbers([batch, 3, 4], low, high),
    numbers([batch, 1, 4], low, high, 2),
  ];
  return { name, f, args, batch: 0, since };
}

export function image(name: string, f: (x: Tensor) => unknown, since = 17): ExportCase {
  return { name, f, args: (batch) => [numbers([batch, 4, 6, 6])], batch: 0, since };
}

/** A function that belongs to a module. */
export function wrap(f: (x: Tensor) => unknown, inner?: nn.Module): nn.Module {
  class Wrapped extends nn.Module {
    readonly inner = inner ?? null;
    override forward(x: Tensor): unknown {
      return f(x);
    }
  }
  return new Wrapped();
}
