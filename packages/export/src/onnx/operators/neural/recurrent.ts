/** @file Recurrent networks: RNN, GRU and LSTM, in either or both directions, for sequences of different lengths. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';
import { activationsOf, type Activation } from './recurrentActivations.js';

/** The state that is carried from one step to the next, each tensor `[batch, hidden]`. */
type State = readonly cr.Tensor[];

/** One step in one direction: takes the projected input and the state to the next state, whose first tensor is the output. */
type Step = (input: cr.Tensor, state: State) => State;

interface Direction {
  /** Takes the step's input after multiplication by the input weights. */
  readonly step: Step;
  /** Multiplies the inputs of all steps by the input weights. */
  readonly project: (x: cr.Tensor) => cr.Tensor;
}

/** `x Wᵀ + b`, with the weights of a cell. */
type Product = (x: cr.Tensor, weight: cr.Tensor, bias: cr.Tensor | null) => cr.Tensor;

/** A weight, and the product that uses it, for weights that `linear` cannot use directly. */
export interface Products {
  /** `[gates · hidden, features]`. */
  readonly weight: cr.Tensor;
  readonly product: Product;
}

export interface Cell {
  readonly gates: number;
  readonly activations: readonly string[];
  /** How many states there are: the hidden state, and for an LSTM the cell state. */
  readonly states: number;
  make(call: Call, weights: Weights, f: readonly Activation[]): Step;
}

/** The weights of one direction. */
interface Weights {
  readonly recurrent: cr.Tensor;
  readonly product: Product;
  readonly recurrentBias: cr.Tensor | null;
  readonly peepholes: cr.Tensor | null;
  readonly hidden: number;
}

const RNN: Cell = {
  gates: 1,
  activations: ['Tanh'],
  states: 1,
  make:
    (_call, { recurrent, product, recurrentBias }, [f]) =>
    (x, [h]) => [(f as Activation)(x.add(product(h as cr.Tensor, recurrent, recurrentBias)))],
};

const GRU: Cell = {
  gates: 3,
  activations: ['Sigmoid', 'Tanh'],
  states: 1,
  make(call, { recurrent, product, recurrentBias, hidden }, [f, g]) {
    const before = call.flag('linear_before_reset');
    const [gates, candidate] = cr.split(recurrent, [2 * hidden, hidden], 0) as [
      cr.Tensor,
      cr.Tensor,
    ];
    const [gateBias, bias] = (
      recurrentBias === null ? [null, null] : cr.split(recurrentBias, [2 * hidden, hidden], 0)
    ) as [cr.Tensor | null, cr.Tensor | null];
    const [gate, squash] = [f as Activation, g as Activation];
    return (x, [previous]) => {
      const h = previous as cr.Tensor;
      const [xGates, xCandidate] = cr.split(x, [2 * hidden, hidden], 1) as [cr.Tensor, cr.Tensor];
      const open = gate(xGates.add(product(h, gates, gateBias)));
      const [update, reset] = cr.split(open, hidden, 1) as [cr.Tensor, cr.Tensor];
      const inner = before
        ? reset.mul(product(h, candidate, bias))
        : product(reset.mul(h), candidate, bias);
      const next = squash(xCandidate.add(inner));
      return [update.mul(h.sub(next)).add(next)];
    };
  },
};

export const LSTM: Cell = {
  gates: 4,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  states: 2,
  make(call, { recurrent, product, recurrentBias, peepholes, hidden }, [f, g, h]) {
    const coupled = call.flag('input_forget');
    const [gate, squash, out] = [f, g, h] as [Activation, Activation, Activation];
    const peep = peepholes === null ? null : cr.split(peepholes, hidden, 0);
    const seen = (x: cr.Tensor, i: number, c: cr.Tensor): cr.Tensor =>
      peep === null ? x : x.add(c.mul(peep[i] as cr.Tensor));
    return (x, [hidden0, cell]) => {
      const c = cell as cr.Tensor;
      const all = x.add(product(hidden0 as cr.Tensor, recurrent, recurrentBias));
      // The gates are in the order of ONNX: input, output, forget, cell.
      const [i, o, keep, next] = cr.split(all, hidden, 1) as [
        cr.Tensor,
        cr.Tensor,
        cr.Tensor,
        cr.Tensor,
      ];
      const input = gate(seen(i, 0, c));
      const forget = coupled ? cr.sub(1, input) : gate(seen(keep, 2, c));
      const state = forget.mul(c).add(input.mul(squash(next)));
      return [gate(seen(o, 1, state)).mul(out(state)), state];
    };
  },
};

