/** @file Loops and branches: `scan` as `Scan` or `Loop`, `whileLoop` as `Loop`, `cond` and `switchCase` as `If`. */
import type { DType } from '@chainrule/autograd';
import type { GraphNode, LoopBody, LoopNode } from '@chainrule/autograd/graph';
import type { ValueInfoProto } from '../schema/protos.js';
import type { Emitter } from './emitter.js';
import { BEFORE_START, CODE, INT64 } from './encoded.js';
import type { GraphEnds } from './graphScope.js';
import { refuse } from './refuse.js';
import type { Recordings } from './recordings.js';

/** The graph that is being written, and how to describe its values. */
export interface Target {
  readonly e: Emitter;
  readonly recordings: Recordings;
  /** Name, element type and shape of a value. */
  readonly info: (name: string, node: GraphNode) => ValueInfoProto;
}

/** The graph around a loop. */
export interface LoopContext extends Target {
  /** Writes a node; the values of its inputs are defined already. */
  readonly write: (node: GraphNode) => void;
}

/** Writes a loop, and returns the names of its results. */
export function writeLoop(outer: LoopContext, loop: LoopNode): string[] {
  if (loop.loop === 'branch') return writeBranches(outer, loop);
  if (loop.loop === 'while') return writeWhile(outer, loop);
  return loop.sequences.length > 0 ? writeScan(outer, loop) : writeCounted(outer, loop);
}

/** `Scan` slices its sequences itself, and stacks the outputs of the steps. */
function writeScan(outer: LoopContext, loop: LoopNode): string[] {
  const { e } = outer;
  const [body] = loop.bodies as [LoopBody];
  const inputs = [...loop.carries, ...loop.sequences].map((x) => e.value(x));
  const graph = bodyGraph(outer, 'step', [body], () => {
    const input = inputsOf(outer, body, loop);
    return { input, output: outputsOf(outer, body) };
  });
  const towards = (count: number): number[] =>
    Array.from({ length: count }, () => (loop.reverse ? 1 : 0));
  return e.outputs('Scan', inputs, loop.results.length, {
    body: { graph },
    num_scan_inputs: loop.sequences.length,
    scan_input_directions: towards(loop.sequences.length),
    scan_output_directions: towards(loop.results.length - loop.carries.length),
  });
}

/** A `scan` without sequences is a `Loop` with a fixed number of steps, as a `Scan` needs a sequence. */
function writeCounted(outer: LoopContext, loop: LoopNode): string[] {
  const { e, recordings } = outer;
  const [body] = loop.bodies as [LoopBody];
  const lengths = recordings.all(loop).map((node) => (node as LoopNode).length);
  const trips =
    e.size(lengths) ?? refuse(loop, 'the number of steps depends on a dynamic dimension');
  const inputs = [e.node('Squeeze', [trips]), '', ...loop.carries.map((x) => e.value(x))];
  const graph = bodyGraph(outer, 'step', [body], () => {
    const { input, goesOn } = loopInputs(e);
    input.push(...inputsOf(outer, body, loop));
    return {
      input,
      output: [scalar(e.node('Identity', [goesOn]), CODE.bool), ...outputsOf(outer, body)],
    };
  });
  const results = e.outputs('Loop', inputs, loop.results.length, { body: { graph } });
  return results.map((name, i) =>
    loop.reverse && i >= loop.carries.length
      ? e.node('Slice', [name, e.ints([-1]), e.ints([BEFORE_START]), e.ints([0]), e.ints([-1])])
      : name,
  );
}

/** An additional carry counts the steps; it is the last result. */
function writeWhile(outer: LoopContext, loop: LoopNode): string[] {
  const { e } = outer;
  const [body] = loop.bodies as [LoopBody];
  const condition = truth(e, loop.condition as GraphNode);
  const inputs = [
    e.node('Squeeze', [e.ints([loop.length])]),
    condition,
    ...loop.carries.map((x) => e.value(x)),
    e.number(0, 'int32'),
  ];
  const graph = bodyGraph(outer, 'step', [body], () => {
    const { input } = loopInputs(e);
    input.push(...inputsOf(outer, body, loop));
    const steps = e.fresh('steps');
    input.push(scalar(steps, CODE.int32));
    const [goesOn, ...carries] = outputsOf(outer, body, (node) => truth(e, node));
    const counted = e.node('Add', [steps, e.number(1, 'int32')]);
    return {
      input,
      output: [scalar(goesOn?.name as string, CODE.bool), ...carries, scalar(counted, CODE.int32)],
    };
  });
  return e.outputs('Loop', inputs, loop.results.length, { body: { graph } });
}

