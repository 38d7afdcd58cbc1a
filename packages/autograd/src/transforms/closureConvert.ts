/**
 * @file Separates a function from what it captures, so that solvers can differentiate with respect to everything it
 * reads.
 */
import { checkArgument, plural, readList } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError } from '../errors.js';
import { isFloat } from '../graph/dtype.js';
import { mode, withMode } from '../graph/mode.js';
import type { Tensor } from '../graph/tensor.js';
import { constant, constantOp, counterOp, Placeholder } from '../graph/version.js';
import { flatten, flattenLike } from '../tree.js';
import { rewrite } from './rewrite.js';
import { subgraphBetween, withGraphBuilding } from './variable.js';

/**
 * Separates a function from what it captures. Records `f` once, for arguments like `args`, and returns `[converted,
 * captured]`: `captured` holds the tensors and parameters that `f` reads from outside and that gradients flow to (or
 * that an enclosing `vmap` batches); `converted(args, captured)` is the same function with them as arguments.
 *
 * It makes a function that is passed to a `customGrad` differentiable with respect to everything it closes over.
 * Only shapes and dtypes of `args` matter; they may be trees. Random numbers are those of the recording. JAX:
 * `jax.closure_convert`.
 *
 * @throws {ChainruleError} if `f` reads a value or assigns a cell: it runs only once.
 * @example
 * const [f, captured] = closureConvert((x) => x.mul(w), x0); // captured: [w]
 * f([x], captured) // x · w
 * f([x], [other]) // x · other
 */
export function closureConvert<A extends unknown[], R>(
  f: (...args: A) => R,
  ...args: A
): [converted: (args: A, captured: readonly Tensor[]) => R, captured: Tensor[]] {
  checkArgument('closureConvert', 'f', f, kinds.callable);
  const given = flatten(args);
  const since = constant(0, 'float32').id;
  const variables = given.leaves.map(
    (x) => new Placeholder(x.sizes, x.dtype, { requiresGrad: isFloat(x.dtype) }),
  );
  const { leaves, structure } = withMode(
    'closureConvert',
    { tracing: 'closureConvert', inside: {}, grad: true },
    () => flatten(f(...(given.structure.rebuild(variables) as A))),
  );
  const outputs = leaves.map((y) => y.current);
  const captured = capturedBy(outputs, variables, since);
  const inner = [...variables, ...captured];
  const converted = (values: A, others: readonly Tensor[]): R => {
    const list = readList('closureConvert', 'the captured tensors', others, kinds.tensor);
    checkArgument('closureConvert', 'the arguments', values, kinds.array);
    const inputs = [...flattenLike(values, given.structure).leaves, ...list];
    if (inputs.length !== inner.length || list.length !== captured.length) {
      const wanted = `${plural(variables.length, 'tensor')} and ${captured.length} captured`;
      throw new ChainruleError(
        `closureConvert: the converted function takes (args, captured) with ${wanted}, ` +
          `got ${inputs.length - list.length} and ${list.length}`,
      );
    }
    const replacements = inputs.map((x) => ({ node: x.current, batched: false }));
    return withGraphBuilding(mode.grad, () =>
      structure.rebuild(
        rewrite(outputs, inner, replacements, 0, { since }).map((result) => result.node),
      ),
    ) as R;
  };
  return [converted, captured];
}

/** The nodes that the recorded graph depends on, other than constants. */
function capturedBy(
  outputs: readonly Tensor[],
  variables: readonly Tensor[],
  since: number,
): Tensor[] {
  const { nodes, captured } = subgraphBetween(outputs, variables, { all: true, since });
  const found = new Set(captured);
  const inside = new Set<Tensor>([...nodes, ...variables]);
  for (const node of nodes.flatMap(({ inputs }) => inputs)) {
    // A pending node may depend on the examples of a vmap that is recording.
    const isPending = node.id < since && node.value === null && node.cell === null;
    if (isPending && !inside.has(node) && node.op !== constantOp && node.op !== counterOp)
      found.add(node);
  }
  return [...found];
}
