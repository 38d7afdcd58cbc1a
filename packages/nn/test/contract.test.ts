/** @file The public surface of nn, name by name. */
import { ones, randn, scope, tensor, zeros, ShapeError, Tensor } from '@chainrule/autograd';
import { describe, expect, test } from 'vitest';
import * as data from '../src/data/index.js';
import * as nn from '../src/index.js';

const list = (text: string): string[] => text.trim().split(/\s+/);

const LAYERS = list(`
  Linear Bilinear Identity Sequential ModuleList ModuleDict Flatten Unflatten Conv1d Conv2d Conv3d ConvTranspose1d
  ConvTranspose2d MaxPool1d MaxPool2d AvgPool1d AvgPool2d AdaptiveAvgPool2d AdaptiveMaxPool2d BatchNorm1d BatchNorm2d
  LayerNorm GroupNorm InstanceNorm2d RMSNorm Dropout Dropout2d Embedding EmbeddingBag RNN LSTM GRU RNNCell LSTMCell
  GRUCell MultiheadAttention TransformerEncoderLayer TransformerEncoder TransformerDecoderLayer TransformerDecoder
  Transformer Upsample PixelShuffle CosineSimilarity`);

const ACTIVATIONS = list(`
  ReLU LeakyReLU ELU SELU CELU GELU SiLU Mish Hardtanh Hardswish Hardsigmoid ReLU6 Softsign Softshrink LogSigmoid
  Softmax LogSoftmax Sigmoid Tanh Softplus`);

const LOSSES = list(`
  MSELoss L1Loss SmoothL1Loss HuberLoss CrossEntropyLoss NLLLoss BCELoss BCEWithLogitsLoss KLDivLoss CosineEmbeddingLoss
  TripletMarginLoss MarginRankingLoss HingeEmbeddingLoss PoissonNLLLoss GaussianNLLLoss CTCLoss`);

const FUNCTIONAL = list(`
  relu leakyRelu elu selu celu gelu silu mish hardtanh hardswish hardsigmoid relu6 softsign softshrink logSigmoid prelu
  glu softmax logSoftmax oneHot embedding dropout linear conv1d conv2d conv3d convTranspose1d convTranspose2d maxPool1d
  maxPool2d avgPool1d avgPool2d adaptiveAvgPool2d adaptiveMaxPool2d layerNorm groupNorm batchNorm rmsNorm instanceNorm
  unfold fold interpolate pixelShuffle scaledDotProductAttention cosineSimilarity normalize
  mseLoss l1Loss smoothL1Loss huberLoss crossEntropy nllLoss bce bceWithLogits klDiv cosineEmbeddingLoss
  tripletMarginLoss marginRankingLoss hingeEmbeddingLoss poissonNllLoss gaussianNllLoss ctcLoss`);

const METHODS = list(`
  forward parameters namedParameters buffers namedBuffers children modules namedModules to train eval apply
  requiresGrad_ stateDict loadStateDict registerBuffer numParameters summary toString registerForwardHook
  registerForwardPreHook`);

const INIT = list(`
  uniform normal constant zeros ones eye xavierUniform xavierNormal kaimingUniform kaimingNormal orthogonal truncNormal`);

const UTILS = list(
  'clipGradNorm clipGradValue parametersToVector vectorToParameters weightNorm spectralNorm',
);

const at = (object: unknown, name: string): unknown => (object as Record<string, unknown>)[name];
type Make = new (...args: unknown[]) => nn.Module;

describe('names', () => {
  test.each([...LAYERS, ...ACTIVATIONS, ...LOSSES, 'PReLU', 'GLU'])('%s is a module', (name) => {
    expect((at(nn, name) as { prototype: unknown }).prototype).toBeInstanceOf(nn.Module);
  });
  test.each(METHODS)('module.%s', (name) => {
    const module = new nn.Linear(1, 1);
    expect(typeof at(module, name)).toBe('function');
  });
  test.each(FUNCTIONAL)('functional.%s', (name) => {
    expect(typeof at(nn.functional, name)).toBe('function');
  });
  test.each(UTILS)('utils.%s', (name) => expect(typeof at(nn.utils, name)).toBe('function'));
  test.each(['DataLoader', 'TensorDataset', 'randomSplit'])('data.%s', (name) => {
    expect(typeof at(data, name)).toBe('function');
  });
});

