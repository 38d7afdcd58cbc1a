/** @file One run of one node, as its operator sees it: inputs and attributes, read with the expected types. */
import { FormatError, Tensor, type DType } from '@chainrule/autograd';
import { ELEMENTS, requireElementType, type ElementType } from '../schema/elementTypes.js';
import { countOf, MAX_FILLED } from './limits.js';
import { Graph, Reference, type Attribute, type Node } from './graph.js';
import type { Frame, Scope } from './interpreter.js';
import { Known, Strings, type OnnxMap, type Value } from './values.js';

export class Call {
  private readonly node: Node;
  private readonly inputs: readonly (Value | undefined)[];
  private readonly scope: Scope;
  private readonly frame: Frame;

  constructor(node: Node, inputs: readonly (Value | undefined)[], scope: Scope, frame: Frame) {
    this.node = node;
    this.inputs = inputs;
    this.scope = scope;
    this.frame = frame;
  }

  /** The version of the operators. */
  get version(): number {
    return this.node.version;
  }

  /** Whether the module is in training mode. */
  get training(): boolean {
    return this.frame.run.training;
  }

  /** The number of inputs of the node, omitted ones included. */
  get count(): number {
    return this.inputs.length;
  }

  /** The number of outputs that the node names. */
  get outputCount(): number {
    return this.node.outputs.length;
  }

  wants(output: number): boolean {
    return (this.node.outputs[output] ?? '') !== '';
  }

  has(i: number): boolean {
    return this.inputs[i] !== undefined;
  }

  /** An input of any kind. */
  value(i: number): Value {
    return this.inputs[i] ?? this.refuse(`input ${i} is missing`);
  }

  values(from = 0): Value[] {
    return this.inputs.slice(from).filter((x) => x !== undefined);
  }

  tensor(i: number): Tensor {
    return this.asTensor(this.value(i), `input ${i}`);
  }

  maybe(i: number): Tensor | null {
    return this.has(i) ? this.tensor(i) : null;
  }

  tensors(from = 0): Tensor[] {
    return this.values(from).map((x, i) => this.asTensor(x, `input ${from + i}`));
  }

  /** All inputs combined by `f`, from the first to the last. */
  joined(f: (x: Tensor, y: Tensor) => Tensor): Tensor {
    const [first, ...rest] = this.tensors();
    return rest.reduce((x, y) => f(x, y), first ?? this.refuse('there are no inputs'));
  }

  /** An input whose numbers are known before the model runs, else null. */
  known(i: number): Known | null {
    const value = this.inputs[i];
    return value instanceof Known ? value : null;
  }

  strings(i: number): Strings {
    const value = this.value(i);
    return value instanceof Strings ? value : this.refuse(`input ${i} must be strings`);
  }

  sequence(i: number): readonly Value[] {
    const value = this.value(i);
    return Array.isArray(value) ? (value as Value[]) : this.refuse(`input ${i} must be a sequence`);
  }

  map(i: number): OnnxMap {
    const value = this.value(i);
    return value instanceof Map ? value : this.refuse(`input ${i} must be a Map`);
  }

  /** The shape of an input. */
  shape(i: number): readonly number[] {
    const value = this.value(i);
    if ('shape' in value) return value.shape;
    return this.refuse(`input ${i} is a sequence, not a tensor`);
  }

  /** The numbers of an input, which may have to be computed. */
  numbers(i: number): number[] {
    const value = this.value(i);
    if (value instanceof Known) return Array.from(value.data);
    return Array.from(this.asTensor(value, `input ${i}`).dataSync());
  }

  number(i: number): number {
    const [x, ...rest] = this.numbers(i);
    if (x === undefined || rest.length > 0) this.refuse(`input ${i} must be one number`);
    return x;
  }

  /** Numbers that are an attribute in older versions and an input in newer ones. */
  listed(name: string, input: number): number[] | undefined {
    const given = this.attribute(name);
    if (given !== undefined) return this.ints(name);
    return this.has(input) ? this.numbers(input) : undefined;
  }

  int(name: string, fallback?: number): number {
    const value = this.attribute(name) ?? fallback;
    return typeof value === 'number' ? value : this.wrong(name, 'a number');
  }

  flag(name: string, fallback = false): boolean {
    return this.int(name, fallback ? 1 : 0) !== 0;
  }

