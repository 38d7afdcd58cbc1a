/** @file Creating tensors, from data or filled with numbers. */
import { longSequence } from './positions.js';
import { evenlySpaced, spacedNode } from './spacing.js';
import { byPosition, checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { allocate, checkFits, type DType, type TypedArray } from '../../graph/dtype.js';
import { checkShape, show, sizeOf, type Shape } from '../../graph/shape.js';
import type { NestedArray } from '../../graph/reading.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { creationOptions, finish, single, type CreationOptions } from '../build/leaves.js';
import { readNested } from './nested.js';
import { add, castNode } from '../build/element.js';
import { mul } from '../build/fieldOperations.js';
import { filled, operand, rules } from '../build/primitive.js';
import { isTensor } from '../../graph/isTensor.js';
import { isNumberPlaceholder } from '../../graph/version.js';
import type { Literal, NestedShape } from '../../types/index.js';

export type { CreationOptions } from '../build/leaves.js';

const numberOrBoolean = kinds.either(kinds.number, kinds.flag);

/** The typed arrays of numbers that a tensor can be made from. */
export type NumberArray =
  TypedArray | Int8Array | Uint8ClampedArray | Int16Array | Uint16Array | Uint32Array;

/**
 * A tensor with the given elements, which are copied: nested arrays, a typed array with an optional shape, or a number.
 *
 * All JavaScript numbers become float32, also whole ones; booleans become bool; typed arrays keep their type
 * (`Uint8Array` is bool only with `{ dtype: 'bool' }`, otherwise int32, like all typed arrays of integers). Floats
 * given for an int32 tensor are truncated. PyTorch: `torch.tensor`.
 *
 * @throws {ShapeError} for ragged arrays or a shape that does not fit. @throws {DTypeError} for elements that are
 * not numbers, and for numbers that do not fit into int32.
 * @example tensor([[1, 2], [3, 4]])
 * @example tensor(new Float64Array(6), { shape: [2, 3] })
 */
export function tensor<
  const D extends NestedArray | NumberArray,
  const S extends Shape = NestedShape<D>,
>(data: D, options?: CreationOptions & { readonly shape?: S }): Tensor<Literal<S>>;
export function tensor(
  data: NestedArray | NumberArray,
  given?: CreationOptions & { readonly shape?: Shape },
): Tensor {
  const options = tensorOptions('tensor', given);
  if (isInputNumber(data)) {
    const { shape: sizes = [], ...others } = options;
    return fullOf('tensor', sizes, data, others);
  }
  const shape = options.shape === undefined ? undefined : checkShape('tensor', options.shape);
  if (ArrayBuffer.isView(data)) {
    const dtype = dtypeOfArray(data);
    const view = data as TypedArray;
    if (isDetached(view))
      throw new ChainruleError('tensor: the memory of the typed array was transferred elsewhere');
    return finish(
      'tensor',
      leafFrom(view, shape ?? [view.length], options.dtype ?? dtype),
      options,
    );
  }
  const nested = readNested('tensor', data);
  const dtype = options.dtype ?? (nested.bool ? 'bool' : 'float32');
  return finish('tensor', leafFrom(nested.flat, shape ?? nested.shape, dtype), options);
}

const tensorOptions = defineOptions<CreationOptions & { readonly shape?: Shape }>({
  ...creationOptions.table,
  shape: kinds.anything,
});

function leafFrom(data: ArrayLike<number>, shape: Shape, dtype: DType): Tensor {
  const size = sizeOf(shape);
  if (size !== data.length) {
    throw new ShapeError(
      `tensor: shape ${show(shape)} has size ${size}, the data ${data.length}; they must be equal`,
    );
  }
  const value = allocate(dtype, size);
  if (dtype === 'bool') for (let i = 0; i < size; i++) value[i] = data[i] !== 0 ? 1 : 0;
  else {
    if (dtype === 'int32' && !(data instanceof Int32Array)) checkAllFit('tensor', data, shape);
    value.set(data);
  }
  return makeLeaf(value, shape, dtype);
}

/** Whether what an array lies in was given to another thread; `ArrayBuffer.detached` is younger than Node 20. */
function isDetached({ length, buffer }: TypedArray): boolean {
  if (length > 0 || !(buffer instanceof ArrayBuffer) || buffer.byteLength > 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** Refuses numbers that do not fit int32, with their place. */
function checkAllFit(op: string, data: ArrayLike<number>, shape: Shape): void {
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!;
    if (x > -2147483649 && x < 2147483648) continue;
    let rest = i;
    const at = shape.map((_, d) => {
      const below = sizeOf(shape.slice(d + 1));
      const k = Math.floor(rest / below);
      rest -= k * below;
      return k;
    });
    checkFits(op, x, at.length === 0 ? '' : ` at [${at.join(', ')}]`);
  }
}

function dtypeOfArray(data: ArrayBufferView): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof BigInt64Array || data instanceof BigUint64Array || data instanceof DataView) {
    throw new DTypeError(
      `tensor: ${data.constructor.name} is not supported; convert it to an Int32Array or a Float64Array`,
    );
  }
  return 'int32';
}

