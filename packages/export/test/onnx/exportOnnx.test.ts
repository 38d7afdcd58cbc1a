/** @file The contents of an exported file, and what cannot be exported. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as cr from '@chainrule/autograd';
import { tensor, zeros, type Tensor } from '@chainrule/autograd';
import { primitive } from '@chainrule/autograd/internal';
import { exportOnnx, importOnnx, version } from '@chainrule/export';
import * as nn from '@chainrule/nn';
import { separate } from '../../src/onnx/export/external.js';
import { DEFAULT_LIMITS } from '../../src/onnx/import/limits.js';
import { decode } from '../../src/onnx/protobuf/decode.js';
import { MODEL } from '../../src/onnx/schema/onnx.js';
import type { ModelProto } from '../../src/onnx/schema/protos.js';

const read = (bytes: Uint8Array): ModelProto => decode(bytes, MODEL, DEFAULT_LIMITS);
const operators = (bytes: Uint8Array): string[] =>
  read(bytes).graph?.node.map(({ opType }) => opType ?? '') ?? [];

class Digits extends nn.Module {
  features = new nn.Sequential(
    new nn.Conv2d(1, 4, 3),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
  );
  norm = new nn.LayerNorm([4]);
  out = new nn.Linear(4, 10);
  override forward(x: Tensor): Tensor {
    const y = cr.gelu(this.norm.forward(this.features.forward(x).mean([2, 3])));
    return cr.softmax(this.out.forward(y), 1);
  }
}

test('no product of doubles is one that onnxruntime joins with a transpose, and then does not have', () => {
  const f = (x: Tensor): Tensor[] => [
    x.matmul(x.mT),
    x.at(0).mT.matmul(x.at(1)),
    cr.scaledDotProductAttention(x.unsqueeze(1), x.unsqueeze(1), x.unsqueeze(1)),
  ];
  const x = cr.randn([2, 3, 4], { dtype: 'float64' });
  const bytes = exportOnnx(f, [x]);
  const { node = [] } = read(bytes).graph ?? {};
  const turned = node.filter(({ opType }) => opType === 'Transpose').flatMap((n) => n.output);
  const products = node.filter(({ opType }) => opType === 'MatMul');
  expect(products.flatMap(({ input }) => input).filter((name) => turned.includes(name))).toEqual(
    [],
  );
  const want = f(x);
  importOnnx(bytes)
    .run(x)
    .forEach((y, i) => {
      expect(
        y
          .sub(want[i] as Tensor)
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-12);
    });
});

test('composites are one operator each, and weights have their keys', () => {
  const model = new Digits();
  const bytes = exportOnnx(model, [zeros([1, 1, 8, 8])], {
    names: { inputs: ['image'], outputs: ['probabilities'] },
    dynamic: { batch: 0 },
  });
  expect(operators(bytes)).toEqual([
    'Conv',
    'BatchNormalization',
    'Relu',
    'MaxPool',
    'ReduceMean',
    'LayerNormalization',
    'Gelu',
    'Gemm',
    'Softmax',
    'Identity',
  ]);
  const { graph } = read(bytes);
  const keys = Object.keys(model.stateDict()).filter((key) => !key.includes('num_batches'));
  expect(graph?.initializer.map(({ name }) => name)).toEqual(expect.arrayContaining(keys));
  expect(Object.keys(importOnnx(bytes).stateDict()).sort()).toEqual(keys.sort());
  const [input, output] = [graph?.input[0], graph?.output[0]];
  expect([input?.name, output?.name]).toEqual(['image', 'probabilities']);
  expect(input?.type?.tensor?.shape?.dim).toEqual([
    { name: 'batch' },
    { value: 1 },
    { value: 8 },
    { value: 8 },
  ]);
  expect(output?.type?.tensor?.shape?.dim).toEqual([{ name: 'batch' }, { value: 10 }]);
  // The model is as it was.
  expect(model.training).toBe(true);
});

test('a file names who wrote it, in which version', () => {
  const file = read(exportOnnx((x: Tensor) => x.relu(), [zeros([2])], { opset: 18 }));
  const { version: own } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  expect([file.producerName, file.producerVersion, version]).toEqual(['chainrule', own, own]);
  expect([file.irVersion, file.opsetImport]).toEqual([8, [{ domain: '', version: 18 }]]);
});

test('older versions have the parts', () => {
  const f = (x: Tensor): Tensor => cr.gelu(x);
  expect(operators(exportOnnx(f, [zeros([2])], { opset: 20 }))).toContain('Gelu');
  expect(operators(exportOnnx(f, [zeros([2])], { opset: 17 }))).toContain('Erf');
});

test('an LSTM is one operator, for sequences of any length', () => {
  const lstm = new nn.LSTM(3, 4);
  const bytes = exportOnnx(lstm, [zeros([5, 2, 3])], { dynamic: { length: 0, batch: 1 } });
  expect(operators(bytes)).toContain('LSTM');
  const x = cr.randn([9, 3, 3]);
  const [y, h] = importOnnx(bytes).run(x) as [Tensor, Tensor];
  const [right, [last]] = lstm.forward(x);
  expect(cr.allClose(y, right, { atol: 1e-6 })).toBe(true);
  expect(cr.allClose(h, last, { atol: 1e-6 })).toBe(true);
});

test('weights in a file beside the model', () => {
  const model = new nn.Sequential(new nn.Linear(64, 64), new nn.Linear(64, 3));
  const plain = exportOnnx(model, [zeros([1, 64])]);
  const { model: bytes, externalData } = exportOnnx(model, [zeros([1, 64])], {
    externalData: 'weights.bin',
  });
  expect(bytes.length).toBeLessThan(plain.length / 4);
  expect(Object.keys(externalData)).toEqual(['weights.bin']);
  const x = cr.randn([1, 64]);
  const [a, b] = [importOnnx(plain).run(x), importOnnx(bytes, { externalData }).run(x)];
  expect(a[0]?.toArray()).toEqual(b[0]?.toArray());
  expect(() => exportOnnx(model, [zeros([1, 64])], { externalData: '../w' })).toThrow("got '../w'");
});

test('more weights than a file holds are refused, unless they may lie in another one', () => {
  const bytes = exportOnnx(new nn.Linear(64, 64), [zeros([1, 64])]);
  const model = read(bytes);
  expect(separate(model, undefined, 17_000).model).toBe(model);
  expect(() => separate(model, undefined, 16_000)).toThrow(
    /weights are more than an ONNX file holds; give { externalData: 'model.bin' }/,
  );
  const { files } = separate(model, 'w.bin', 16_000);
  expect(files['w.bin']?.length).toBe(64 * 64 * 4);
});

test('what was exported can be trained further', () => {
  const model = importOnnx(
    exportOnnx(new nn.Linear(2, 1), [zeros([1, 2])], { dynamic: { batch: 0 } }),
  );
  expect(model.namedParameters().map(([name]) => name)).toEqual(['weight', 'bias']);
  (model.forward(cr.ones([4, 2])) as Tensor).sum().backward();
  expect(model.parameters()[0]?.grad?.toArray()).toEqual([[4, 4]]);
});

describe('refused, with the operation and where it was made', () => {
  const one = [zeros([2, 3])];
  const own = primitive('ownOperation', {
    lowering: { kind: 'reference' },
    shape: ([x]) => (x as Tensor).shape,
    batch: ([x]) => x as Tensor,
  });
  test.each<[string, (x: Tensor) => unknown, RegExp]>([
    [
      'an operation that ONNX has not',
      (x) => own([x]),
      /exportOnnx: ownOperation: ONNX has no such operation \(.*exportOnnx\.test\.ts/,
    ],
    ['random numbers', (x) => x.add(cr.randn([2, 3])), /exportOnnx: .*random|exportOnnx: normal/],
    [
      'a value that is read',
      (x) => x.mul(x.sum().item()),
      /item: values cannot be read inside a function that exportOnnx records/,
    ],
    ['nothing returned', () => 3, /returns no tensor/],
    ['a promise', (x) => Promise.resolve(x), /promise/],
  ])('%s', (_, f, message) => {
    expect(() => exportOnnx(f as never, one)).toThrow(message);
  });
  test('the module it was made in', () => {
    class Odd extends nn.Module {
      override forward(x: Tensor): Tensor {
        return own([x]);
      }
    }
    const model = new nn.Sequential(new nn.ReLU(), new Odd());
    expect(() => exportOnnx(model, one)).toThrow(
      /ownOperation: ONNX has no such operation \(in 1, /,
    );
  });
  test('statistics that change', () => {
    const norm = new nn.BatchNorm1d(3);
    expect(() => exportOnnx((x: Tensor) => norm.forward(x), one)).toThrow(
      /changes .*; call eval\(\)/,
    );
  });
  test('a graph that depends on what is dynamic', () => {
    const f = (x: Tensor): Tensor => x.unbind(0).reduce((a, b) => a.mul(b));
    expect(() => exportOnnx(f, one, { dynamic: { batch: 0 } })).toThrow(
      /the number of operations .* size of 'batch'/,
    );
  });
  test.each<[string, (x: Tensor) => unknown, RegExp]>([
    ['windows', (x) => cr.avgPool1d(x.mT, x.shape[1] as number), /windowSum: its size depends/],
    ['columns of windows', (x) => cr.unfold(x.unsqueeze(1), 2), /unfold: its size depends/],
    ['a transform', (x) => cr.fft.rfft(x, { dim: 1 }).real, /fft: its n depends/],
  ])('%s as long as what is dynamic', (_, f, said) => {
    expect(() => exportOnnx(f, [zeros([2, 5, 3])], { dynamic: { length: 1 } })).toThrow(said);
  });
  test.each<[string, object, RegExp]>([
    ['unknown options', { opsets: 17 }, /opsets/],
    ['an opset that is none', { opset: 9 }, /opset/],
    ['a dimension that is not there', { dynamic: { batch: 5 } }, /no input has it/],
    [
      'an input that is not there',
      { dynamic: { batch: { y: 0 } } },
      /there is no input 'y' \(arg0\)/,
    ],
    ['no dimension', { dynamic: { batch: '0' } }, /must be a dimension/],
    ['too many names', { names: ['a', 'b'] }, /2 names for 1 input/],
  ])('%s', (_, options, message) => {
    expect(() => exportOnnx((x: Tensor) => x.relu(), one, options)).toThrow(message);
  });
  test('no arguments, no function', () => {
    expect(() => exportOnnx(3 as never, one)).toThrow(
      'exportOnnx: f must be a module or a function of tensors',
    );
    expect(() => exportOnnx((x: Tensor) => x, zeros([2]) as never)).toThrow(
      /exportOnnx: args must/,
    );
  });
});

test.each([
  [
    'float32',
    [
      2 ** -149,
      3 * 2 ** -149,
      2 ** -126,
      2 ** -125,
      1,
      1 + 2 ** -23,
      2 - 2 ** -23,
      3.4028234663852886e38,
    ],
  ],
  [
    'float64',
    [5e-324, 1.5e-323, 2 ** -1022, 2 ** -1021, 1, 1 + 2 ** -52, 2 - 2 ** -52, Number.MAX_VALUE],
  ],
] as const)('the neighbours of %s are those of the operation, bit for bit', (dtype, sizes) => {
  const all = [0, ...sizes, Infinity].flatMap((x) => [x, -x]);
  all.push(NaN);
  const x = tensor(
    all.flatMap((v) => all.map(() => v)),
    { dtype },
  );
  const y = tensor(
    all.flatMap(() => all),
    { dtype },
  );
  const [found] = importOnnx(exportOnnx(cr.nextafter, [x, y])).run(x, y) as [Tensor];
  const right = cr.nextafter(x, y).dataSync();
  expect(found.dataSync()).toEqual(right);
  right.forEach((v, i) =>
    expect(Object.is(v, found.dataSync()[i]), `${x.dataSync()[i]} ${y.dataSync()[i]}`).toBe(true),
  );
});
