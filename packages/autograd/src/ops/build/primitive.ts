/** @file The builders of primitives and composites, and what every operation does to its operands. */
import { display, generate, passes, reading, refuseSurplus } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError } from '../../errors.js';
import { checkFits, isFloat, promote, type DType } from '../../graph/dtype.js';
import type { Lowering } from '../../graph/lowering.js';
import { isTensor } from '../../graph/isTensor.js';
import { mode, recording } from '../../graph/mode.js';
import { region } from '../../graph/region.js';
import {
  noDynamicForm,
  register,
  type Attrs,
  type Primitive,
  type Value,
} from '../../graph/primitive.js';
import type { Shape } from '../../graph/shape.js';
import { makeNode } from '../../graph/node.js';
import type { Tensor } from '../../graph/tensor.js';
import { constant, isNumberPlaceholder, isWhole } from '../../graph/version.js';

/** The types that an operation accepts in place of a tensor. */
export type Operand<S extends Shape = Shape> = Tensor<S> | number | boolean;

type Inputs = readonly Tensor[];

/** The definition of an operation that is not element-wise. */
export interface PrimitiveSpec<A extends Attrs> {
  /** What the engine lowers it to; without a kernel its reference computes it. */
  readonly lowering: Lowering<A>;
  readonly differentiable?: boolean;
  /** The shape of the result; also checks the inputs. */
  shape(inputs: Inputs, attrs: A): Shape;
  /** The dtype of the result; by default that of the first input. */
  dtype?(inputs: Inputs, attrs: A): DType;
  vjp?: Primitive<A>['vjp'];
  /**
   * `linear`: the tangent goes through the same operation (with several inputs all together, with zeros for those without a
   * tangent). `multilinear`: linear in each input while the others are held constant, as a product is.
   */
  jvp?: 'linear' | 'multilinear' | Primitive<A>['jvp'];
  batch: Primitive<A>['batch'];
  /** Fills `out.data`; an alias has none, as it shares its input's elements. */
  reference?: (inputs: readonly Value[], out: Value, attrs: A) => void;
  dynamic?: Primitive<A>['dynamic'];
}

/** Every operation a user can call, primitive or composite, by name: what the generic checks iterate over. */
export const operations = new Map<
  string,
  {
    readonly kind: 'primitive' | 'composite';
    /** The function that users call. An operation on many inputs is called through the composite of the same name. */
    readonly call?: ((...args: readonly unknown[]) => unknown) | undefined;
  }
>();

/** Registers a primitive; if a composite already has its name, users call that. */
export function registerOperation(
  name: string,
  call?: (...args: readonly unknown[]) => unknown,
): void {
  operations.set(name, { kind: 'primitive', call: operations.get(name)?.call ?? call });
}

/** The function that makes the nodes of a primitive. */
export type PrimitiveOp<A extends Attrs> = ((inputs: Inputs, attrs?: A) => Tensor) & {
  readonly primitive: Primitive<A>;
};

/** An operation with rules of its own. Returns the function that makes its nodes. */
export function primitive<A extends Attrs = Record<never, never>>(
  name: string,
  spec: PrimitiveSpec<A>,
): PrimitiveOp<A> {
  const { jvp } = spec;
  const op = register<A>({
    name,
    lowering: spec.lowering,
    differentiable: spec.differentiable ?? spec.vjp !== undefined,
    vjp: spec.vjp ?? (() => null),
    jvp:
      typeof jvp === 'function'
        ? jvp
        : jvp === 'linear'
          ? (ts, inputs, _out, attrs) =>
              make(
                ts.map((t, i) => t ?? zerosOf(inputs[i] as Tensor)),
                attrs,
              )
          : jvp === 'multilinear'
            ? (ts, inputs, _out, attrs) =>
                sumOf(
                  ts.flatMap((t, i) =>
                    t === null
                      ? []
                      : [
                          make(
                            inputs.map((x, j) => (j === i ? t : x)),
                            attrs,
                          ),
                        ],
                  ),
                )
            : () => null,
    batch: spec.batch,
    kernel: spec.reference ?? ((inputs, out) => out.data.set((inputs[0] as Value).data)),
    dynamic: spec.dynamic ?? noDynamicForm,
  });
  registerOperation(name);
  const erased = op as unknown as Primitive;
  const make = (inputs: Inputs, attrs?: A): Tensor => {
    const given = attrs ?? (NO_ATTRS as A);
    const shape = spec.shape(inputs, given);
    const dtype =
      spec.dtype === undefined ? (inputs[0] as Tensor).dtype : spec.dtype(inputs, given);
    return makeNode(erased, inputs, given, shape, dtype);
  };
  return Object.assign(make, { primitive: op });
}

