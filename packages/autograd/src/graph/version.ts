/**
 * @file Nodes that are not operations: versions of cells, numbers, positions of the random generator, and placeholders of
 * arguments.
 */
import { ChainruleError, GradError } from '../errors.js';
import { mode } from './mode.js';
import { register, type Primitive } from './primitive.js';
import type { DeviceName } from './device.js';
import type { DType } from './dtype.js';
import { Tensor } from './tensor.js';

function notComputable(): never {
  throw new Error('this node has no rule: it is a leaf');
}

const leaf = {
  differentiable: false,
  lowering: { kind: 'leaf' as const },
  vjp: notComputable,
  jvp: () => null,
  kernel: notComputable,
};

/** A version of a cell: its input is the assigned node, until that has been computed. */
export const versionOp: Primitive = register({
  ...leaf,
  name: 'version',
  lowering: { kind: 'alias', transparent: true },
  batch: notComputable,
});

/** A JavaScript number in an expression: an input of the plan, so that another number needs no new plan. */
export const constantOp: Primitive<{ value: number }> = register({
  ...leaf,
  name: 'constant',
  batch: notComputable,
});

/** A position of the random generator: like a constant, but never part of a structure; `compile` advances it at each call. */
export const counterOp: Primitive<{ value: number; role: 'seed' | 'offset' }> = register({
  ...leaf,
  name: 'counter',
  batch: notComputable,
});

/** Takes the place of a tensor while `vmap` or `compile` records a function: it has no value. */
export const placeholderOp: Primitive = register({
  ...leaf,
  name: 'placeholder',
  batch: notComputable,
});

/** The properties of an argument, beyond its shape and dtype. */
export interface PlaceholderOptions {
  readonly requiresGrad?: boolean;
  readonly home?: DeviceName | null;
  /** Whether the argument is a leaf: only a leaf can change whether it requires grad. */
  readonly leaf?: boolean;
  /** For a JavaScript number, whether it is an integer; it takes the dtype of the other operand. */
  readonly whole?: boolean | null;
}

/** @throws {ChainruleError} for an argument of a recorded function, outside that function. */
export function checkInside(node: Tensor): void {
  if (node.op !== placeholderOp || mode.tracing !== null || mode.body !== null) return;
  throw new ChainruleError(
    'this tensor was made from an argument of a recorded function (vmap, compile, scan …), and has no value outside ' +
      'that function; return it from the function, by itself or in an array or a plain object, and do not keep it',
  );
}

/** Takes the place of an argument while a function is recorded. */
export class Placeholder extends Tensor {
  /** For a JavaScript number, whether it is an integer; null for a tensor. */
  readonly whole: boolean | null;
  /** Whether `whole` has decided a dtype. */
  fixed = false;
  private readonly keepsGrad: boolean;

  constructor(
    shape: readonly number[],
    dtype: DType,
    { requiresGrad = false, leaf = true, whole = null, home = null }: PlaceholderOptions = {},
  ) {
    super(placeholderOp, NONE, { number: whole !== null }, shape, dtype, requiresGrad, null);
    this.home = home;
    this.whole = whole;
    this.keepsGrad = leaf;
  }

  /** Gradients end here; if the argument is not a leaf, they flow on from it at each call. */
  override get isLeaf(): boolean {
    return true;
  }

  override requiresGrad_(requires = true): this {
    if (this.needsGrad && !this.keepsGrad) {
      throw new GradError(
        'requiresGrad_: only a leaf can change whether it requires grad; this argument is the result of an operation ' +
          '(use detach() for a tensor that does not)',
      );
    }
    return super.requiresGrad_(requires);
  }

  /** One can compute with a number argument, but not read it: it differs from call to call. */
  override [Symbol.toPrimitive](hint: string): string {
    if (this.whole === null) return super[Symbol.toPrimitive](hint);
    throw new ChainruleError(
      'compile: a number argument is an input of the recording, and has no value yet: compute with it as with ' +
        'a tensor, x.mul(k.add(1)); if it decides what is recorded (an index, a name, a branch), capture it, or pass it ' +
        'as a string or a bigint: each value then has its own recording',
    );
  }

  /** @internal It has no value to keep. */
  override becomeLeaf(): void {
    // The argument itself becomes a leaf at each call.
  }
}

/** Whether a JavaScript number counts as an integer among operands. */
export function isWhole(x: number): boolean {
  return Number.isInteger(x) && Math.abs(x) < 2 ** 31;
}

/** Whether a node is the placeholder of a JavaScript number. */
export function isNumberPlaceholder(t: Tensor): t is Placeholder {
  return t.op === placeholderOp && t.attrs?.['number'] === true;
}

const NONE: readonly Tensor[] = [];
const SCALAR: readonly number[] = [];

/** A number as a scalar tensor. */
export function constant(value: number, dtype: DType): Tensor {
  return new Tensor(constantOp, NONE, { value }, SCALAR, dtype, false, null);
}

/** Whether a node is a JavaScript number, or a position of the random generator. */
export function isNumber(node: Tensor): boolean {
  return node.op === constantOp || node.op === counterOp;
}

/** The value of a node that is a number. */
export function numberOf(node: Tensor): number {
  return (node.attrs as { value: number }).value;
}

/** The seed of the random generator or its offset, in float64: an integer below 2^53. */
export function counter(value: number, role: 'seed' | 'offset'): Tensor {
  return new Tensor(counterOp, NONE, { value, role }, SCALAR, 'float64', false, null);
}
