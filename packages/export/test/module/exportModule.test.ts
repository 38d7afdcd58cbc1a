/** @file Modules without the framework: bits, batch sizes, training, files, and what is refused. */
import { gzipSync } from 'node:zlib';
import {
  bernoulli,
  compile,
  fft,
  getRngState,
  isIn,
  manualSeed,
  maxPool2d,
  noGrad,
  ones,
  Parameter,
  pixelShuffle,
  quantile,
  rand,
  randint,
  randn,
  scaledDotProductAttention,
  setRngState,
  stft,
  tensor,
  where,
  zeros,
  type Tensor,
  type TypedArray,
} from '@chainrule/autograd';
import { decodeSafetensors, encodeSafetensors } from '@chainrule/autograd/io';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { optimizers, type Make } from '../stablehlo/cases.js';
import { describe, expect, it, vi } from 'vitest';
import { exportModule } from '../../src/index.js';
import { loaded, type Loaded, type Result } from './loaded.js';

// The bits are those of the engine without a library.
vi.hoisted(() => (process.env['CHAINRULE_BLAS'] = 'off'));

const digits = (): nn.Sequential =>
  new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));

const same = (a: TypedArray, b: TypedArray): boolean =>
  a.length === b.length && a.every((x, i) => Object.is(x, b[i]));

