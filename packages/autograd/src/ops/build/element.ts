/** @file Builders of element-wise primitives: a scalar function and its derivative give all the rules. */
import { refuseSurplus } from '../../arguments/index.js';
import { ChainruleError } from '../../errors.js';
import { type DType } from '../../graph/dtype.js';
import type { Laws, Scalar } from '../../graph/lowering.js';
import { register, type Primitive, type Value } from '../../graph/primitive.js';
import { broadcastShapes } from '../../graph/shape.js';
import { enterVectorForm, type VectorForm } from '../../kernels/elements/vectorForms.js';
import { makeNode } from '../../graph/node.js';
import type { Tensor } from '../../graph/tensor.js';
import { constant } from '../../graph/version.js';
import { expandNode, reshapeNode, sumTo } from './broadcast.js';
import { castNode, computeType, type Domain } from './cast.js';
import { mapElements } from './elementKernel.js';
import type { Broadcasting, SameShape } from './signatures.js';

import {
  registerOperation,
  filled,
  operand,
  resultType,
  rules,
  sumOf,
  type Operand,
} from './primitive.js';

export { castNode } from './cast.js';

/**
 * The factor of a cotangent or tangent `t`. A boolean tensor chooses: `t` where it is true, exactly 0 elsewhere, even where `t`
 * is infinite. A function is applied to `t`, and must be linear in it.
 */
type Factor = Tensor | number | ((t: Tensor) => Tensor);

/** A partial derivative; null if the result is boolean and has none. */
type Derivative<Args extends unknown[]> = ((...args: Args) => Factor) | null;

interface UnarySpec extends Pick<Laws, 'involution'> {
  readonly reference: (x: number) => number;
  /** Used instead of `reference` for int32, where the arithmetic differs. */
  readonly integer?: (x: number) => number;
  /** dy/dx from the input and the output. */
  readonly derivative: Derivative<[x: Tensor, y: Tensor]>;
  /** A vector form, included only in programs that contain the operation. */
  readonly vector?: VectorForm;
  readonly domain?: Domain;
  readonly to?: 'bool';
}

interface BinarySpec extends Pick<Laws, 'unit'> {
  readonly reference: (x: number, y: number) => number;
  /** Used instead of `reference` for int32, where the arithmetic differs. */
  readonly integer?: (x: number, y: number) => number;
  /** Whether it divides: then an integer divisor of 0 is refused when it is evaluated. */
  readonly divides?: boolean;
  readonly dx: Derivative<[x: Tensor, y: Tensor, out: Tensor]>;
  readonly dy: Derivative<[x: Tensor, y: Tensor, out: Tensor]>;
  /** A vector form, included only in programs that contain the operation. */
  readonly vector?: VectorForm;
  readonly domain?: Domain;
  readonly to?: 'bool';
}

export type UnaryOp = SameShape & { readonly primitive: Primitive };
export type BinaryOp = Broadcasting & { readonly primitive: Primitive };

/** A function of one number, element by element. */
export function unary(name: string, spec: UnarySpec): UnaryOp {
  const { derivative, vector, domain = 'float' } = spec;
  if (vector !== undefined) enterVectorForm(name, vector);
  const op = elementwise(name, {
    scalar: spec.reference,
    integer: spec.integer,
    involution: spec.involution,
    derivatives: [derivative === null ? null : ([x], y) => derivative(x as Tensor, y)],
    to: spec.to,
  });
  const apply = (x: Operand, surplus?: unknown): Tensor => {
    if (surplus !== undefined) refuseSurplus(name, surplus);
    const node = operand(name, x);
    const dtype = computeType(name, node.dtype, domain);
    return makeElement(op, [castNode(node, dtype)], spec.to ?? dtype);
  };
  return callable(apply as SameShape, op);
}

