/** @file Trees of tensors as vectors, and functions of trees as fast functions of vectors. */
import {
  cat,
  ChainruleError,
  compile,
  display,
  DTypeError,
  evaluate,
  flattenTree,
  noGrad,
  ShapeError,
  tensor,
} from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import type { Vector } from '../lbfgs/vector.js';

export type { Vector } from '../lbfgs/vector.js';

/** A tree as a vector, and the function that converts back. */
export interface Ravelled<T> {
  readonly vector: Tensor;
  readonly size: number;
  readonly dtype: 'float32' | 'float64';
  readonly unravel: (vector: Tensor) => T;
  /** The same for several vectors, [k, size]: each tensor gets a first dimension of k. */
  readonly unravelRows: (rows: Tensor) => T;
}

/**
 * All tensors of a tree, one after another.
 * @throws {ChainruleError} if there are none. @throws {DTypeError} unless all are float32, or all float64.
 */
export function ravel<T>(owner: string, what: string, tree: T): Ravelled<T> {
  const { leaves, structure } = flattenTree(tree);
  const [first] = leaves;
  if (first === undefined) {
    throw new ChainruleError(
      `${owner}: ${what} must be a tensor or a tree of tensors, got ${display(tree)}`,
    );
  }
  const { dtype } = first;
  const other = leaves.find((t) => t.dtype !== dtype) ?? first;
  if ((dtype !== 'float32' && dtype !== 'float64') || other !== first) {
    throw new DTypeError(
      `${owner}: the tensors of ${what} must all be float32 or all float64, got ${dtype}` +
        (other === first ? '' : ` and ${other.dtype}`),
    );
  }
  return {
    vector: joined(leaves),
    size: leaves.reduce((n, t) => n + t.size, 0),
    dtype,
    unravel: (vector) => {
      let at = 0;
      const parts = leaves.map(({ size, shape }) => {
        const part = size === vector.size ? vector : vector.narrow(0, at, size);
        at += size;
        return part.shape.length === 1 && shape.length === 1 ? part : part.reshape(shape);
      });
      return structure.rebuild(parts) as T;
    },
    unravelRows: (rows) => {
      let at = 0;
      const parts = leaves.map(({ size, shape }) => {
        const part = rows.narrow(1, at, size).reshape([rows.shape[0] as number, ...shape]);
        at += size;
        return part;
      });
      return structure.rebuild(parts) as T;
    },
  };
}

function joined(leaves: readonly Tensor[]): Tensor {
  const flat = leaves.map((t) => (t.ndim === 1 ? t : t.reshape([-1])));
  return flat.length === 1 ? (flat[0] as Tensor) : cat(flat);
}

/** The tensors that a user's function returned, as one vector with the dtype of its argument. */
export function ravelResult(owner: string, result: unknown, like: Tensor): Tensor {
  const { leaves } = flattenTree(result);
  if (leaves.length === 0) {
    throw new ChainruleError(
      `${owner}: the function must return a tensor or a tree of tensors, got ${display(result)}`,
    );
  }
  const other = leaves.find((t) => t.dtype !== like.dtype);
  if (other !== undefined) {
    throw new DTypeError(
      `${owner}: the function returns ${other.dtype} for ${like.dtype}; they must be equal`,
    );
  }
  return joined(leaves);
}

/** @throws {ShapeError} unless the result is as large as the argument. */
export function checkSquare(owner: string, x: Tensor, y: Tensor): void {
  if (x.size !== y.size) {
    throw new ShapeError(
      `${owner}: the function takes size ${x.size} and returns size ${y.size}; they must be equal`,
    );
  }
}

/** The one element of a scalar function's result. @throws {ShapeError} if there are others. */
export function single(owner: string, y: unknown, like: Tensor): Tensor {
  const vector = ravelResult(owner, y, like);
  if (vector.size !== 1) {
    throw new ShapeError(
      `${owner}: the function must return a single number, got ${vector.size}; reduce it: sum() or mean()`,
    );
  }
  return vector.reshape([]);
}

/** A function of tensors whose results are read as float64. */
export type Evaluator = (...xs: readonly Tensor[]) => Vector[];

/** Runs `f` by a compiled plan, or directly if it cannot be compiled (because it contains a solver). */
export function evaluator(f: (...xs: Tensor[]) => readonly Tensor[]): Evaluator {
  const replay = compile((...xs: Tensor[]) => f(...xs));
  let isPlain = false;
  const call = (xs: Tensor[]): readonly Tensor[] => {
    if (isPlain) return f(...xs);
    try {
      return replay(...xs);
    } catch {
      isPlain = true;
      return f(...xs);
    }
  };
  return (...xs) =>
    noGrad(() => {
      const results = call(xs.map((x) => x.detach()));
      evaluate(...results);
      return results.map((y) => Float64Array.from(y.dataSync()));
    });
}

/** A vector of a solver as a tensor. */
export function tensorOf(x: Vector, dtype: 'float32' | 'float64', shape = [x.length]): Tensor {
  return tensor(dtype === 'float32' ? Float32Array.from(x) : x.slice(), { shape });
}

/** The elements of a tensor, in float64. */
export function vectorOf(t: Tensor): Vector {
  return Float64Array.from(t.dataSync());
}

export function isFiniteVector(x: Vector): boolean {
  return x.every(Number.isFinite);
}

/** The text of a vector in messages. */
export function show(x: Vector): string {
  const shown = Array.from(x.subarray(0, 6), (v) => Number(v.toPrecision(6)));
  return `[${shown.join(', ')}${x.length > 6 ? ', …' : ''}]`;
}
