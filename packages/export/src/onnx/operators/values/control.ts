/**
 * @file Graphs inside nodes: branches and loops. If a condition can be read, they run directly; if not, as while `compile`
 * records, they become `cond` and `whileLoop`.
 */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { Known, known, type Value } from '../../import/values.js';
import { dimension, range } from '../helpers.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

/** What a branch of `cond` can return. */
type Tree = cr.Tensor | readonly Tree[];

const RECORDED = 'it depends on values, and it is being recorded';

/** Whether a condition holds; null if it cannot be read. */
function truth(call: Call, value: Value): boolean | null {
  if (value instanceof Known) {
    return value.data.length === 1 ? value.data[0] !== 0 : call.refuse(ONE_BOOLEAN);
  }
  if (!(value instanceof cr.Tensor) || value.size !== 1) return call.refuse(ONE_BOOLEAN);
  // Outside a recording `cond` calls only the branch that is taken, inside one it calls both.
  const called: boolean[] = [];
  const note = (which: boolean) => () => (called.push(which), value);
  cr.cond(value, note(true), note(false));
  return called.length === 1 ? (called[0] as boolean) : null;
}

const ONE_BOOLEAN = 'a condition must be one boolean';
const TRUE = known([1], [], 'bool');

/** A value in a form that a recorded branch or loop can return. */
function treeOf(call: Call, value: Value): Tree {
  if (value instanceof cr.Tensor) return value;
  if (value instanceof Known) return value.tensor;
  if (Array.isArray(value)) return (value as Value[]).map((x) => treeOf(call, x));
  return call.refuse(`${RECORDED}: then it can return tensors, but no strings`);
}

function branch(call: Call): Result {
  const condition = call.value(0);
  const holds = truth(call, condition);
  const run = (name: string): Value[] => call.run(name);
  if (holds !== null) return outputs(...run(holds ? 'then_branch' : 'else_branch'));
  const trees = (name: string) => (): Tree[] => run(name).map((x) => treeOf(call, x));
  return outputs(...cr.cond(condition as cr.Tensor, trees('then_branch'), trees('else_branch')));
}

/** Stacks the outputs of all iterations. */
function gathered(call: Call, rounds: readonly Value[], dim = 0): Value {
  const tensors = rounds.map((x) => (x instanceof Known ? x.tensor : x));
  if (tensors.length === 0) return cr.zeros([0]);
  if (!tensors.every((x) => x instanceof cr.Tensor))
    return call.refuse('an iteration gives no tensor');
  return cr.stack(tensors, dim);
}

function loop(call: Call): Result {
  const maxRounds = call.has(0) ? trips(call, call.value(0)) : Infinity;
  let carried = call.values(2);
  const scanned: Value[][] = range(call.outputCount - carried.length).map(() => []);
  let condition: Value = call.has(1) ? call.value(1) : TRUE;
  for (let i = 0; ; i++) {
    const goes = truth(call, condition);
    if (goes === null || typeof maxRounds !== 'number') {
      if (scanned.length > 0) {
        call.refuse(
          `${RECORDED}: the shape of its gathered results is not known; run the model as it is`,
        );
      }
      return outputs(...recorded(call, { i, maxRounds, condition, carried }));
    }
    if (!goes || i >= maxRounds) break;
    if (i >= call.iterationLimit)
      call.refuse(`more than ${call.iterationLimit} iterations (limits.iterations)`);
    const [next, ...rest] = call.run('body', [known([i], []), TRUE, ...carried]);
    condition = next ?? TRUE;
    const count = carried.length;
    carried = rest.slice(0, count);
    scanned.forEach((list, k) =>
      list.push(rest[count + k] ?? call.refuse('the body has too few outputs')),
    );
  }
  return outputs(...carried, ...scanned.map((list) => gathered(call, list)));
}

/** The number of iterations; a tensor if it cannot be read. */
function trips(call: Call, value: Value): number | cr.Tensor {
  const unread = value instanceof cr.Tensor && value.size === 1 && truth(call, value) === null;
  return unread ? value.reshape([]) : call.number(0);
}

interface Rounds {
  readonly i: number;
  readonly maxRounds: number | cr.Tensor;
  readonly condition: Value;
  readonly carried: readonly Value[];
}