/** A function of two numbers, element by element, with broadcasting and promotion of dtypes. */
export function binary(name: string, spec: BinarySpec): BinaryOp {
  const { dx, dy, vector, domain = 'any' } = spec;
  if (vector !== undefined) enterVectorForm(name, vector);
  const op = elementwise(name, {
    scalar: spec.reference,
    integer: spec.integer,
    divides: spec.divides,
    unit: spec.unit,
    derivatives: [
      dx === null ? null : ([x, y], out) => dx(x as Tensor, y as Tensor, out),
      dy === null ? null : ([x, y], out) => dy(x as Tensor, y as Tensor, out),
    ],
    to: spec.to,
  });
  const apply = (x: Operand, y: Operand, surplus?: unknown): Tensor => {
    if (surplus !== undefined) refuseSurplus(name, surplus);
    const dtype = computeType(name, resultType(x, y), domain);
    const a = castNode(operand(name, x, dtype, 1), dtype);
    const b = castNode(operand(name, y, dtype, 2), dtype);
    return makeElement(op, [a, b], spec.to ?? dtype);
  };
  return callable(apply as Broadcasting, op);
}

/** The function that users call; it is also registered under its name. */
function callable<F extends SameShape | Broadcasting>(
  apply: F,
  primitive: Primitive,
): F & { readonly primitive: Primitive } {
  registerOperation(primitive.name, apply as never);
  return Object.assign(apply, { primitive });
}

interface ElementSpec extends Laws {
  readonly scalar: Scalar;
  readonly integer?: ((x: number, y: number) => number) | undefined;
  readonly divides?: boolean | undefined;
  readonly derivatives: readonly (((inputs: readonly Tensor[], out: Tensor) => Factor) | null)[];
  readonly to?: 'bool' | undefined;
}

/** The rules of an element-wise primitive. */
export function elementwise(name: string, spec: ElementSpec): Primitive {
  const { derivatives, scalar, integer, divides = false } = spec;
  registerOperation(name);
  const op: Primitive = register({
    name,
    lowering: { kind: 'element', scalar, unit: spec.unit, involution: spec.involution },
    differentiable: derivatives.some((d) => d !== null),
    vjp: (i, ct, inputs, out) => {
      const d = derivatives[i];
      if (d === null || d === undefined) return null;
      return sumTo(times(ct, d(inputs, out)), (inputs[i] as Tensor).sizes);
    },
    jvp: (ts, inputs, out) =>
      sumOf(
        ts.flatMap((t, i) => {
          const d = derivatives[i];
          return t === null || d === null || d === undefined
            ? []
            : [expandNode(times(t, d(inputs, out)), out.sizes)];
        }),
      ),
    batch: (inputs, batched) =>
      makeElement(op, align(inputs, batched), spec.to ?? (inputs.at(-1) as Tensor).dtype),
    kernel: (inputs, out) => {
      const whole = inputs[0]?.dtype === 'int32';
      if (divides && whole && out.data.length > 0) checkDivisor(name, inputs[1] as Value);
      const f = integer !== undefined && whole ? integer : scalar;
      mapElements(f, inputs, out);
    },
  });
  return op;
}

/** Refuses an integer divisor that is 0 somewhere. */
export function checkDivisor(op: string, { data, shape }: Omit<Value, 'dtype'>): void {
  const at = data.indexOf(0);
  if (at < 0) return;
  throw new ChainruleError(
    `${op}: integer division by zero${shape.length > 0 ? ` at element ${at} of the divisor` : ''}; ` +
      "cast to a float dtype for ±Inf and NaN: x.cast('float32')",
  );
}

/** A node of an element-wise primitive; the inputs have their dtypes already. */
export function makeElement(op: Primitive, inputs: readonly Tensor[], dtype: DType): Tensor {
  let { sizes: shape } = inputs[0] as Tensor;
  for (let i = 1; i < inputs.length; i++) {
    shape = broadcastShapes(op.name, shape, (inputs[i] as Tensor).sizes);
  }
  return makeNode(op, inputs, null, shape, dtype);
}

