/** @file Reads the graphs of a file, and checks that every name has a value and every operator is known. */
import { FormatError } from '@chainrule/autograd';
import { findOperator } from '../operators/index.js';
import type { Operator } from '../operators/operator.js';
import { elementTypeOf, type ElementType } from '../schema/elementTypes.js';
import { ATTRIBUTE } from '../schema/onnx.js';
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  NodeProto,
  OperatorSetProto,
  TensorProto,
} from '../schema/protos.js';
import { Graph, LocalFunction, Reference, type Attribute, type Node } from './graph.js';
import { inOrder } from './order.js';
import { readSparseTensor } from './sparse.js';
import { readSpec } from './spec.js';
import { readTensor, textOf, type TensorContext } from './tensors.js';
import type { Known, Strings } from './values.js';

/** Prepares all graphs of one file. */
export class GraphReader {
  private readonly functions = new Map<string, LocalFunction>();
  private readonly missing = new Set<string>();

  private readonly context: TensorContext;

  constructor(context: TensorContext) {
    this.context = context;
  }

  /** The main graph. @throws {FormatError} that names every unknown operator. */
  read(
    graph: GraphProto,
    functions: readonly FunctionProto[],
    imports: readonly OperatorSetProto[],
  ): Graph {
    const versions = versionsOf(imports);
    for (const proto of functions)
      this.functions.set(keyOf(proto.domain, proto.name), new LocalFunction(proto));
    for (const proto of functions) this.readFunction(proto, versions);
    const read = this.graph(graph, versions, new Set(), 'the graph');
    if (this.missing.size > 0) {
      throw new FormatError(
        `importOnnx: unsupported operators: ${[...this.missing].join(', ')}; docs/onnx.md lists the supported ones`,
      );
    }
    return read;
  }

  private readFunction(proto: FunctionProto, outer: ReadonlyMap<string, number>): void {
    const made = this.functions.get(keyOf(proto.domain, proto.name)) as LocalFunction;
    const versions = new Map([...outer, ...versionsOf(proto.opsetImport)]);
    const what = `the function '${made.name}'`;
    const names = new Set(made.inputs);
    made.defaults = this.attributes(proto.attributeProto, versions, names, what);
    made.nodes = this.nodes(proto.node, versions, names, new Map(), what);
    checkDefined(made.outputs, names, what);
  }

  private graph(
    proto: GraphProto,
    versions: ReadonlyMap<string, number>,
    outer: ReadonlySet<string>,
    what: string,
  ): Graph {
    const graph = new Graph();
    const names = new Set(outer);
    const keep = (
      values: TensorProto | undefined,
      read: (what: string) => Known | Strings,
    ): void => {
      const name = values?.name ?? '';
      if (name === '' || graph.constants.has(name))
        throw new FormatError(
          `importOnnx: two initializers are called '${name}', or one is nameless`,
        );
      graph.constants.set(name, read(`the initializer '${name}'`));
      noteType(graph.types, name, values?.dataType);
      names.add(name);
    };
    for (const tensor of proto.initializer)
      keep(tensor, (what) => readTensor(tensor, what, this.context));
    for (const tensor of proto.sparseInitializer)
      keep(tensor.values, (what) => readSparseTensor(tensor, what, this.context));
    const specs = proto.input.map((info) => readSpec(info, `an input of ${what}`));
    // Up to version 3 of the format, weights were inputs too.
    graph.inputs = specs.filter(({ name }) => !graph.constants.has(name));
    for (const { name } of graph.inputs) define(names, outer, name, what);
    for (const { name, type } of [...proto.input, ...proto.output, ...proto.valueInfo])
      noteType(graph.types, name ?? '', type?.tensor?.elementType);
    graph.nodes = this.nodes(proto.node, versions, names, graph.types, what, outer);
    graph.outputs = proto.output.map((info) => readSpec(info, `an output of ${what}`));
    checkDefined(
      graph.outputs.map(({ name }) => name),
      names,
      what,
    );
    return graph;
  }

  private nodes(
    protos: readonly NodeProto[],
    versions: ReadonlyMap<string, number>,
    names: Set<string>,
    types: Map<string, ElementType>,
    what: string,
    outer: ReadonlySet<string> = new Set(),
  ): Node[] {
    return inOrder(protos).map((proto, i) => {
      const { opType = '', input, output } = proto;
      const domain = domainOf(proto.domain);
      const label = `${opType} '${proto.name ?? ''}'`.replace(" ''", ` (node ${i})`);
      for (const name of input) {
        if (name !== '' && !names.has(name)) {
          throw new FormatError(
            `importOnnx: ${label} reads '${name}', which no node before it produces`,
          );
        }
      }
      const attributes = this.attributes(proto.attribute, versions, names, label);
      for (const name of output) if (name !== '') define(names, outer, name, label);
      noteNodeTypes(types, opType, attributes, proto);
      const operator = this.functions.get(keyOf(domain, opType)) ?? findOperator(domain, opType);
      if (operator === null) this.missing.add(domain === '' ? opType : `${domain}.${opType}`);
      const version = versions.get(domain) ?? (domain === '' ? undefined : 1);
      if (version === undefined)
        throw new FormatError(
          'importOnnx: the file does not say which version of the operators it uses',
        );
      return {
        label,
        operator: operator as Operator,
        version,
        inputs: input,
        outputs: output,
        attributes,
      };
    });
  }