/** The weight of direction `d` in the input at `at`. */
function plain(call: Call, at: number, d: number): Products {
  return { weight: call.tensor(at).select(0, d), product: cr.linear };
}

/** Runs a cell over a sequence; `products` returns the weight of the input at a given index, for a direction. */
export function recurrent(call: Call, cell: Cell, products: typeof plain = plain): Result {
  const batchFirst = call.flag('layout');
  const x = batchFirst ? call.tensor(0).transpose(0, 1) : call.tensor(0);
  const [length, batch] = x.shape as [number, number, number];
  const alive = goingOn(call, length);
  const hidden = call.int('hidden_size', products(call, 2, 0).weight.shape[1]);
  const directions = call.shape(1)[0] ?? 1;
  const reverse = call.text('direction', 'forward') === 'reverse';
  const turn = (t: cr.Tensor): cr.Tensor => (batchFirst ? t.transpose(0, 1) : t);
  const runs = Array.from({ length: directions }, (_, d) => {
    const states = Array.from({ length: cell.states }, (_, s) => {
      const given = call.maybe(5 + s);
      return given === null
        ? cr.zeros([batch, hidden], { dtype: x.dtype })
        : turn(given).select(0, d);
    });
    const direction = directionOf(call, cell, d, hidden, products);
    return repeated(x, direction, states, d === 1 || reverse, alive);
  });
  const ys = cr.stack(
    runs.map(({ ys }) => ys),
    1,
  );
  const last = (s: number): cr.Tensor =>
    turn(cr.stack(runs.map(({ state }) => state[s] as cr.Tensor)));
  const y = batchFirst ? ys.permute([2, 0, 1, 3]) : ys;
  return outputs(y, last(0), cell.states > 1 ? last(1) : undefined);
}

function directionOf(
  call: Call,
  cell: Cell,
  d: number,
  hidden: number,
  products: typeof plain,
): Direction {
  const bias = call.maybe(3)?.select(0, d) ?? null;
  const [inputBias, recurrentBias] = (
    bias === null ? [null, null] : cr.split(bias, cell.gates * hidden, 0)
  ) as [cr.Tensor | null, cr.Tensor | null];
  const peepholes = cell.states > 1 ? (call.maybe(7)?.select(0, d) ?? null) : null;
  const { weight: recurrent, product } = products(call, 2, d);
  const weights = { recurrent, product, recurrentBias, peepholes, hidden };
  const input = products(call, 1, d);
  const rows = cell.gates * hidden;
  const sizes = [recurrent.shape[0], input.weight.shape[0], (bias?.size ?? 2 * rows) / 2];
  if (sizes.some((n) => n !== rows) || (peepholes !== null && peepholes.size !== 3 * hidden))
    call.refuse(`weights, biases and peepholes must be for ${cell.gates} gates of ${hidden}`);
  const f = activationsOf(call, cell.activations, d);
  return {
    step: cell.make(call, weights, f),
    project: (x) => input.product(x, input.weight, inputBias),
  };
}

/** Runs the steps; a sequence that has ended keeps its state, and outputs zeros. */
function repeated(
  x: cr.Tensor,
  { step, project }: Direction,
  initial: State,
  reverse: boolean,
  alive: cr.Tensor | null,
): { ys: cr.Tensor; state: State } {
  const turned = (t: cr.Tensor): cr.Tensor => (reverse ? cr.flip(t, 0) : t);
  const [state, ys] = cr.scan(
    (carry: cr.Tensor[], [input, mask]: cr.Tensor[]) => {
      const next = step(input as cr.Tensor, carry);
      const [y] = next as [cr.Tensor];
      if (mask === undefined) return [[...next], y] as [cr.Tensor[], cr.Tensor];
      const kept = next.map((s, i) => cr.where(mask, s, carry[i] as cr.Tensor));
      return [kept, cr.where(mask, y, 0)] as [cr.Tensor[], cr.Tensor];
    },
    [...initial],
    alive === null ? [turned(project(x))] : [turned(project(x)), turned(alive)],
  );
  return { ys: turned(ys), state };
}

/** Which sequences have not ended, for each step: `[length, batch, 1]`; null if all have full length. */
function goingOn(call: Call, length: number): cr.Tensor | null {
  if (!call.has(4) || call.known(4)?.data.every((n) => n >= length) === true) return null;
  return cr.arange(length).unsqueeze(1).lt(call.tensor(4)).unsqueeze(2);
}

export const RECURRENT: readonly Operator[] = [
  operator('RNN', (call) => recurrent(call, RNN), { constants: [4] }),
  operator('GRU', (call) => recurrent(call, GRU), { constants: [4] }),
  operator('LSTM', (call) => recurrent(call, LSTM), { constants: [4] }),
];
