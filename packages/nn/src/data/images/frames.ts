/** @file The pictures of a video. */
import {
  checkArgument,
  ChainruleError,
  defineOptions,
  kinds,
  type Tensor,
} from '@chainrule/autograd';
import { fromPixels, type FromPixelsOptions } from './pixels.js';

/** A picture of a video. */
export interface VideoImage {
  /** float32 `[channels, height, width]`, from 0 to 1. */
  readonly image: Tensor;
  /** The time in seconds from the start. */
  readonly time: number;
}

/** Options of `videoFrames`. */
export interface VideoFramesOptions extends FromPixelsOptions {
  /** Pictures per second: for a `<video>`, which is moved to each (default 1); for a stream, at most (default all). */
  readonly fps?: number;
  /** The start, in seconds. Default 0. */
  readonly from?: number;
  /** The end, in seconds. Default: that of the video. */
  readonly to?: number;
}

const frameOptions = defineOptions<VideoFramesOptions>({
  channels: kinds.oneOf(1, 3, 4),
  device: kinds.text,
  fps: kinds.positive,
  from: kinds.nonNegative,
  to: kinds.nonNegative,
});

/** The parts of a WebCodecs frame that are used: a `VideoDecoder` returns them, and a camera's `MediaStreamTrackProcessor`. */
export interface VideoFrameLike {
  /** Microseconds. */
  readonly timestamp: number;
  /** Frees its memory. */
  close(): void;
}

/** The parts of a `ReadableStream` of frames that are used. */
export interface VideoStreamLike {
  /** Returns a reader that reads one frame after the other. */
  getReader(): {
    read(): Promise<{ done: boolean; value?: VideoFrameLike | undefined }>;
    cancel(): Promise<void>;
  };
}

/** The parts of a `<video>` that are used. */
export interface VideoElementLike {
  /** Its width in pixels. */
  readonly videoWidth: number;
  /** Its length in seconds. */
  readonly duration: number;
  /** How much of it has loaded. */
  readonly readyState: number;
  /** The time shown, in seconds. */
  currentTime: number;
  /** Whether it is seeking another time. */
  readonly seeking: boolean;
  /** The reason why it cannot be played. */
  readonly error: { readonly message: string } | null;
  /** Registers `listener` for events of a type. */
  addEventListener(type: string, listener: () => void): void;
  /** Unregisters a listener. */
  removeEventListener(type: string, listener: () => void): void;
}

const source = kinds.kind<VideoElementLike | AsyncIterable<VideoFrameLike>>(
  'be a <video>, or a stream or async iterable of VideoFrames',
  (x) =>
    kinds.object.test(x) &&
    (Symbol.asyncIterator in x ||
      typeof (x as Partial<VideoStreamLike>).getReader === 'function' ||
      'videoWidth' in x),
);

/**
 * Iterates over the pictures of a `<video>`, by moving it from moment to moment, or over a stream of `VideoFrame`s
 * from a camera or a decoder; frames of a stream are closed once they are read.
 *
 * @throws {ChainruleError} for anything but a video, or one that cannot be loaded or whose pixels another site does
 * not share.
 * @example for await (const { image, time } of videoFrames(video, { fps: 5 })) { … }
 */
export async function* videoFrames(
  video: VideoElementLike | VideoStreamLike | AsyncIterable<VideoFrameLike>,
  options?: VideoFramesOptions,
): AsyncGenerator<VideoImage, void> {
  checkArgument('videoFrames', 'video', video as VideoElementLike, source);
  const { fps, from = 0, to = Infinity, ...picture } = frameOptions('videoFrames', options);
  if ('videoWidth' in video) {
    await loaded(video);
    const end = Math.min(to, video.duration);
    for (let i = 0, time = from; time < end; time = from + ++i / (fps ?? 1)) {
      await moved(video, time);
      yield { image: fromPixels(video, picture), time };
    }
    return;
  }
  let due = 0;
  for await (const frame of framesOf(video)) {
    try {
      const time = frame.timestamp / 1e6;
      if (time >= to) return;
      if (time < from) continue;
      // Times are in whole microseconds, which a multiple of 1 / fps need not be.
      const moment = Math.floor((time - from + 1e-6) * (fps ?? 0));
      if (moment < due) continue;
      if (fps !== undefined) due = moment + 1;
      yield { image: fromPixels(frame, picture), time };
    } finally {
      frame.close();
    }
  }
}

/** A stream as an async iterable, which not every browser supports directly. */
async function* framesOf(
  stream: VideoStreamLike | AsyncIterable<VideoFrameLike>,
): AsyncGenerator<VideoFrameLike, void> {
  if (!('getReader' in stream)) {
    yield* stream;
    return;
  }
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || value === undefined) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

async function loaded(video: VideoElementLike): Promise<void> {
  const HAVE_CURRENT_DATA = 2;
  if (video.readyState < HAVE_CURRENT_DATA) await heard(video, 'loadeddata');
}

async function moved(video: VideoElementLike, time: number): Promise<void> {
  if (video.currentTime === time && !video.seeking) return;
  const there = heard(video, 'seeked');
  video.currentTime = time;
  await there;
}

function heard(video: VideoElementLike, event: 'loadeddata' | 'seeked'): Promise<void> {
  if (video.error !== null) return Promise.reject(failure(video));
  return new Promise((resolve, reject) => {
    const end = (): void => {
      video.removeEventListener(event, onEvent);
      video.removeEventListener('error', onError);
    };
    const onEvent = (): void => (end(), resolve());
    const onError = (): void => (end(), reject(failure(video)));
    video.addEventListener(event, onEvent);
    video.addEventListener('error', onError);
  });
}

function failure({ error }: VideoElementLike): ChainruleError {
  return new ChainruleError(`videoFrames: ${error?.message || 'the video cannot be loaded'}`);
}
