/**
 * @file Calls: groups of nodes that a rule of their own differentiates as one, such as a user's function with its own
 * gradient, or one that is to be recomputed.
 *
 * Every result of a call is a node whose first input holds its elements; the inputs of the call follow. The nodes of a
 * call have consecutive ids, so that whatever is computed from any of them is younger than all of them.
 */
import { NO_KIND } from '../engine/collect.js';
import { mode } from '../graph/mode.js';
import type { Attrs } from '../graph/primitive.js';
import { makeNode } from '../graph/node.js';
import type { Tensor } from '../graph/tensor.js';
import { primitive, type PrimitiveOp } from '../ops/build/primitive.js';
import { cut } from './variable.js';

/** The rules of a call, all of its results at once. */
export interface CallRules {
  /** The name users know it under. */
  readonly name: string;
  /**
   * Calls of one number, in graphs of one structure, are differentiated alike. Absent where the structure does not say it
   * all: functions of the user's own, decisions by value.
   */
  readonly kind?: number;
  /** Cotangents of the inputs. */
  pullback(cts: readonly (Tensor | null)[], call: Call): readonly (Tensor | null)[];
  /** Tangents of the results. */
  pushforward(ts: readonly (Tensor | null)[], call: Call): readonly (Tensor | null)[];
  /** The same call in a graph that is built again: on other inputs, each with its examples or without. */
  rebuild(
    inputs: readonly Replacement[],
    size: number,
    call: Call,
    rewriting: Rewriting,
  ): readonly Replacement[];
}

/** What stands in the place of a node; `batched` where it carries a first dimension of examples. */
export interface Replacement {
  readonly node: Tensor;
  readonly batched: boolean;
}

/** A graph being built again. */
export interface Rewriting {
  /** What stands in the place of a node; undefined where it stays as it is. */
  find(node: Tensor): Replacement | undefined;
  /** Older nodes do not belong to the graph. */
  readonly since: number;
}

export interface Call {
  readonly rules: CallRules;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** Where a result carries its call: not in a table of nodes, which keeps young ones alive until all memory is looked through. */
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

/** The results of a call whose elements are those of `values`. */
export function makeCall(
  rules: CallRules,
  inputs: readonly Tensor[],
  values: readonly Tensor[],
): Call {
  const outputs: Tensor[] = [];
  const call: Call = { rules, inputs: inputs.map((x) => x.current), outputs };
  const attrs: CallAttrs = { kind: rules.kind ?? NO_KIND, [CALL]: call };
  const held = values.map((y) => cut(y.current));
  const outer = mode.scope;
  mode.scope = outer === '' ? rules.name : `${outer}.${rules.name}`;
  try {
    for (const y of held)
      outputs.push(makeNode(callOp.primitive, [y, ...call.inputs], attrs, y.sizes, y.dtype));
    return call;
  } finally {
    mode.scope = outer;
  }
}

/** The call that a node is a result of. */
export function callOf(node: Tensor): Call | null {
  return node.op === callOp.primitive ? (node.attrs as CallAttrs)[CALL] : null;
}
