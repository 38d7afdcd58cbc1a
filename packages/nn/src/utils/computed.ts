/** @file Notes which tensors of a module are computed from its parameters, so that writing into them is an error. */
import {
  Cell,
  checkArgument,
  ChainruleError,
  display,
  kinds,
  passes,
  type Tensor,
} from '@chainrule/autograd';
import type { Module } from '../module/module.js';
import { aModule } from '../module/slots.js';

interface Origin {
  /** The function that computes it: `weightNorm`. */
  readonly by: string;
  /** The parameters it is computed from. */
  readonly from: readonly string[];
}

const origins = new WeakMap<Tensor, Origin>();

/** Notes that a tensor is computed from parameters, and returns it. */
export function computed(tensor: Tensor, by: string, from: readonly string[]): Tensor {
  origins.set(tensor, { by, from });
  return tensor;
}

/** @throws {ChainruleError} for what cannot be written into, with what to do instead. */
export function checkFillable(op: string, parameter: unknown): void {
  if (parameter instanceof Cell) return;
  if (!passes(kinds.tensor, parameter)) {
    throw new ChainruleError(
      `${op}: expected a Parameter or a buffer to write into, got ${display(parameter)}`,
    );
  }
  const origin = origins.get(parameter);
  if (origin === undefined) {
    throw new ChainruleError(
      `${op}: expected a Parameter or a buffer to write into, got a tensor of shape ` +
        `[${parameter.shape.join(', ')}]; make it one: new Parameter(tensor)`,
    );
  }
  const from = origin.from.map((name) => `"${name}"`).join(' and ');
  throw new ChainruleError(
    `${op}: this tensor is computed from ${from} by ${origin.by}; fill ${origin.from.length > 1 ? 'those' : 'that'}, or fill the weight before ${origin.by} ` +
      'is applied',
  );
}

/** The parameter or buffer that is to be computed from now on. @throws {ChainruleError} if there is none. */
export function toReplace(op: string, module: Module, name: string): Tensor {
  checkArgument(op, 'module', module, aModule);
  const value = (module as unknown as Readonly<Record<string, unknown>>)[name];
  if (passes(kinds.tensor, value)) return value;
  throw new ChainruleError(
    `${op}: ${module.constructor.name} has no parameter or buffer "${name}"`,
  );
}
