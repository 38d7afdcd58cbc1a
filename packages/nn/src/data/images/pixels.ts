/** @file Pictures of a page to tensors and back: images, canvases, bitmaps, video frames. */
import {
  checkArgument,
  ChainruleError,
  defineOptions,
  display,
  kinds,
  passes,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { pixelsOnGpu } from './gpuPixels.js';

/** Bytes of red, green, blue and opacity in row-major order: an `ImageData`, or the output of a decoder in Node. */
export interface PixelData {
  /** Four bytes for each pixel. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** The number of pixels in a row. */
  readonly width: number;
  /** The number of rows. */
  readonly height: number;
}

/** Options of `fromPixels`. */
export interface FromPixelsOptions {
  /** 1 for gray (ITU-R 601), 3 for colour (the default), 4 for colour and opacity. */
  readonly channels?: 1 | 3 | 4;
  /** The device of the tensor. Default: the one that `setDevice` chose. */
  readonly device?: string;
}

const pixelOptions = defineOptions<FromPixelsOptions>({
  channels: kinds.oneOf(1, 3, 4),
  device: kinds.text,
});

/**
 * A picture as float32 `[channels, height, width]` of values from 0 to 1. It may be an `ImageData`, pixels from a
 * decoder, or in a page an image, a canvas, an `ImageBitmap`, a video or a `VideoFrame`: on WebGPU these reach the
 * device without passing through the host. torchvision: `to_tensor`; TensorFlow.js: `browser.fromPixels`, with
 * channels last and from 0 to 255.
 *
 * @throws {ChainruleError} for anything but a picture, or one that is not loaded or whose pixels another site does
 * not share.
 * @example const image = fromPixels(canvas, { channels: 1 }); // [1, height, width]
 */
export function fromPixels(source: PixelData | object, options?: FromPixelsOptions): Tensor {
  const { channels = 3, device = zeros([]).device } = pixelOptions('fromPixels', options);
  if (!passes(pixels, source) && device === 'webgpu') {
    const { width, height } = sizeOf(source);
    const there = readable(() => pixelsOnGpu(source, width, height, channels));
    if (there !== null) return there;
  }
  const { data, width, height } = passes(pixels, source) ? source : drawn(source);
  const size = width * height;
  if (data.length !== 4 * size) {
    throw new ShapeError(
      `fromPixels: ${width} × ${height} pixels have ${4 * size} bytes, got ${data.length}`,
    );
  }
  const out = new Float32Array(channels * size);
  for (let i = 0; i < size; i++) {
    const [r, g, b] = [data[4 * i] as number, data[4 * i + 1] as number, data[4 * i + 2] as number];
    if (channels === 1) {
      out[i] = (0.299 * r + 0.587 * g + 0.114 * b) / 255;
      continue;
    }
    out[i] = r / 255;
    out[size + i] = g / 255;
    out[2 * size + i] = b / 255;
    if (channels === 4) out[3 * size + i] = (data[4 * i + 3] as number) / 255;
  }
  return tensor(out, { shape: [channels, height, width], device });
}

/**
 * A tensor `[height, width]` or `[channels, height, width]` with 1, 3 or 4 channels of values from 0 to 1 as pixels;
 * values beyond are clipped, NaN is black. In a page the result can be drawn: `new ImageData(data, width, height)`,
 * or {@link draw}.
 *
 * @throws {ShapeError} for other shapes.
 * @example const { data, width, height } = toPixels(image);
 */
export function toPixels(image: Tensor): PixelData & { readonly data: Uint8ClampedArray } {
  checkArgument('toPixels', 'image', image, kinds.tensor);
  const shape = image.ndim === 2 ? [1, ...image.shape] : image.shape;
  const [channels = 0, height = 0, width = 0] = shape;
  if (shape.length !== 3 || ![1, 3, 4].includes(channels)) {
    throw new ShapeError(
      `toPixels: expected [height, width] or [1, 3 or 4, height, width], got [${image.shape.join(', ')}]`,
    );
  }
  const values = image.dataSync();
  const size = width * height;
  const data = new Uint8ClampedArray(4 * size);
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 4; c++) {
      const from = channels === 1 ? 0 : c;
      const value = c === 3 && channels < 4 ? 1 : (values[from * size + i] as number);
      data[4 * i + c] = 255 * value;
    }
  }
  return { data, width, height };
}

/** A canvas of a page, or an `OffscreenCanvas`. */
export interface Canvas {
  /** Its pixels from left to right. */
  width: number;
  /** Its pixels from top to bottom. */
  height: number;
  /** Its drawing context. */
  getContext(kind: '2d'): unknown;
}

const someCanvas = kinds.kind<Canvas>(
  'be a canvas of a page or an OffscreenCanvas',
  (x) => kinds.object.test(x) && kinds.callable.test((x as Partial<Canvas>).getContext),
);

/**
 * Draws a tensor, as {@link toPixels} takes it, on a canvas, whose size becomes the tensor's. TensorFlow.js:
 * `browser.draw`.
 * @example draw(image, document.querySelector('canvas'));
 */
export function draw(image: Tensor, canvas: Canvas): void {
  checkArgument('draw', 'canvas', canvas, someCanvas);
  const { data, width, height } = toPixels(image);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | null;
  if (context === null)
    throw new ChainruleError('draw: the canvas is in use with another context than 2d');
  if (typeof ImageData === 'undefined')
    throw new ChainruleError(
      'draw: there is no ImageData here: pictures are drawn in a page or its worker',
    );
  context.putImageData(new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
}

const pixels = kinds.kind<PixelData>('be pixels', (x) => {
  const { data, width, height } = (x ?? {}) as Partial<PixelData>;
  return (
    (data instanceof Uint8Array || data instanceof Uint8ClampedArray) &&
    kinds.size.test(width) &&
    kinds.size.test(height)
  );
});

/** The properties with the size of images, videos and their frames; the first that exists counts. */
const SIZES = [
  ['naturalWidth', 'naturalHeight'],
  ['videoWidth', 'videoHeight'],
  ['displayWidth', 'displayHeight'],
  ['width', 'height'],
] as const;

/** The size of a page element in pixels. */
function sizeOf(source: unknown): { width: number; height: number } {
  const sizes = source as Partial<Record<(typeof SIZES)[number][number], unknown>> | null;
  const [wide, high] = SIZES.find(([name]) => typeof sizes?.[name] === 'number') ?? [];
  const width = wide && sizes?.[wide];
  const height = high && sizes?.[high];
  if (kinds.count.test(width) && kinds.count.test(height)) return { width, height };
  throw new ChainruleError(
    wide === undefined
      ? `fromPixels: expected an ImageData, image, canvas, ImageBitmap, video or VideoFrame, got ${display(source)}`
      : 'fromPixels: the picture has no size yet: wait until it is loaded',
  );
}

/** Draws a page element on a canvas, to read its pixels. */
function drawn(source: unknown): PixelData {
  const { width, height } = sizeOf(source);
  if (typeof OffscreenCanvas !== 'function')
    throw new ChainruleError(
      'fromPixels: there is no canvas here; give { data, width, height } from a decoder',
    );
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  return readable(() => {
    context?.drawImage(source as CanvasImageSource, 0, 0, width, height);
    return context?.getImageData(0, 0, width, height) as ImageData;
  });
}

/** Turns an error of the page into one of the framework. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof ChainruleError) throw cause;
    throw new ChainruleError(`fromPixels: ${(cause as Error).message}`, { cause });
  }
}
