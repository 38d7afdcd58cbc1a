/** @file Tests of the notebooks' helpers: options, data files, pictures, tables. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync, inflateSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { parseHTML } from 'linkedom';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readOptions, UserError, type Options } from './cli.js';
import { accuracyOf, confusionMatrix, confusionText } from './confusion.js';
import { encodePng, imageGrid } from './images.js';
import { loadMnist, readIdx } from './mnist.js';
import { display } from './notebook.js';
import { lineY, plot, textPlot } from './plot.js';
import { duration, startProgress } from './progress.js';

afterEach(() => {
  vi.restoreAllMocks();
  delete (globalThis as { __notebook?: unknown }).__notebook;
});

const options = {
  epochs: { type: 'integer', default: 3, min: 1, max: 100, help: 'passes' },
  'batch-size': { type: 'integer', default: 64, min: 1, help: 'images a step' },
  lr: { type: 'number', default: 1e-3, min: 0, help: 'learning rate' },
  model: { type: 'choice', choices: ['mlp', 'cnn'], default: 'mlp', help: 'network' },
  out: { type: 'string', default: 'out', help: 'folder' },
  quiet: { type: 'flag', help: 'less text' },
} as const satisfies Options;

describe('options', () => {
  it('have defaults, and come in both ways of writing', () => {
    expect(readOptions(options, [])).toEqual({
      help: false,
      values: { epochs: 3, batchSize: 64, lr: 1e-3, model: 'mlp', out: 'out', quiet: false },
    });
    const { values } = readOptions(options, [
      '--epochs=5',
      '--batch-size',
      '32',
      '--lr',
      '1e-2',
      '--quiet',
      '--model',
      'cnn',
    ]);
    expect(values).toEqual({
      epochs: 5,
      batchSize: 32,
      lr: 0.01,
      model: 'cnn',
      out: 'out',
      quiet: true,
    });
    expect(readOptions(options, ['-h']).help).toBe(true);
  });

  it.each([
    [['--epoch', '3'], /^Unknown option '--epoch'$/],
    [['three'], /Unexpected argument 'three'/],
    [['--epochs'], /--epochs.* argument missing/],
    [['--epochs', '0'], /^--epochs must be a whole number from 1 up to 100, got '0'$/],
    [['--epochs', '2.5'], /must be a whole number/],
    [['--epochs', ''], /must be a whole number/],
    [['--batch-size', 'many'], /--batch-size must be a whole number from 1, got 'many'/],
    [['--lr', 'NaN'], /--lr must be a number from 0, got 'NaN'/],
    [['--model', 'rnn'], /--model must be one of mlp, cnn, got 'rnn'/],
    [['--quiet=1'], /--quiet/],
  ])('%j is refused', (args, reason) => {
    expect(() => readOptions(options, args)).toThrow(reason);
    expect(() => readOptions(options, args)).toThrow(UserError);
  });

  it('end the program with code 2 and no stack trace, with code 0 for --help', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-'));
    const script = join(folder, 'train.mjs');
    buildSync({
      stdin: {
        contents: `import { parseOptions, UserError } from './cli.ts';
          const { epochs } = parseOptions('Trains.', { epochs: { type: 'integer', default: 1, min: 1, help: 'passes' } });
          await Promise.resolve();
          if (epochs === 7) throw new UserError('no data');
          console.log(epochs);`,
        resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      },
      outfile: script,
      bundle: true,
      format: 'esm',
      platform: 'node',
    });
    const run = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
        encoding: 'utf8',
      });
      return { status, stdout, stderr };
    };
    try {
      expect(run('--epochs', '4')).toEqual({ status: 0, stdout: '4\n', stderr: '' });
      expect(run('--wrong')).toEqual({
        status: 2,
        stdout: '',
        stderr: "train.mjs: Unknown option '--wrong'\nTry --help for the options.\n",
      });
      expect(run('--epochs', '7')).toEqual({
        status: 1,
        stdout: '',
        stderr: 'train.mjs: no data\n',
      });
      const help = run('--help');
      expect(help.status).toBe(0);
      expect(help.stdout).toMatch(
        /^Usage: train\.mjs \[options\]\n\nTrains\.\n\nOptions:\n {2}--epochs N {2}passes \(default: 1\)\n {2}-h, --help {2}show this text\n$/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('MNIST', () => {
  it('is all there, with the known counts of each digit', () => {
    const { train, test } = loadMnist();
    expect([train.count, train.height, train.width, test.count]).toEqual([60_000, 28, 28, 10_000]);
    const counts = new Array<number>(10).fill(0);
    for (const label of train.labels) counts[label] = (counts[label] ?? 0) + 1;
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    // The mean and deviation of the training pixels, which are used everywhere.
    const mean = train.pixels.reduce((sum, x) => sum + x, 0) / train.pixels.length / 255;
    expect(mean).toBeCloseTo(0.1307, 4);
  });

  it('says what is missing or damaged, and what to do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'idx-'));
    const path = join(folder, 'x');
    try {
      expect(() => loadMnist(folder)).toThrow(
        /train-images-idx3-ubyte is missing; run `npm run setup`/,
      );
      writeFileSync(path, gzipSync(Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9)));
      expect(readIdx(path)).toEqual({ shape: [1, 3], data: Uint8Array.of(7, 8, 9) });
      for (const bytes of [
        [],
        [1, 0, 8, 1],
        [0, 0, 13, 1],
        [0, 0, 8, 3, 0],
        [0, 0, 8, 1, 0, 0, 0, 2, 5],
      ]) {
        writeFileSync(path, Uint8Array.from(bytes));
        expect(() => readIdx(path)).toThrow(/is damaged/);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('pictures', () => {
  it('plots are one well-formed SVG with a ground of its own', () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const svg = plot({ title: 'a <b>', marks: [lineY([1, 2, 4])] });
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(parseHTML(svg).document.querySelectorAll('path[d^="M"]').length).toBeGreaterThan(0);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('PNGs hold their pixels', () => {
    const pixels = Uint8Array.from({ length: 6 }, (_, i) => 40 * i);
    const png = encodePng(pixels, 3, 2);
    const view = new DataView(png.buffer, png.byteOffset);
    expect([view.getUint32(16), view.getUint32(20)]).toEqual([3, 2]);
    const length = view.getUint32(33);
    expect([...inflateSync(png.subarray(41, 41 + length))]).toEqual([
      0, 0, 40, 80, 0, 120, 160, 200,
    ]);
    // The checksum of the end chunk is the same in every PNG.
    expect([...png.subarray(-4)]).toEqual([0xae, 0x42, 0x60, 0x82]);
    expect(() => encodePng(pixels, 3, 3)).toThrow(RangeError);
  });

  it('grids place each image once, and escape captions', () => {
    const image = { pixels: new Uint8Array(4), caption: '4 <script>&' };
    const svg = imageGrid([image, image, image], {
      width: 2,
      height: 2,
      columns: 2,
      title: 'worst',
    });
    const { document } = parseHTML(svg);
    expect(document.querySelectorAll('image').length).toBe(3);
    expect(document.querySelectorAll('script').length).toBe(0);
    expect(svg).toContain('4 &#60;script&#62;&#38;');
  });

  it('lines of text have a row for each step of height', () => {
    expect(textPlot([0, 1, 2, 3], { height: 3 }).split('\n')).toHaveLength(4);
    expect(
      textPlot(
        Array.from({ length: 10_000 }, (_, i) => i),
        { width: 20 },
      )
        .split('\n')
        .every((line) => line.length < 40),
    ).toBe(true);
  });
});

describe('confusion matrices', () => {
  const matrix = confusionMatrix([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], 2);

  it('count', () => {
    expect(matrix).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(accuracyOf(matrix)).toBeCloseTo(0.6, 12);
    expect(() => confusionMatrix([0], [2], 2)).toThrow(/label 0, prediction 2 at 0/);
    expect(() => confusionMatrix([0], [], 2)).toThrow(RangeError);
  });

  it('are legible as text', () => {
    expect(
      confusionText(
        [
          [9, 0],
          [12, 3],
        ],
        ['a', 'b'],
      ),
    ).toBe(
      ['    │  a  b   recall', '────┼──────', '  a │  9  ·  100.0 %', '  b │ 12  3   20.0 %'].join(
        '\n',
      ),
    );
  });
});

describe('progress', () => {
  it('prints a line for each tenth where there is no terminal', () => {
    const lines: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
    const { isTTY } = process.stderr;
    process.stderr.isTTY = false;
    try {
      const progress = startProgress({ total: 1000, unit: 'images', label: 'epoch 1/1' });
      for (let i = 0; i < 100; i++) progress.advance(10, { loss: 0.5, accuracy: 0.75 });
      progress.finish();
    } finally {
      process.stderr.isTTY = isTTY;
    }
    expect(lines).toHaveLength(10);
    expect(lines[0]).toMatch(
      /^epoch 1\/1 {3}10 % {2}loss 0\.5000 {2}accuracy 75\.00 % {2}[\d,]+ images\/s {2}0 s left$/,
    );
    expect(lines[9]).toMatch(/100 %.* in all$/);
  });

  it('says times as people do', () => {
    expect([7.4, 65, 7390, Infinity].map(duration)).toEqual(['7 s', '1:05 min', '2:03:10 h', '?']);
  });
});

it('display hands pictures to the notebook that is rendered, and text to a terminal', () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  display('<svg/>', 'image/svg+xml', 'a picture');
  expect(log.mock.calls).toEqual([['a picture']]);
  const shown: unknown[] = [];
  (globalThis as { __notebook?: unknown }).__notebook = (output: unknown) => shown.push(output);
  display('<svg/>', 'image/svg+xml', 'a picture');
  display('text');
  expect(shown).toEqual([
    { mime: 'image/svg+xml', data: '<svg/>' },
    { mime: 'text/plain', data: 'text\n' },
  ]);
});