describe('init fills the parameter it is given, and returns it', () => {
  test.each(INIT)('%s', (name) => {
    const p = new nn.Parameter(zeros([3, 3]).sub(7));
    const fill = at(nn.init, name) as (p: nn.Parameter, value?: number) => unknown;
    expect(name === 'constant' ? fill(p, 2) : fill(p)).toBe(p);
    expect(p.eq(-7).any().item()).toBe(0);
    expect(p.requiresGrad).toBe(true);
  });
});

describe('activations as modules are the functions', () => {
  test.each(ACTIVATIONS)('%s', (name) => {
    const soft = name.includes('max');
    const module = new (at(nn, name) as Make)(...(soft ? [{ dim: 0 }] : []));
    const f = name.replace(/^(ReLU6?|ELU|SELU|CELU|GELU|SiLU)$/, (n) => n.toLowerCase());
    const known: Record<string, string> = { LeakyReLU: 'leakyRelu' };
    const method = known[name] ?? f[0]?.toLowerCase() + f.slice(1);
    const x = tensor([-2, -0.3, 0, 0.3, 2]);
    const expected = (at(x, method) as (dim?: number) => Tensor).call(x, ...(soft ? [0] : []));
    expect((module.forward(x as never) as Tensor).toArray()).toEqual(expected.toArray());
  });
});

describe('optional tensors in the options', () => {
  const { functional: f } = nn;
  const image = randn([2, 3, 5, 5]);
  const weight = randn([4, 3, 3, 3]);
  const bias = randn([4]);
  const x = randn([2, 6]);
  const matrix = randn([4, 6]);
  const [w, b] = [randn([6]), randn([6])];
  const [mean, variance] = [randn([3]), randn([3]).square()];
  const [q, k, v] = [randn([1, 4, 8]), randn([1, 5, 8]), randn([1, 5, 8])];
  const mask = randn([4, 5]).gt(0);

  test.each<[string, Tensor, Tensor]>([
    [
      'conv2d',
      f.conv2d(image, weight, { bias, stride: 2 }),
      f.conv2d(image, weight, bias, { stride: 2 }),
    ],
    ['linear', f.linear(x, matrix, { bias }), f.linear(x, matrix, bias)],
    [
      'layerNorm',
      f.layerNorm(x, [6], { weight: w, bias: b, eps: 0.1 }),
      f.layerNorm(x, [6], w, b, { eps: 0.1 }),
    ],
    ['groupNorm', f.groupNorm(x, 2, { weight: w, bias: b }), f.groupNorm(x, 2, w, b)],
    ['rmsNorm', f.rmsNorm(x, [6], { weight: w }), f.rmsNorm(x, [6], w)],
    [
      'batchNorm',
      f.batchNorm(image, { runningMean: mean, runningVar: variance, weight: mean }),
      f.batchNorm(image, mean, variance, mean),
    ],
    [
      'scaledDotProductAttention',
      f.scaledDotProductAttention(q, k, v, { attnMask: mask }),
      f.scaledDotProductAttention(q, k, v, mask),
    ],
  ])('%s', (_name, inOptions, byPosition) => {
    expect(inOptions.equal(byPosition)).toBe(true);
  });

  test('losses', () => {
    const logits = tensor([
      [2, 1],
      [0, 3],
      [1, 1],
    ]);
    const labels = tensor([0, 1, -100], { dtype: 'int32' });
    const weights = tensor([1, 3]);
    const sum = Math.log(1 + Math.exp(-1)) + 3 * Math.log(1 + Math.exp(-3));
    const loss = f.crossEntropy(logits, labels, { weight: weights });
    expect(loss.item()).toBeCloseTo(sum / 4, 6);
    expect(
      f.crossEntropy(logits, labels, { weight: weights, reduction: 'sum' }).item(),
    ).toBeCloseTo(sum, 6);
    const module = new nn.CrossEntropyLoss({ weight: weights });
    expect(module.forward(logits, labels).item()).toBe(loss.item());
    expect(f.mseLoss(ones([2]), zeros([2]), { reduction: 'none' }).toArray()).toEqual([1, 1]);
  });
});