/** `cond` is one `If`; `switchCase` is a chain of them, which takes the nearest branch if the index is out of range. */
function writeBranches(outer: LoopContext, loop: LoopNode): string[] {
  const { e } = outer;
  const condition = loop.condition as GraphNode;
  for (const x of loop.carries) e.value(x);
  defineOuter(e, loop.bodies);
  const branch = (body: LoopBody): (() => GraphEnds) => {
    return () => {
      for (const node of body.nodes) if (node.kind === 'carry') e.define(node, e.value(node.from));
      return { input: [], output: outputsOf(outer, body) };
    };
  };
  const choose = (test: string, yes: () => GraphEnds, no: () => GraphEnds): string[] =>
    e.outputs('If', [test], loop.results.length, {
      then_branch: { graph: e.graph('then', yes) },
      else_branch: { graph: e.graph('else', no) },
    });
  const { bodies } = loop;
  if (loop.op === 'cond')
    return choose(
      truth(e, condition),
      branch(bodies[1] as LoopBody),
      branch(bodies[0] as LoopBody),
    );
  const index = single(e, condition);
  const from = (k: number): string[] => {
    const rest = k + 2 < bodies.length;
    const isThis = e.node('LessOrEqual', [index, e.number(k, condition.dtype)]);
    const other = rest
      ? (): GraphEnds => ({
          input: [],
          output: from(k + 1).map((name, i) => typed(name, loop.results[i]?.dtype ?? 'float32')),
        })
      : branch(bodies[k + 1] as LoopBody);
    return choose(isThis, branch(bodies[k] as LoopBody), other);
  };
  return bodies.length === 1
    ? choose(e.number(1, 'bool'), branch(bodies[0] as LoopBody), branch(bodies[0] as LoopBody))
    : from(0);
}

/** A graph for an attribute of a node; values that the bodies read from outside are written before it. */
function bodyGraph(
  { e }: LoopContext,
  name: string,
  bodies: readonly LoopBody[],
  write: () => GraphEnds,
): ReturnType<Emitter['graph']> {
  defineOuter(e, bodies);
  return e.graph(name, write);
}

/** Defines the names of the values that bodies read from outside. */
function defineOuter(e: Emitter, bodies: readonly LoopBody[]): void {
  for (const { nodes } of bodies)
    for (const node of nodes) if (node.kind === 'outer') e.define(node, e.value(node.from));
}

/** The carries and elements that a step receives, in order, whether the body uses them or not. */
function inputsOf({ e, info }: LoopContext, body: LoopBody, loop: LoopNode): ValueInfoProto[] {
  const given = (kind: 'carry' | 'element', from: GraphNode, place: number): ValueInfoProto => {
    const node = body.nodes.find((n) => n.kind === kind && n.place === place);
    const name = e.fresh(kind);
    if (node === undefined) return typed(name, from.dtype);
    e.define(node, name);
    return info(name, node);
  };
  return [
    ...loop.carries.map((x, k) => given('carry', x, k)),
    ...loop.sequences.map((x, k) => given('element', x, k)),
  ];
}

/** Writes a body, and returns its outputs, each a separate value. `first` may read the first output in another way. */
function outputsOf(
  { e, info, write }: LoopContext,
  body: LoopBody,
  first: (node: GraphNode) => string = (node) => e.value(node),
): ValueInfoProto[] {
  for (const node of body.nodes) write(node);
  return body.outputs.map((node, i) => {
    const name = i === 0 ? first(node) : e.value(node);
    return info(e.rename(name, e.fresh('next')), node);
  });
}

/** The counter and the condition that the body of a `Loop` receives. */
function loopInputs(e: Emitter): { readonly input: ValueInfoProto[]; readonly goesOn: string } {
  const goesOn = e.fresh('condition');
  return { input: [scalar(e.fresh('iteration'), INT64), scalar(goesOn, CODE.bool)], goesOn };
}

/** A value without a declared shape. */
function typed(name: string, dtype: DType): ValueInfoProto {
  return { name, type: { tensor: { elementType: CODE[dtype] } } };
}

function scalar(name: string, elementType: number): ValueInfoProto {
  return { name, type: { tensor: { elementType, shape: { dim: [] } } } };
}

/** The value as a single element without dimensions. */
function single(e: Emitter, node: GraphNode): string {
  const name = e.value(node);
  return node.shape.length === 0 ? name : e.node('Reshape', [name, e.ints([])]);
}

/** A condition as a single boolean. */
function truth(e: Emitter, node: GraphNode): string {
  const name = single(e, node);
  return node.dtype === 'bool' ? name : e.node('Cast', [name], { to: CODE.bool });
}
