/** @file `cond` and `switchCase`: one of several functions, chosen by a value. */
import { checkArgument, display, passes } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { generator } from '../../graph/generatorState.js';
import { mode, refusePromise } from '../../graph/mode.js';
import { show } from '../../graph/shape.js';
import { hostValue } from '../../graph/values/hostValue.js';
import { valueOf } from '../../graph/values/reading.js';
import type { Tensor } from '../../graph/tensor.js';
import { counter } from '../../graph/version.js';
import { flatten, isTensor } from '../../tree.js';
import { closeBody } from './body.js';
import { callBranch } from './branchCall.js';
import { checkMatches, namesOf, recordBody, placeholderFor } from './recordBody.js';
import type { Loose } from './scan.js';

/**
 * `onTrue(...args)` if `predicate` holds, else `onFalse(...args)`. Only the branch that is taken runs.
 *
 * The predicate is a boolean or a tensor with a single element, which holds if it is not 0. Both functions take
 * tensors or trees of them and return the same structure, shapes and dtypes.
 *
 * In plain code the predicate is read and the branch is called. Inside `compile`, `vmap` and the body of a loop both
 * branches are recorded: they cannot read values or assign cells, and random numbers start at the same place in
 * both. Under `vmap`, if the predicate differs between examples, both are computed and one is selected; the other
 * contributes exactly 0 to derivatives. JAX: `jax.lax.cond`; PyTorch: `torch.cond`.
 *
 * @throws {ShapeError} or {DTypeError} if the branches return different results, or the predicate has several
 * elements.
 * @throws {ChainruleError} if the predicate is NaN.
 * @example cond(x.sum().gt(0), (x: Tensor) => x.sqrt(), (x) => x.neg(), x)
 */
export function cond<A extends unknown[], R>(
  predicate: Tensor | boolean,
  onTrue: (...args: { [K in keyof A]: Loose<A[K]> }) => R,
  onFalse: (...args: { [K in keyof A]: Loose<A[K]> }) => R,
  ...args: A
): R {
  checkArgument('cond', 'onTrue', onTrue, kinds.callable);
  checkArgument('cond', 'onFalse', onFalse, kinds.callable);
  const branches = [onFalse, onTrue] as unknown as readonly ((...xs: unknown[]) => R)[];
  if (typeof predicate === 'boolean') return takeBranch('cond', branches, Number(predicate), args);
  const index = scalarOf('cond', 'the predicate', predicate);
  return dispatchBranch('cond', index, branches, args);
}

const someBranches = kinds.kind<readonly never[]>(
  'be a list of at least one function',
  (x) => kinds.isArray(x) && x.length > 0,
);

/**
 * `branches[index](...args)`; an index below 0 takes the first branch, one that is too large the last. Only the
 * branch that is taken runs.
 *
 * `index` is a whole number, or an integer tensor with a single element. All branches return the same structure,
 * shapes and dtypes. For what is allowed inside transforms see `cond`. JAX: `jax.lax.switch`.
 *
 * @throws {ChainruleError} if there are no branches. @throws {DTypeError} if the index is not an integer.
 * @throws {ShapeError} or {DTypeError} if the branches return different results.
 * @example switchCase(index, [(x: Tensor) => x.sin(), (x) => x.cos(), (x) => x.exp()], x)
 */
export function switchCase<A extends unknown[], R>(
  index: Tensor | number,
  branches: readonly ((...args: { [K in keyof A]: Loose<A[K]> }) => R)[],
  ...args: A
): R {
  if (!passes(someBranches, branches))
    throw new ChainruleError('switchCase: the branches must be a list of at least one function');
  for (const [k, f] of branches.entries())
    checkArgument('switchCase', `branch ${k}`, f, kinds.callable); // holes too
  const functions = branches as unknown as readonly ((...xs: unknown[]) => R)[];
  if (typeof index === 'number') {
    if (!Number.isInteger(index))
      throw new DTypeError(`switchCase: the index must be a whole number, got ${index}`);
    return takeBranch('switchCase', functions, index, args);
  }
  const at = scalarOf('switchCase', 'the index', index);
  if (at.dtype !== 'int32') {
    throw new DTypeError(
      `switchCase: the index must be int32, got ${at.dtype}; cast it: index.cast('int32')`,
    );
  }
  return dispatchBranch('switchCase', at, functions, args);
}

/** The result of the branch of an index, which may lie outside. */
function takeBranch<R>(
  name: string,
  functions: readonly ((...xs: unknown[]) => R)[],
  index: number,
  args: readonly unknown[],
): R {
  const at = Math.min(Math.max(index, 0), functions.length - 1);
  return refusePromise(name, (functions[at] as (...xs: unknown[]) => R)(...args));
}

/** A tensor with one element, as a scalar. */
function scalarOf(op: string, what: string, x: unknown): Tensor {
  if (!isTensor(x)) throw new ChainruleError(`${op}: ${what} must be a tensor, got ${display(x)}`);
  if (x.size !== 1) {
    throw new ShapeError(
      `${op}: ${what} must have a single element, got shape ${show(x.sizes)}; where(c, a, b) chooses element by element`,
    );
  }
  return x.ndim === 0 ? x.current : x.reshape([]).current;
}

const BRANCH_MISMATCH = { who: 'another branch', what: 'the same as the first' };

/** The result of the chosen branch: only that one is called if the index can be read, otherwise all are recorded. */
function dispatchBranch<R>(
  name: 'cond' | 'switchCase',
  index: Tensor,
  branches: readonly ((...xs: unknown[]) => R)[],
  args: readonly unknown[],
): R {
  // An index on a device is not read: the device chooses.
  if (mode.tracing === null && (index.home !== 'webgpu' || hostValue(index) !== null)) {
    const value = valueOf(index, name)[0] as number;
    if (Number.isNaN(value)) throw new ChainruleError(`${name}: the predicate is NaN`);
    return takeBranch(name, branches, name === 'cond' ? Number(value !== 0) : value, args);
  }
  const { leaves, structure } = flatten(args);
  let expected: { leaves: Tensor[]; structure: ReturnType<typeof flatten>['structure'] } | null =
    null;
  let names: string[] = [];
  let maxOutputs = 0;
  const { offset } = generator;
  const bodies = branches.map((f) => {
    const carries = leaves.map((x) => placeholderFor(x));
    const recorded = recordBody(name, () => f(...(structure.rebuild(carries) as unknown[])));
    const { result, cells, since, start, draws } = recorded;
    if (cells.length > 0) {
      throw new ChainruleError(
        `${name}: a branch ${mode.tracing === null ? 'chosen on a device' : `recorded by ${mode.tracing}`} cannot assign a cell; return the value and assign it outside`,
      );
    }
    expected ??= flatten(result);
    names = names.length > 0 ? names : namesOf('the result', result);
    const outputs = checkMatches(name, result, expected, names, BRANCH_MISMATCH);
    maxOutputs = Math.max(maxOutputs, draws);
    return closeBody({ since, start, draws, carries, xs: [], outputs });
  });
  const base = counter(offset, 'offset');
  generator.offset = offset + maxOutputs;
  const results = callBranch(name, bodies, index, leaves, base);
  return (expected as unknown as ReturnType<typeof flatten>).structure.rebuild(results) as R;
}
