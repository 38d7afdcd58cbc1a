/** @file An imported graph as a module: its weights are parameters, and a call runs the nodes. */
import {
  cell,
  ChainruleError,
  DTypeError,
  kinds,
  noGrad,
  Parameter,
  passes,
  plural,
  ShapeError,
  Tensor,
} from '@chainrule/autograd';
import { Module } from '@chainrule/nn';
import { ELEMENTS } from '../schema/elementTypes.js';
import { Graph } from './graph.js';
import { Run } from './interpreter.js';
import type { Limits } from './limits.js';
import type { OnnxSpec } from './spec.js';
import { Known, Strings, type OnnxValue, type Value } from './values.js';
import { wantedGradients, weightsOf } from './weights.js';

const aGraph = kinds.kind<Graph>('be a graph', (x) => x instanceof Graph);

/**
 * A model that `importOnnx` made.
 *
 * Its parameters and state dictionary have the names of the file. It begins in evaluation mode.
 */
export class OnnxModule extends Module {
  /** The inputs of the model, in the order of the arguments. */
  readonly inputs: readonly OnnxSpec[];
  /** The outputs of the model. */
  readonly outputs: readonly OnnxSpec[];
  private readonly graph: Graph;
  private readonly limits: Limits;
  /** The field that holds the weight of a given name. */
  private readonly fields: ReadonlyMap<string, string>;

  /** @internal Made by `importOnnx`. */
  constructor(graph: Graph, limits: Limits, fields: ReadonlyMap<string, string>) {
    super();
    if (!passes(aGraph, graph))
      throw new ChainruleError('OnnxModule: use importOnnx(file) instead of new');
    this.graph = graph;
    this.limits = limits;
    this.inputs = graph.inputs;
    this.outputs = graph.outputs;
    this.fields = fields;
    for (const [name, role] of weightsOf(graph)) {
      const { tensor } = graph.constants.get(name) as Known;
      const field = fields.get(name) as string;
      if (role === 'parameter') this.registerParameter(field, new Parameter(tensor));
      else this.registerBuffer(field, cell(tensor));
      graph.constants.delete(name);
    }
    this.eval();
  }

  /**
   * Runs the model on one tensor for each of `inputs`, and returns all outputs.
   *
   * @throws {ShapeError} for a shape that the file does not allow. @throws {DTypeError} for a dtype that it does not allow.
   * @throws {ChainruleError} if an output is not a tensor: `values` returns those too.
   */
  run(...tensors: readonly Tensor[]): Tensor[] {
    return this.values(...tensors).map((value, i) => {
      if (value instanceof Tensor) return value;
      throw new ChainruleError(
        `run: the output '${this.outputs[i]?.name}' is ${value instanceof Strings ? 'strings' : 'a sequence'}, not a tensor; ` +
          'values(…) gives it too',
      );
    });
  }

  /** As `run`, for models that also take or return strings and sequences. */
  values(...args: readonly OnnxValue[]): OnnxValue[] {
    if (args.length !== this.inputs.length) {
      throw new ChainruleError(
        `run: the model takes ${plural(this.inputs.length, 'input')} (${this.inputs.map(({ name }) => name).join(', ')}), ` +
          `got ${args.length}`,
      );
    }
    const wanted = wantedGradients(this.graph);
    const values = args.map((value, i): Value => {
      const spec = this.inputs[i] as OnnxSpec;
      checkInput(spec, value);
      // A graph that contains a derivative differentiates its own inputs.
      if (!(value instanceof Tensor) || value.requiresGrad || !wanted.has(spec.name)) return value;
      return noGrad(() => value.add(0)).requiresGrad_();
    });
    const own = this as unknown as Record<string, Tensor>;
    const weights = new Map([...this.fields].map(([name, field]) => [name, own[field] as Tensor]));
    return new Run(this.training, this.limits).main(this.graph, values, weights).map(visible);
  }

  /** One output as a tensor, several as an array. See `run`. */
  forward(...tensors: readonly Tensor[]): Tensor | Tensor[] {
    const results = this.run(...tensors);
    return results.length === 1 ? (results[0] as Tensor) : results;
  }

  override extraRepr(): string {
    const show = ({ name, type, shape }: OnnxSpec): string =>
      `${name}: ${type ?? '?'}[${shape?.map((n) => n ?? '?').join(', ') ?? '…'}]`;
    return `${this.inputs.map(show).join(', ')} → ${this.outputs.map(show).join(', ')}`;
  }
}

/** Makes a module for a graph; its weights have the names of the file as keys, whatever characters these contain. */
export function moduleOf(graph: Graph, limits: Limits): OnnxModule {
  const fields = new Map([...weightsOf(graph).keys()].map((name, i) => [name, `weight${i}`]));
  class Imported extends OnnxModule {
    static override readonly stateKeys = Object.fromEntries(
      [...fields].map(([name, field]) => [field, name]),
    );
  }
  Object.defineProperty(Imported, 'name', { value: 'OnnxModule' });
  return new Imported(graph, limits, fields);
}

function visible(value: Value): OnnxValue {
  if (value instanceof Known) return value.tensor;
  return Array.isArray(value) ? (value as Value[]).map(visible) : (value as Exclude<OnnxValue, []>);
}

function checkInput({ name, kind, type, shape }: OnnxSpec, value: OnnxValue): void {
  const refuse = (what: string): never => {
    throw new DTypeError(`run: the input '${name}' must be ${what}`);
  };
  if (kind === 'sequence' && !Array.isArray(value)) refuse('a sequence, an array of tensors');
  if (kind === 'map' && !(value instanceof Map)) refuse('a Map');
  if (kind !== 'tensor' || type === null) return;
  const { dtype } = ELEMENTS[type];
  if (dtype === null) {
    if (!(value instanceof Strings)) refuse('strings: new Strings([…])');
  } else if (!(value instanceof Tensor)) refuse('a tensor');
  else if (value.dtype !== dtype)
    refuse(`${dtype} (${type} in the file), got ${value.dtype}: cast it`);
  const given = (value as Tensor | Strings).shape;
  if (shape === null) return;
  const fits =
    shape.length === given.length && shape.every((n, d) => typeof n !== 'number' || n === given[d]);
  if (!fits) {
    throw new ShapeError(
      `run: the input '${name}' must have the shape [${shape.map((n) => n ?? '?').join(', ')}], got [${given.join(', ')}]`,
    );
  }
}
