/**
 * @file Calls: groups of nodes that one rule differentiates together, such as a user's function with its own gradient, or one
 * that is to be recomputed.
 *
 * Every result of a call is a node whose first input holds its elements; the inputs of the call follow. The nodes of a call
 * have consecutive ids, so everything computed from any of them has a larger id than all of them.
 */
import { NO_KIND } from '../engine/collect.js';
import { mode } from '../graph/mode.js';
import type { Attrs } from '../graph/primitive.js';
import { makeNode } from '../graph/node.js';
import type { Tensor } from '../graph/tensor.js';
import { primitive, type PrimitiveOp } from '../ops/build/primitive.js';
import { detachValue } from './variable.js';

/** The rules of a call, for all of its results together. */
export interface CallRules {
  /** The public name of the function. */
  readonly name: string;
  /**
   * Calls of equal kind, in graphs of equal structure, are differentiated in the same way. Absent if the structure does not
   * determine the derivative: for functions of the user's own, or decisions by value.
   */
  readonly kind?: number;
  /** Cotangents of the inputs. */
  pullback(cts: readonly (Tensor | null)[], call: Call): readonly (Tensor | null)[];
  /** Tangents of the results. */
  pushforward(ts: readonly (Tensor | null)[], call: Call): readonly (Tensor | null)[];
  /** The same call in a graph that is rebuilt: on other inputs, each batched or not. */
  rebuild(
    inputs: readonly Replacement[],
    size: number,
    call: Call,
    rewriting: Rewriting,
  ): readonly Replacement[];
}

/** The replacement of a node; `batched` if it has an extra first dimension of examples. */
export interface Replacement {
  readonly node: Tensor;
  readonly batched: boolean;
}

/** A graph being rebuilt. */
export interface Rewriting {
  /** The replacement of a node; undefined if it stays as it is. */
  find(node: Tensor): Replacement | undefined;
  /** Older nodes do not belong to the graph. */
  readonly since: number;
}

export interface Call {
  readonly rules: CallRules;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/**
 * The key under which a result carries its call. A table of nodes would keep young ones alive until a full garbage
 * collection.
 */
const CALL = Symbol('call');

interface CallAttrs extends Attrs {
  /** The kind of its rules, or `NO_KIND`. */
  readonly kind: number;
  readonly [CALL]: Call;
}

function grouped(): never {
  throw new Error('the results of a call are differentiated together');
}

const callOp: PrimitiveOp<CallAttrs> = primitive('call', {
  lowering: { kind: 'alias', transparent: false },
  shape: ([x]) => (x as Tensor).sizes,
  vjp: grouped,
  jvp: grouped,
  batch: grouped,
});

/** A call whose results have the elements of `values`. */
export function makeCall(
  rules: CallRules,
  inputs: readonly Tensor[],
  values: readonly Tensor[],
): Call {
  const outputs: Tensor[] = [];
  const call: Call = { rules, inputs: inputs.map((x) => x.current), outputs };
  const attrs: CallAttrs = { kind: rules.kind ?? NO_KIND, [CALL]: call };
  const callOutputs = values.map((y) => detachValue(y.current));
  const outer = mode.scope;
  mode.scope = outer === '' ? rules.name : `${outer}.${rules.name}`;
  try {
    for (const y of callOutputs)
      outputs.push(makeNode(callOp.primitive, [y, ...call.inputs], attrs, y.sizes, y.dtype));
    return call;
  } finally {
    mode.scope = outer;
  }
}

/** The call of which a node is a result, or null. */
export function callOf(node: Tensor): Call | null {
  return node.op === callOp.primitive ? (node.attrs as CallAttrs)[CALL] : null;
}
