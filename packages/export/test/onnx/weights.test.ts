/** @file Weights in narrow types: what a file holds, what becomes of it when it is read, and that it can be trained. */
import { describe, expect, test } from 'vitest';
import * as cr from '@chainrule/autograd';
import { tensor, type Tensor } from '@chainrule/autograd';
import { exportOnnx, importOnnx } from '@chainrule/export';
import * as nn from '@chainrule/nn';
import { toInt8 } from '../../src/int8.js';
import { DEFAULT_LIMITS } from '../../src/onnx/import/limits.js';
import { decode } from '../../src/onnx/protobuf/decode.js';
import { ELEMENTS } from '../../src/onnx/schema/elementTypes.js';
import { nearestNumber, type FloatFormat } from '../../src/onnx/schema/floatFormat.js';
import { MODEL } from '../../src/onnx/schema/onnx.js';
import { attribute, fileOf, node, weight } from './files.js';

class Texts extends nn.Module {
  embedding = new nn.Embedding(20, 6);
  lstm = new nn.LSTM(6, 5, { batchFirst: true });
  norm = new nn.LayerNorm([5]);
  out = new nn.Linear(5, 3);
  override forward(x: Tensor): Tensor {
    const [y] = this.lstm.forward(this.embedding.forward(x));
    return this.out.forward(this.norm.forward(y.mean(1)));
  }
}

const words = tensor(
  Int32Array.from({ length: 8 }, (_, i) => (7 * i) % 20),
  { shape: [2, 4] },
);
const far = (x: Tensor, y: Tensor): number => x.sub(y).abs().max().item();

describe.each(['float16', 'bfloat16', 'int8'] as const)('%s', (weights) => {
  cr.manualSeed(5);
  const model = new Texts();
  const bytes = exportOnnx(model, [words], { dynamic: { batch: 0 }, weights });
  const { graph } = decode(bytes, MODEL, DEFAULT_LIMITS);

  test('matrices are stored in it, and vectors are not', () => {
    const held = new Map(graph?.initializer.map((w) => [w.name, w]));
    for (const [key, value] of Object.entries(model.stateDict())) {
      const type = value.ndim < 2 ? 'float' : weights;
      expect(held.get(key)?.dataType, key).toBe(ELEMENTS[type].code);
      expect(held.get(key)?.rawData?.length, key).toBe((value.size * ELEMENTS[type].bits) / 8);
    }
  });

  test('read again, it is the model with rounded weights, which can be trained', () => {
    const back = importOnnx(bytes);
    const rounded = new Texts();
    const state = Object.entries(model.stateDict()).map(([key, value]): [string, Tensor] => {
      if (value.ndim < 2) return [key, value];
      const data = value.dataSync() as Float32Array;
      if (weights === 'int8') {
        const made = toInt8(data, value.shape);
        const scale = tensor(made.scale).reshape(made.axis === 0 ? [-1, 1] : [1, -1]);
        return [key, tensor(Int32Array.from(made.data), { shape: value.shape }).mul(scale)];
      }
      const { format } = ELEMENTS[weights];
      return [
        key,
        tensor(
          data.map((x) => nearestNumber(x, format as FloatFormat)),
          { shape: value.shape },
        ),
      ];
    });
    rounded.loadStateDict(Object.fromEntries(state));
    const found = back.stateDict();
    for (const [key, value] of state) expect(far(found[key] as Tensor, value), key).toBe(0);
    expect(Object.keys(found).sort()).toEqual(Object.keys(model.stateDict()).sort());
    const y = back.forward(words) as Tensor;
    expect(far(y, rounded.forward(words))).toBeLessThan(1e-6);
    expect(far(y, model.forward(words))).toBeLessThan(0.01);
    y.square().sum().backward();
    rounded.forward(words).square().sum().backward();
    const right = new Map(rounded.namedParameters());
    for (const [key, { grad }] of back.namedParameters())
      expect(far(grad as Tensor, right.get(key)?.grad as Tensor), key).toBeLessThan(1e-5);
  });
});

test('the axis of the scales is the one that loses least, and nothing is further away than half a step', () => {
  // Rows that hold large and small numbers, columns that hold numbers of one size each.
  const x = Float32Array.from({ length: 16 * 12 }, (_, i) => Math.sin(i) / 10 ** (i % 4));
  const made = toInt8(x, [16, 12]);
  expect(made.axis).toBe(1);
  const columns = Array.from({ length: 12 }, (_, k) => x.filter((_, i) => i % 12 === k));
  const most = columns.map((column) => Math.max(...column.map(Math.abs)));
  expect([...made.scale]).toEqual(most.map((m) => Math.fround(m / 127)));
  expect(toInt8(x, [12, 16]).axis).toBe(1);
  x.forEach((v, i) => {
    const unit = made.scale[i % 12] as number;
    expect(Math.abs(v - (made.data[i] as number) * unit)).toBeLessThanOrEqual(unit * 0.5001);
  });
  expect(toInt8(new Float32Array(4), [2, 2]).data).toEqual(new Int8Array(4));
});

