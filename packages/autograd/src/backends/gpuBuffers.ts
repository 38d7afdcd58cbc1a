/** @file Tensors from buffers of WebGPU that a program has filled itself. */
import { defineOptions } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { DeviceError } from '../errors.js';
import { checkShape, sizeOf, type Shape } from '../graph/shape.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import { gpuInUse } from './index.js';
import type { GpuBuffer } from './webgpu/gpuApi.js';

/** Options of `fromGPUBuffer`. */
export interface FromGPUBufferOptions {
  /** The dtype: `'float32'` (the default) or `'int32'`. */
  readonly dtype?: 'float32' | 'int32' | undefined;
  /** The number of bytes before the first element, a multiple of 4. Default 0. */
  readonly offset?: number | undefined;
}

const optionsOf = defineOptions<FromGPUBufferOptions>({
  dtype: kinds.oneOf('float32', 'int32'),
  offset: kinds.wholeBetween(0, Number.MAX_SAFE_INTEGER),
});

/** `GPUBufferUsage.COPY_SRC`. */
const COPY_SRC = 4;

/**
 * A tensor on WebGPU with the present contents of a `GPUBuffer`, in row-major order, four bytes for each element:
 * copied on the device, never through the host. The buffer must belong to the framework's device,
 * `deviceInfo('webgpu').gpuDevice`, with usage `COPY_SRC`; it can be used again at once.
 *
 * @throws {DeviceError} if WebGPU has not been opened, or the buffer is too short or cannot be copied from.
 * @example
 * const { gpuDevice } = deviceInfo('webgpu');
 * const x = fromGPUBuffer(buffer, [256, 256]);
 */
export function fromGPUBuffer(
  buffer: object,
  shape: Shape,
  options?: FromGPUBufferOptions,
): Tensor {
  const op = 'fromGPUBuffer';
  checkShape(op, shape);
  const { dtype = 'float32', offset = 0 } = optionsOf(op, options);
  const gpu = gpuInUse();
  if (gpu === null)
    throw new DeviceError(`${op}: webgpu has not been opened yet: await setDevice('webgpu') first`);
  const { size, usage } = buffer as Partial<GpuBuffer> & { readonly usage?: number };
  if (typeof size !== 'number' || typeof usage !== 'number')
    throw new DeviceError(`${op}: the buffer must be a GPUBuffer`);
  const bytes = sizeOf(shape) * 4;
  if (offset % 4 !== 0) throw new DeviceError(`${op}: the offset ${offset} is not a multiple of 4`);
  if (offset + bytes > size)
    throw new DeviceError(
      `${op}: the tensor needs ${bytes} bytes from byte ${offset} on, the buffer has ${size}`,
    );
  if ((usage & COPY_SRC) === 0)
    throw new DeviceError(`${op}: the buffer must have been made with usage COPY_SRC`);
  const array = gpu.runtime.fromBuffer(buffer as GpuBuffer, offset, dtype, sizeOf(shape));
  return makeLeaf(array, [...shape], dtype);
}
