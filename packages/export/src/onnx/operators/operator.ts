/** @file The record of an ONNX operator: one entry of the table, with everything known about it. */
import type { Call } from '../import/call.js';
import type { Known, Value } from '../import/values.js';

/** Several outputs; optional ones may be missing. */
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
  /** '' for ONNX's own domain. */
  readonly domain: string;
  readonly run: (call: Call) => Result;
  /** The result if all inputs are known before the model runs; null if it cannot be computed then. */
  readonly fold: ((inputs: readonly Known[], call: Call) => Known | null) | null;
  /** The fewest inputs that `fold` accepts. */
  readonly foldsFrom: number;
  /** The inputs that are never weights, even if the file holds them: bounds, scales, statistics. */
  readonly constants: readonly number[];
  /** The inputs that are running statistics, and become buffers of the module. */
  readonly statistics: readonly number[];
}

export interface OperatorOptions {
  readonly domain?: string;
  readonly fold?: Operator['fold'];
  readonly foldsFrom?: number;
  readonly constants?: readonly number[];
  readonly statistics?: readonly number[];
}

/** Makes an entry of the table. */
export function operator(
  name: string,
  run: (call: Call) => Result,
  options: OperatorOptions = {},
): Operator {
  const { domain = '', fold = null, foldsFrom = 1, constants = [], statistics = [] } = options;
  return { name, run, domain, fold, foldsFrom, constants, statistics };
}
