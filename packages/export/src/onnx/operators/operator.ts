/** @file What an operator of ONNX is here: one entry of a table, with all that is known about it. */
import type { Call } from '../import/call.js';
import type { Known, Value } from '../import/values.js';

/** Several outputs; those that are optional may be missing. */
export class Outputs {
  readonly values: readonly (Value | undefined)[];
  constructor(values: readonly (Value | undefined)[]) {
    this.values = values;
  }
}

export function outputs(...values: readonly (Value | undefined)[]): Outputs {
  return new Outputs(values);
}

export type Result = Value | Outputs;

export interface Operator {
  readonly name: string;
  /** '' for ONNX's own. */
  readonly domain: string;
  readonly run: (call: Call) => Result;
  /** The result for inputs that are all known before anything is computed; null where it cannot be told. */
  readonly fold: ((inputs: readonly Known[], call: Call) => Known | null) | null;
  /** How many inputs a result known beforehand needs. */
  readonly foldsFrom: number;
  /** The inputs that are no weights even if the file holds them: bounds, scales, statistics. */
  readonly constants: readonly number[];
  /** The inputs that are running statistics: buffers of the module. */
  readonly statistics: readonly number[];
}

export interface OperatorOptions {
  readonly domain?: string;
  readonly fold?: Operator['fold'];
  readonly foldsFrom?: number;
  readonly constants?: readonly number[];
  readonly statistics?: readonly number[];
}

/** An entry of the table. */
export function operator(
  name: string,
  run: (call: Call) => Result,
  options: OperatorOptions = {},
): Operator {
  const { domain = '', fold = null, foldsFrom = 1, constants = [], statistics = [] } = options;
  return { name, run, domain, fold, foldsFrom, constants, statistics };
}
