/** @file Making tensors: from data, and filled. */
import { ChainruleError, DTypeError, ShapeError } from '../errors.js';
import { allocate, isFloat, type DType, type TypedArray } from '../graph/dtype.js';
import { checkShape, show, sizeOf, type Shape } from '../graph/shape.js';
import { makeLeaf, type NestedArray, type Tensor } from '../graph/tensor.js';
import { filled } from './primitive.js';

export interface CreationOptions {
  readonly dtype?: DType;
  readonly requiresGrad?: boolean;
  readonly device?: string;
}

/** A new leaf: checked, and with gradients if asked for. */
export function finish<S extends Shape>(op: string, t: Tensor<S>, options: CreationOptions): Tensor<S> {
  if (options.requiresGrad === true) {
    if (!isFloat(t.dtype)) {
      throw new DTypeError(`${op}: only float tensors have gradients, this one is ${t.dtype}; requiresGrad needs a float dtype`);
    }
    t.needsGrad = true;
  }
  return t;
}

/**
 * A tensor of the given elements, which are copied: nested arrays, a typed array with an optional shape, or a number.
 *
 * JavaScript numbers become float32 whatever they are, booleans bool, and typed arrays keep their own type
 * (`Uint8Array` is bool only with `{ dtype: 'bool' }`, otherwise int32). PyTorch: `torch.tensor`.
 *
 * @throws {ShapeError} for ragged arrays or a shape that does not fit. @throws {DTypeError} for elements that are no numbers.
 * @example tensor([[1, 2], [3, 4]])
 * @example tensor(new Float64Array(6), { shape: [2, 3] })
 */
export function tensor(
  data: NestedArray | TypedArray | Int8Array | Int16Array | Uint16Array,
  options: CreationOptions & { readonly shape?: Shape } = {},
): Tensor {
  const shape = options.shape === undefined ? undefined : checkShape('tensor', options.shape);
  if (ArrayBuffer.isView(data)) {
    const view = data as TypedArray;
    return finish('tensor', leafFrom(view, shape ?? [view.length], options.dtype ?? dtypeOfArray(view)), options);
  }
  const inferred: number[] = [];
  let bool = true;
  for (let level: unknown = data; Array.isArray(level); level = level[0] as unknown) inferred.push(level.length);
  const flat: number[] = [];
  const fill = (level: unknown, d: number, path: readonly number[]): void => {
    if (d < inferred.length) {
      if (!Array.isArray(level) || level.length !== inferred[d]) {
        throw new ShapeError(
          `tensor: the nested array is ragged: at [${path.join(', ')}] there is ` +
            `${Array.isArray(level) ? `an array of ${level.length}` : describe(level)}, expected an array of ${inferred[d]}`,
        );
      }
      for (let i = 0; i < level.length; i++) fill(level[i], d + 1, [...path, i]);
    } else if (typeof level === 'number') {
      bool = false;
      flat.push(level);
    } else if (typeof level === 'boolean') {
      flat.push(level ? 1 : 0);
    } else {
      const where = path.length > 0 ? ` at [${path.join(', ')}]` : '';
      throw Array.isArray(level)
        ? new ShapeError(`tensor: the nested array is ragged: there is an array of ${level.length}${where}, expected a number`)
        : new DTypeError(`tensor: expected numbers or booleans, got ${describe(level)}${where}`);
    }
  };
  fill(data, 0, []);
  const dtype = options.dtype ?? (bool && flat.length > 0 ? 'bool' : 'float32');
  return finish('tensor', leafFrom(flat, shape ?? inferred, dtype), options);
}

function leafFrom(data: ArrayLike<number>, shape: Shape, dtype: DType): Tensor {
  const size = sizeOf(shape);
  if (size !== data.length) {
    throw new ShapeError(`tensor: shape ${show(shape)} has ${size} elements, the data ${data.length}`);
  }
  const value = allocate(dtype, size);
  if (dtype === 'bool') for (let i = 0; i < size; i++) value[i] = data[i] !== 0 ? 1 : 0;
  else value.set(data);
  return makeLeaf(value, shape, dtype);
}

function dtypeOfArray(data: ArrayBufferView): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof BigInt64Array || data instanceof BigUint64Array || data instanceof DataView) {
    throw new DTypeError(`tensor: ${data.constructor.name} is not supported; convert it to an Int32Array or a Float64Array`);
  }
  return 'int32';
}

function describe(x: unknown): string {
  return typeof x === 'string' ? `'${x}'` : typeof x === 'bigint' ? `${x}n` : String(x);
}

/** A float32 tensor without dimensions. */
export function scalar(x: number | boolean, options: CreationOptions = {}): Tensor<[]> {
  if (typeof x !== 'number' && typeof x !== 'boolean') {
    throw new ChainruleError(`scalar: expected a number or a boolean, got ${describe(x)}`);
  }
  return tensor(x, options) as Tensor<[]>;
}

/** A tensor with `value` in every place. PyTorch: `torch.full`, but float32 whatever the number is. */
export function full(shape: Shape, value: number | boolean, options: CreationOptions = {}): Tensor {
  const checked = checkShape('full', shape);
  const dtype = options.dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32');
  // Without storage until it is needed; one that gradients flow to is a leaf.
  if (options.requiresGrad === true) {
    const data = allocate(dtype, sizeOf(checked)).fill(Number(value));
    return finish('full', makeLeaf(data, checked, dtype), options);
  }
  return filled(Number(value), checked, dtype);
}

/** Zeros. PyTorch: `torch.zeros`. */
export function zeros(shape: Shape, options: CreationOptions = {}): Tensor {
  return full(shape, 0, { dtype: 'float32', ...options });
}

/** Ones. PyTorch: `torch.ones`. */
export function ones(shape: Shape, options: CreationOptions = {}): Tensor {
  return full(shape, 1, { dtype: 'float32', ...options });
}
