/** @file `scan`: a loop over sequences as one node of the graph. */
import { checkArgument, defineOptions, display, plural } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { generator } from '../../graph/generatorState.js';
import { mode } from '../../graph/mode.js';
import { show } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { counter } from '../../graph/version.js';
import { flatten } from '../../tree.js';
import { callScan } from './call.js';
import { hoist } from './hoist.js';
import { withGraphBuilding } from '../variable.js';
import { checkTensors, checkMatches, namesOf, recordBody, placeholderFor } from './recordBody.js';

/** A tree in which the tensors may have any shape. */
export type Loose<T> = T extends Tensor
  ? Tensor
  : T extends readonly unknown[]
    ? { -readonly [K in keyof T]: Loose<T[K]> }
    : T extends object
      ? { -readonly [K in keyof T]: Loose<T[K]> }
      : T;

/** Options of `scan`. */
export interface ScanOptions {
  /**
   * Whether to go from the last element of the sequences to the first; results stay at the positions of their
   * elements. Default false.
   */
  readonly reverse?: boolean;
  /** The number of steps: needed if there are no sequences. */
  readonly length?: number;
  /**
   * Whether to keep only the carries at the start of each step for the backward pass, and compute the rest again there:
   * less memory for more time. Default false: all that the backward pass reads is kept.
   */
  readonly checkpoint?: boolean;
}

const scanOptions = defineOptions<ScanOptions>({
  reverse: kinds.flag,
  length: kinds.size,
  checkpoint: kinds.flag,
});

/**
 * A loop as one node: `[carry, y] = f(carry, x)` for each element of the sequences in turn. Returns the last carry,
 * and the results `y` of all steps as sequences.
 *
 * `carry`, `xs` and what `f` returns are tensors or trees of tensors. The tensors of `xs` are sequences along their
 * first dimension, all of the same length; `f` gets one element of each, without that dimension. `null` with `{
 * length }` is a loop without sequences. The structure, shapes and dtypes of the carry stay the same; `y` may be
 * null. Over n steps, a result of shape `[...s]` becomes `[n, ...s]`; after 0 steps the carry is the one that was
 * given.
 *
 * `f` is called once, whatever the length, so a sequence of any length costs one node. It cannot read values (a
 * plain loop can); decide by values with `where` or `cond`. Gradients, tangents and `vmap` reach everything that `f`
 * closes over; what does not depend on the step is computed once. Random numbers are those of the loop written by
 * hand, from the same seed. A cell that `f` assigns is carried from step to step, and has its last value afterwards.
 *
 * The backward pass is a scan from the end, over what was kept of each step. Values have the same bits as the loop
 * written by hand, if no BLAS library computes products and no product has fewer than 1,024 multiplications.
 * Gradients of captured tensors add up the products of all steps at once, in an order of their own, unless in a
 * `checkpoint`. Scans nest with each other and with every transform. JAX: `jax.lax.scan`; PyTorch:
 * `torch._higher_order_ops.scan`.
 *
 * @throws {ShapeError} or {DTypeError} naming the tensor, if `f` returns another carry, or sequences differ in
 * length.
 * @throws {ChainruleError} if there is neither a sequence nor a length, or `f` reads a value.
 * @example
 * const [h, hs] = scan((h: Tensor, x: Tensor) => {
 *   const next = x.add(h.matmul(w)).tanh();
 *   return [next, next];
 * }, zeros([batch, hidden]), xs); // xs [time, batch, hidden] → hs [time, batch, hidden]
 */
export function scan<C, X, Y>(
  f: (carry: Loose<C>, x: Loose<X>) => readonly [carry: Loose<C>, y: Y],
  carry: C,
  xs: X,
  options?: ScanOptions,
): [carry: Loose<C>, ys: Loose<Y>] {
  checkArgument('scan', 'the body', f, kinds.callable);
  checkTensors('scan', 'the carry', carry);
  checkTensors('scan', 'xs', xs);
  const given = scanOptions('scan', options);
  const { reverse = false, checkpoint = false } = given;
  const first = flatten(carry);
  const sequences = flatten(xs);
  const length = lengthOf(sequences.leaves, namesOf('xs', xs), given.length);
  const carries = first.leaves.map((x) => placeholderFor(x));
  const slices = sequences.leaves.map((x) => placeholderFor(x, x.sizes.slice(1)));
  const recorded = recordBody('scan', () =>
    f(
      first.structure.rebuild(carries) as Loose<C>,
      sequences.structure.rebuild(slices) as Loose<X>,
    ),
  );
  const { result, cells, since, start, draws } = recorded;
  if (!kinds.isArray(result) || result.length !== 2) {
    throw new ChainruleError(
      `scan: the body must return [carry, y], two parts, got ${kinds.isArray(result) ? plural(result.length, 'part') : display(result)}; ` +
        `y may be null`,
    );
  }
  const [next, y] = result as unknown as [unknown, unknown];
  const ends = checkMatches('scan', next, first, namesOf('carry', carry));
  const each = flatten(y);
  const body = {
    since,
    start,
    draws,
    carries: [...carries, ...cells.map(({ before }) => before)],
    xs: slices,
    outputs: [
      ...ends,
      ...cells.map(({ after }) => after),
      ...each.leaves.map((leaf) => leaf.current),
    ],
  };
  const base = counter(start, 'offset');
  generator.offset = start + length * draws;
  // A checkpoint keeps only the carries of a step, so products are not moved out of it.
  const loop = checkpoint
    ? { graph: body, sequences: sequences.leaves, found: undefined }
    : withGraphBuilding(mode.grad, () => hoist('scan', body, sequences.leaves));
  const results = callScan(
    loop.graph,
    { name: 'scan', length, reverse, rewound: false, checkpoint },
    [...first.leaves, ...cells.map(({ before }) => before)],
    loop.sequences,
    base,
    loop.found,
  );
  cells.forEach(({ cell }, k) => cell.assign(results[ends.length + k] as Tensor));
  return [
    first.structure.rebuild(results.slice(0, ends.length)) as Loose<C>,
    each.structure.rebuild(results.slice(body.carries.length)) as Loose<Y>,
  ];
}

/** The number of steps: that of every sequence. */
function lengthOf(
  sequences: readonly Tensor[],
  names: readonly string[],
  given: number | undefined,
): number {
  let length = given;
  let from = 'length';
  sequences.forEach((x, k) => {
    const name = names[k] ?? 'xs';
    const n = x.sizes[0];
    if (n === undefined)
      throw new ShapeError(`scan: ${name} has no dimensions; a sequence has at least one`);
    if (length !== undefined && n !== length) {
      throw new ShapeError(
        `scan: ${name} of shape ${show(x.sizes)} has length ${n}, but ${from} is ${length}; all sequences must have the same length`,
      );
    }
    length = n;
    from = `the length of ${name}`;
  });
  if (length === undefined) {
    throw new ChainruleError(
      'scan: xs holds no tensor, so the number of steps is not known; give { length }',
    );
  }
  return length;
}
