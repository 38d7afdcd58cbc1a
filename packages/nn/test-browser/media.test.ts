/** @file Sound and pictures of a page as tensors and back. */
import { tensor } from '@chainrule/autograd';
import { fromAudioBuffer, readWav, toAudioBuffer, videoFrames, writeWav } from '@chainrule/nn/data';
import { describe, expect, it } from 'vitest';

describe('in a page', () => {
  it('audio buffers become tensors and back, and the browser reads the WAV files', async () => {
    const samples = tensor([
      [0, 0.5, -0.5, 0.25],
      [1, -1, 0, 0.125],
    ]);
    const buffer = toAudioBuffer(samples, { sampleRate: 8000 });
    expect(fromAudioBuffer(buffer)).toMatchObject({ sampleRate: 8000 });
    expect(fromAudioBuffer(buffer).samples.toArray()).toEqual(samples.toArray());
    const file = writeWav(samples, { sampleRate: 8000, bits: 32 });
    const context = new OfflineAudioContext(2, 4, 8000);
    const decoded = fromAudioBuffer(await context.decodeAudioData(file.buffer.slice(0)));
    expect(decoded.samples.toArray()).toEqual(readWav(file).samples.toArray());
  });

  it('frames of a stream are read, thinned out and closed', async () => {
    const made: VideoFrame[] = [];
    const frames = (count: number): ReadableStream<VideoFrame> => {
      let i = 0;
      return new ReadableStream({
        pull(controller) {
          if (i === count) return controller.close();
          const canvas = new OffscreenCanvas(16, 8);
          const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
          context.fillStyle = `rgb(${50 * i}, 0, 255)`;
          context.fillRect(0, 0, 16, 8);
          const frame = new VideoFrame(canvas, { timestamp: 100_000 * i++ });
          made.push(frame);
          controller.enqueue(frame);
        },
      });
    };
    const seen: [number, number, number][] = [];
    for await (const { image, time } of videoFrames(frames(5))) {
      expect(image.shape).toEqual([3, 8, 16]);
      seen.push([time, Math.round(255 * image.at(0, 4, 4).item()), image.at(2, 4, 4).item()]);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4].map((i) => [i / 10, 50 * i, 1]));
    const times: number[] = [];
    for await (const { time } of videoFrames(frames(5), { fps: 5, from: 0.1 })) times.push(time);
    expect(times).toEqual([0.1, 0.3]);
    for await (const { time } of videoFrames(frames(5))) if (time > 0) break;
    // A frame that has not been requested yet may wait in its stream.
    expect(made.filter(({ codedWidth }) => codedWidth > 0).length).toBeLessThanOrEqual(1);
  });

  it('refuses what is no video', async () => {
    const first = async (video: unknown): Promise<unknown> => {
      for await (const frame of videoFrames(video as never)) return frame;
      return null;
    };
    await expect(first({})).rejects.toThrow('videoFrames: video must be a <video>');
    const video = document.createElement('video');
    video.src = 'data:video/webm;base64,AAAA';
    await expect(first(video)).rejects.toThrow('videoFrames: ');
  });
});
