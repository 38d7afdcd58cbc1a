/** @file Graphs inside of nodes: branches and loops, which run as they are met. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { Known, known, type Value } from '../../import/values.js';
import { dimension, range } from '../helpers.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

function truth(call: Call, value: Value): boolean {
  const data = value instanceof Known ? value.data : (value as cr.Tensor).dataSync();
  return data.length === 1 ? data[0] !== 0 : call.refuse('a condition must be one boolean');
}

const TRUE = known([1], [], 'bool');

function branch(call: Call): Result {
  return outputs(...call.run(truth(call, call.value(0)) ? 'then_branch' : 'else_branch'));
}

/** What was gathered in each round, one after the other. */
function gathered(call: Call, rounds: readonly Value[], dim = 0): Value {
  const tensors = rounds.map((x) => (x instanceof Known ? x.tensor : x));
  if (tensors.length === 0) return cr.zeros([0]);
  if (!tensors.every((x) => x instanceof cr.Tensor))
    return call.refuse('an iteration gives no tensor');
  return cr.stack(tensors, dim);
}

function loop(call: Call): Result {
  const most = call.has(0) ? call.number(0) : Infinity;
  let goes = call.has(1) ? truth(call, call.value(1)) : true;
  let carried = call.values(2);
  const scanned: Value[][] = range(call.outputCount - carried.length).map(() => []);
  for (let i = 0; i < most && goes; i++) {
    if (i >= call.iterationLimit)
      call.refuse(`more than ${call.iterationLimit} iterations (limits.iterations)`);
    const [condition, ...rest] = call.run('body', [known([i], []), TRUE, ...carried]);
    goes = truth(call, condition ?? TRUE);
    const count = carried.length;
    carried = rest.slice(0, count);
    scanned.forEach((list, k) =>
      list.push(rest[count + k] ?? call.refuse('the body has too few outputs')),
    );
  }
  return outputs(...carried, ...scanned.map((list) => gathered(call, list)));
}

/** One run of the body for each element along a dimension. */
function scan(call: Call): Result {
  // Version 8 had a batch in front, and lengths that nobody used.
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

/** `d y / d xs` of values around the node. */
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
