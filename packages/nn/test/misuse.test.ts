/** @file The misuse walk over layers, losses, initialisers, utilities and loaders. */
/* eslint-disable @typescript-eslint/unbound-method -- methods are taken from their objects on purpose */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ones, randn, tensor } from '@chainrule/autograd';
import { insideOf, instancesOf } from '../../autograd/test/misuse/instances.js';
import { sane, valuesWith, type Make } from '../../autograd/test/misuse/values.js';
import { methodsOf, subjectsOf, walk, type Subject } from '../../autograd/test/misuse/walk.js';
import * as data from '../src/data/index.js';
import * as distributions from '../src/distributions/index.js';
import * as nn from '../src/index.js';
import * as metrics from '../src/metrics/index.js';
import * as train from '../src/train/index.js';

/** Calls of each; more by an environment variable. */
const rounds = Number(process.env['CHAINRULE_MISUSE'] ?? 25);

beforeAll(() => {
  for (const name of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, name).mockImplementation(() => undefined);
  }
});
afterAll(() => {
  vi.restoreAllMocks();
});

test('layers, losses and functions', async () => {
  const subjects = [...subjectsOf(nn, 'nn.'), ...subjectsOf(data, 'data.')];
  const { faults, calls, refused } = await walk(subjects, { rounds });
  expect(faults).toEqual([]);
  expect(refused).toBeGreaterThan(calls / 3);
}, 120_000);

test('distributions, metrics and training', async () => {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'misuse-'));
  process.chdir(folder); // a wrong argument may be a right path
  try {
    const subjects = [
      ...subjectsOf(distributions, 'distributions.'),
      ...subjectsOf(metrics, 'metrics.'),
      ...subjectsOf(train, 'train.'),
    ];
    const { faults, calls, refused } = await walk(subjects, { rounds });
    expect(faults.map(({ call, what }) => `${call.slice(0, 200)}: ${what.slice(0, 300)}`)).toEqual(
      [],
    );
    expect(refused).toBeGreaterThan(calls / 3);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
}, 120_000);

/** What is right for some layers, data sets and functions. */
const own: readonly Make[] = [
  () => new nn.Linear(3, 2),
  () => new nn.Sequential(new nn.Linear(3, 3), new nn.ReLU()),
  () => new nn.LSTM(3, 3),
  () => new nn.Linear(3, 2).stateDict(),
  () => new data.TensorDataset(ones([4, 3]), ones([4])),
  () => new data.DataLoader([randn([3]), randn([3])]),
  () => new distributions.Normal(0, 1),
  () => 4,
  () => ones([2, 3, 8, 8]),
];
const values = valuesWith(own);
const inside = insideOf(fileURLToPath(new URL('../src', import.meta.url)));
const small = { dimFeedforward: 4 };

/** How to make what is not found by chance. Base classes and what starts threads are left out. */
const recipes: Readonly<Record<string, (() => object) | null>> = {
  Module: null,
  Parameter: null,
  Distribution: null,
  Transform: null,
  Metric: null,
  WorkerDataset: null,
  Conv1d: () => new nn.Conv1d(3, 4, 3),
  Conv2d: () => new nn.Conv2d(3, 4, 3),
  Conv3d: () => new nn.Conv3d(3, 4, 3),
  ConvTranspose1d: () => new nn.ConvTranspose1d(3, 4, 3),
  ConvTranspose2d: () => new nn.ConvTranspose2d(3, 4, 3),
  ConvTranspose3d: () => new nn.ConvTranspose3d(3, 4, 3),
  Bilinear: () => new nn.Bilinear(3, 3, 3),
  GroupNorm: () => new nn.GroupNorm(2, 4),
  AdaptiveLogSoftmaxWithLoss: () => new nn.AdaptiveLogSoftmaxWithLoss(3, 10, [2, 5]),
  Unflatten: () => new nn.Unflatten(1, [1, 3]),
  Upsample: () => new nn.Upsample({ scaleFactor: 2 }),
  Transformer: () =>
    new nn.Transformer({
      ...small,
      dModel: 4,
      nhead: 2,
      numEncoderLayers: 1,
      numDecoderLayers: 1,
    }),
  TransformerEncoder: () =>
    new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2, small), 1),
  TransformerDecoder: () =>
    new nn.TransformerDecoder(new nn.TransformerDecoderLayer(4, 2, small), 1),
  TransformerEncoderLayer: () => new nn.TransformerEncoderLayer(4, 2, small),
  TransformerDecoderLayer: () => new nn.TransformerDecoderLayer(4, 2, small),
  BatchSampler: () => new data.BatchSampler(new data.SequentialSampler([1, 2, 3, 4]), 2),
  DistributedSampler: () => new data.DistributedSampler([1, 2, 3, 4], { numReplicas: 2, rank: 0 }),
  SlidingWindows: () => new data.SlidingWindows(ones([10]), { size: 3 }),
  TokenWindows: () => new data.TokenWindows(new Int32Array(20), { size: 3 }),
};