/** Records the iterations from `i` on as a single node. */
function recorded(call: Call, { i, maxRounds, condition, carried }: Rounds): readonly Value[] {
  const tensorOf = (x: Value | undefined): cr.Tensor => {
    if (x instanceof cr.Tensor) return x;
    return x instanceof Known
      ? x.tensor
      : call.refuse(`${RECORDED}: then it can carry only tensors`);
  };
  const flag = (x: Value | undefined): cr.Tensor =>
    tensorOf(x ?? TRUE)
      .reshape([])
      .cast('bool');
  const limit =
    typeof maxRounds === 'number' ? Math.min(maxRounds, call.iterationLimit) : call.iterationLimit;
  const begin = [cr.tensor(i, { dtype: 'int32' }), flag(condition), ...carried.map(tensorOf)];
  const [, , ...end] = cr.whileLoop(
    ([round, goes]) => {
      const goesOn = goes as cr.Tensor;
      return maxRounds === Infinity
        ? goesOn
        : goesOn.logicalAnd((round as cr.Tensor).lt(maxRounds));
    },
    ([round, , ...values]) => {
      const [next, ...rest] = call.run('body', [round as cr.Tensor, TRUE, ...values]);
      return [(round as cr.Tensor).add(1), flag(next), ...rest.map(tensorOf)];
    },
    begin,
    { maxIterations: limit - Math.min(i, limit) },
  );
  return end;
}

/** Runs the body once for each element along a dimension. */
function scan(call: Call): Result {
  // In version 8 inputs had a batch dimension first, and there was an input of lengths that nobody used.
  const batched = call.version < 9;
  const inputs = call.values(batched && !call.has(0) ? 0 : batched ? 1 : 0);
  const count = call.int('num_scan_inputs');
  const states = inputs.slice(0, inputs.length - count);
  const xs = inputs
    .slice(inputs.length - count)
    .map((x) => (x instanceof Known ? x.tensor : x) as cr.Tensor);
  const outs = call.outputCount - states.length;
  const axes = call.ints(
    'scan_input_axes',
    range(count).map(() => 0),
  );
  const directions = call.ints(
    batched ? 'directions' : 'scan_input_directions',
    range(count).map(() => 0),
  );
  const outAxes = call.ints(
    'scan_output_axes',
    range(outs).map(() => 0),
  );
  const outDirections = call.ints(
    'scan_output_directions',
    range(outs).map(() => 0),
  );
  const one = (initial: readonly Value[], sequences: readonly cr.Tensor[]): Value[] => {
    const dims = sequences.map((x, i) => dimension(call, axes[i] ?? 0, x.ndim));
    const length = sequences[0]?.shape[dims[0] ?? 0] ?? 0;
    if (length > call.iterationLimit)
      call.refuse(`more than ${call.iterationLimit} iterations (limits.iterations)`);
    let state = [...initial];
    const lists: Value[][] = range(outs).map(() => []);
    for (let t = 0; t < length; t++) {
      const slices = sequences.map((x, i) =>
        x.select(dims[i]!, directions[i] === 1 ? length - 1 - t : t),
      );
      const results = call.run('body', [...state, ...slices]);
      state = results.slice(0, state.length);
      lists.forEach((list, k) => {
        const y = results[state.length + k] ?? call.refuse('the body has too few outputs');
        if (outDirections[k] === 1) list.unshift(y);
        else list.push(y);
      });
    }
    return [...state, ...lists.map((list, k) => gathered(call, list, outAxes[k] ?? 0))];
  };
  if (!batched) return outputs(...one(states, xs));
  const batch = xs[0]?.shape[0] ?? 0;
  const all = range(batch).map((b) =>
    one(
      states.map((x) => (x instanceof Known ? x.tensor : (x as cr.Tensor)).select(0, b)),
      xs.map((x) => x.select(0, b)),
    ),
  );
  return outputs(
    ...range(call.outputCount).map((k) =>
      gathered(
        call,
        all.map((row) => row[k]!),
      ),
    ),
  );
}

/** `d y / d xs` for values of the graph around the node. */
function gradient(call: Call): Result {
  const named = (name: string): cr.Tensor => {
    const value = call.lookUp(name);
    return value instanceof cr.Tensor ? value : call.refuse(`'${name}' is not a tensor`);
  };
  const xs = call.texts('xs').map(named);
  const y = named(call.text('y'));
  const gradients = cr.grad([y], xs, { gradOutputs: [cr.onesLike(y)], createGraph: true });
  return outputs(...gradients.map((g) => g ?? undefined));
}

export const CONTROL: readonly Operator[] = [
  operator('If', branch),
  operator('Loop', loop),
  operator('Scan', scan),
  operator('Gradient', gradient, { domain: 'ai.onnx.preview.training' }),
];