/** A float32 tensor without dimensions. */
export function scalar(x: number | boolean, options?: CreationOptions): Tensor<[]> {
  if (isInputNumber(x)) return fullOf('scalar', [], x, options) as Tensor<[]>;
  checkArgument('scalar', 'x', x, numberOrBoolean);
  return tensor(x, creationOptions('scalar', options));
}

/** A tensor filled with `value`; float32 by default, also for a whole number. PyTorch: `torch.full`. */
export function full<const S extends Shape>(
  shape: S,
  value: number | boolean,
  options?: CreationOptions,
): Tensor<Literal<S>> {
  return fullOf('full', shape, value, options) as Tensor<Literal<S>>;
}

/** Zeros. PyTorch: `torch.zeros`. */
export function zeros<const S extends Shape>(
  shape: S,
  options?: CreationOptions,
): Tensor<Literal<S>> {
  return fullOf('zeros', shape, 0, options) as Tensor<Literal<S>>;
}

/** Ones. PyTorch: `torch.ones`. */
export function ones<const S extends Shape>(
  shape: S,
  options?: CreationOptions,
): Tensor<Literal<S>> {
  return fullOf('ones', shape, 1, options) as Tensor<Literal<S>>;
}

/** A number that is an argument of a function which is being recorded: its value may be another at each call. */
function isInputNumber(x: unknown): x is number & Tensor {
  return isTensor(x) && isNumberPlaceholder(x);
}

function fullOf(
  op: string,
  shape: Shape,
  value: number | boolean,
  given: CreationOptions | undefined,
): Tensor {
  if (!isInputNumber(value)) checkArgument(op, 'value', value, numberOrBoolean);
  const options = creationOptions(op, given);
  if (isInputNumber(value)) {
    const x = castNode(value, options.dtype ?? 'float32');
    return finish(op, rules.expand(x, checkShape(op, shape)), options);
  }
  const dtype = options.dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32');
  const stored = dtype === 'bool' ? Number(Number(value) !== 0) : Number(value);
  if (dtype === 'int32') checkFits(op, stored);
  const checked = checkShape(op, shape);
  return finish(
    op,
    checked.length === 0 ? single(stored, dtype) : filled(stored, checked, dtype),
    options,
  );
}

/** Zeros in the shape and dtype of `x`. PyTorch: `torch.zeros_like`. */
export function zerosLike<S extends Shape>(x: Tensor<S>, options?: CreationOptions): Tensor<S> {
  return like('zerosLike', x, 0, options) as Tensor<S>;
}

/** Ones in the shape and dtype of `x`. PyTorch: `torch.ones_like`. */
export function onesLike<S extends Shape>(x: Tensor<S>, options?: CreationOptions): Tensor<S> {
  return like('onesLike', x, 1, options) as Tensor<S>;
}

/** A tensor filled with `value`, in the shape and dtype of `x`. PyTorch: `torch.full_like`. */
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

/** A matrix of `n` rows and `m` columns (default n) with ones on its diagonal and 0 elsewhere. PyTorch: `torch.eye`. */
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
 * are whole, else float32. PyTorch: `torch.arange`.
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
  const whole32 = given.dtype === 'int32' ? Math.trunc : (x: number): number => x; // as PyTorch: each one first
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
