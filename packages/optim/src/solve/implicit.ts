/**
 * @file The implicit function theorem: `x` with `F(x, c) = 0` is a function of all that `F` captures, and its derivative
 * `dx/dc = −(∂F/∂x)⁻¹ · ∂F/∂c` does not depend on how `x` was found.
 */
import { customGrad, jacfwd, jvp, linalg, neg, vjp } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { byValues } from './byValues.js';
import { krylov } from './krylov.js';

/** From this many unknowns on, the Jacobian is not formed: systems are solved with products of it and vectors. */
export const MIN_MATRIX_FREE = 512;

/** The equation that defines `x`, and how to solve it. */
export interface Implicit {
  /** The solver's name. */
  readonly name: string;
  /** The equation, on vectors. `fixed` are the further results of `solve`. */
  readonly equation: (x: Tensor, captured: readonly Tensor[], fixed: readonly Tensor[]) => Tensor;
  readonly captured: readonly Tensor[];
  readonly x0: Tensor;
  /** Finds `x` by reading values; returns `[x, …fixed]`, with the shapes and dtypes of `like`. */
  readonly solve: (x0: Tensor, captured: readonly Tensor[]) => Tensor[];
  readonly like: readonly Tensor[];
}

/** The solution, differentiable to any order, in both modes, and inside `vmap`. */
export function implicit({ name, equation, captured, x0, solve, like }: Implicit): Tensor {
  const run = (start: Tensor, ...others: Tensor[]): Tensor[] => solve(start, others);
  const count = like.length;
  const at = (saved: readonly Tensor[]): Point => {
    const [x, fixed, others] = [saved[0] as Tensor, saved.slice(1, count), saved.slice(count)];
    return { x, others, f: (v, c) => equation(v, c, fixed) };
  };
  const apply = customGrad<[Tensor, readonly Tensor[]], Tensor>({
    name,
    forward: (ctx, start, others) => {
      const [x, ...fixed] = byValues(name, run, [...like], start, ...others) as [
        Tensor,
        ...Tensor[],
      ];
      ctx.save(x, ...fixed, ...others);
      return x;
    },
    backward: (ctx, g) => {
      const { x, others, f } = at(ctx.saved);
      if (others.length === 0) return [null, []];
      const w = solveLinear((v) => f(v, others), x, neg(g), true);
      const [, pull] = vjp((c: readonly Tensor[]) => f(x, c), others);
      return [null, pull(w)];
    },
    jvp: (ctx, _start, directions) => {
      const { x, others, f } = at(ctx.saved);
      if (directions === null || others.length === 0) return null;
      const [, change] = jvp((c: readonly Tensor[]) => f(x, c), [others], [directions] as never);
      return solveLinear((v) => f(v, others), x, neg(change), false);
    },
  });
  return apply(x0, captured);
}

interface Point {
  readonly x: Tensor;
  readonly others: readonly Tensor[];
  readonly f: (v: Tensor, captured: readonly Tensor[]) => Tensor;
}

/**
 * `J⁻¹ · b`, or `J⁻ᵀ · b`, where J is the Jacobian of `f` at `x`: computed in tensors, so that it is differentiable with
 * respect to `x` and `b`.
 */
function solveLinear(f: (v: Tensor) => Tensor, x: Tensor, b: Tensor, transposed: boolean): Tensor {
  if (x.size <= MIN_MATRIX_FREE) {
    const J = jacfwd(f)(x);
    return linalg.solve(transposed ? J.t() : J, b);
  }
  const product = transposed ? vjp(f, x)[1] : (v: Tensor): Tensor => jvp(f, [x], [v])[1];
  return krylov(b, product, {
    method: 'gmres',
    tol: b.dtype === 'float64' ? 1e-13 : 1e-6,
    maxIterations: 10 * b.size,
    restart: 100,
    strict: true,
  });
}
