/** @file Parameters in a list or by name, for modules where their number is not known in advance. */
import {
  checkArgument,
  display,
  guardMethods,
  kinds,
  ChainruleError,
  IndexError,
  Parameter,
  type Tensor,
  readList,
} from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { checkName, INTERNAL, isModule, namedEntries } from '../module/slots.js';

/** A parameter, or a tensor that becomes one. */
function parameterOf(what: string, value: Tensor): Parameter {
  if (value instanceof Parameter) return value as Parameter;
  if (!kinds.tensor.test(value)) {
    throw new ChainruleError(`${what}: expected parameters or tensors, got ${display(value)}`);
  }
  return new Parameter(value.detach());
}

/**
 * A list of parameters. In a state dictionary they are named by their positions; tensors become parameters.
 * Iterable, with `length` and `at(i)`. PyTorch: `nn.ParameterList`.
 *
 * @example weights = new ParameterList([zeros([3, 3]), new Parameter(ones([3]))]);
 */
export class ParameterList extends Module implements Iterable<Parameter> {
  [index: number]: Parameter;

  constructor(parameters: Iterable<Tensor> = []) {
    super();
    guardMethods(this, ParameterList.prototype, 'list', isModule);
    this.extend(parameters);
  }

  /** The number of parameters. */
  get length(): number {
    return Object.keys(this).filter((key) => /^\d+$/.test(key)).length;
  }

  /** The parameter at an index; negative indices count from the end. @throws {IndexError} if out of range. */
  at(index: number): Parameter {
    checkArgument('ParameterList', 'index', index, kinds.whole);
    const n = this.length;
    const found = this[index < 0 ? index + n : index];
    if (found === undefined)
      throw new IndexError(`ParameterList: there is no parameter ${index}; it has ${n}`);
    return found;
  }

  /** Replaces the parameter at an index. */
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

  /** Adds parameters at the end. */
  extend(parameters: Iterable<Tensor>): this {
    // One tensor would be taken for its rows.
    if (kinds.tensor.test(parameters))
      throw new ChainruleError('ParameterList: expected a list of parameters, got one tensor');
    const given = readList('ParameterList', 'parameters', parameters, kinds.tensor);
    let n = this.length;
    for (const p of given) this[n++] = parameterOf('ParameterList', p);
    return this;
  }

  *[Symbol.iterator](): Iterator<Parameter> {
    for (let i = 0, n = this.length; i < n; i++) yield this[i] as Parameter;
  }

  override forward(): never {
    throw new ChainruleError('ParameterList: a list has no forward; use its parameters');
  }
}

/**
 * Parameters by name, in order of insertion; tensors become parameters. Iterates over the names. PyTorch:
 * `nn.ParameterDict`.
 *
 * @example new ParameterDict({ weight: randn([3, 2]), bias: zeros([3]) }).get('bias')
 */
export class ParameterDict extends Module implements Iterable<string> {
  constructor(
    parameters: Readonly<Record<string, Tensor>> | Iterable<readonly [string, Tensor]> = {},
  ) {
    super();
    guardMethods(this, ParameterDict.prototype, 'dictionary', isModule);
    // Any name is allowed, also one that a module's own method has.
    this[INTERNAL].registry = Object.create(null) as Record<string, unknown>;
    this.update(parameters);
  }

  private get entriesByName(): Record<string, Parameter> {
    return this[INTERNAL].registry as Record<string, Parameter>;
  }

  /** @throws {IndexError} if there is no such parameter. */
  get(name: string): Parameter {
    const found = this.has(name) ? this.entriesByName[name] : undefined;
    if (found === undefined) {
      throw new IndexError(
        `ParameterDict: there is no parameter ${display(name)}; it has ${this.keys().join(', ') || 'none'}`,
      );
    }
    return found;
  }

  /** Sets the parameter with this name. */
  set(name: string, parameter: Tensor): this {
    const value = parameterOf('ParameterDict', parameter);
    if (!this.has(name)) checkName('ParameterDict', this, name);
    this.entriesByName[name] = value;
    return this;
  }

  /** Sets each entry of an object, or of pairs. */
  update(parameters: Readonly<Record<string, Tensor>> | Iterable<readonly [string, Tensor]>): this {
    for (const [name, parameter] of namedEntries('ParameterDict', parameters)) {
      this.set(name, parameter as Tensor);
    }
    return this;
  }

  /** Whether there is a parameter with this name. */
  has(name: string): boolean {
    return typeof name === 'string' && name in this.entriesByName;
  }

  /** Removes the parameter with this name. Returns whether there was one. */
  delete(name: string): boolean {
    return this.has(name) && delete this.entriesByName[name];
  }

  /** The number of parameters. */
  get length(): number {
    return this.keys().length;
  }

  /** The names, in order. */
  keys(): string[] {
    return Object.keys(this.entriesByName);
  }

  /** The parameters, in order. */
  values(): Parameter[] {
    return Object.values(this.entriesByName);
  }

  /** The names with their parameters, in order. */
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
