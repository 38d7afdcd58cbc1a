/** @file `compile`: records a function's graph once, with its backward pass and updates, and replays one plan. */
import { checkArgument, kinds } from '../arguments/index.js';
import type { TypedArray } from '../graph/dtype.js';
import { pendingCells } from '../graph/cell.js';
import { mode, type Guard } from '../graph/mode.js';
import { runtime } from '../graph/runtime.js';
import { sameShape } from '../graph/shape.js';
import { makeLeaf, type Tensor, valueOf } from '../graph/tensor.js';
import { isTensor } from '../tree.js';
import { generator } from '../graph/generatorState.js';
import { backendInUse, engine, evaluate, explain } from './evaluate.js';
import { lastRun } from './lastRun.js';
import { borrow, lend, takeBack } from './lent.js';
import { record, type Recording, type Source } from './record.js';
import { retrace } from './retrace.js';

/** More signatures than this are not remembered. */
const MANY = 64;

/**
 * Records `f` once for each signature of its arguments, and from then on replays one plan: forward pass, `backward()`
 * and `step()` together, with no graph being built.
 *
 * The signature is the shapes and dtypes of the tensors among the arguments, the plain values beside them, and every
 * `training` and `requiresGrad` flag that `f` read. Numbers passed as arguments are inputs and may change; numbers
 * captured from outside are constants of the recording. Parameters, buffers and states are read anew at every call and
 * updated in place; so are learning rates. Random numbers go on from call to call. The results are detached tensors.
 * PyTorch: `torch.compile` of a whole training step; JAX: `jit`.
 *
 * @throws {ChainruleError} if `f` reads a value, or changes the graph by one: it runs only once.
 * @example
 * const step = compile((x: Tensor, y: Tensor) => {
 *   optimizer.zeroGrad();
 *   const loss = criterion.forward(model.forward(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 */
export function compile<Args extends unknown[], R>(f: (...args: Args) => R): (...args: Args) => R {
  checkArgument('compile', 'f', f, kinds.callable);
  const recordings: Recording[] = [];
  return (...args: Args): R => {
    if (mode.tracing !== null) return f(...args); // part of another recording
    const leaves: unknown[] = [];
    flattenArguments(args, leaves);
    let recording = recordings.find((r) => fits(r, leaves));
    if (recording === undefined) {
      recording = record(f as (...args: unknown[]) => unknown, args, leaves);
      recordings.unshift(recording);
      if (recordings.length > MANY) recordings.pop();
    }
    return replay(recording, leaves) as R;
  };
}

/** All that is no array or plain object, in order. */
function flattenArguments(tree: unknown, leaves: unknown[]): void {
  if (Array.isArray(tree)) {
    for (const x of tree) flattenArguments(x, leaves);
  } else if (isPlainObject(tree)) {
    for (const key of Object.keys(tree)) {
      leaves.push(key);
      flattenArguments(tree[key], leaves);
    }
  } else {
    leaves.push(tree);
  }
}

function isPlainObject(x: unknown): x is Record<string, unknown> {
  if (typeof x !== 'object' || x === null || isTensor(x)) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a recording was made for such arguments, and the flags it read are as they were. */
function fits({ grad, expects, guards, backend }: Recording, leaves: readonly unknown[]): boolean {
  if (grad !== mode.grad || backend !== engine.backend || expects.length !== leaves.length)
    return false;
  for (let i = 0; i < leaves.length; i++) {
    const [leaf, expected] = [leaves[i], expects[i]];
    if (isTensor(leaf)) {
      if (
        !isTensor(expected) ||
        leaf.dtype !== expected.dtype ||
        leaf.needsGrad !== expected.needsGrad
      )
        return false;
      if (!sameShape(leaf.shape, expected.shape)) return false;
    } else if (typeof leaf === 'number') {
      if (typeof expected !== 'number') return false;
    } else if (!Object.is(leaf, expected)) {
      return false;
    }
  }
  return guards.every(({ read, value }: Guard) => Object.is(read(), value));
}

function replay(recording: Recording, leaves: readonly unknown[]): unknown {
  const { plan, sources, inputs, cells, results, grads } = recording;
  if (pendingCells.size > 0) evaluate();
  const backend = backendInUse();
  const executable = engine.meter === null ? plan.on(backend) : plan.metered(backend, engine.meter);
  for (let i = 0; i < sources.length; i++)
    inputs[i] = inputOf(sources[i] as Source, inputs[i] as TypedArray, leaves);
  const outputs: (TypedArray | null)[] = cells.map(
    (cell) => cell.spare() ?? backend.allocate(cell.dtype, cell.size),
  );
  for (let i = outputs.length; i < recording.roots.length; i++)
    outputs.push(borrow(recording.roots[i] as Tensor, backend, leaves));
  runtime.runs++;
  engine.onRun?.(plan.program(), 'compile');
  let values: TypedArray[];
  try {
    values = executable.run(inputs, outputs);
  } catch (error) {
    cells.forEach((cell, k) => cell.giveBack(outputs[k] ?? null));
    for (const array of outputs.slice(cells.length)) if (array !== null) takeBack(array, backend);
    throw explain(error, recording.nodes[executable.at], 'compile');
  }
  cells.forEach((cell, k) => cell.advance(values[k] as TypedArray, (outputs[k] ?? null) !== null));
  for (const { target, cell } of grads) {
    const leaf = typeof target === 'number' ? (leaves[target] as Tensor) : target;
    if (cell === null) leaf.extra?.grad?.clear();
    else
      (leaf.extra ??= { grad: null, hooks: [], retainGrad: false, stack: undefined }).grad = cell;
  }
  generator.offset += recording.draws;
  // A step that only updates has no backward pass to look into.
  if (lastRun.wanted && grads.length > 0)
    lastRun.kept = { program: plan.program(), inputs: inputs.slice(), nodes: recording.nodes };
  const made: Tensor[] = [];
  const result = recording.build(
    results.map((output) =>
      output < 0
        ? leaves[-1 - output]
        : (made[output] ??= resultOf(recording, output, values, outputs, leaves)),
    ),
  );
  for (const f of recording.after) f();
  return result;
}

function resultOf(
  recording: Recording,
  output: number,
  values: readonly TypedArray[],
  given: readonly (TypedArray | null)[],
  leaves: readonly unknown[],
): Tensor {
  const { shape, dtype } = recording.roots[output] as Tensor;
  const value = values[output] as TypedArray;
  // The array of a cell's version is written again at the next call but one.
  if (output < recording.cells.length) return makeLeaf(value.slice(), shape, dtype);
  if ((given[output] ?? null) === null) return makeLeaf(value, shape, dtype);
  const node = retrace(recording, output, leaves) ?? makeLeaf(value, shape, dtype);
  lend(node, value, backendInUse());
  return node;
}

/** The value of an input at this call; numbers are written into an array of their own. */
function inputOf(source: Source, array: TypedArray, leaves: readonly unknown[]): TypedArray {
  switch (source.kind) {
    case 'argument': {
      const leaf = leaves[source.index];
      // One that lies in the backend's memory is read where it is.
      if (isTensor(leaf)) return leaf.current.value ?? valueOf(leaf, 'compile');
      array[0] = leaf as number;
      return array;
    }
    case 'cell':
      return valueOf(source.cell, 'compile');
    case 'seed':
      array[0] = generator.seed;
      return array;
    case 'offset':
      array[0] = generator.offset + source.relative;
      return array;
    case 'constant':
      return array;
  }
}
