/** @file Pictures of a page reach the GPU without passing through the host. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ChainruleError, setDevice, type Tensor } from '@chainrule/autograd';
import { fromPixels, type FromPixelsOptions } from '@chainrule/nn/data';

const [WIDTH, HEIGHT] = [70, 5];

/** A canvas in which each pixel has a different colour. */
function painted(): OffscreenCanvas {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext('2d');
  const data = new ImageData(WIDTH, HEIGHT);
  data.data.forEach((_, i, bytes) => (bytes[i] = i % 4 === 3 ? 255 : (i * 37) % 256));
  context?.putImageData(data, 0, 0);
  return canvas;
}

beforeAll(() => setDevice('webgpu'));
afterAll(() => setDevice('cpu'));

const sources: Readonly<Record<string, () => Promise<object> | object>> = {
  'a canvas': painted,
  'an ImageBitmap': () => createImageBitmap(painted()),
  'a VideoFrame': () => new VideoFrame(painted(), { timestamp: 0 }),
};

for (const [name, make] of Object.entries(sources))
  for (const channels of [1, 3, 4] as const)
    test(`${name} with ${channels} channels`, async () => {
      const source = await make();
      const options: FromPixelsOptions = { channels };
      const want = fromPixels(source, { ...options, device: 'cpu' });
      expect(want.device).toBe('cpu');
      const reads = vi.spyOn(OffscreenCanvasRenderingContext2D.prototype, 'getImageData');
      const got: Tensor = fromPixels(source, options);
      expect(reads).not.toHaveBeenCalled();
      reads.mockRestore();
      expect(got.device).toBe('webgpu');
      expect(got.shape).toEqual([channels, HEIGHT, WIDTH]);
      const [x, y] = [await got.data(), await want.data()];
      // The browser converts a video frame, on both paths.
      x.forEach((value, i) =>
        expect(Math.abs(value - (y[i] as number))).toBeLessThan(
          name === 'a VideoFrame' ? 0.02 : 1e-6,
        ),
      );
    });

test('frame after frame, and what cannot be read', async () => {
  const canvas = painted();
  const sums: Tensor[] = [];
  for (let i = 0; i < 20; i++) sums.push(fromPixels(canvas).mean());
  const values = await Promise.all(sums.map((sum) => sum.itemAsync()));
  for (const value of values) expect(value).toBe(values[0]);
  const bitmap = await createImageBitmap(canvas);
  bitmap.close();
  expect(() => fromPixels(bitmap)).toThrow(ChainruleError);
});
