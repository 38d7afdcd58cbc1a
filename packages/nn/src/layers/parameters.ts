/** @file Parameters in a list, and by name: what a module holds where their number is not known in advance. */
import { Cell, ChainruleError, IndexError, Parameter, type Tensor } from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { checkName, INTERNAL } from '../module/slots.js';

/** A parameter, or a tensor that becomes one. */
function parameterOf(what: string, value: Tensor): Parameter {
  if (value instanceof Parameter) return value as Parameter;
  const given = value as Partial<Tensor> | null | undefined;
  if (typeof given !== 'object' || given === null || given.shape === undefined) {
    throw new ChainruleError(
      `${what}: expected parameters or tensors, got ${given === null ? 'null' : typeof given}`,
    );
  }
  return new Parameter(value.detach());
}

/**
 * A list of parameters, whose names in a state dictionary are their numbers; tensors become parameters. Iterable, with
 * `length` and `at(i)`. PyTorch: `nn.ParameterList`.
 *
 * @example weights = new ParameterList([zeros([3, 3]), new Parameter(ones([3]))]);
 */
export class ParameterList extends Module implements Iterable<Parameter> {
  [index: number]: Parameter;

  constructor(parameters: Iterable<Tensor> = []) {
    super();
    this.extend(parameters);
  }

  /** The number of parameters. */
  get length(): number {
    return Object.keys(this).filter((key) => /^\d+$/.test(key)).length;
  }

  /** The parameter at a place; negative places count from the end. @throws {IndexError} outside. */
  at(index: number): Parameter {
    const n = this.length;
    const found = this[index < 0 ? index + n : index];
    if (found === undefined)
      throw new IndexError(`ParameterList: there is no parameter ${index}; it has ${n}`);
    return found;
  }

  /** Puts another parameter in a place. */
  set(index: number, parameter: Tensor): this {
    this.at(index);
    this[index < 0 ? index + this.length : index] = parameterOf('ParameterList', parameter);
    return this;
  }

  /** Adds a parameter at the end. */
  append(parameter: Tensor): this {
    this[this.length] = parameterOf('ParameterList', parameter);
    return this;
  }

  extend(parameters: Iterable<Tensor>): this {
    // One tensor would be taken for its rows.
    if (parameters instanceof Cell)
      throw new ChainruleError('ParameterList: expected a list of parameters, got one tensor');
    for (const p of parameters) this.append(p);
    return this;
  }

  *[Symbol.iterator](): Iterator<Parameter> {
    for (let i = 0, n = this.length; i < n; i++) yield this.at(i);
  }

  override forward(): never {
    throw new ChainruleError('ParameterList: a list has no forward; use its parameters');
  }
}

/**
 * Parameters by name, in order of insertion; tensors become parameters. Iterable over its names. PyTorch:
 * `nn.ParameterDict`.
 *
 * @example new ParameterDict({ weight: randn([3, 2]), bias: zeros([3]) }).get('bias')
 */
export class ParameterDict extends Module implements Iterable<string> {
  constructor(
    parameters: Readonly<Record<string, Tensor>> | Iterable<readonly [string, Tensor]> = {},
  ) {
    super();
    // Any name is allowed, also one that a module's own method has.
    this[INTERNAL].registry = Object.create(null) as Record<string, unknown>;
    this.update(parameters);
  }

  private get entriesByName(): Record<string, Parameter> {
    return this[INTERNAL].registry as Record<string, Parameter>;
  }

  /** @throws {IndexError} if there is no such parameter. */
  get(name: string): Parameter {
    const found = this.entriesByName[name];
    if (found === undefined) {
      throw new IndexError(
        `ParameterDict: there is no parameter "${name}"; it has ${this.keys().join(', ') || 'none'}`,
      );
    }
    return found;
  }

  set(name: string, parameter: Tensor): this {
    const value = parameterOf('ParameterDict', parameter);
    if (!this.has(name)) checkName('ParameterDict', this, name);
    this.entriesByName[name] = value;
    return this;
  }

  /** Sets every entry of an object, or of pairs. */
  update(parameters: Readonly<Record<string, Tensor>> | Iterable<readonly [string, Tensor]>): this {
    const entries =
      Symbol.iterator in parameters
        ? parameters
        : Object.entries(parameters as Record<string, Tensor>);
    for (const [name, parameter] of entries) this.set(name, parameter);
    return this;
  }

  has(name: string): boolean {
    return name in this.entriesByName;
  }

  delete(name: string): boolean {
    return this.has(name) && delete this.entriesByName[name];
  }

  get length(): number {
    return this.keys().length;
  }

  keys(): string[] {
    return Object.keys(this.entriesByName);
  }

  values(): Parameter[] {
    return Object.values(this.entriesByName);
  }

  entries(): [string, Parameter][] {
    return Object.entries(this.entriesByName);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.keys()[Symbol.iterator]();
  }

  override forward(): never {
    throw new ChainruleError('ParameterDict: a dictionary has no forward; use its parameters');
  }
}