/** Batched inputs in one rank, so that broadcasting keeps their first dimensions together. */
function align(inputs: readonly Tensor[], batched: readonly boolean[]): Tensor[] {
  const rank = Math.max(...inputs.map((x, i) => x.ndim - (batched[i] === true ? 1 : 0)));
  return inputs.map((x, i) => {
    if (batched[i] !== true || x.ndim === rank + 1) return x;
    const [size = 0, ...rest] = x.sizes;
    return reshapeNode(x, [size, ...new Array<number>(rank - rest.length).fill(1), ...rest]);
  });
}

/** A cotangent times a derivative. Zero times anything is zero, so that a branch not taken contributes nothing. */
function times(t: Tensor, d: Factor): Tensor {
  if (d === 1) return t;
  if (d === 0) return filled(0, t.sizes, t.dtype);
  if (typeof d === 'function') return d(t);
  return typeof d !== 'number' && d.dtype === 'bool' ? choose(d, t, 0) : strongMul(t, d);
}

/** `x` where `condition` holds and `y` elsewhere; numbers are of the other's dtype. See `where` for users. */
export function choose(condition: Tensor, x: Tensor | number, y: Tensor | number): Tensor {
  const dtype = typeof x !== 'number' ? x.dtype : typeof y !== 'number' ? y.dtype : 'float32';
  const [a, b] = [x, y].map((z) => (typeof z === 'number' ? constant(z, dtype) : z)) as [
    Tensor,
    Tensor,
  ];
  return makeElement(whereOp, [condition, a, b], dtype);
}

/** The primitive of `choose`: condition (bool), then two operands of one dtype. */
const whereOp: Primitive = register({
  name: 'where',
  lowering: { kind: 'element', scalar: (c, x, y) => (c !== 0 ? x : y) },
  differentiable: true,
  vjp: (i, ct, inputs) => {
    const [condition] = inputs as readonly [Tensor];
    if (i === 0) return null;
    return sumTo(
      i === 1 ? choose(condition, ct, 0) : choose(condition, 0, ct),
      (inputs[i] as Tensor).sizes,
    );
  },
  jvp: ([, tx, ty], [condition], out) =>
    expandNode(choose(condition as Tensor, tx ?? 0, ty ?? 0), out.sizes),
  batch: (inputs, batched) =>
    makeElement(whereOp, align(inputs, batched), (inputs[1] as Tensor).dtype),
  kernel: (inputs, out) => mapElements((c, x, y) => (c !== 0 ? x : y), inputs, out),
});
registerOperation('where');

/** `x · y`, and 0 where x is 0, whatever y is: how derivative rules multiply a cotangent. */
export const strongMul: BinaryOp = binary('strongMul', {
  unit: 'either',
  reference: (x, y) => (x === 0 ? 0 : x * y),
  integer: Math.imul,
  dx: (_x, y) => (t) => strongProduct(t, y),
  dy: (x) => (t) => strongProduct(t, x),
});

/**
 * `x · y`, and 0 where either is 0: the rule of a product by a cotangent, whatever the order of derivatives. Where a
 * branch was not taken, the cotangent is 0 and the tangent of the other factor may be NaN, or the other way round.
 */
export const strongProduct: BinaryOp = binary('strongProduct', {
  unit: 'either',
  reference: (x, y) => (x === 0 || y === 0 ? 0 : x * y),
  integer: Math.imul,
  dx: (_x, y) => (t) => strongProduct(t, y),
  dy: (x) => (t) => strongProduct(t, x),
});

/**
 * `x + y`. PyTorch: `torch.add`. Booleans add as logical or; int32 wraps around.
 * @example add(tensor([3, 5]), 1) // [4, 6]
 */
export const add: BinaryOp = binary('add', {
  reference: (x, y) => x + y,
  integer: (x, y) => (x + y) | 0,
  dx: () => 1,
  dy: () => 1,
});
rules.add = (x, y) => add(x, y);
