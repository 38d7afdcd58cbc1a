/** @file Loops and branches of a recorded graph, with their bodies as graphs of their own. */
import type { Instruction } from '../engine/program.js';
import { constantOp } from '../graph/version.js';
import { loopOf, type LoopBody as Body } from '../engine/loop.js';
import { resultsOf } from '../transforms/loops/loopNodes.js';
import { isAlias } from './attributes.js';
import type { GraphNode, LoopBody, LoopNode, NodeFacts, ResultNode } from './recordedGraph.js';

export function loopNode(attrs: object, inputs: readonly GraphNode[], facts: NodeFacts): LoopNode {
  const loop = loopOf(attrs);
  const { bodies, constants, kind, length, reverse, rewound, name } = loop;
  const leading = kind === 'scan' ? 0 : 1;
  const first = bodies[0] as Body;
  const count = kind === 'scan' ? first.carries : (constants[0] as number) - 1;
  const carries = inputs.slice(leading, leading + count);
  const sequences = kind === 'scan' ? inputs.slice(count, constants[0]) : [];
  const draws = bodies.some((body) => body.draws > 0);
  return {
    ...facts,
    kind: 'loop',
    op: name,
    loop: kind,
    length,
    reverse,
    rewound,
    condition: leading === 1 ? (inputs[0] as GraphNode) : null,
    carries,
    sequences,
    offset: draws ? (inputs.at(-1) as GraphNode) : null,
    inputs,
    bodies: bodies.map((body, b) =>
      bodyOf(body, { carries, sequences, outer: inputs.slice(constants[b]) }, facts),
    ),
    results: resultsOf(loop),
  };
}

export function resultNode(
  attrs: object,
  [loop]: readonly GraphNode[],
  facts: NodeFacts,
): ResultNode {
  const { result } = attrs as { result: number };
  return { ...facts, kind: 'result', loop: loop as LoopNode, result, inputs: [loop as GraphNode] };
}

interface OuterNodes {
  readonly carries: readonly GraphNode[];
  readonly sequences: readonly GraphNode[];
  readonly outer: readonly GraphNode[];
}

/** A body from its plan, as the nodes from which it was recorded may be gone. */
function bodyOf(body: Body, outer: OuterNodes, { path, madeAt }: NodeFacts): LoopBody {
  const { instructions, inputs, outputs } = body.plan.program();
  const nodes: GraphNode[] = [];
  const made: GraphNode[] = [];
  const inputAt = new Map(inputs.map((slot, k) => [slot, k]));
  instructions.forEach((instruction, slot) => {
    const { op, shape, dtype } = instruction;
    const facts: NodeFacts = { index: nodes.length, shape, dtype, path, madeAt, inputs: [] };
    const k = inputAt.get(slot);
    const before = instruction.inputs.map((x) => made[x] as GraphNode);
    if (k === undefined && op !== null && isAlias(op.name)) {
      made[slot] = before[0] as GraphNode;
      return;
    }
    made[slot] =
      k !== undefined ? inputOf(body, k, outer, facts) : computed(instruction, before, facts);
    nodes.push(made[slot]);
  });
  // Outputs that a program keeps besides its roots come after them.
  const roots = outputs.slice(0, body.outputs.length);
  return { nodes, outputs: roots.map((slot) => made[slot] as GraphNode), draws: body.draws };

  function computed(
    { op, attrs }: Instruction,
    before: readonly GraphNode[],
    facts: NodeFacts,
  ): GraphNode {
    if (op === (constantOp as unknown))
      return { ...facts, kind: 'number', value: (attrs as unknown as { value: number }).value };
    if (op?.name === 'loop') return loopNode(attrs ?? {}, before, facts);
    if (op?.name === 'loopResult') return resultNode(attrs ?? {}, before, facts);
    return {
      ...facts,
      kind: 'operation',
      op: op?.name,
      attributes: attrs ?? {},
      inputs: before,
    } as unknown as GraphNode;
  }
}

function inputOf(body: Body, k: number, outer: OuterNodes, facts: NodeFacts): GraphNode {
  const { kind, index } = body.inputs[k] as Body['inputs'][number];
  if (kind === 'offset') return { ...facts, kind: 'offset', relative: index };
  const [name, list] =
    kind === 'carry'
      ? (['carry', outer.carries] as const)
      : kind === 'x'
        ? (['element', outer.sequences] as const)
        : (['outer', outer.outer] as const);
  return { ...facts, kind: name, place: index, from: list[index] as GraphNode };
}
