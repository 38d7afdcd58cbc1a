/** @file How distributions take their parameters: numbers or tensors, by position or by name. */
import {
  broadcastTo,
  byPosition,
  ChainruleError,
  defineOptions,
  type Kind,
  kinds,
  plural,
  scalar,
  type Shape,
  ShapeError,
  Tensor,
} from '@chainrule/autograd';
import { broadcast } from '../broadcast.js';
import { constrained, type Constraint } from './constraint.js';

/** A parameter or a value. */
export type Value = Tensor | number;

/** Options of every distribution. */
export interface DistributionOptions {
  /**
   * Whether parameters and values are checked: by default at once if their elements are known, otherwise when they are
   * evaluated. True evaluates them to check them, false checks nothing.
   */
  readonly validateArgs?: boolean | undefined;
}

/** The parameters `R`, which must be given, and `O`, which may be. */
export type Given<R extends string, O extends string = never> = Readonly<Record<R, Value>> &
  Readonly<Partial<Record<O, Value | undefined>>> &
  DistributionOptions;

/** A reader of parameters, given by position in this order, in an object, or both. */
export function parameterReader<R extends string, O extends string = never>(
  required: readonly R[],
  optional: readonly O[] = [],
): (op: string, given: readonly unknown[]) => Given<R, O> {
  const names = [...required, ...optional] as readonly string[];
  const table: Record<string, Kind> = { validateArgs: kinds.flag };
  for (const name of names) table[name] = kinds.operand;
  const read = byPosition(defineOptions<Record<string, unknown>>(table as never), ...names);
  return (op, given) => {
    const found = read(op, ...given);
    const missing = required.find((name) => found[name] === undefined);
    if (missing !== undefined) {
      throw new ChainruleError(
        `${op}: ${missing} must be given; it takes ${names.join(', ')}, in this order or in an object`,
      );
    }
    return found as unknown as Given<R, O>;
  };
}

/** Which of two parameters is given; it must be exactly one. */
export function oneOf<T>(op: string, parameters: Readonly<Record<string, T | undefined>>): string {
  const given = Object.keys(parameters).filter((name) => parameters[name] !== undefined);
  const [name] = given;
  if (name === undefined || given.length > 1) {
    throw new ChainruleError(
      `${op}: exactly one of ${Object.keys(parameters).join(', ')} must be given` +
        (given.length > 1 ? `, got ${given.join(' and ')}` : ''),
    );
  }
  return name;
}

/** Parameters as float tensors, numbers in the dtype of the others; each is checked against its constraint. */
export function floats<K extends string>(
  op: string,
  values: Readonly<Record<K, Value>>,
  constraints: Readonly<Record<K, Constraint>>,
  validate: boolean | undefined,
): Record<K, Tensor> {
  const names = Object.keys(values) as K[];
  const dtypes = names.flatMap((name) => {
    const v: unknown = values[name];
    return v instanceof Tensor ? [v.dtype] : [];
  });
  const dtype = dtypes.includes('float64') ? 'float64' : 'float32';
  const made = {} as Record<K, Tensor>;
  for (const name of names) {
    const value = values[name];
    const t: Tensor = value instanceof Tensor ? value : scalar(Number(value), { dtype });
    const constraint = constraints[name];
    if (t.ndim < constraint.eventDim) {
      throw new ShapeError(
        `${op}: ${name} must have at least ${plural(constraint.eventDim, 'dimension')}, got [${t.shape.join(', ')}]`,
      );
    }
    const sound = validate === false ? t : constrained(op, name, t, constraint, validate === true);
    made[name] = sound.dtype === dtype ? sound : sound.cast(dtype);
  }
  return made;
}

/** As `floats`, broadcast to one shape. */
export function broadcastAll<K extends string>(
  op: string,
  values: Readonly<Record<K, Value>>,
  constraints: Readonly<Record<K, Constraint>>,
  validate: boolean | undefined,
): Record<K, Tensor> {
  const made = floats(op, values, constraints, validate);
  const names = Object.keys(made) as K[];
  const shape = names.map((name) => made[name].shape).reduce((a, b) => broadcast(op, a, b));
  for (const name of names) made[name] = to(made[name], shape);
  return made;
}

/** A reader of parameters that all must be given, checked against their constraints and broadcast to one shape. */
export function broadcastReader<K extends string>(
  constraints: Readonly<Record<K, Constraint>>,
): (
  op: string,
  given: readonly unknown[],
) => Readonly<Record<K, Tensor>> & Pick<DistributionOptions, 'validateArgs'> {
  const names = Object.keys(constraints) as K[];
  const read = parameterReader(names);
  return (op, given) => {
    const { validateArgs, ...values } = read(op, given);
    const made = broadcastAll(op, values as unknown as Record<K, Value>, constraints, validateArgs);
    return { ...made, validateArgs };
  };
}

/** `x` expanded to a shape, if it has another. */
export function to(x: Tensor, shape: Shape): Tensor {
  return String(x.shape) === String(shape) && x.ndim === shape.length ? x : broadcastTo(x, shape);
}