describe('exportModule', () => {
  it('takes a model, and any name that a function may have', async () => {
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Dropout(0.5));
    // Names that the module uses itself.
    const made = exportModule(model, [zeros([2, 3])], { name: 'digits', names: ['memory'] });
    const { digits: run, state } = (await loaded(made)) as unknown as Record<string, never> & {
      digits: Loaded['predict'];
      state: Loaded['state'];
    };
    const x = ones([5, 3]);
    model.eval();
    const want = compile(() => model.forward(x))();
    expect(same(run(x.dataSync()).data, want.dataSync())).toBe(true);
    expect(Object.keys(state())).toEqual(['0.weight', '0.bias', 'random']);
    model.train();
    expect(model.modules().every((m) => m.training)).toBe(true);
  });

  it('has quantiles and membership, whose questions of booleans are asked of floats', async () => {
    const f = (x: Tensor): Tensor[] => [quantile(x, 0.3, 1), isIn(x.round(), tensor([0, 2]))];
    const { predict } = await loaded(exportModule(f, [zeros([2, 5])]));
    const x = randn([4, 5]);
    const found = predict(x.dataSync()) as unknown as Result[];
    const want = compile(f)(x);
    want.forEach((y, i) => expect(same((found[i] as Result).data, y.dataSync())).toBe(true));
  });

  it('gives the shape that the function gives, whatever its last kernel has', async () => {
    const f = (x: Tensor): Tensor[] => [
      x.exp().reshape([-1, 2, 6]),
      x.amax(1),
      maxPool2d(x.unsqueeze(1), 2),
      pixelShuffle(x.exp().reshape([-1, 12, 1, 1]).expand([-1, 12, 2, 2]), 2),
      x.exp().select(1, 2).unsqueeze(0),
    ];
    const { predict } = await loaded(exportModule(f, [zeros([1, 3, 4])], { batch: 4 }));
    for (const batch of [1, 4]) {
      const x = randn([batch, 3, 4]);
      const found = predict(x.dataSync()) as unknown as Result[];
      for (const [k, want] of f(x).entries()) {
        expect(found[k]?.shape).toEqual(want.shape);
        expect(same(found[k]?.data as TypedArray, want.dataSync())).toBe(true);
      }
    }
  });

  it('keeps numbers that are not finite, and the sign of zero', async () => {
    const f = (x: Tensor): Tensor[] => [
      where(x.gt(0), x, -Infinity),
      where(x.gt(0), NaN, x),
      where(x.gt(0), -0, x),
      scaledDotProductAttention(x, x, x, { isCausal: true }),
    ];
    const { predict } = await loaded(exportModule(f, [zeros([1, 3, 4])], { batch: 2 }));
    const x = randn([2, 3, 4]);
    const found = predict(x.dataSync()) as unknown as Result[];
    const want = compile(f)(x);
    expect(want.map((y, k) => same(found[k]?.data as TypedArray, y.dataSync()))).toEqual(
      Array(4).fill(true),
    );
  });

  it('says that the first dimension is the batch where no other size works', () => {
    const square = (x: Tensor): Tensor => x.matmul(x);
    expect(() => exportModule(square, [ones([3, 3])])).toThrow(
      /with 1 instead of 3 in the dimension of the arguments that may differ: matmul: .*; give \{ batch: null \}/,
    );
    expect(() => exportModule(square, [ones([3, 2])])).toThrow(/^matmul: /);
    expect(exportModule(square, [ones([3, 3])], { batch: null }).js).toContain('"fixed":1');
  });

  it('gives the bits of the compiled function at any batch size, within 20 kB', async () => {
    manualSeed(1);
    const model = digits();
    const f = (x: Tensor): Tensor => nn.functional.softmax(model.forward(x), 1);
    const made = exportModule(f, [zeros([1, 784])], {
      modules: model,
      names: ['pixels'],
      batch: 200,
    });
    const { predict, version } = await loaded(made);
    const compiled = compile(f);
    for (const batch of [1, 2, 3, 5, 8, 31, 64, 65, 77, 110, 111, 200, 2]) {
      const x = randn([batch, 784]);
      const want = noGrad(() => compiled(x));
      const { data, shape } = predict(x.dataSync());
      expect(shape).toEqual([batch, 10]);
      expect(same(data, want.dataSync())).toBe(true);
    }
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(made.js).toMatch(/^\/\/ Written by chainrule \d/);
    expect(made.js).not.toMatch(/\beval\b|new Function|\bimport\b|\brequire\b/);
    expect(made.types).toContain(
      'export declare function predict(pixels: Numbers): Result<Float32Array>;',
    );
    const bare = exportModule(f, [zeros([1, 784])], {
      modules: model,
      weights: 'file',
      batch: 1024,
    });
    expect(gzipSync(bare.js).length).toBeLessThan(20_000);
  });

  it('looks up bags at any batch size', async () => {
    const bags = new nn.EmbeddingBag(12, 5, { mode: 'mean' });
    const { predict } = await loaded(exportModule(bags, [randint(0, 12, [2, 4])]));
    for (const n of [1, 3, 70]) {
      const indices = randint(0, 12, [n, 4]);
      const want = compile(() => bags.forward(indices))();
      const found = predict(indices.dataSync());
      expect(found.shape).toEqual([n, 5]);
      expect(same(found.data, want.dataSync())).toBe(true);
    }
  });

  it('runs images, sequences and several arguments', async () => {
    manualSeed(2);
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1 }),
      new nn.BatchNorm2d(4),
      new nn.GELU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(64, 3),
    );
    const table = new Parameter(randn([9, 3]));
    const f = (x: Tensor, words: Tensor): unknown => {
      const y = model.forward(x);
      return {
        logits: y.add(nn.functional.embedding(words, table).mean(1)),
        best: y.argmax(1),
        bias: [table.sum(0)],
      };
    };
    const args = [zeros([2, 1, 8, 8]), zeros([2, 5]).cast('int32')];
    const { predict } = await loaded(exportModule(f as never, args, { modules: model, batch: 20 }));
    model.eval();
    const compiled = compile(
      f as (...xs: Tensor[]) => { logits: Tensor; best: Tensor; bias: Tensor[] },
    );
    for (const batch of [1, 2, 7, 20]) {
      const [x, words] = [randn([batch, 1, 8, 8]), randint(0, 9, [batch, 5])] as const;
      const want = noGrad(() => compiled(x, words));
      const got = predict(x.dataSync(), words.dataSync()) as unknown as {
        logits: Result;
        best: Result;
        bias: Result[];
      };
      expect(same(got.logits.data, want.logits.dataSync())).toBe(true);
      expect(same(got.best.data, want.best.dataSync())).toBe(true);
      expect(same((got.bias[0] as Result).data, (want.bias[0] as Tensor).dataSync())).toBe(true);
    }
    expect(() => predict(new Float32Array(64), [0, 1, 2, 3, 9])).toThrow(
      /an index or a probability is out of range/,
    );
    expect(predict(new Float32Array(64), [0, 1, 2, 3, 8])).toBeDefined();
  });

  it.each(Object.keys(optimizers))('trains bit for bit, with %s', async (name) => {
    manualSeed(3);
    const model = new nn.Sequential(
      new nn.Linear(12, 16),
      new nn.ReLU(),
      new nn.Dropout(0.2),
      new nn.Linear(16, 4),
    );
    const optimizer = (optimizers[name] as Make)(model.parameters());
    const sizes = name === 'SGD' || name === 'Adam' ? [1, 4, 12, 4] : [1, 2, 2];
    const loss = (y: Tensor, target: Tensor): Tensor => nn.functional.crossEntropy(y, target);
    const made = exportModule((x: Tensor) => model.forward(x), [zeros([1, 12])], {
      modules: { '': model, optimizer },
      names: ['x', 'y'],
      batch: Math.max(...sizes),
      train: { loss: loss, optimizer, targets: [zeros([1]).cast('int32')] },
    });
    const { predict, train, state, load } = await loaded(made);
    const step = compile((x: Tensor, y: Tensor) => {
      optimizer.zeroGrad();
      const value = loss(model.forward(x), y);
      value.backward();
      optimizer.step();
      return value;
    });
    const random = getRngState();
    const data = sizes.map(
      (n) => [n, randn([n, 12]).dataSync(), randint(0, 4, [n]).dataSync()] as const,
    );
    setRngState(random);
    const start = state();
    const run = (): number[] => data.map(([, x, y]) => train(x, y));
    const losses = run();
    expect(losses).toEqual(
      data.map(([n, x, y]) =>
        step(tensor(x, { shape: [n, 12] }), tensor(y, { shape: [n] })).item(),
      ),
    );
    const after = state();
    for (const [key, p] of model.namedParameters())
      expect(same(p.dataSync(), after[key] as TypedArray)).toBe(true);
    const { offset } = getRngState();
    expect((after['random'] as TypedArray)[1]).toBe(offset);
    // In evaluation mode, with the weights that were trained.
    model.eval();
    const x = randn([2, 12]);
    expect(
      same(
        predict(x.dataSync()).data,
        noGrad(() => compile((t: Tensor) => model.forward(t))(x)).dataSync(),
      ),
    ).toBe(true);
    load(start);
    expect(run()).toEqual(losses);
  });

  it.each([
    ['LSTM', 16, () => new nn.LSTM(3, 8, { batchFirst: true, bidirectional: true })],
    ['GRU', 8, () => new nn.GRU(3, 8, { batchFirst: true })],
    ['RNN', 8, () => new nn.RNN(3, 8, { batchFirst: true })],
  ] as const)('runs recurrent layers step by step: %s', async (_, width, make) => {
    manualSeed(5);
    const layer = make();
    const head = new nn.Linear(width, 2);
    const forward = (x: Tensor): Tensor =>
      head.forward((layer.forward(x as never)[0] as Tensor).at(':', -1));
    const modules = new nn.ModuleList([layer, head]);
    const optimizer = new Adam(modules.parameters(), { lr: 0.01 });
    const loss = (y: Tensor, target: Tensor): Tensor => nn.functional.mseLoss(y, target);
    const made = exportModule(forward, [zeros([2, 4, 3])], {
      modules: { '': modules, optimizer },
      batch: 2,
      train: { loss: loss, optimizer, targets: [zeros([2, 2])] },
    });
    const { predict, train, state } = await loaded(made);
    const compiled = compile(forward);
    for (const n of [1, 2]) {
      const x = randn([n, 4, 3]);
      const right = noGrad(() => compiled(x)).dataSync();
      expect(same(predict(x.dataSync()).data, right)).toBe(true);
    }
    const step = compile((x: Tensor, y: Tensor) => {
      optimizer.zeroGrad();
      const value = loss(forward(x), y);
      value.backward();
      optimizer.step();
      return value;
    });
    for (let t = 0; t < 3; t++) {
      const [x, y] = [randn([2, 4, 3]), randn([2, 2])];
      expect(train(x.dataSync(), y.dataSync())).toBe(step(x, y).item());
    }
    const after = state();
    for (const [key, p] of modules.namedParameters())
      expect(same(p.dataSync(), after[key] as TypedArray)).toBe(true);
  });

  it('keeps weights and kernels in files where asked', async () => {
    manualSeed(4);
    const model = new nn.Linear(6, 2);
    const made = exportModule((x: Tensor) => model.forward(x), [zeros([1, 6])], {
      modules: model,
      weights: 'file',
      wasm: 'file',
      batch: 4,
    });
    const module = await loaded(made);
    expect(Object.keys(decodeSafetensors(made.weights as Uint8Array)).sort()).toEqual([
      'bias',
      'weight',
    ]);
    expect(() => module.predict(new Float32Array(6))).toThrow(/call load\(weights\) first/);
    expect(() => module.load(made.weights)).toThrow(/call start\(module\) first/);
    module.start(made.wasm);
    module.load(made.weights);
    const x = randn([3, 6]);
    // So small a product the framework computes without kernels, in double precision.
    const want = noGrad(() => model.forward(x)).dataSync();
    module
      .predict(x.dataSync())
      .data.forEach((y, i) => expect(y).toBeCloseTo(want[i] as number, 6));
    expect(() => module.start(made.wasm)).toThrow(/call start before anything else/);
    const other = encodeSafetensors({ weight: ones([2, 6]), bias: zeros([2]) });
    module.load(other);
    expect(Array.from(module.predict(new Float32Array(6).fill(1)).data)).toEqual([6, 6]);
    for (const [bytes, message] of [
      [encodeSafetensors({ weight: zeros([2, 6]) }), /there is no bias/],
      [
        encodeSafetensors({ weight: zeros([2, 5]), bias: zeros([2]) }),
        /weight has 10 elements, expected 12/,
      ],
      [other.subarray(0, 40), /not a safetensors file/],
      [new Uint8Array(3), /not a safetensors file/],
    ] as const) {
      expect(() => module.load(bytes)).toThrow(message);
    }
    expect(Array.from(module.predict(new Float32Array(6).fill(1)).data)).toEqual([6, 6]);
  });

  it('refuses arguments that do not fit, and goes on', async () => {
    const model = new nn.Linear(6, 2);
    const { predict } = await loaded(
      exportModule((x: Tensor) => model.forward(x), [zeros([1, 6])], {
        names: ['pixels'],
        batch: 4,
      }),
    );
    expect(() => predict(new Float32Array(7))).toThrow(
      /^predict: pixels must be an array of 6 numbers for each example \(\[batch, 6\]\), got 7/,
    );
    expect(() => predict(new Float32Array(0))).toThrow(/pixels must be/);
    expect(() => predict(3 as never)).toThrow(/got number/);
    const long = new BigInt64Array(6) as never;
    expect(() => predict(long)).toThrow(/pixels must be .*, got bigints/);
    expect(() => predict(new Float32Array(30))).toThrow(/a batch has at most 4 examples, got 5/);
    expect(predict([1, 2, 3, 4, 5, 6]).shape).toEqual([1, 2]);
  });

  it.each([
    ['rfft', [32], (x: Tensor) => fft.rfft(x)],
    ['fft', [16, 3], (x: Tensor) => fft.fft(x, { dim: 1 })],
    ['irfft2', [6, 8], (x: Tensor) => fft.irfft2(fft.rfft2(x))],
    ['stft', [64], (x: Tensor) => stft(x, 16)],
  ] as const)('transforms any batch: %s', async (_, row, f) => {
    const { predict } = await loaded(exportModule(f as never, [zeros([2, ...row])], { batch: 90 }));
    const compiled = compile(f as (x: Tensor) => Tensor | { real: Tensor; imag: Tensor });
    const parts = (y: Tensor | { real: Tensor; imag: Tensor } | Result): unknown[] =>
      'real' in y && 'imag' in y ? [y.real, y.imag] : [y];
    for (const n of [1, 2, 3, 7, 8, 9, 31, 33, 64, 65, 79, 90]) {
      const x = randn([n, ...row]);
      const want = parts(noGrad(() => compiled(x))) as Tensor[];
      const got = parts(predict(x.dataSync())) as Result[];
      expect(got.map(({ shape }) => shape)).toEqual(want.map(({ shape }) => shape));
      want.forEach((y, k) => expect(same((got[k] as Result).data, y.dataSync())).toBe(true));
    }
  });

  it('draws by probabilities, multiplies booleans, and refuses what is not a probability', async () => {
    const f = (p: Tensor): Tensor => bernoulli(p).mul(p.gt(0.2).mul(p.lt(0.9)));
    const { predict } = await loaded(exportModule(f, [zeros([2, 40])], { batch: 4 }));
    const compiled = compile(f);
    const random = getRngState();
    const given = [1, 3, 4].map((n) => rand([n, 40]));
    given.forEach((p) => p.dataSync());
    setRngState(random);
    for (const p of given)
      expect(same(predict(p.dataSync()).data, compiled(p).dataSync())).toBe(true);
    expect(() => predict(new Float32Array(40).fill(1.5))).toThrow(/a probability is out of range/);
  });

  it('exports one batch size where that is asked for', async () => {
    const f = (x: Tensor): Tensor => x.mul(tensor([1, 2, 3])).cumsum(0);
    const { predict } = await loaded(exportModule(f, [zeros([4, 3])], { batch: null }));
    expect(Array.from(predict([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]).data)).toEqual([
      1, 2, 3, 2, 4, 6, 3, 6, 9, 4, 8, 12,
    ]);
  });

  it('refuses what cannot run without the framework', () => {
    const x = zeros([3, 3]);
    expect(() => exportModule((t: Tensor) => t.sum().item(), [x])).toThrow(
      /that exportModule records/,
    );
    expect(() =>
      exportModule(
        (t: Tensor) =>
          t.mul(
            tensor(Float32Array.from({ length: t.shape[0] as number }, Math.sqrt)).unsqueeze(1),
          ),
        [x],
        { batch: 8 },
      ),
    ).toThrow(/depends on the batch/);
    expect(() =>
      exportModule((t: Tensor) => t.mul(Math.sqrt(t.shape[0] as number)), [x], { batch: 8 }),
    ).toThrow(/depends on the batch in a way that its values do not reveal/);
    expect(() => exportModule((t: Tensor) => t, [x], { name: 'load' })).toThrow(
      /cannot be the name/,
    );
    expect(() => exportModule((t: Tensor) => t, [x], { names: ['a b'] })).toThrow(
      /'a b' cannot be the name/,
    );
    expect(() => exportModule((t: Tensor) => t, [] as never)).toThrow(/an array of tensors/);
    expect(() => exportModule((t: Tensor) => t, [x], { weight: 'file' } as never)).toThrow(
      /weights/,
    );
  });
});
