/** @file Tensors made from sizes and a few numbers: filled with one number, the identity, evenly spaced. */
import { add } from '../build/element.js';
import { mul } from '../build/fieldOperations.js';
import { longSequence } from './positions.js';
import { evenlySpaced, spacedNode } from './spacing.js';
import { byPosition, checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError } from '../../errors.js';
import { allocate, checkFits } from '../../graph/dtype.js';
import { checkShape, sizeOf, type Shape } from '../../graph/shape.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { creationOptions, finish, type CreationOptions } from '../build/leaves.js';
import { operand } from '../build/primitive.js';
import type { Literal } from '../../types/index.js';
import { fullOf } from './fullOf.js';

/**
 * A tensor filled with `value`; float32 by default, also for a whole number. PyTorch: `torch.full`.
 * @example full([2, 2], 7) // [[7, 7], [7, 7]]
 */
export function full<const S extends Shape>(
  shape: S,
  value: number | boolean,
  options?: CreationOptions,
): Tensor<Literal<S>> {
  return fullOf('full', shape, value, options) as Tensor<Literal<S>>;
}

/**
 * Zeros. PyTorch: `torch.zeros`.
 * @example zeros([2, 2]) // [[0, 0], [0, 0]]
 */
export function zeros<const S extends Shape>(
  shape: S,
  options?: CreationOptions,
): Tensor<Literal<S>> {
  return fullOf('zeros', shape, 0, options) as Tensor<Literal<S>>;
}

/**
 * Ones. PyTorch: `torch.ones`.
 * @example ones([3]) // [1, 1, 1]
 */
export function ones<const S extends Shape>(
  shape: S,
  options?: CreationOptions,
): Tensor<Literal<S>> {
  return fullOf('ones', shape, 1, options) as Tensor<Literal<S>>;
}

/**
 * Zeros in the shape and dtype of `x`. PyTorch: `torch.zeros_like`.
 * @example zerosLike(tensor([3, 4])) // [0, 0]
 */
export function zerosLike<S extends Shape>(x: Tensor<S>, options?: CreationOptions): Tensor<S> {
  return like('zerosLike', x, 0, options) as Tensor<S>;
}

/**
 * Ones in the shape and dtype of `x`. PyTorch: `torch.ones_like`.
 * @example onesLike(tensor([3, 4])) // [1, 1]
 */
export function onesLike<S extends Shape>(x: Tensor<S>, options?: CreationOptions): Tensor<S> {
  return like('onesLike', x, 1, options) as Tensor<S>;
}

/**
 * A tensor filled with `value`, in the shape and dtype of `x`. PyTorch: `torch.full_like`.
 * @example fullLike(tensor([3, 4]), 9) // [9, 9]
 */
export function fullLike<S extends Shape>(
  x: Tensor<S>,
  value: number | boolean,
  options?: CreationOptions,
): Tensor<S> {
  return like('fullLike', x, value, options) as Tensor<S>;
}

function like(
  op: string,
  x: Tensor,
  value: number | boolean,
  options: CreationOptions | undefined,
): Tensor {
  const { sizes: shape, dtype } = operand(op, x);
  return fullOf(op, shape, value, { dtype, ...creationOptions(op, options) });
}

const eyeOptions = byPosition(
  defineOptions<CreationOptions & { readonly m?: number }>({
    m: kinds.size,
    ...creationOptions.table,
  }),
  'm',
);

/**
 * A matrix of `n` rows and `m` columns (default n) with ones on its diagonal and 0 elsewhere. PyTorch: `torch.eye`.
 * @example eye(2) // [[1, 0], [0, 1]]
 */
export function eye<N extends number, M extends number = N>(
  n: N,
  m?: M | CreationOptions,
  options?: CreationOptions,
): Tensor<[N, M]> {
  const given = eyeOptions('eye', m, options);
  const rows = checkArgument('eye', 'n', n, kinds.size);
  const columns = given.m ?? rows;
  const data = allocate(given.dtype ?? 'float32', sizeOf(checkShape('eye', [rows, columns])));
  for (let i = 0; i < Math.min(rows, columns); i++) data[i * columns + i] = 1;
  return finish('eye', makeLeaf(data, [rows as N, columns as M], given.dtype ?? 'float32'), given);
}

