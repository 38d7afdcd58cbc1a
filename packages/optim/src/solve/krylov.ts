/** @file Linear systems solved with matrix–vector products, as differentiable functions: `cg` and `gmres`. */
import {
  ChainruleError,
  closureConvert,
  customGrad,
  defineOptions,
  display,
  jvp,
  kinds,
  neg,
  ShapeError,
  sub,
  Tensor,
  vjp,
} from '@chainrule/autograd';
import { byValues } from './byValues.js';
import { norm, plus } from './dense.js';
import { conjugateGradients, generalizedMinimalResidual, type Found } from './krylovMethods.js';
import { iterationKinds, type IterationOptions } from './options.js';
import { Reporter, withReport } from './report.js';
import { checkSquare, evaluator, ravel, ravelResult, tensorOf, vectorOf } from './vector.js';

/** Options of {@link cg}. */
export interface CGOptions<T = Tensor> extends IterationOptions {
  /** Where to start. Default 0. */
  readonly x0?: T;
  /** The tolerance: the norm of the residual relative to that of `b`. Default 1e-12, for float32 1e-6. */
  readonly tol?: number;
}

/** Options of {@link gmres}. */
export interface GMRESOptions<T = Tensor> extends CGOptions<T> {
  /** The number of products after which it restarts. Default 50. */
  readonly restart?: number;
}

const cgOptions = defineOptions<CGOptions<unknown>>({
  ...iterationKinds,
  x0: kinds.anything,
  tol: kinds.nonNegative,
});

const gmresOptions = defineOptions<GMRESOptions<unknown>>({
  ...cgOptions.table,
  restart: kinds.count,
});

/** The result of {@link cg} and {@link gmres}. */
export interface LinearSolution<T = Tensor> {
  /** The solution, of the same structure as the start. */
  readonly x: T;
  /** The number of products with the matrix. */
  readonly iterations: number;
  /** The norm of `b − A·x`. */
  readonly residual: number;
  /** Whether the tolerance was met. */
  readonly converged: boolean;
}

/** A matrix, or a function that multiplies by it. */
export type Operator<T> = Tensor | ((x: T) => T);

interface Config {
  readonly method: 'cg' | 'gmres';
  readonly tol: number;
  readonly maxIterations: number;
  readonly restart: number;
  readonly strict: boolean;
}

type Report = Omit<LinearSolution, 'x'>;

/**
 * Solves `A·x = b` for a symmetric positive definite `A` by conjugate gradients (Hestenes & Stiefel 1952): a matrix
 * `[n, n]`, or a function that multiplies by it, of a tensor or a tree like `b`.
 *
 * Differentiable, to any order and inside `vmap`, with respect to `b` and all that `A` is made of: each derivative
 * is one more linear system. Options: tol 1e-12 (float32 1e-6) relative to `b`, maxIterations 10·n, x0 0. SciPy:
 * `scipy.sparse.linalg.cg`.
 * @throws {ChainruleError} if `A` turns out not to be positive definite, or it does not converge.
 * @example cg((x) => x.mul(2).add(laplacian(x)), b).x
 */
export function cg<T = Tensor>(A: Operator<T>, b: T, options?: CGOptions<T>): LinearSolution<T> {
  return solveSystem('cg', A, b, options);
}

/**
 * Solves `A·x = b` for any invertible `A` by GMRES (Saad & Schultz 1986), restarted after every `restart` products.
 * `A` is a matrix `[n, n]`, or a function that multiplies by it, of a tensor or a tree like `b`.
 *
 * Differentiable, to any order and inside `vmap`, with respect to `b` and all that `A` is made of. Options: tol
 * 1e-12 (float32 1e-6) relative to `b`, restart 50, maxIterations 10·n, x0 0. SciPy: `scipy.sparse.linalg.gmres`.
 * @throws {ChainruleError} if it does not converge, as for a singular `A`.
 * @example gmres(tensor([[2, 1], [0, 4]]), tensor([4, 8])).x // [1, 2]
 */
export function gmres<T = Tensor>(
  A: Operator<T>,
  b: T,
  options?: GMRESOptions<T>,
): LinearSolution<T> {
  return solveSystem('gmres', A, b, options);
}

