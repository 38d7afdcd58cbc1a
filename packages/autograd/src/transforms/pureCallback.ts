/** @file Calling a function outside of the graph: one that reads values and decides by them, such as a solver. */
import { checkArgument } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError, DTypeError, GradError, ShapeError } from '../errors.js';
import { mode, noGrad } from '../graph/mode.js';
import { sameShape, show } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { Placeholder } from '../graph/version.js';
import { reshapeNode } from '../ops/build/broadcast.js';
import { filled } from '../ops/build/primitive.js';
import { select, stack } from '../ops/shape/joining.js';
import { flatten, flattenLike, shown } from '../tree.js';
import { makeCall, type Call, type CallRules } from './call.js';

type Callback = (...args: Tensor[]) => unknown;

/**
 * Calls `f(…args)` outside of the graph, so that it may read values and decide by them. It returns a tree of tensors
 * with the structure, shapes and dtypes of `like`. The results are constants: wrap the call in `customGrad` to give
 * it a derivative.
 *
 * Inside `vmap`, `f` is called when the values are there, once for each example. `f` must be pure: for the same tensors
 * it is called only once, at an unspecified time. JAX: `jax.pure_callback` with `vmap_method='sequential'`.
 *
 * @throws {ShapeError} or {DTypeError} if a result differs from `like`. @throws {ChainruleError} inside `compile`,
 * which replays without calling anything. @throws {GradError} when it is differentiated.
 * @example
 * const median = (x) => pureCallback((x) => tensor(medianOf(x.dataSync())), scalar(0), x);
 */
export function pureCallback<R>(
  f: (...args: Tensor[]) => R,
  like: R,
  ...args: readonly Tensor[]
): R {
  checkArgument('pureCallback', 'f', f, kinds.callable);
  checkArgument('pureCallback', 'the arguments', args, kinds.listOf(kinds.tensor));
  return call(f, like, args) as R;
}

/** The last arguments and results of each function. */
const lastCalls = new WeakMap<Callback, { args: readonly Tensor[]; results: readonly Tensor[] }>();

function call(f: Callback, like: unknown, given: readonly Tensor[]): unknown {
  const args = given.map((x) => x.current);
  const expected = flatten(like);
  if (mode.tracing === 'compile') {
    throw new ChainruleError(
      'pureCallback: values cannot be read inside a function that compile records; call it outside',
    );
  }
  const rules: Body = { ...RULES, f, like };
  if (mode.tracing !== null) {
    const values = expected.leaves.map((x) => new Placeholder(x.sizes, x.dtype));
    return expected.structure.rebuild(makeCall(rules, args, values).outputs);
  }
  const last = lastCalls.get(f);
  let results = last?.results;
  if (results === undefined || !args.every((x, i) => last?.args[i] === x)) {
    results = check(
      expected,
      flattenLike(
        noGrad(() => f(...args)),
        expected.structure,
      ),
    );
    lastCalls.set(f, { args, results });
  }
  const differentiable = mode.grad && args.some((x) => x.needsGrad);
  return expected.structure.rebuild(
    differentiable ? makeCall(rules, args, results).outputs : results,
  );
}

type Flat = ReturnType<typeof flatten>;

function check(expected: Flat, actual: Flat): Tensor[] {
  if (actual.structure.text !== expected.structure.text) {
    throw new ChainruleError(
      `pureCallback: the function returned ${shown(actual.structure)}, but like is ${shown(expected.structure)}`,
    );
  }
  return actual.leaves.map((y, i) => {
    const { sizes: shape, dtype } = expected.leaves[i] as Tensor;
    if (!sameShape(y.sizes, shape)) {
      throw new ShapeError(
        `pureCallback: result ${i} has shape ${show(y.sizes)}, but like has ${show(shape)}`,
      );
    }
    if (y.dtype !== dtype)
      throw new DTypeError(`pureCallback: result ${i} is ${y.dtype}, but like is ${dtype}`);
    return y.current;
  });
}

interface Body extends CallRules {
  readonly f: Callback;
  readonly like: unknown;
}

function refuse(): never {
  throw new GradError(
    'pureCallback: a call outside of the graph has no derivative; wrap it in customGrad to give it one',
  );
}

const RULES: CallRules = {
  name: 'pureCallback',
  pullback: refuse,
  pushforward: refuse,
  rebuild(inputs, size, { rules }: Call) {
    const { f, like } = rules as Body;
    const nodes = inputs.map((r) => r.node);
    const batched = inputs.some((r) => r.batched);
    if (!batched) {
      return flatten(call(f, like, nodes)).leaves.map((node) => ({ node, batched }));
    }
    const flags = inputs.map((r) => r.batched);
    const { leaves, structure } = flatten(like);
    if (size === 0)
      return leaves.map((x) => ({ node: filled(0, [0, ...x.sizes], x.dtype), batched }));
    const many = structure.rebuild(leaves.map((x) => new Placeholder([size, ...x.sizes], x.dtype)));
    const results = flatten(call(mapOverExamples(f, size, flags), many, nodes)).leaves;
    return results.map((node) => ({ node, batched }));
  },
};

/** For each function of one example the function of all examples, so that repeated calls are recognized. */
const batchedFunctions = new WeakMap<Callback, Map<string, Callback>>();

/** Calls `f` for one example after another, and stacks the results. */
function mapOverExamples(f: Callback, size: number, flags: readonly boolean[]): Callback {
  const key = `${size} ${flags.join()}`;
  const own = batchedFunctions.get(f) ?? new Map<string, Callback>();
  batchedFunctions.set(f, own);
  const made = own.get(key);
  if (made !== undefined) return made;
  const many: Callback = (...args) => {
    const each = Array.from({ length: size }, (_, i) =>
      flatten(f(...args.map((x, k) => (flags[k] === true ? select(x, 0, i) : x)))),
    );
    const first = each[0] as Flat;
    return first.structure.rebuild(
      first.leaves.map((x, k) =>
        size === 1
          ? reshapeNode(x, [1, ...x.sizes])
          : stack(each.map(({ leaves }) => leaves[k] as Tensor)),
      ),
    );
  };
  own.set(key, many);
  return many;
}