const NO_ATTRS = {};

/** Operations that rules need but that are defined on top of this file; `element.ts` and `broadcast.ts` fill them in. */
export const rules: {
  add(x: Tensor, y: Tensor): Tensor;
  expand(x: Tensor, shape: Shape): Tensor;
} = { add: notDifferentiable, expand: notDifferentiable };

function notDifferentiable(): never {
  throw new Error('an operation was used before ops/index.ts was loaded');
}

/** The sum of tensors of one shape; null for none. */
export function sumOf(ts: readonly Tensor[]): Tensor | null {
  return ts.length === 0 ? null : ts.reduce((x, y) => rules.add(x, y));
}

/** Zeros in the shape and dtype of `x`, without storage. */
export function zerosOf(x: Tensor): Tensor {
  return filled(0, x.sizes, x.dtype);
}

/** A constant tensor without storage. */
export function filled(value: number, shape: Shape, dtype: DType): Tensor {
  const c = constant(value, dtype);
  return shape.length === 0 ? c : rules.expand(c, shape);
}

/**
 * An operation written with others: it needs no rules. Optional parameters are written `options?`, without a default and
 * one by one: their number is the most arguments it takes, unless `most` is given. Its name labels its nodes while debugging.
 */
export function composite<F extends (...args: never[]) => unknown>(
  name: string,
  f: F,
  most: number = f.length,
): F {
  const arity = f.length;
  const labelled = (...args: Parameters<F>): unknown => {
    // Some take any number of tensors.
    if (args.length > most && !isTensor(args[most])) refuseSurplus(name, args[most]);
    const outer = mode.scope;
    const isRecorded = recording.regions !== null;
    if (mode.debug > 0 && !isRecorded) mode.scope = outer ? `${outer}.${name}` : name;
    try {
      return isRecorded ? region(name, args, () => f(...args)) : f(...args);
    } catch (error) {
      throw isWrongOperand(error) ? error.among(name, args, arity) : error;
    } finally {
      if (mode.debug > 0 && !isRecorded) mode.scope = outer;
    }
  };
  operations.set(name, { kind: 'composite', call: labelled as never });
  return Object.defineProperty(labelled, 'name', { value: name }) as F;
}

/** The operand as a node. A number becomes a constant of `dtype`, or of its own kind. */
export function operand(op: string, x: Operand, dtype?: DType, place = 0): Tensor {
  if (isTensor(x)) return x.current;
  if (typeof x === 'number') return numberNode(op, x, dtype ?? 'float32');
  if (typeof x === 'boolean') return constant(x ? 1 : 0, dtype ?? 'bool');
  throw new WrongOperand(op, x, place);
}

/** The entries of an array as nodes. @throws {ChainruleError} unless it is an array of `least` operands or more. */
export function operandsOf(op: string, tensors: unknown, least = 1): Tensor[] {
  if (!passes(someOperands, tensors) || tensors.length < least) {
    const number = least === 1 ? 'one tensor' : `${least} tensors`;
    throw new ChainruleError(
      `${op}: expected an array of at least ${number}, got ${display(tensors)}`,
    );
  }
  // By index: a list may have holes, or a `map` of its own.
  return reading(op, 'the array of tensors', () =>
    generate(tensors.length, (i) => operand(op, tensors[i] as Operand)),
  );
}

