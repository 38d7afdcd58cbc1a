/** @file Parameters in a list or by name, for modules where their number is not known in advance. */
import {
  display,
  kinds,
  ChainruleError,
  type Kind,
  Parameter,
  type Tensor,
} from '@chainrule/autograd';
import { Dictionary, type Entries } from './dictionary.js';
import { List } from './list.js';

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
export class ParameterList extends List<Parameter, Tensor> {
  constructor(parameters: Iterable<Tensor> = []) {
    super(parameters);
  }

  protected override get entryName(): string {
    return 'parameter';
  }

  protected override get kind(): Kind<Tensor> {
    return kinds.tensor;
  }

  protected override toEntry(parameter: Tensor): Parameter {
    return parameterOf(this.constructor.name, parameter);
  }

  /** Replaces the parameter at an index. */
  set(index: number, parameter: Tensor): this {
    this.at(index);
    this[index < 0 ? index + this.length : index] = this.toEntry(parameter);
    return this;
  }

  override extend(parameters: Iterable<Tensor>): this {
    // A single tensor would be read as a list of its rows.
    if (kinds.tensor.test(parameters))
      throw new ChainruleError('ParameterList: expected a list of parameters, got one tensor');
    return super.extend(parameters);
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
export class ParameterDict extends Dictionary<Parameter, Tensor> {
  constructor(parameters: Entries<Tensor> = {}) {
    super(parameters);
  }

  protected override get entryName(): string {
    return 'parameter';
  }

  protected override toEntry(_name: string, parameter: Tensor): Parameter {
    return parameterOf(this.constructor.name, parameter);
  }

  override forward(): never {
    throw new ChainruleError('ParameterDict: a dictionary has no forward; use its parameters');
  }
}