const arangeOptions = byPosition(
  defineOptions<CreationOptions & { readonly stop?: number; readonly step?: number }>({
    stop: kinds.finite,
    step: kinds.finite,
    ...creationOptions.table,
  }),
  'stop',
  'step',
);

/**
 * The numbers from `start` (default 0) up to `stop`, which is excluded, in steps of `step` (default 1): int32 if all
 * are whole numbers, otherwise float32. PyTorch: `torch.arange`.
 * @throws {ChainruleError} for a step of 0, or one that leads away from `stop`.
 * @example arange(3) // [0, 1, 2]
 */
export function arange(
  start: number,
  stop?: number | CreationOptions,
  step?: number | CreationOptions,
  options?: CreationOptions,
): Tensor<[number]> {
  checkArgument('arange', 'start', start, kinds.finite);
  const given = arangeOptions('arange', stop, step, options);
  const whole32 = given.dtype === 'int32' ? Math.trunc : (x: number): number => x; // as in PyTorch: each one first
  const [from, to] = (given.stop === undefined ? [0, start] : [start, given.stop]).map(whole32) as [
    number,
    number,
  ];
  const by = whole32(given.step ?? 1);
  if (by === 0 || (to - from) * by < 0) {
    throw new ChainruleError(`arange: a step of ${by} does not lead from ${from} to ${to}`);
  }
  const whole = [from, to, by].every((x) => Number.isInteger(x) && Math.abs(x) <= 2 ** 31);
  const dtype = given.dtype ?? (whole ? 'int32' : 'float32');
  const n = Math.max(0, Math.ceil((to - from) / by));
  checkShape('arange', [n]);
  if (dtype === 'int32' && n > 0)
    for (const x of [from, from + (n - 1) * by]) checkFits('arange', x);
  const long = longSequence(n, dtype, (i) => add(mul(i, by), from), given);
  if (long !== null) return finish('arange', long, given);
  const data = allocate(dtype, n);
  if (dtype === 'bool') for (let i = 0; i < n; i++) data[i] = Number(from + i * by !== 0);
  else for (let i = 0; i < n; i++) data[i] = from + i * by;
  return finish('arange', makeLeaf(data, [n], dtype), given);
}

/**
 * `steps` evenly spaced numbers from `start` to `end`, both included; float32 by default. If an end is NaN or
 * infinite, every number is NaN, and an int32 result is refused. PyTorch:
 * `torch.linspace`, whose numbers are NaN too, but for a few infinite ones.
 * @example linspace(0, 1, 5) // [0, 0.25, 0.5, 0.75, 1]
 */
export function linspace<N extends number>(
  start: number,
  end: number,
  steps: N,
  given?: CreationOptions,
): Tensor<[N]> {
  const options = creationOptions('linspace', given);
  checkArgument('linspace', 'start', start, kinds.number);
  checkArgument('linspace', 'end', end, kinds.number);
  checkArgument('linspace', 'steps', steps, kinds.size);
  const dtype = options.dtype ?? 'float32';
  checkShape('linspace', [steps]);
  if (dtype === 'int32' && steps > 0) for (const x of [start, end]) checkFits('linspace', x);
  const [from, to] = dtype === 'int32' ? [Math.trunc(start), Math.trunc(end)] : [start, end];
  const long = longSequence(steps, dtype, (i) => spacedNode(from, to, steps, i), options);
  if (long !== null) return finish('linspace', long as unknown as Tensor<[N]>, options);
  const data = allocate(dtype, steps);
  for (let i = 0; i < steps; i++) data[i] = evenlySpaced(from, to, steps, i);
  return finish('linspace', makeLeaf(data, [steps], dtype), options);
}
