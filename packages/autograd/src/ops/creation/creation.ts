/** @file Creating tensors from data. */
import { checkArgument, defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { allocate, checkFits, type DType, type TypedArray } from '../../graph/dtype.js';
import { checkShape, show, sizeOf, type Shape } from '../../graph/shape.js';
import type { NestedArray } from '../../graph/values/reading.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { creationOptions, finish, type CreationOptions } from '../build/leaves.js';
import { fullOf, isInputNumber, numberOrBoolean } from './fullOf.js';
import { readNested } from './nested.js';
import type { Literal, NestedResult, NestedShape, Unless } from '../../types/index.js';

export type { CreationOptions } from '../build/leaves.js';

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
>(
  data: D & Unless<NestedResult<D>>,
  options?: CreationOptions & { readonly shape?: S },
): Tensor<Literal<S>>;
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

/** Whether the array's buffer was transferred to another thread; Node 20 does not have `ArrayBuffer.detached` yet. */
function isDetached({ length, buffer }: TypedArray): boolean {
  if (length > 0 || !(buffer instanceof ArrayBuffer) || buffer.byteLength > 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** Refuses numbers that do not fit int32, and names their position. */
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

/**
 * A float32 tensor without dimensions.
 * @example scalar(2) // 2
 */
export function scalar(x: number | boolean, options?: CreationOptions): Tensor<[]> {
  if (isInputNumber(x)) return fullOf('scalar', [], x, options) as Tensor<[]>;
  checkArgument('scalar', 'x', x, numberOrBoolean);
  return tensor(x, creationOptions('scalar', options));
}
