/** @file Runs a graph: each node calls the tensor functions of its operator. */
import { ChainruleError, FormatError, plural, Tensor } from '@chainrule/autograd';
import { Outputs, type Operator } from '../operators/operator.js';
import type { ElementType } from '../schema/elementTypes.js';
import { Call } from './call.js';
import { LocalFunction, type Attribute, type Graph, type Node } from './graph.js';
import { countOf, type Limits } from './limits.js';
import { Known, type Value } from './values.js';

/** Values by name: those of a graph, and of the graphs around it. */
export class Scope {
  private readonly values = new Map<string, Value>();
  private readonly outer: Scope | null;
  private readonly types: ReadonlyMap<string, ElementType>;

  constructor(outer: Scope | null, types: ReadonlyMap<string, ElementType>) {
    this.outer = outer;
    this.types = types;
  }

  find(name: string): Value | undefined {
    return this.values.get(name) ?? this.outer?.find(name);
  }

  set(name: string, value: Value): void {
    this.values.set(name, value);
  }

  typeOf(name: string): ElementType | null {
    return this.types.get(name) ?? this.outer?.typeOf(name) ?? null;
  }
}

/** One call of a function that the file defines, or of the main graph, with the attributes that its nodes may refer to. */
export interface Frame {
  readonly run: Run;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly depth: number;
}

/** The most elements of a value that is folded before the model runs: shapes, bounds, tables. */
const MAX_FOLDED = 4096;

/** One call of the model. */
export class Run {
  /** Whether the module is in training mode. */
  readonly training: boolean;
  readonly limits: Limits;
  private steps = 0;

  constructor(training: boolean, limits: Limits) {
    this.training = training;
    this.limits = limits;
  }

  /** The outputs of the main graph; its weights are parameters and buffers by now. */
  main(graph: Graph, inputs: readonly Value[], weights: ReadonlyMap<string, Tensor>): Value[] {
    const scope = new Scope(null, graph.types);
    for (const [name, value] of weights) scope.set(name, value);
    return this.graph(graph, inputs, scope, { run: this, attributes: new Map(), depth: 0 });
  }

  graph(graph: Graph, inputs: readonly Value[], outer: Scope, frame: Frame): Value[] {
    const scope = new Scope(outer, graph.types);
    for (const [name, value] of graph.constants) scope.set(name, value);
    if (inputs.length !== graph.inputs.length) {
      throw new FormatError(
        `importOnnx: a graph takes ${plural(graph.inputs.length, 'input')}, got ${inputs.length}`,
      );
    }
    graph.inputs.forEach(({ name }, i) => scope.set(name, inputs[i] as Value));
    this.nodes(graph.nodes, scope, frame);
    return graph.outputs.map(({ name }) => this.result(scope, name));
  }

  private result(scope: Scope, name: string): Value {
    const value = scope.find(name);
    if (value === undefined)
      throw new FormatError(`importOnnx: no node produces the output '${name}'`);
    return value;
  }

  private nodes(nodes: readonly Node[], scope: Scope, frame: Frame): void {
    for (const node of nodes) {
      if (++this.steps > this.limits.steps) {
        throw new FormatError(
          `importOnnx: a call runs more than ${this.limits.steps} nodes (limits.steps)`,
        );
      }
      const results = this.node(node, scope, frame);
      node.outputs.forEach((name, i) => {
        const value = results[i];
        if (name === '' || value === undefined) return;
        if (value instanceof Tensor || value instanceof Known)
          countOf(value.shape, this.limits, `'${name}', which ${node.label} gives,`);
        scope.set(name, value);
      });
    }
  }

  private node(node: Node, scope: Scope, frame: Frame): readonly (Value | undefined)[] {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : scope.find(name)));
    const call = new Call(node, inputs, scope, frame);
    if (node.operator instanceof LocalFunction)
      return this.call(node.operator, call, inputs, frame);
    try {
      const folded = fold(node.operator, inputs, call);
      const result = folded ?? node.operator.run(call);
      return result instanceof Outputs ? result.values : [result];
    } catch (error) {
      throw located(error, node.label);
    }
  }

  /** Calls an operator that the file defines: its nodes do not see the graph around the call. */
  private call(
    made: LocalFunction,
    call: Call,
    inputs: readonly (Value | undefined)[],
    frame: Frame,
  ): readonly (Value | undefined)[] {
    if (frame.depth >= this.limits.depth) {
      throw new FormatError(
        `importOnnx: functions call each other deeper than ${this.limits.depth} (limits.depth)`,
      );
    }
    const scope = new Scope(null, new Map());
    made.inputs.forEach((name, i) => {
      const value = inputs[i];
      if (value !== undefined) scope.set(name, value);
    });
    const attributes = new Map([...made.defaults, ...call.attributes]);
    this.nodes(made.nodes, scope, { run: this, attributes, depth: frame.depth + 1 });
    return made.outputs.map((name) => scope.find(name));
  }
}

function fold(
  { fold: how, foldsFrom }: Operator,
  inputs: readonly (Value | undefined)[],
  call: Call,
): Known | null {
  if (how === null) return null;
  // The operator itself refuses a missing input.
  for (let i = 0; i < foldsFrom; i++) if (inputs[i] === undefined) return null;
  const all: Known[] = [];
  for (const x of inputs) {
    if (x === undefined) continue;
    if (!(x instanceof Known) || x.data.length > MAX_FOLDED) return null;
    all.push(x);
  }
  return how(all, call);
}

/** An error of an operation, with the node that raised it. */
function located(error: unknown, label: string): unknown {
  if (error instanceof RangeError && /call stack/i.test(error.message))
    return new FormatError(`${label}: graphs are nested too deep`, { cause: error });
  if (!(error instanceof ChainruleError)) return error;
  const recorder = /inside a function that (\S+) records/.exec(error.message)?.[1];
  if (recorder !== undefined) {
    error.message =
      `its result, or its shape, depends on values, which cannot be read while ${recorder} records; ` +
      'run the model as it is, or make the input that decides a constant of the file';
  }
  if (!error.message.startsWith(label)) error.message = `${label}: ${error.message}`;
  return error;
}
