/** @file Recurrent layers, one operator for each layer of the stack, for sequences of any length. */
import type { GraphNode, Region } from '@chainrule/autograd/graph';
import type { Emitter } from '../emitter.js';
import { isFloat, numberOf, type RegionRule } from './regionRule.js';
import { isNode } from '../trees.js';

interface Kind {
  readonly op: string;
  /** The index of each gate of ONNX among the gates of PyTorch. */
  readonly order: readonly number[];
  /** The number of states: the hidden state, and for an LSTM the cell state. */
  readonly states: number;
  readonly attributes: Readonly<Record<string, number>>;
}

/** PyTorch: input, forget, cell, output; ONNX: input, output, forget, cell. */
const LSTM: Kind = { op: 'LSTM', order: [0, 3, 1, 2], states: 2, attributes: {} };
/** PyTorch: reset, update, new; ONNX: update, reset, new. */
const GRU: Kind = {
  op: 'GRU',
  order: [1, 0, 2],
  states: 1,
  attributes: { linear_before_reset: 1 },
};
const RNN: Kind = { op: 'RNN', order: [0], states: 1, attributes: {} };

/** The configuration of a layer. */
interface Layers {
  readonly count: number;
  readonly hidden: number;
  readonly directions: number;
  readonly batchFirst: boolean;
  readonly weights: Readonly<Record<string, unknown>>;
}

function layersOf({ attributes }: Region): Layers {
  return {
    count: numberOf(attributes['numLayers'], 1),
    hidden: numberOf(attributes['hiddenSize'], 0),
    directions: attributes['bidirectional'] === true ? 2 : 1,
    batchFirst: attributes['batchFirst'] === true,
    weights: attributes['weights'] as Readonly<Record<string, unknown>>,
  };
}

function recurrent(kind: Kind): RegionRule {
  return {
    accepts: ({ args, attributes }) => {
      const [x, state] = args;
      const parts = state === undefined || state === null ? [] : [state].flat();
      const dropped = attributes['training'] === true && numberOf(attributes['dropout'], 0) > 0;
      const weights = Object.values(attributes['weights'] as Readonly<Record<string, unknown>>);
      return (
        isNode(x) &&
        x.shape.length === 3 &&
        isFloat(x) &&
        parts.every(isNode) &&
        weights.every(isNode) &&
        !dropped &&
        numberOf(attributes['projSize'], 0) === 0
      );
    },
    write: (e, region) => write(e, region, kind),
  };
}

function write(e: Emitter, region: Region, kind: Kind): string[] {
  const { count, directions, batchFirst, hidden } = layersOf(region);
  const x = region.args[0] as GraphNode;
  const given = region.args[1] == null ? [] : ([region.args[1]].flat() as GraphNode[]);
  const transposed = (name: string): string => e.node('Transpose', [name], { perm: [1, 0, 2] });
  let sequence = batchFirst ? transposed(e.value(x)) : e.value(x);
  const last: string[][] = Array.from({ length: kind.states }, () => []);
  for (let layer = 0; layer < count; layer++) {
    const states = given.map((node) => layerState(e, node, layer, directions, count));
    const bias = biases(e, region, kind, layer);
    const inputs = [
      sequence,
      joined(e, region, kind, layer, 'ih'),
      joined(e, region, kind, layer, 'hh'),
      bias,
      '',
      ...states,
    ];
    while (inputs.at(-1) === '') inputs.pop();
    const nonlinearity = region.attributes['nonlinearity'] === 'relu' ? 'Relu' : null;
    const [ys, ...ends] = e.outputs(kind.op, inputs, 1 + kind.states, {
      hidden_size: hidden,
      direction: directions === 2 ? 'bidirectional' : 'forward',
      ...kind.attributes,
    }) as [string, ...string[]];
    if (nonlinearity !== null) useActivation(e, nonlinearity, directions);
    ends.forEach((end, s) => (last[s] as string[]).push(end));
    // [length, directions, batch, hidden] → [length, batch, directions · hidden]
    const apart = e.node('Transpose', [ys], { perm: [0, 2, 1, 3] });
    sequence = e.node('Reshape', [apart, e.ints([0, 0, directions * hidden])]);
  }
  const output = batchFirst ? transposed(sequence) : sequence;
  const states = last.map((parts) =>
    parts.length === 1 ? (parts[0] as string) : e.node('Concat', parts, { axis: 0 }),
  );
  return [output, ...states];
}

/** The activation of the operator that was written last. */
function useActivation(e: Emitter, name: string, directions: number): void {
  const strings = Array.from({ length: directions }, () => new TextEncoder().encode(name));
  const attribute = { name: 'activations', type: 8, floats: [], ints: [], strings, tensors: [] };
  e.nodes.at(-1)?.attribute.push(attribute);
}

/** The slices of a state that belong to one layer. */
function layerState(
  e: Emitter,
  node: GraphNode,
  layer: number,
  directions: number,
  count: number,
): string {
  if (count === 1) return e.value(node);
  const [from, to] = [layer * directions, (layer + 1) * directions];
  return e.node('Slice', [e.value(node), e.ints([from]), e.ints([to]), e.ints([0])]);
}

/** One weight, with its gates in the order of ONNX. */
function reordered(e: Emitter, node: GraphNode, { order }: Kind): string {
  const name = e.value(node);
  if (order.every((gate, i) => gate === i)) return name;
  return e.once(`gates ${name}`, () => {
    const parts = e.outputs('Split', [name], order.length, {
      axis: 0,
      ...(e.opset >= 18 ? { num_outputs: order.length } : {}),
    });
    return e.node(
      'Concat',
      order.map((gate) => parts[gate] as string),
      { axis: 0 },
    );
  });
}

function weight(region: Region, name: string, layer: number, direction: number): GraphNode | null {
  const { weights } = layersOf(region);
  const key = `${name}_l${layer}${direction === 1 ? '_reverse' : ''}`;
  const found = Object.entries(weights).find(([k]) => k === key || k.endsWith(`.${key}`))?.[1];
  return isNode(found) ? found : null;
}

/** The weights of both directions stacked: `[directions, gates · hidden, …]`. */
function stacked(e: Emitter, parts: readonly string[]): string {
  const unsqueezed = parts.map((name) => e.node('Unsqueeze', [name, e.ints([0])]));
  return unsqueezed.length === 1
    ? (unsqueezed[0] as string)
    : e.node('Concat', unsqueezed, { axis: 0 });
}

function joined(e: Emitter, region: Region, kind: Kind, layer: number, part: 'ih' | 'hh'): string {
  const { directions } = layersOf(region);
  const all = Array.from({ length: directions }, (_, d) =>
    reordered(e, weight(region, `weight_${part}`, layer, d) as GraphNode, kind),
  );
  return stacked(e, all);
}

function biases(e: Emitter, region: Region, kind: Kind, layer: number): string {
  const { directions } = layersOf(region);
  const parts = Array.from({ length: directions }, (_, d) =>
    ['bias_ih', 'bias_hh'].map((name) => weight(region, name, layer, d)),
  );
  if (parts.flat().some((node) => node === null)) return '';
  const each = parts.map((pair) =>
    e.node(
      'Concat',
      pair.map((node) => reordered(e, node as GraphNode, kind)),
      { axis: 0 },
    ),
  );
  return stacked(e, each);
}

export const RECURRENT: readonly (readonly [string, RegionRule])[] = [
  ['nn.LSTM', recurrent(LSTM)],
  ['nn.GRU', recurrent(GRU)],
  ['nn.RNN', recurrent(RNN)],
];