/** Methods of all instances, without what a summary calls with what it has seen. */
const methods = (module: object, prefix: string): readonly Subject[] =>
  instancesOf(module, prefix, inside, [...sane, ...own], recipes).subjects.filter(
    ({ name }) => !name.endsWith('.multiplyAdds'),
  );

test.each([
  ['layers', nn],
  ['data', data],
  ['distributions', distributions],
  ['metrics', metrics],
])(
  'methods of every class: %s',
  async (name, module) => {
    const subjects = methods(module, `${name}.`);
    expect(subjects.length).toBeGreaterThan(15);
    const { faults } = await walk(subjects, { rounds: Math.ceil(rounds / 4), value: values });
    expect(faults.map(({ call, what }) => `${call.slice(0, 200)}: ${what.slice(0, 300)}`)).toEqual(
      [],
    );
  },
  120_000,
);

/** Private methods of a loader. */
const hidden = 'streamed requested begin batches load join dataset isStream next begin'.split(' ');

test('methods of a module and of a loader', async () => {
  const subjects = [
    ...methodsOf('linear', () => new nn.Linear(3, 2), ['toDevice', 'multiplyAdds']),
    ...methodsOf('loader', () => new data.DataLoader([randn([2]), tensor([1, 2])]), hidden),
  ];
  const { faults } = await walk(subjects, { rounds });
  expect(faults).toEqual([]);
}, 120_000);

test('methods without their object', () => {
  const linear = new nn.Linear(3, 2);
  const list = new nn.ModuleList([linear]);
  const lost: readonly (readonly [unknown, string])[] = [
    [linear.parameters, 'parameters: it is a method of a module, called on nothing'],
    [linear.forward, 'forward: it is a method of modules, called on nothing'],
    [linear.stateDict, 'stateDict: it is a method of a module'],
    [list.insert, 'insert: it is a method of a list'],
    [new nn.ModuleDict({ linear }).get, 'get: it is a method of a dictionary'],
    [new metrics.Accuracy().compute, 'compute: it is a method of a metric'],
    [new distributions.Normal(0, 1).entropy, 'entropy: it is a method of a distribution'],
    [new distributions.ExpTransform().forward, 'forward: it is a method of a transform'],
    [new data.TensorDataset(ones([2])).at, 'at: it is a method of a dataset'],
    [new data.SequentialSampler([1, 2]).order, 'order: it is a method of a sampler'],
    [new data.DataLoader([1, 2]).stateDict, 'stateDict: it is a method of a loader'],
  ];
  for (const [method, message] of lost) {
    expect(() => Reflect.apply(method as () => unknown, undefined, [])).toThrow(message);
    expect(() => Reflect.apply(method as () => unknown, {}, [])).toThrow(/called on {}/);
  }
});

test('a shape of thousands of millions of holes is refused at once', () => {
  const holes: unknown[] = [];
  holes[2 ** 31] = 1;
  expect(() => new nn.ReLU().summary(holes as number[])).toThrow(/summary: /);
  expect(() => new nn.ReLU().summary([[2, 'x']] as never)).toThrow('summary: inputShape[0] must');
});

test('a loader uses the options that it checked', () => {
  let reads = 0;
  const options = {
    get batchSize(): number {
      return reads++ === 0 ? 2 : ('many' as never);
    },
  };
  const loader = new data.DataLoader([ones([]), ones([]), ones([])], options);
  expect([...loader].map((batch) => batch.shape)).toEqual([[2], [1]]);
});

test('messages name the argument, the given value and what is expected', () => {
  const message = (f: () => unknown): string => {
    try {
      f();
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };
  expect(message(() => new nn.Conv3d(3, 4, [1, 2]))).toBe(
    'Conv3d: kernelSize must be one number or an array of 3, got [1, 2]',
  );
  expect(message(() => new nn.Conv2d(3, 4, 3, { stride: [1] }))).toBe(
    'Conv2d: stride must be one number or an array of 2, got [1]',
  );
  expect(message(() => train.csvLogger(5 as never))).toBe(
    'csvLogger: sink must be the path of a file or a function that takes a line, got 5',
  );
});

test('a negative variance is refused, at once or when evaluated; NaN gives NaN', () => {
  const { gaussianNllLoss } = nn.functional;
  const x = ones([2]);
  const message = 'gaussianNllLoss: the variance must be at least 0, but element 1 is -1';
  expect(() => gaussianNllLoss(x, x, tensor([1, -1])).item()).toThrow(message);
  expect(() => gaussianNllLoss(x, x, tensor([1, -2]).add(tensor([0, 1]))).item()).toThrow(message);
  expect(gaussianNllLoss(x, x, tensor([1, NaN])).item()).toBeNaN();
  const variance = tensor([0.5, 2], { requiresGrad: true });
  gaussianNllLoss(x, tensor([0, 3]), variance).backward();
  // torch.nn.functional.gaussian_nll_loss: ½ (1/v − (x − y)²/v²), averaged.
  expect(variance.grad?.toArray()).toEqual([-0.5, -0.125]);
});
