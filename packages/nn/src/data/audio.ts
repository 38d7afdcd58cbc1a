/** @file Sound to tensors and back: audio buffers of a page, and WAV files. */
import {
  checkArgument,
  ChainruleError,
  defineOptions,
  FormatError,
  kinds,
  ShapeError,
  tensor,
  type Tensor,
} from '@chainrule/autograd';

/** Sound, as torchaudio's `load` returns it. */
export interface Sound {
  /** float32 `[channels, frames]`, from −1 to 1. */
  readonly samples: Tensor;
  /** The number of frames per second. */
  readonly sampleRate: number;
}

/** An `AudioBuffer` of a page, or the like from a decoder in Node. */
export interface AudioBufferLike {
  /** The number of channels. */
  readonly numberOfChannels: number;
  /** The number of frames in each channel. */
  readonly length: number;
  /** The number of frames per second. */
  readonly sampleRate: number;
  /** The samples of a channel. */
  getChannelData(channel: number): Float32Array;
}

const floats = kinds.kind<Float32Array>('be a Float32Array', (x) => x instanceof Float32Array);
const audioBuffer = kinds.kind<AudioBufferLike>('be an AudioBuffer', (x) => {
  const { numberOfChannels, length, sampleRate, getChannelData } = x as Partial<AudioBufferLike>;
  return (
    kinds.count.test(numberOfChannels) &&
    kinds.size.test(length) &&
    kinds.positive.test(sampleRate) &&
    typeof getChannelData === 'function'
  );
});

/**
 * The samples of an `AudioBuffer`, which `decodeAudioData` makes from an MP3, Ogg, FLAC or WAV file in a page.
 *
 * @throws {ChainruleError} for anything but an audio buffer.
 * @example const { samples, sampleRate } = fromAudioBuffer(await context.decodeAudioData(bytes)); // [channels, frames]
 */
export function fromAudioBuffer(buffer: AudioBufferLike): Sound {
  checkArgument('fromAudioBuffer', 'buffer', buffer, audioBuffer);
  const { numberOfChannels, length, sampleRate } = buffer;
  const data = new Float32Array(numberOfChannels * length);
  for (let c = 0; c < numberOfChannels; c++) {
    const channel = checkArgument(
      'fromAudioBuffer',
      `channel ${c}`,
      buffer.getChannelData(c),
      floats,
    );
    if (channel.length !== length)
      throw new ChainruleError(
        `fromAudioBuffer: channel ${c} has ${channel.length} samples, the buffer ${length}`,
      );
    data.set(channel, c * length);
  }
  return { samples: tensor(data, { shape: [numberOfChannels, length] }), sampleRate };
}

const soundOptions = defineOptions<{ readonly sampleRate: number }>({
  sampleRate: kinds.required(kinds.count),
});

/**
 * An `AudioBuffer` to play in a page, from samples `[frames]` or `[channels, frames]`, from −1 to 1.
 *
 * @throws {ShapeError} for other shapes, or without frames. @throws {ChainruleError} where there is no
 * `AudioBuffer`: see {@link writeWav}.
 * @example source.buffer = toAudioBuffer(samples, { sampleRate: 16_000 });
 */
export function toAudioBuffer(
  samples: Tensor,
  options: { readonly sampleRate: number },
): AudioBufferLike {
  const { sampleRate } = soundOptions('toAudioBuffer', options);
  const { data, channels, frames } = channelsOf('toAudioBuffer', samples);
  if (typeof AudioBuffer !== 'function')
    throw new ChainruleError(
      'toAudioBuffer: there is no AudioBuffer here; use writeWav to make a file',
    );
  if (frames === 0)
    throw new ShapeError('toAudioBuffer: an AudioBuffer has at least one frame, got none');
  const buffer = new AudioBuffer({ numberOfChannels: channels, length: frames, sampleRate });
  for (let c = 0; c < channels; c++)
    buffer.copyToChannel(data.slice(c * frames, (c + 1) * frames), c);
  return buffer;
}

function channelsOf(
  op: string,
  samples: Tensor,
): { data: Float32Array<ArrayBuffer>; channels: number; frames: number } {
  checkArgument(op, 'samples', samples, kinds.tensor);
  const [channels = 0, frames = 0] = samples.ndim === 1 ? [1, ...samples.shape] : samples.shape;
  if (samples.ndim < 1 || samples.ndim > 2 || channels < 1 || channels > 32) {
    throw new ShapeError(
      `${op}: expected [frames] or [channels, frames] with 1 to 32 channels, got [${samples.shape.join(', ')}]`,
    );
  }
  return { data: Float32Array.from(samples.dataSync()), channels, frames };
}

/** The encodings of samples in a WAV file: integers of some number of bits, or floats. */
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

const someBytes = kinds.kind<Uint8Array | ArrayBuffer>(
  'be the bytes of a file',
  // A detached array (one sent to a worker, say) throws here.
  (x) =>
    (x instanceof ArrayBuffer || x instanceof Uint8Array) &&
    new Uint8Array(x instanceof Uint8Array ? x.buffer : x).byteLength >= 0,
);