  private attributes(
    protos: readonly AttributeProto[],
    versions: ReadonlyMap<string, number>,
    names: ReadonlySet<string>,
    label: string,
  ): Map<string, Attribute> {
    const found = new Map<string, Attribute>();
    for (const proto of protos) {
      const name = proto.name ?? '';
      if (found.has(name))
        throw new FormatError(`importOnnx: ${label} has two attributes '${name}'`);
      const value =
        proto.refName === undefined || proto.refName === ''
          ? this.attribute(proto, versions, names, `${name} of ${label}`)
          : new Reference(proto.refName);
      if (value !== null) found.set(name, value);
    }
    return found;
  }

  private attribute(
    proto: AttributeProto,
    versions: ReadonlyMap<string, number>,
    names: ReadonlySet<string>,
    what: string,
  ): Attribute | null {
    switch (proto.type ?? guess(proto)) {
      case ATTRIBUTE.float:
        return proto.f ?? 0;
      case ATTRIBUTE.int:
        return proto.i ?? 0;
      case ATTRIBUTE.string:
        return textOf(proto.s ?? new Uint8Array(), what);
      case ATTRIBUTE.tensor:
        if (proto.t === undefined) break;
        return readTensor(proto.t, what, this.context);
      case ATTRIBUTE.sparse:
        if (proto.sparse === undefined) break;
        return readSparseTensor(proto.sparse, what, this.context);
      case ATTRIBUTE.graph:
        if (proto.g === undefined) break;
        return this.graph(proto.g, versions, names, what);
      case ATTRIBUTE.floats:
        return proto.floats;
      case ATTRIBUTE.ints:
        return proto.ints;
      case ATTRIBUTE.strings:
        return proto.strings.map((bytes) => textOf(bytes, what));
      // No operator here reads attributes of other kinds.
      default:
        return null;
    }
    throw new FormatError(`importOnnx: the attribute ${what} is empty`);
  }
}

/** Infers the kind of an attribute in files older than the field that states it. */
function guess(proto: AttributeProto): number {
  if (proto.f !== undefined) return ATTRIBUTE.float;
  if (proto.i !== undefined) return ATTRIBUTE.int;
  if (proto.s !== undefined) return ATTRIBUTE.string;
  if (proto.t !== undefined) return ATTRIBUTE.tensor;
  if (proto.g !== undefined) return ATTRIBUTE.graph;
  if (proto.floats.length > 0) return ATTRIBUTE.floats;
  return proto.strings.length > 0 ? ATTRIBUTE.strings : ATTRIBUTE.ints;
}

function domainOf(domain: string | undefined): string {
  return domain === undefined || domain === 'ai.onnx' ? '' : domain;
}

function keyOf(domain: string | undefined, name: string | undefined): string {
  return `${domainOf(domain)}:${name ?? ''}`;
}

function versionsOf(imports: readonly OperatorSetProto[]): Map<string, number> {
  return new Map(imports.map(({ domain, version = 1 }) => [domainOf(domain), version]));
}

function define(names: Set<string>, outer: ReadonlySet<string>, name: string, by: string): void {
  // An inner graph may reuse a name of a graph around it.
  if (names.has(name) && !outer.has(name))
    throw new FormatError(`importOnnx: ${by} produces '${name}', which exists already`);
  names.add(name);
}

function checkDefined(wanted: readonly string[], names: ReadonlySet<string>, what: string): void {
  for (const name of wanted)
    if (!names.has(name))
      throw new FormatError(`importOnnx: ${what} has the output '${name}', which no node produces`);
}

function noteType(types: Map<string, ElementType>, name: string, code: number | undefined): void {
  const type = elementTypeOf(code);
  if (name !== '' && type !== null) types.set(name, type);
}

/** Element types that follow from a single node: constants and casts. */
function noteNodeTypes(
  types: Map<string, ElementType>,
  opType: string,
  attributes: ReadonlyMap<string, Attribute>,
  { output, attribute }: NodeProto,
): void {
  const name = output[0] ?? '';
  const to = attributes.get('to');
  if (opType === 'Cast' && typeof to === 'number') noteType(types, name, to);
  if (opType === 'Constant') noteType(types, name, attribute.find((a) => a.t)?.t?.dataType);
}
