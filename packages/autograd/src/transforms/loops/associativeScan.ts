/** @file `associativeScan`: all running results of an associative function, in logarithmically many steps. */
import { checkArgument, defineOptions, plural } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { normalizeDim, show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../../ops/build/broadcast.js';
import { concatNode, flipNode, moveDim, narrowNode } from '../../ops/shape/movement.js';
import { flatten } from '../../tree.js';
import { vmap } from '../vmap.js';
import { checkMatches, namesOf } from './recordBody.js';
import type { Loose } from './scan.js';

/** Options of `associativeScan`. */
export interface AssociativeScanOptions {
  /** Whether to start from the end: the last result is the last element. Default false. */
  readonly reverse?: boolean;
  /** The dimension of the elements, in every tensor. Default 0. */
  readonly dim?: number;
}

const associativeOptions = defineOptions<AssociativeScanOptions>({
  reverse: kinds.flag,
  dim: kinds.dim,
});

/**
 * All running results of an associative function: `y[k] = f(f(f(x[0], x[1]), …), x[k])`, by halving: about 2 log₂ n
 * steps on whole tensors instead of n steps in a row (Blelloch 1990, "Prefix sums and their applications").
 *
 * `xs` is a tensor or a tree of tensors, with elements along one dimension. `f(a, b)` gets two elements, without
 * that dimension, and returns one like them; it is called for all pairs at once, as by `vmap`. The order of the
 * calls is not that of a loop, so `f` must be associative. Differentiable in both modes. JAX:
 * `jax.lax.associative_scan`; PyTorch: `torch._higher_order_ops.associative_scan`.
 *
 * @throws {ShapeError} if there is no tensor, or numbers of elements differ. @throws {ShapeError} or {DTypeError} if
 * `f` returns anything but an element.
 * @example associativeScan((a: Tensor, b: Tensor) => a.mul(b), tensor([1, 2, 3, 4])) // [1, 2, 6, 24]
 * @example // the linear recurrence h[k] = a[k] h[k−1] + b[k]
 * const [, h] = associativeScan(([a, b], [c, d]) => [a.mul(c), c.mul(b).add(d)], [a, b]);
 */
export function associativeScan<X>(
  f: (a: Loose<X>, b: Loose<X>) => Loose<X>,
  xs: X,
  options?: AssociativeScanOptions,
): Loose<X> {
  checkArgument('associativeScan', 'the function', f, kinds.callable);
  const { reverse = false, dim = 0 } = associativeOptions('associativeScan', options);
  const { leaves, structure } = flatten(xs);
  if (leaves.length === 0) throw new ChainruleError('associativeScan: xs holds no tensor');
  const names = namesOf('xs', xs);
  const dims = leaves.map((x) => normalizeDim('associativeScan', dim, x.ndim));
  const sizes = leaves.map((x, k) => {
    const n = x.sizes[dims[k] as number];
    if (n !== undefined) return n;
    throw new ShapeError(
      `associativeScan: ${names[k] as string} has no dimensions, and so no elements to combine; give it one`,
    );
  });
  sizes.forEach((n, k) => {
    if (n !== sizes[0]) {
      throw new ShapeError(
        `associativeScan: ${names[k] as string} of shape ${show((leaves[k] as Tensor).sizes)} has ${plural(n, 'element')}, but ` +
          `${names[0] as string} has ${sizes[0] as number}; the numbers must be equal`,
      );
    }
  });
  const pairs = vmap((a: unknown, b: unknown) => {
    const result = f(a as Loose<X>, b as Loose<X>);
    const like = flatten(a);
    return checkMatches('associativeScan', result, like, names, ELEMENT_MISMATCH);
  });
  const combine = (a: readonly Tensor[], b: readonly Tensor[]): Tensor[] =>
    (a[0] as Tensor).sizes[0] === 0 ? [...a] : pairs(structure.rebuild(a), structure.rebuild(b));
  const reversed = (t: Tensor): Tensor => (reverse ? flipNode(t, [0]) : t);
  const elements = leaves.map((x, k) => reversed(moveDim(x.current, dims[k] as number, 0)));
  const results = scanElements(combine, elements).map((y, k) =>
    moveDim(reversed(y), 0, dims[k] as number),
  );
  return structure.rebuild(results) as Loose<X>;
}

const ELEMENT_MISMATCH = { who: 'the function', what: 'an element like those it is given' };

type Combine = (a: readonly Tensor[], b: readonly Tensor[]) => Tensor[];

/**
 * Running results along dimension 0: those of pairs give every second one, and one more step from these gives each of the
 * others.
 */
function scanElements(combine: Combine, xs: readonly Tensor[]): Tensor[] {
  const n = (xs[0] as Tensor).sizes[0] as number;
  if (n < 2) return [...xs];
  const half = n >> 1;
  const odd = scanElements(
    combine,
    combine(
      xs.map((x) => everySecond(x, 0, half)),
      xs.map((x) => everySecond(x, 1, half)),
    ),
  );
  const rest = (n - 1) >> 1;
  const even = combine(
    odd.map((y) => narrowNode(y, 0, 0, rest)),
    xs.map((x) => everySecond(x, 2, rest)),
  );
  return xs.map((x, k) => {
    const first = narrowNode(x, 0, 0, 1);
    return interleave(concatNode([first, even[k] as Tensor], 0), odd[k] as Tensor, n);
  });
}

/** Every second element, starting at `from`. */
function everySecond(x: Tensor, from: number, count: number): Tensor {
  return narrowNode(x, 0, from, count, 2);
}

/** The elements of two tensors in turn, `n` in all: the first has as many as the second, or one more. */
function interleave(x: Tensor, y: Tensor, n: number): Tensor {
  const [rows = 0, ...rest] = x.sizes;
  const filled = n % 2 === 0 ? y : concatNode([y, narrowNode(x, 0, rows - 1, 1)], 0);
  const pairs = [x, filled].map((part) => reshapeNode(part, [rows, 1, ...rest]));
  return narrowNode(reshapeNode(concatNode(pairs, 1), [2 * rows, ...rest]), 0, 0, n);
}
