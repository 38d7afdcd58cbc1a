/** @file Loggers: lines, bars, and event files byte for byte as TensorBoard's own libraries write them. */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import {
  ChainruleError,
  graph,
  manualSeed,
  randn,
  scope,
  ShapeError,
  tensor,
} from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Accuracy, F1Score } from '@chainrule/nn/metrics';
import {
  csvLogger,
  fit,
  jsonlLogger,
  progressLogger,
  SummaryWriter,
  tensorboardLogger,
} from '@chainrule/nn/train';
import { SGD } from '@chainrule/optim';
import { afterAll, describe, expect, it } from 'vitest';
import * as events from '../../src/train/loggers/events.js';
import { encodePng } from '../../src/train/loggers/png.js';
import { maskedCrc, record } from '../../src/train/loggers/records.js';
import { Message } from '../../src/train/loggers/wire.js';

const folder = mkdtempSync(join(tmpdir(), 'loggers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TIME = 1700000000.25;
const truth = JSON.parse(
  readFileSync(new URL('../fixtures/eventFiles.json', import.meta.url), 'utf8'),
) as Record<string, string>;
const base64 = (event: Uint8Array): string => Buffer.from(record(event)).toString('base64');

describe('event files', () => {
  it('are those of TensorBoard, byte for byte', () => {
    expect(base64(events.versionEvent(TIME))).toBe(truth['version']);
    expect(base64(events.scalarEvent(TIME, 300, 'a/b', 0.1))).toBe(truth['scalar']);
    expect(base64(events.startEvent(TIME, 300))).toBe(truth['start']);
    expect(base64(events.histogramEvent(TIME, 300, 'a/b', [-1, 0.5, 0.5, 2]))).toBe(
      truth['histogram'],
    );
    expect(base64(events.histogramEvent(TIME, 300, 'a/b', [1e6, 1e6]))).toBe(truth['constant']);
    const nodes = [
      { name: 'x', op: 'Placeholder', inputs: [] },
      { name: 'layer/mul', op: 'mul', inputs: ['x', 'x'] },
    ];
    expect(base64(events.graphEvent(TIME, nodes))).toBe(truth['graph']);
    const image = new Message()
      .int(1, 2)
      .int(2, 3)
      .int(3, 3)
      .bytes(4, new TextEncoder().encode('PNG'));
    const value = new Message().text(1, 'a/b').message(4, image);
    const event = new Message()
      .double(1, TIME)
      .int(2, 300)
      .message(5, new Message().message(1, value));
    expect(base64(event.finish())).toBe(truth['image']);
  });

  it('checksums are CRC-32C (RFC 3720, B.4), rotated and moved', () => {
    const unmask = (x: number): number => {
      const rotated = (x - 0xa282ead8) >>> 0;
      return ((rotated >>> 17) | (rotated << 15)) >>> 0;
    };
    expect(unmask(maskedCrc(new Uint8Array(32)))).toBe(0x8a9136aa);
    expect(unmask(maskedCrc(new Uint8Array(32).fill(255)))).toBe(0x62a8ab43);
  });

  it('pictures are PNG files with the pixels in them', () => {
    const pixels = Uint8Array.from({ length: 300 * 100 * 3 }, (_, i) => i % 251);
    const png = Buffer.from(encodePng(pixels, 300, 100, 3));
    expect(png.readUInt32BE(16)).toBe(300);
    const length = png.readUInt32BE(33);
    const raw = inflateSync(png.subarray(41, 41 + length)); // checks the sum, too
    expect(raw.length).toBe(100 * 901);
    for (let y = 0; y < 100; y++)
      expect(raw.subarray(y * 901 + 1, (y + 1) * 901)).toEqual(
        Buffer.from(pixels.subarray(y * 900, (y + 1) * 900)),
      );
  });

  it('graphs of tensors have a name for each node, with modules as boxes', async () => {
    const model = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU());
    const y = scope('the end', () =>
      model
        .forward(randn([1, 2]))
        .mul(0.5)
        .sum(),
    );
    const nodes = events.namedNodes(graph(y));
    expect(nodes.map(({ name }) => name.replace(/_\d+$/, ''))).toEqual([
      'the_end/0/Parameter',
      'the_end/0/Parameter',
      'the_end/normal',
      'the_end/0/matmul',
      'the_end/0/add',
      'the_end/1/relu',
      'the_end/mul_0.5',
      'the_end/sum',
    ]);
    expect(new Set(nodes.map(({ name }) => name)).size).toBe(nodes.length);
    expect(nodes.at(-1)).toMatchObject({ op: 'sum', inputs: [nodes.at(-2)?.name] });
    const writer = await SummaryWriter.open(join(folder, 'graph'));
    writer.graph(graph(y));
    expect(readFileSync(writer.path, 'latin1')).toContain('the_end/0/matmul');
    expect(() => writer.graph(y as never)).toThrow(/graph must be a result of graph\(t\)/);
    expect(() => writer.graph([{ name: 'x', op: 'y' }] as never)).toThrow(ChainruleError);
    writer.close();
  });

  it('refuse what they cannot show', () => {
    expect(() => events.histogramEvent(TIME, 0, 'w', [1, NaN])).toThrow(/value 1 of 'w' is NaN/);
    expect(() => events.imageEvent(TIME, 0, 'i', randn([5, 2, 2]))).toThrow(ShapeError);
  });

  it('a writer says that it is closed, or where it cannot write', async () => {
    const writer = await SummaryWriter.open(join(folder, 'closed'));
    writer.image('picture', randn([3, 4, 4]), 1);
    writer.close();
    expect(() => writer.scalar('x', 1, 1)).toThrow(ChainruleError);
    await expect(SummaryWriter.open(join(writer.path, 'below'))).rejects.toThrow(
      /cannot write into/,
    );
  });
});

describe('lines', () => {
  it.each([csvLogger, jsonlLogger])(
    'that cannot be written are an error that says where',
    async (logger) => {
      const path = join(folder, 'none', 'log');
      const model = new nn.Linear(2, 1);
      const run = fit(model, {
        data: [[tensor([[1, 2]]), tensor([[1]])]],
        loss: nn.functional.mseLoss,
        optimizer: new SGD(model.parameters(), { lr: 0.1 }),
        epochs: 1,
        callbacks: [logger(path)],
      });
      await expect(run).rejects.toThrow(ChainruleError);
      await expect(run).rejects.toThrow(`${logger.name}: cannot write '${path}': ENOENT`);
    },
  );
});

describe('a training', () => {
  it('is logged in lines, in a table, in a bar and to TensorBoard', async () => {
    const model = new nn.Linear(2, 2);
    const labels = tensor([0, 1], { dtype: 'int32' });
    const data = Array.from({ length: 4 }, () => [randn([2, 2]), labels] as const);
    const json: string[] = [];
    const csv: string[] = [];
    const bar: string[] = [];
    const plain: string[] = [];
    const runs = join(folder, 'runs');
    await fit(model, {
      data,
      loss: nn.functional.crossEntropy,
      optimizer: new SGD(model.parameters(), { lr: 0.1 }),
      epochs: 2,
      metrics: { accuracy: new Accuracy() },
      callbacks: [
        jsonlLogger((line) => void json.push(line)),
        csvLogger((line) => void csv.push(line)),
        csvLogger(join(folder, 'log.csv')),
        progressLogger({ write: (text) => void bar.push(text), interactive: true }),
        progressLogger({ write: (text) => void plain.push(text), interactive: false }),
        tensorboardLogger(runs, { histograms: true }),
      ],
    });
    const parsed = json.map((line) => JSON.parse(line) as { type: string; time: number });
    expect(parsed.map(({ type }) => type)).toEqual(['start', 'compiled', 'epoch', 'epoch', 'end']);
    // There is no validation: the figures are those of the training data.
    expect(csv[0]).toBe('epoch,step,loss,accuracy,lr,seconds');
    expect(csv).toHaveLength(3);
    expect(readFileSync(join(folder, 'log.csv'), 'utf8').split('\n')).toHaveLength(4);
    expect(plain).toHaveLength(2);
    expect(plain[1]).toMatch(/^epoch 2\/2 {2}loss \d\.\d{4} {2}accuracy \d\.\d{4}/);
    expect(bar.join('')).toContain('█');
  });

  it('has a column for each class, and one header and no line twice after it was cut off', async () => {
    const [run, whole] = [join(folder, 'run'), join(folder, 'whole')];
    const labels = tensor([0, 1], { dtype: 'int32' });
    const data = Array.from({ length: 4 }, () => [randn([2, 2]), labels] as const);
    const train = async (where: string, stopAt?: number): Promise<string[]> => {
      manualSeed(0);
      const model = new nn.Linear(2, 2);
      let updates = 0;
      const isCut = fit(model, {
        data,
        validate: data,
        loss: nn.functional.crossEntropy,
        optimizer: new SGD(model.parameters(), { lr: 0.1 }),
        epochs: 3,
        metrics: { accuracy: new Accuracy(), f1: new F1Score({ average: 'none' }) },
        checkpoint: { dir: join(where, 'checkpoints'), everySteps: 3 },
        resume: true,
        callbacks: [
          csvLogger(`${where}.csv`),
          tensorboardLogger(join(where, 'board')),
          // The process dies here: nothing after this is saved.
          ({ type }) => {
            if (type === 'batch' && ++updates === stopAt) throw new Error('cut off');
          },
        ],
      });
      if (stopAt === undefined) await isCut;
      else await expect(isCut).rejects.toThrow('cut off');
      return readFileSync(`${where}.csv`, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.replace(/,[^,]*$/, ''));
    };
    const expected = await train(whole);
    expect(expected[0]).toBe(
      'epoch,step,loss,validate loss,validate accuracy,validate f1 0,validate f1 1,lr',
    );
    await train(run, 6);
    // A line of an epoch beyond the last checkpoint, as a run leaves it that ends before it saves.
    appendFileSync(`${run}.csv`, '1,8,0,0,0,0,0,0,0\n');
    await train(run, 5);
    expect(await train(run)).toEqual(expected);
    expect(await train(run)).toEqual(expected);
    const boards = readdirSync(join(run, 'board')).map((name) =>
      readFileSync(join(run, 'board', name), 'latin1'),
    );
    expect(boards.some((text) => text.includes('validate/f1 1'))).toBe(true);
    expect(boards.filter((text) => text.includes(':\x02\x08\x01'))).not.toHaveLength(0);
  });

  it('numbers that JSON does not have are text', () => {
    const lines: string[] = [];
    const log = jsonlLogger((line) => void lines.push(line), { types: ['skipped'] });
    const control = { model: new nn.Identity(), stop: () => undefined };
    if (typeof log === 'function')
      void log({ type: 'skipped', epoch: 0, batch: 1, step: 1, loss: NaN }, control);
    expect(lines[0]).toContain('"loss":"NaN"');
  });
});
