/** @file A graph that is ready to run: every name has a value, every operator is known. */
import type { Operator } from '../operators/operator.js';
import type { ElementType } from '../schema/elementTypes.js';
import type { FunctionProto } from '../schema/protos.js';
import type { OnnxSpec } from './spec.js';
import type { Known, Strings } from './values.js';

/** The value of an attribute; a `Reference` is to an attribute of the function that the node is part of. */
export type Attribute =
  number | string | readonly number[] | readonly string[] | Known | Strings | Graph | Reference;

export class Reference {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export interface Node {
  /** How errors name the node. */
  readonly label: string;
  readonly operator: Operator | LocalFunction;
  readonly version: number;
  /** An empty string where an optional input is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export class Graph {
  inputs: readonly OnnxSpec[] = [];
  outputs: readonly OnnxSpec[] = [];
  nodes: readonly Node[] = [];
  readonly constants = new Map<string, Known | Strings>();
  /** Element types that the file states. */
  readonly types = new Map<string, ElementType>();
}

/** An operator that the file itself defines. */
export class LocalFunction {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Values of attributes that a call omits. */
  defaults: ReadonlyMap<string, Attribute> = new Map();
  nodes: readonly Node[] = [];

  constructor({ name = '', input, output }: FunctionProto) {
    this.name = name;
    this.inputs = input;
    this.outputs = output;
  }
}
