/** @file Systems with as many equations as unknowns: the common part of `root` and `fixedPoint`. */
import { ChainruleError, closureConvert, jacfwd } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { norm, plus, relativeChange, solveDense } from './dense.js';
import { implicit, MIN_MATRIX_FREE } from './implicit.js';
import { Reporter, withReport } from './report.js';
import {
  checkSquare,
  evaluator,
  isFiniteVector,
  ravel,
  ravelResult,
  show,
  tensorOf,
  vectorOf,
  type Vector,
} from './vector.js';

/** A system, at the current values of the tensors that its function captures. */
export interface System {
  readonly name: string;
  readonly size: number;
  /** The tolerance for its dtype, if the user gives none. */
  readonly tol: number;
  /** F(x). */
  readonly value: (x: Vector) => Vector;
  /** F(x) and its Jacobian in row-major order. */
  readonly both: (x: Vector) => [value: Vector, jacobian: Vector];
}

export interface Iterate {
  readonly x: Vector;
  readonly iterations: number;
  readonly converged: boolean;
  /** The reason if it has not converged, for the message. */
  readonly trouble: string;
}

/** The result of {@link root} and {@link fixedPoint}. */
export interface Solution<T> {
  /** The solution, of the same structure as the start. */
  readonly x: T;
  /** The number of iterations. */
  readonly iterations: number;
  /** Whether the tolerance was met. */
  readonly converged: boolean;
}

/** Solves `F(x) = 0`; `equation` computes F from the vector x and the result of the user's function. */
export function solveEquations<T>(
  name: string,
  f: (x: T) => unknown,
  x0: T,
  equation: (x: Tensor, y: Tensor) => Tensor,
  { strict, polishes }: { readonly strict: boolean; readonly polishes: boolean },
  iterate: (system: System, x: Vector) => Iterate,
): Solution<T> {
  const { vector, unravel, size, dtype } = ravel(name, 'x0', x0);
  const [F, captured] = closureConvert((v: Tensor) => {
    const y = ravelResult(name, f(unravel(v)), v);
    checkSquare(name, v, y);
    return equation(v, y);
  }, vector);
  const value = evaluator((v, ...others) => [F([v], others)]);
  const both = evaluator((v, ...others) => {
    const at = (x: Tensor): Tensor => F([x], others);
    return [at(v), jacfwd(at)(v)];
  });
  const reporter = new Reporter({ iterations: 0, converged: false });
  const solve = (start: Tensor, others: readonly Tensor[]): Tensor[] => {
    const system: System = {
      name,
      size,
      tol: dtype === 'float64' ? 1e-10 : 1e-5,
      value: (x) => value(tensorOf(x, dtype), ...others)[0] as Vector,
      both: (x) => both(tensorOf(x, dtype), ...others) as [Vector, Vector],
    };
    const found = iterate(system, checkStart(name, system, vectorOf(start)));
    const { iterations, converged, trouble } = found;
    if (!converged && strict) {
      throw new ChainruleError(
        `${name}: not converged after ${iterations} iterations: ${trouble} (at x = ${show(found.x)}); start closer, or ` +
          `pass { strict: false } to accept it`,
      );
    }
    reporter.found = { iterations, converged };
    // A derivative is only as exact as the solution.
    const sharpened = converged && polishes && others.length > 0 && size <= MIN_MATRIX_FREE;
    return [tensorOf(sharpened ? polished(system, found.x) : found.x, dtype)];
  };
  const x = implicit({
    name,
    equation: (v, others) => F([v], others),
    captured,
    x0: vector.detach(),
    solve,
    like: [vector],
  });
  return withReport(name, { x: unravel(x) }, reporter);
}

function checkStart(name: string, system: System, x: Vector): Vector {
  if (!isFiniteVector(x)) throw new ChainruleError(`${name}: x0 is not finite: ${show(x)}`);
  const y = system.value(x);
  if (!isFiniteVector(y)) {
    throw new ChainruleError(`${name}: the function is not finite at x0 = ${show(x)}: ${show(y)}`);
  }
  return x;
}

/**
 * Refines the result of another method with a few Newton steps, as long as they shrink; returns it unchanged if they lead far
 * away.
 */
export function polished(system: Pick<System, 'both'>, from: Vector): Vector {
  let x = from;
  let last = 0.2;
  for (let i = 0; i < 8; i++) {
    const [F, J] = system.both(x);
    const step = solveDense(J, F);
    if (step === null || !isFiniteVector(step)) break;
    const change = relativeChange(step, x);
    if (!(change < 0.5 * last)) break;
    x = plus(x, -1, step);
    last = change;
  }
  return last <= 1e-3 ? x : from;
}

/** Takes a step along `d` that reduces the residual: the full step if it does, else shorter and shorter ones. */
export function backtrack(
  { value }: System,
  x: Vector,
  F: Vector,
  d: Vector,
): { x: Vector; F: Vector; length: number } | null {
  const before = norm(F);
  for (let length = 1; length > 1e-10; length /= 2) {
    const next = plus(x, length, d);
    const after = value(next);
    if (isFiniteVector(after) && norm(after) <= (1 - 1e-4 * length) * before)
      return { x: next, F: after, length };
  }
  return null;
}