describe('modules', () => {
  class Net extends nn.Module {
    hidden = new nn.Linear(6, 4);
    out = new nn.Linear(4, 2);
    override forward(x: Tensor): Tensor {
      return this.out.forward(this.hidden.forward(x).relu());
    }
  }
  const net = new Net();

  test('state dictionaries have the keys and shapes of PyTorch', () => {
    const state = net.stateDict();
    expect(Object.entries(state).map(([key, t]) => [key, t.shape])).toEqual([
      ['hidden.weight', [4, 6]],
      ['hidden.bias', [4]],
      ['out.weight', [2, 4]],
      ['out.bias', [2]],
    ]);
    const other = new Net();
    other.loadStateDict(state);
    expect(other.hidden.weight.equal(net.hidden.weight)).toBe(true);
    expect(() => other.loadStateDict({}, { strict: true })).toThrow(/hidden\.weight/);
  });
  test('an error within names the path of the module', () => {
    expect(() => net.forward(ones([1, 7]) as Tensor)).toThrow(ShapeError);
    expect(() => net.forward(ones([1, 7]) as Tensor)).toThrow(/hidden/);
  });
  test('functionalCall is differentiable by what it is given', () => {
    const p = Object.fromEntries(
      net.namedParameters().map(([name, t]) => [name, t.detach().requiresGrad_(true)]),
    );
    nn.functionalCall(net, p, ones([1, 6]))
      .sum()
      .backward();
    expect(p['out.bias']?.grad?.toArray()).toEqual([1, 1]);
    expect(net.out.bias?.grad).toBeNull();
  });
  test('hooks, modes, text', () => {
    const seen: string[] = [];
    const remove = net.registerForwardHook(() => void seen.push('after'));
    net.registerForwardPreHook(() => void seen.push('before'));
    scope('outer', () => net.forward(ones([1, 6])));
    expect(seen).toEqual(['before', 'after']);
    remove();
    expect([net.eval().training, net.hidden.training, net.train().training]).toEqual([
      false,
      false,
      true,
    ]);
    expect(net.numParameters()).toBe(38);
    expect(String(net)).toContain('(hidden): Linear');
    expect(String(net.summary([1, 6]))).toContain('38');
  });
  test('recurrent layers take and return their state', () => {
    const lstm = new nn.LSTM(3, 5);
    const [output, [h, c]] = lstm.forward(ones([4, 2, 3]));
    expect([output.shape, h.shape, c.shape]).toEqual([
      [4, 2, 5],
      [1, 2, 5],
      [1, 2, 5],
    ]);
    expect(lstm.forward(ones([4, 2, 3]), [h, c])[0].shape).toEqual([4, 2, 5]);
  });
  test('batchNorm is the output alone; the module keeps the statistics', () => {
    const norm = new nn.BatchNorm1d(3);
    const x = randn([8, 3]).add(5);
    expect(nn.functional.batchNorm(x, null, null, null, null, { training: true })).toBeInstanceOf(
      Tensor,
    );
    norm.forward(x);
    expect(norm.stateDict()['running_mean']?.allClose(x.mean(0).mul(0.1), { atol: 1e-5 })).toBe(
      true,
    );
  });
});

describe('data', () => {
  test('loaders', async () => {
    const set = new data.TensorDataset(ones([5, 2]), tensor([0, 1, 2, 3, 4]));
    const loader = new data.DataLoader(set, { batchSize: 2 });
    expect(loader.length).toBe(3);
    expect([...loader].map(([x]) => x.shape)).toEqual([
      [2, 2],
      [2, 2],
      [1, 2],
    ]);
    let count = 0;
    for await (const [, y] of loader) count += y.size;
    expect(count).toBe(5);
    expect(new data.DataLoader(set, { batchSize: 2, dropLast: true }).length).toBe(2);
    const [a, b] = data.randomSplit(set, [3, 2], { seed: 1 });
    expect([a?.length, b?.length]).toEqual([3, 2]);
  });
});