function solveSystem<T>(
  method: 'cg' | 'gmres',
  A: Operator<T>,
  b: T,
  given: GMRESOptions<T> | undefined,
): LinearSolution<T> {
  const { vector, unravel, size, dtype } = ravel(method, 'b', b);
  const {
    x0,
    tol = dtype === 'float64' ? 1e-12 : 1e-6,
    maxIterations = Math.max(10 * size, 20),
    strict = true,
    restart = 50,
  } = (method === 'cg' ? cgOptions : gmresOptions)(method, given) as GMRESOptions<T>;
  const start = x0 === undefined ? null : ravel(method, 'x0', x0).vector;
  if (start !== null && start.size !== size) {
    throw new ShapeError(`${method}: x0 has size ${start.size}, b ${size}; they must be equal`);
  }
  const product = productOf(method, A, unravel, size);
  const reporter = new Reporter<Report>({ iterations: 0, residual: 0, converged: false });
  const shift = start?.detach();
  const right = shift === undefined ? vector : sub(vector, product(shift));
  const found = krylov(right, product, { method, tol, maxIterations, strict, restart }, reporter);
  const x = shift === undefined ? found : found.add(shift);
  return withReport(method, { x: unravel(x) }, reporter);
}

function productOf<T>(
  method: string,
  A: Operator<T>,
  unravel: (v: Tensor) => T,
  size: number,
): (v: Tensor) => Tensor {
  if (A instanceof Tensor) {
    if (A.shape.length !== 2 || A.shape[0] !== size || A.shape[1] !== size) {
      throw new ShapeError(
        `${method}: the matrix has shape [${A.shape.join(', ')}], b has size ${size}; expected [${size}, ${size}]`,
      );
    }
    return (v): Tensor => A.matmul(v);
  }
  if (typeof A !== 'function') {
    throw new ChainruleError(`${method}: A must be a matrix or a function, got ${display(A)}`);
  }
  return (v) => {
    const y = ravelResult(method, A(unravel(v)), v);
    checkSquare(method, v, y);
    return y;
  };
}

/** Solves a system whose unknown is a vector. */
export function krylov(
  b: Tensor,
  product: (v: Tensor) => Tensor,
  config: Config,
  reporter?: Reporter<Report>,
): Tensor {
  const { method } = config;
  const [A, captured] = closureConvert(product, b);
  const multiply = evaluator((v, ...others) => [A([v], others)]);
  const dtype = b.dtype as 'float32' | 'float64';
  const solve = (right: Tensor, ...others: Tensor[]): Tensor => {
    const times = (v: Float64Array): Float64Array =>
      multiply(tensorOf(v, dtype), ...others)[0] as Float64Array;
    const target = vectorOf(right);
    if (!target.every(Number.isFinite)) throw new ChainruleError(`${method}: b is not finite`);
    const found = (method === 'cg' ? conjugateGradients : generalizedMinimalResidual)(
      times,
      target,
      config,
    );
    const residual = norm(plus(target, -1, times(found.x)));
    if (!found.converged && config.strict) throw failed(config, found, residual, norm(target));
    if (reporter !== undefined)
      reporter.found = { iterations: found.iterations, residual, converged: found.converged };
    return tensorOf(found.x, dtype);
  };
  // The derivative solves the same system with another right-hand side; the matrix of `cg` is its own transpose.
  const again = (
    x: Tensor,
    others: readonly Tensor[],
    right: Tensor,
    transposed: boolean,
  ): Tensor => {
    const f = (v: Tensor): Tensor => A([v], others);
    return krylov(right, transposed && method === 'gmres' ? vjp(f, x)[1] : f, config);
  };
  const apply = customGrad<[Tensor, readonly Tensor[]], Tensor>({
    name: method,
    forward: (ctx, right, others) => {
      const x = byValues(method, solve, right, right, ...others);
      ctx.save(x, ...others);
      return x;
    },
    backward: (ctx, g) => {
      const [x, ...others] = ctx.saved as [Tensor, ...Tensor[]];
      const w = again(x, others, g, true);
      if (others.length === 0) return [w, []];
      const [, pull] = vjp((c: readonly Tensor[]) => A([x], c), others);
      return [w, pull(neg(w))];
    },
    jvp: (ctx, direction, directions) => {
      const [x, ...others] = ctx.saved as [Tensor, ...Tensor[]];
      let right = direction;
      if (directions !== null && others.length > 0) {
        const f = (c: readonly Tensor[]): Tensor => A([x], c);
        const [, change] = jvp(f, [others], [directions] as never);
        right = right === null ? neg(change) : sub(right, change);
      }
      return right === null ? null : again(x, others, right, false);
    },
  });
  return apply(b, captured);
}

function failed(
  { method, maxIterations }: Config,
  { iterations, reason }: Found,
  residual: number,
  size: number,
): ChainruleError {
  return new ChainruleError(
    `${method}: not converged after ${iterations} products (maxIterations ${maxIterations}): the residual is ` +
      `${residual.toPrecision(3)}, ${(residual / size).toPrecision(3)} of b; ${reason}, or pass { strict: false } to accept it`,
  );
}
