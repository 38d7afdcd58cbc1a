/** @file Sound as tensors, against WAV files that Python's `wave` wrote. */
import { Buffer } from 'node:buffer';
import { randn, tensor, zeros } from '@chainrule/autograd';
import { fromAudioBuffer, readWav, toAudioBuffer, writeWav } from '@chainrule/nn/data';
import { describe, expect, it } from 'vitest';

/**
 * Two channels of three frames at 8 kHz: 0, −1, ¼ and ½, almost 1, −½, by `wave` of Python 3.11 in 1, 2, 3 and 4
 * bytes.
 */
const FILES = [
  'UklGRioAAABXQVZFZm10IBAAAAABAAIAQB8AAIA+AAACAAgAZGF0YQYAAACAwAD/oEA=',
  'UklGRjAAAABXQVZFZm10IBAAAAABAAIAQB8AAAB9AAAEABAAZGF0YQwAAAAAAABAAID/fwAgAMA=',
  'UklGRjYAAABXQVZFZm10IBAAAAABAAIAQB8AAIC7AAAGABgAZGF0YRIAAAAAAAAAAEAAAID//38AACAAAMA=',
  'UklGRjwAAABXQVZFZm10IBAAAAABAAIAQB8AAAD6AAAIACAAZGF0YRgAAAAAAAAAAAAAQAAAAID///9/AAAAIAAAAMA=',
].map((text) => new Uint8Array(Buffer.from(text, 'base64')));

describe('sound', () => {
  it('WAV files of 8, 16, 24 and 32 bits are read', () => {
    FILES.forEach((file, i) => {
      const { samples, sampleRate } = readWav(file);
      expect(sampleRate).toBe(8000);
      const most = 1 - 2 ** -(8 * (i + 1) - 1);
      expect(samples.toArray()).toEqual([
        [0, -1, 0.25],
        [0.5, Math.fround(most), -0.5],
      ]);
    });
  });

  it('a file of 16 bits is written byte for byte as Python writes it; floats come back as they were', () => {
    const file = FILES[1] as Uint8Array;
    const { samples, sampleRate } = readWav(file);
    expect(writeWav(samples, { sampleRate })).toEqual(file);
    const x = randn([2, 50]);
    const back = readWav(writeWav(x, { sampleRate: 16_000, bits: 32 }));
    expect(back.sampleRate).toBe(16_000);
    expect(back.samples.toArray()).toEqual(x.toArray());
    const loud = readWav(writeWav(tensor([3, -3, NaN]), { sampleRate: 1 })).samples.toArray();
    expect(loud).toEqual([[1 - 2 ** -15, -1, 0]]);
  });

  it('other chunks are passed over, and a file that is cut short has what is there', () => {
    const file = FILES[1] as Uint8Array;
    const info = [0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 1, 2, 3, 0]; // LIST, of odd length
    const more = Uint8Array.from([...file.slice(0, 12), ...info, ...file.slice(12)]);
    expect(readWav(more).samples.toArray()).toEqual(readWav(file).samples.toArray());
    expect(readWav(file.slice(0, -3)).samples.shape).toEqual([2, 2]);
    expect(readWav(file.slice().buffer).samples.shape).toEqual([2, 3]);
  });

  it('audio buffers become tensors', () => {
    const data = [Float32Array.of(1, 2, 3), Float32Array.of(-1, -2, -3)];
    const buffer = {
      numberOfChannels: 2,
      length: 3,
      sampleRate: 44_100,
      getChannelData: (c: number) => data[c] as Float32Array,
    };
    const { samples, sampleRate } = fromAudioBuffer(buffer);
    expect([samples.toArray(), sampleRate]).toEqual([
      [
        [1, 2, 3],
        [-1, -2, -3],
      ],
      44_100,
    ]);
  });

  it('refuses what is not sound', () => {
    expect(() => readWav(new Uint8Array(50))).toThrow('this is not a WAV file');
    expect(() => readWav((FILES[1] as Uint8Array).slice(0, 30))).toThrow('fmt or data chunk');
    const mp3 = (FILES[1] as Uint8Array).slice();
    mp3[20] = 0x55;
    expect(() => readWav(mp3)).toThrow('format 85 with 16 bits is not supported');
    expect(() => readWav('x' as never)).toThrow('readWav: bytes must be the bytes of a file');
    expect(() => writeWav(zeros([2, 3, 4]), { sampleRate: 8000 })).toThrow('got [2, 3, 4]');
    expect(() => writeWav(zeros([3]), {} as never)).toThrow('sampleRate');
    expect(() => fromAudioBuffer({} as never)).toThrow('buffer must be an AudioBuffer');
    expect(() => toAudioBuffer(zeros([3]), { sampleRate: 8000 })).toThrow(
      'use writeWav to make a file',
    );
  });
});
