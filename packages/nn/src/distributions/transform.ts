/** @file The base of all transforms: an invertible function, with the logarithm of its derivative. */
import {
  checkArgument,
  ChainruleError,
  guardMethods,
  kinds,
  passes,
  type Tensor,
} from '@chainrule/autograd';
import type { Value } from './parameters.js';

const METHODS = ['forward', 'inverse', 'logAbsDetJacobian', 'equals'];

/**
 * An invertible function, for {@link TransformedDistribution}. PyTorch: `distributions.transforms.Transform`.
 * @example new ExpTransform().logAbsDetJacobian(tensor([1, 2]), tensor([1, 2]).exp()) // [1, 2]
 */
export abstract class Transform {
  /** How many of the last dimensions form one argument: 0 for functions of numbers. */
  readonly eventDim: number = 0;
  /** Whether the function is one to one. */
  readonly bijective: boolean = true;

  constructor() {
    guardMethods(this, Transform.prototype, 'transform', (x) => x instanceof Transform, METHODS);
  }

  /** `y = f(x)`. */
  abstract forward(x: Tensor): Tensor;
  /** `x = f⁻¹(y)`. */
  abstract inverse(y: Tensor): Tensor;
  /** `ln |det dy/dx|` at x, with `y = forward(x)`. */
  abstract logAbsDetJacobian(x: Tensor, y: Tensor): Tensor;

  /** 1 if the function is increasing, −1 if it is decreasing. */
  get sign(): Value {
    throw new ChainruleError(`${this.constructor.name} is neither increasing nor decreasing`);
  }

  /** Whether another transform is known to be the same function. */
  equals(other: Transform): boolean {
    return passes(TRANSFORM, other) && other.constructor === this.constructor;
  }
}

/** Parameters by name. */
export const named = kinds.kind<object>(
  'be an object of parameters',
  (x) => kinds.object.test(x) && Object.entries(x).length >= 0,
);

/** Checks the argument of a function of numbers. */
export function argument(transform: Transform, name: string, x: unknown): void {
  checkArgument(transform.constructor.name, name, x, kinds.tensor);
}

/** A transform. */
export const TRANSFORM = kinds.kind<Transform>('be a transform', (x) => x instanceof Transform);