  float(name: string, fallback?: number): number {
    return this.int(name, fallback);
  }

  ints(name: string, fallback?: readonly number[]): number[] {
    const value = this.attribute(name) ?? fallback;
    // An empty list has no element type.
    if (Array.isArray(value) && value.every((x) => typeof x === 'number')) return [...value];
    return this.wrong(name, 'a list of numbers');
  }

  floats(name: string, fallback?: readonly number[]): number[] {
    return this.ints(name, fallback);
  }

  text(name: string, fallback?: string): string {
    const value = this.attribute(name) ?? fallback;
    return typeof value === 'string' ? value : this.wrong(name, 'a text');
  }

  texts(name: string, fallback?: readonly string[]): string[] {
    const value = this.attribute(name) ?? fallback;
    if (Array.isArray(value) && value.every((x) => typeof x === 'string')) return [...value];
    return this.wrong(name, 'a list of strings');
  }

  /** An attribute that is a tensor. */
  constant(name: string): Known | undefined {
    const value = this.attribute(name);
    return value === undefined || value instanceof Known ? value : this.wrong(name, 'a tensor');
  }

  attributeGiven(name: string): boolean {
    return this.attribute(name) !== undefined;
  }

  /** All attributes, with references resolved. */
  get attributes(): ReadonlyMap<string, Attribute> {
    const names = [...this.node.attributes.keys()];
    return new Map(
      names.flatMap((name) => {
        const value = this.attribute(name);
        return value === undefined ? [] : [[name, value] as const];
      }),
    );
  }

  /** The element type of an input, if the file states it. */
  type(i: number): ElementType | null {
    return this.scope.typeOf(this.node.inputs[i] ?? '');
  }

  /** The code of an element type; the first operators gave it by name. */
  typeCode(name: string, fallback?: number): number {
    const value = this.attribute(name);
    if (typeof value !== 'string') return this.int(name, fallback);
    const [, found] =
      Object.entries(ELEMENTS).find(([key]) => key === value.toLowerCase()) ??
      this.refuse(`there is no element type '${value}'`);
    return found.code;
  }

  /** An attribute that is an element type, and its dtype here. */
  elementType(name: string, fallback?: number): { type: ElementType; dtype: DType } {
    const type = requireElementType(this.typeCode(name, fallback), `${name} of ${this.node.label}`);
    const { dtype } = ELEMENTS[type];
    return dtype === null ? this.refuse('it cannot return strings here') : { type, dtype };
  }

  /** The number of inputs that the body in an attribute takes. */
  bodyInputs(name: string): number {
    return this.body(name).inputs.length;
  }

  /** Runs the graph in an attribute; it sees the values around the node. */
  run(name: string, inputs: readonly Value[] = []): Value[] {
    return this.frame.run.graph(this.body(name), inputs, this.scope, this.frame);
  }

  /** A value around the node, by name. */
  lookUp(name: string): Value {
    return this.scope.find(name) ?? this.refuse(`there is no value '${name}'`);
  }

  get iterationLimit(): number {
    return this.frame.run.limits.iterations;
  }

  /** The number of elements of a shape; refused if an operator that fills them one by one would take too long. */
  checkedSize(...sizes: readonly number[]): number {
    const { limits } = this.frame.run;
    const elements = Math.min(limits.elements, MAX_FILLED);
    return countOf(sizes, { ...limits, elements }, `the result of ${this.node.label}`);
  }

  /** Refuses a shape beyond the limits before it is allocated as an intermediate value. */
  within(shape: readonly number[]): void {
    countOf(shape, this.frame.run.limits, `the result of ${this.node.label}`);
  }

  refuse(why: string): never {
    throw new FormatError(`${this.node.label}: ${why}`);
  }

  private body(name: string): Graph {
    const value = this.attribute(name);
    return value instanceof Graph ? value : this.wrong(name, 'a graph');
  }

  private asTensor(value: Value, what: string): Tensor {
    if (value instanceof Tensor) return value;
    if (value instanceof Known) return value.tensor;
    return this.refuse(`${what} must be a tensor`);
  }

  private attribute(name: string): Attribute | undefined {
    const value = this.node.attributes.get(name);
    return value instanceof Reference ? this.frame.attributes.get(value.name) : value;
  }

  private wrong(name: string, wanted: string): never {
    return this.refuse(`the attribute ${name} must be ${wanted}`);
  }
}