test('weights beyond the range are refused by name', () => {
  const model = new nn.Linear(2, 2);
  model.weight.assign(tensor([[1, 70000], [0, 0]])); // prettier-ignore
  const write = (weights: 'float16' | 'bfloat16' | 'int8') => () =>
    exportOnnx(model, [tensor([[1, 2]])], { weights });
  expect(write('float16')).toThrow(/the weight 'weight' contains 70000.*range of float16/);
  expect(write('bfloat16')).not.toThrow();
  model.weight.assign(tensor([[1, NaN], [0, 0]])); // prettier-ignore
  expect(write('int8')).toThrow(/the weight 'weight' contains NaN/);
  expect(write('float16')).not.toThrow();
});

test('a weight that a branch reads alone is made in the main graph', () => {
  const model = new nn.Linear(3, 3, { bias: false });
  const f = (p: Tensor, x: Tensor): Tensor =>
    cr.cond(
      p,
      () => x.matmul(model.weight),
      () => x,
    );
  const x = cr.randn([2, 3]);
  const given = [tensor(true), x];
  const back = importOnnx(exportOnnx(f, given, { weights: 'bfloat16', modules: model }));
  expect(far(back.run(...given)[0] as Tensor, f(tensor(true), x))).toBeLessThan(0.02);
});

describe('a file with quantized weights and values', () => {
  // x and w as eight bits, as quantizers of ONNX Runtime write them.
  const int8 = (name: string, dims: number[], data: number[]) =>
    weight({ name, dims, dataType: 3, int32Data: data });
  const float = (name: string, dims: number[], data: number[]) =>
    weight({ name, dims, floatData: data });
  const axis = attribute({ name: 'axis', type: 2, i: 1 });
  const file = fileOf({
    node: [
      node('QuantizeLinear', ['x', 'sx', 'zx'], ['q']),
      node('DequantizeLinear', ['q', 'sx', 'zx'], ['xd']),
      node('DequantizeLinear', ['w', 'sw'], ['wd'], [axis]),
      node('MatMul', ['xd', 'wd'], ['y']),
    ],
    initializer: [
      float('sx', [], [0.25]),
      int8('zx', [], [2]),
      int8('w', [3, 2], [1, -2, 3, 4, -5, 6]),
      float('sw', [2], [0.5, 2]),
    ],
    output: [{ name: 'y' }],
  });
  const x = tensor([[0.3, -1.2, 50]]);

  test('its weights are parameters under their names', () => {
    const model = importOnnx(file);
    expect(Object.keys(model.stateDict())).toEqual(['w']);
    expect(model.stateDict()['w']?.toArray()).toEqual([
      [0.5, -4],
      [1.5, 8],
      [-2.5, 12],
    ]);
    // 0.3 is one step, -1.2 is -5, and 50 is more than 125.
    expect(model.run(x)[0]?.toArray()).toEqual([
      [0.25 * 0.5 - 1.25 * 1.5 - 31.25 * 2.5, -1 - 10 + 375],
    ]);
  });

  test('a gradient passes the rounding, but not the ends of the range', () => {
    const model = importOnnx(file);
    const given = x.detach().requiresGrad_();
    (model.run(given)[0] as Tensor).sum().backward();
    expect(given.grad?.toArray()).toEqual([[-3.5, 9.5, 0]]);
    const [w] = model.parameters();
    expect(w?.grad?.toArray()).toEqual([[0.25, 0.25], [-1.25, -1.25], [31.25, 31.25]]); // prettier-ignore
    // The same in a compiled step.
    const slope = cr.compile(cr.grad((v: Tensor) => (model.run(v)[0] as Tensor).sum()));
    expect(slope(x).toArray()).toEqual([[-3.5, 9.5, 0]]);
  });

  test('a weight that something else reads stays as it is', () => {
    const shared = fileOf({
      node: [
        node('DequantizeLinear', ['w', 's'], ['d']),
        node('Cast', ['w'], ['c'], [attribute({ name: 'to', type: 2, i: 1 })]),
        node('Add', ['d', 'c'], ['a']),
        node('Mul', ['a', 'x'], ['y']),
      ],
      initializer: [int8('w', [2], [1, 2]), float('s', [], [0.5])],
      output: [{ name: 'y' }],
    });
    const model = importOnnx(shared);
    expect(model.parameters()).toEqual([]);
    expect(model.run(tensor([2, 2]))[0]?.toArray()).toEqual([3, 6]);
  });
});
