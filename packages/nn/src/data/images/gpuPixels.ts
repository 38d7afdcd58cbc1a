/** @file Copies pictures of a page to the GPU without passing them through the host. */
import { deviceInfo, fromGPUBuffer, stack, type Tensor } from '@chainrule/autograd';

/** The parts of a page's `GPUDevice` that are used. */
interface PageGpu {
  readonly limits: { readonly maxTextureDimension2D: number };
  readonly queue: {
    copyExternalImageToTexture(from: object, to: object, size: readonly number[]): void;
    submit(commands: readonly object[]): void;
  };
  createTexture(options: object): { destroy(): void };
  createBuffer(options: object): { destroy(): void };
  createCommandEncoder(): {
    copyTextureToBuffer(from: object, to: object, size: readonly number[]): void;
    finish(): object;
  };
}

/** `GPUTextureUsage`: COPY_SRC, COPY_DST and RENDER_ATTACHMENT, which the browser draws with. */
const TEXTURE_USAGE = 1 | 2 | 16;
/** `GPUBufferUsage`: COPY_SRC and COPY_DST. */
const BUFFER_USAGE = 4 | 8;
/** In a buffer, each row of a texture starts at a multiple of this many pixels. */
const ROW = 64;

/** Copies a picture into a texture; a video frame that the browser cannot copy directly is drawn on a canvas first. */
function copied(
  gpu: PageGpu,
  source: object,
  texture: object,
  width: number,
  height: number,
): void {
  const from = (picture: object): void =>
    gpu.queue.copyExternalImageToTexture({ source: picture }, { texture }, [width, height]);
  try {
    from(source);
  } catch (error) {
    if ((error as Error).name !== 'OperationError' || typeof OffscreenCanvas !== 'function')
      throw error;
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d')?.drawImage(source as CanvasImageSource, 0, 0, width, height);
    from(canvas);
  }
}

/**
 * A picture as `[channels, height, width]` on WebGPU, by way of a texture: bytes of red, green, blue and opacity, which kernels
 * take apart. Null where the device is none of a page, or the picture is too large for it.
 */
export function pixelsOnGpu(
  source: object,
  width: number,
  height: number,
  channels: 1 | 3 | 4,
): Tensor | null {
  const gpu = deviceInfo('webgpu').gpuDevice as PageGpu | undefined;
  if (gpu === undefined || !('copyExternalImageToTexture' in gpu.queue)) return null;
  if (Math.max(width, height) > gpu.limits.maxTextureDimension2D) return null;
  const size = [width, height];
  const stride = Math.ceil(width / ROW) * ROW;
  const texture = gpu.createTexture({ size, format: 'rgba8unorm', usage: TEXTURE_USAGE });
  const buffer = gpu.createBuffer({ size: 4 * stride * height, usage: BUFFER_USAGE });
  try {
    copied(gpu, source, texture, width, height);
    const encoder = gpu.createCommandEncoder();
    encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow: 4 * stride }, size);
    gpu.queue.submit([encoder.finish()]);
  } catch (error) {
    buffer.destroy();
    throw error;
  } finally {
    texture.destroy();
  }
  const rows = fromGPUBuffer(buffer, [height, stride], { dtype: 'int32' });
  // The copy may have to wait for earlier requests.
  void rows.gpuBuffer().finally(() => buffer.destroy());
  const packed = rows.narrow(1, 0, width);
  const part = (c: number): Tensor =>
    packed
      .bitwiseRightShift(8 * c)
      .bitwiseAnd(255)
      .cast('float32');
  if (channels === 1) {
    const gray = part(0).mul(0.299).add(part(1).mul(0.587)).add(part(2).mul(0.114));
    return gray.div(255).unsqueeze(0);
  }
  return stack(
    Array.from({ length: channels }, (_, c) => part(c)),
    0,
  ).div(255);
}