/**
 * The sound in a WAV file: whole numbers of 8, 16, 24 or 32 bits, or floats of 32 or 64. torchaudio: `load`.
 *
 * @throws {FormatError} for other files.
 * @example const { samples, sampleRate } = readWav(await readFile('yes.wav')); // [channels, frames]
 */
export function readWav(bytes: Uint8Array | ArrayBuffer): Sound {
  checkArgument('readWav', 'bytes', bytes, someBytes);
  const view =
    bytes instanceof ArrayBuffer
      ? new DataView(bytes)
      : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = chunksOf(view);
  const head = chunks.get('fmt ');
  const data = chunks.get('data');
  if (head === undefined || data === undefined || head.byteLength < 16)
    throw new FormatError('readWav: the file has no sound: its fmt or data chunk is missing');
  const given = head.getUint16(0, true);
  const channels = head.getUint16(2, true);
  const sampleRate = head.getUint32(4, true);
  const bits = head.getUint16(14, true);
  const format = given === EXTENSIBLE && head.byteLength >= 26 ? head.getUint16(24, true) : given;
  const read = READERS[`${format} ${bits}`];
  if (read === undefined || channels === 0 || sampleRate === 0) {
    throw new FormatError(
      `readWav: format ${format} with ${bits} bits is not supported; save it with 16 bits`,
    );
  }
  const step = bits / 8;
  const frames = Math.floor(data.byteLength / (step * channels));
  const out = new Float32Array(channels * frames);
  for (let i = 0; i < frames; i++)
    for (let c = 0; c < channels; c++) out[c * frames + i] = read(data, (i * channels + c) * step);
  return { samples: tensor(out, { shape: [channels, frames] }), sampleRate };
}

const READERS: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  [`${PCM} 8`]: (view, at) => (view.getUint8(at) - 128) / 128,
  [`${PCM} 16`]: (view, at) => view.getInt16(at, true) / 2 ** 15,
  [`${PCM} 24`]: (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 2 ** 23,
  [`${PCM} 32`]: (view, at) => view.getInt32(at, true) / 2 ** 31,
  [`${FLOAT} 32`]: (view, at) => view.getFloat32(at, true),
  [`${FLOAT} 64`]: (view, at) => view.getFloat64(at, true),
};

/** The chunks of a RIFF file by their four-letter ids; if the last chunk is cut short, it has the bytes that exist. */
function chunksOf(view: DataView): Map<string, DataView> {
  const name = (at: number): string =>
    String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
  if (view.byteLength < 12 || name(0) !== 'RIFF' || name(8) !== 'WAVE')
    throw new FormatError('readWav: this is not a WAV file: it does not begin with RIFF … WAVE');
  const chunks = new Map<string, DataView>();
  for (let at = 12; at + 8 <= view.byteLength;) {
    const size = view.getUint32(at + 4, true);
    const there = Math.min(size, view.byteLength - at - 8);
    chunks.set(name(at), new DataView(view.buffer, view.byteOffset + at + 8, there));
    at += 8 + size + (size % 2);
  }
  return chunks;
}

/** Options of `writeWav`. */
export interface WriteWavOptions {
  /** The number of frames per second. */
  readonly sampleRate: number;
  /** The bits of a sample: 16 (the default), an integer, or 32, a float. */
  readonly bits?: 16 | 32;
}

const wavOptions = defineOptions<WriteWavOptions>({
  sampleRate: kinds.required(kinds.count),
  bits: kinds.oneOf(16, 32),
});

/**
 * A WAV file from samples `[frames]` or `[channels, frames]`. With 16 bits, values beyond −1 and 1 are clipped and
 * NaN is 0; with 32 all are kept. torchaudio: `save`.
 *
 * @throws {ShapeError} for other shapes.
 * @example await writeFile('tone.wav', writeWav(samples, { sampleRate: 16_000 }));
 */
export function writeWav(samples: Tensor, options: WriteWavOptions): Uint8Array<ArrayBuffer> {
  const { sampleRate, bits = 16 } = wavOptions('writeWav', options);
  const { data, channels, frames } = channelsOf('writeWav', samples);
  const step = bits / 8;
  const size = data.length * step;
  const view = new DataView(new ArrayBuffer(44 + size));
  const text = (at: number, letters: string): void =>
    [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, 'RIFF');
  view.setUint32(4, 36 + size, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, bits === 32 ? FLOAT : PCM, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * step, true);
  view.setUint16(32, channels * step, true);
  view.setUint16(34, bits, true);
  text(36, 'data');
  view.setUint32(40, size, true);
  for (let i = 0; i < frames; i++) {
    for (let c = 0; c < channels; c++) {
      const x = data[c * frames + i] as number;
      const at = 44 + (i * channels + c) * step;
      if (bits === 32) view.setFloat32(at, x, true);
      else view.setInt16(at, Math.round(Math.max(-1, Math.min(1 - 2 ** -15, x)) * 2 ** 15), true);
    }
  }
  return new Uint8Array(view.buffer);
}
