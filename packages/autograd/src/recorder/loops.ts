/** @file Loops and branches of a recorded graph, with their bodies as graphs of their own. */
import type { Instruction } from '../engine/program.js';
import { constantOp } from '../graph/version.js';
import type { Program } from '../transforms/loops/body.js';
import { resultsOf, specOf } from '../transforms/loops/run.js';
import { isAlias } from './attributes.js';
import type { GraphNode, LoopBody, LoopNode, NodeFacts, ResultNode } from './recordedGraph.js';

export function loopNode(attrs: object, inputs: readonly GraphNode[], facts: NodeFacts): LoopNode {
  const spec = specOf(attrs);
  const { programs, constants, kind, length, reverse, rewound, saves, name } = spec;
  const leading = kind === 'scan' ? 0 : 1;
  const first = programs[0] as Program;
  const count = kind === 'scan' ? first.carries : (constants[0] as number) - 1;
  const carries = inputs.slice(leading, leading + count);
  const sequences = kind === 'scan' ? inputs.slice(count, constants[0]) : [];
  const draws = programs.some((program) => program.draws > 0);
  return {
    ...facts,
    kind: 'loop',
    op: name,
    loop: kind,
    length,
    reverse,
    rewound,
    saves,
    condition: leading === 1 ? (inputs[0] as GraphNode) : null,
    carries,
    sequences,
    offset: draws ? (inputs.at(-1) as GraphNode) : null,
    inputs,
    bodies: programs.map((program, b) =>
      bodyOf(program, { carries, sequences, outer: inputs.slice(constants[b]) }, facts),
    ),
    results: resultsOf(spec),
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

interface Around {
  readonly carries: readonly GraphNode[];
  readonly sequences: readonly GraphNode[];
  readonly outer: readonly GraphNode[];
}

/** A body from its program: the nodes it was recorded from may be gone. */
function bodyOf(program: Program, around: Around, { path, madeAt }: NodeFacts): LoopBody {
  const { instructions, inputs, outputs } = program.plan.program();
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
      k !== undefined ? inputOf(program, k, around, facts) : computed(instruction, before, facts);
    nodes.push(made[slot]);
  });
  // What a program keeps beside its roots comes after them.
  const roots = outputs.slice(0, program.outputs.length);
  return { nodes, outputs: roots.map((slot) => made[slot] as GraphNode), draws: program.draws };

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

function inputOf(program: Program, k: number, around: Around, facts: NodeFacts): GraphNode {
  const { kind, index } = program.inputs[k] as Program['inputs'][number];
  if (kind === 'offset') return { ...facts, kind: 'offset', relative: index };
  const [name, list] =
    kind === 'carry'
      ? (['carry', around.carries] as const)
      : kind === 'x'
        ? (['element', around.sequences] as const)
        : (['outer', around.outer] as const);
  return { ...facts, kind: name, place: index, from: list[index] as GraphNode };
}