const someOperands = kinds.listOf(kinds.operand);

/** `instanceof` compares the names of errors, and this class has the name ChainruleError. */
const isWrongOperand = (error: unknown): error is WrongOperand =>
  Object.prototype.isPrototypeOf.call(WrongOperand.prototype, error as object);

/**
 * The error for an operand of a wrong type. While it propagates it learns which operation was called, and with which argument.
 */
class WrongOperand extends ChainruleError {
  /** @internal */
  static override readonly kinds: readonly string[] = ['ChainruleError'];
  private readonly given: unknown;

  /** @param place Counted from 1; 0 where there is only one, or it is not known. */
  constructor(op: string, given: unknown, place: number) {
    const which = place === 0 ? 'expected' : `operand ${place} must be`;
    const shown = display(given);
    const remedy = shown.startsWith('[') ? '; wrap it: tensor([…])' : '';
    super(`${op}: ${which} a tensor or a number, got ${shown}${remedy}`);
    this.given = given;
  }

  among(op: string, args: readonly unknown[], arity: number): ChainruleError {
    const found = args.findIndex((x) => Object.is(x, this.given));
    // A missing operand comes after all given arguments.
    const at = found < 0 && this.given === undefined ? args.length : found;
    return at < 0 ? this : new WrongOperand(op, this.given, arity > 1 ? at + 1 : 0);
  }
}

/** A number as a node of `dtype`: any but 0 is true, and an int32 must be able to hold it. */
function numberNode(op: string, x: number, dtype: DType): Tensor {
  if (dtype === 'int32') checkFits(op, x);
  return constant(dtype === 'bool' ? Number(x !== 0) : x, dtype);
}

/** A float tensor, or a clear error. */
export function floatOperand(op: string, x: Operand): Tensor {
  const t = operand(op, x);
  if (!isFloat(t.dtype)) {
    throw new DTypeError(
      `${op}: expected a float tensor, got ${t.dtype}; cast it: x.cast('float32')`,
    );
  }
  return t;
}

/** Whether a JS number, or what stands for one, counts as an integer among operands. */
function dtypeOfNumber(x: Operand): DType {
  // Not `instanceof`: what is recorded would bring its class to every page.
  const whole = isTensor(x)
    ? isNumberPlaceholder(x) && x.whole === true
    : typeof x === 'number' && isWhole(x);
  return whole ? 'int32' : 'float32';
}

/**
 * The dtype in which operands are computed, by PyTorch's rule: tensors with dimensions decide; a tensor without dimensions, and
 * after it a number, matters only if it is of a higher kind (bool < integer < float).
 */
export function resultType(...xs: readonly Operand[]): DType {
  let dimensioned: DType | null = null;
  let zeroDim: DType | null = null;
  let wrapped: DType | null = null;
  let placeholders = false;
  for (const x of xs) {
    const isNumber = isTensor(x) ? isNumberPlaceholder(x) : true;
    if (isNumber) {
      placeholders ||= typeof x === 'object';
      const own = typeof x === 'boolean' ? 'bool' : dtypeOfNumber(x);
      wrapped = wrapped === null ? own : promote(wrapped, own);
      continue;
    }
    const { sizes, dtype } = x as Tensor;
    if (sizes.length > 0) dimensioned = dimensioned === null ? dtype : promote(dimensioned, dtype);
    else zeroDim = zeroDim === null ? dtype : promote(zeroDim, dtype);
  }
  if (placeholders && !isFloat(combine(dimensioned, zeroDim) ?? 'bool')) {
    for (const x of xs) if (isTensor(x) && isNumberPlaceholder(x)) x.fixed = true;
  }
  return combine(dimensioned, combine(zeroDim, wrapped)) ?? 'float32';
}

function combine(higher: DType | null, lower: DType | null): DType | null {
  if (higher === null) return lower;
  if (lower === null || isFloat(higher)) return higher;
  return higher === 'bool' || isFloat(lower) ? promote(higher, lower) : higher;
}
