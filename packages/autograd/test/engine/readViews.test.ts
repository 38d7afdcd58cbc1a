/**
 * @file A view that was read remains a view of the tensor that it was made from: sums over it are taken in the same order as
 * if it had not been read, and its values do not change.
 */
import { describe, expect, test } from 'vitest';
import { evaluate, memoryUsage, noGrad, Parameter, tensor, type Tensor } from '../../src/index.js';

const numbers = (shape: readonly number[], seed = 1): Tensor => {
  const size = shape.reduce((n, m) => n * m, 1);
  const data = Float64Array.from({ length: size }, (_, i) => Math.sin(seed * 7 + i * 12.9898));
  return tensor(data, { shape, dtype: 'float64' });
};
const bits = (x: Tensor): bigint[] => [
  ...new BigInt64Array((x.dataSync() as Float64Array).slice().buffer),
];

const views: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  'some columns': (x) => x.narrow(2, 1, 9),
  'a middle index': (x) => x.select(1, 1),
  'a transpose': (x) => x.transpose(1, 2),
  'all turned': (x) => x.permute([2, 0, 1]),
  'every second': (x) => x.at(':', '::2', '::3'),
  flipped: (x) => x.flip([1]),
  repeated: (x) => x.select(0, 0).unsqueeze(0).expand([5, 4, 70]),
  'dimensions joined and cut': (x) => x.narrow(2, 0, 7).reshape([12, 7]).narrow(0, 1, 10),
  'a view of a view that is written out': (x) => x.transpose(0, 2).reshape([70, 12]).t(),
};
const sums: ((v: Tensor) => Tensor)[] = [
  (v) => v.sum(),
  (v) => v.mean(0),
  (v) => v.sum(-1),
  (v) => v.tanh().sum([0, -1]),
  (v) => v.exp().prod(0),
];
const sources: Readonly<Record<string, () => Tensor>> = {
  data: () => {
    const x = numbers([3, 4, 70]);
    evaluate(x);
    return x;
  },
  'what was computed': () => numbers([3, 4, 70]).mul(0.3).exp(),
  'a parameter': () => new Parameter(numbers([3, 4, 70])),
  'what was computed from a parameter': () => new Parameter(numbers([3, 4, 70])).mul(0.3).exp(),
};

describe('the order of sums', () => {
  for (const [from, source] of Object.entries(sources)) {
    for (const [name, view] of Object.entries(views)) {
      test(`${name} of ${from}`, () => {
        const fused = sums.map((f) => bits(f(view(source()))));
        const read = view(source());
        read.dataSync();
        expect(sums.map((f) => bits(f(read)))).toEqual(fused);
        const other = view(source());
        other.exp().dataSync();
        evaluate(other);
        expect(sums.map((f) => bits(f(other)))).toEqual(fused);
      });
    }
  }
});

test('a view of a view that was read, and of one that was not', () => {
  const look = (x: Tensor): Tensor => x.mul(2).transpose(1, 2);
  const [read, unread] = [look(numbers([3, 4, 70])), look(numbers([3, 4, 70]))];
  read.dataSync();
  const [x, y] = [read, unread].map((v) => v.narrow(1, 3, 9).flip([0]));
  x!.dataSync();
  for (const f of sums) expect(bits(f(x!))).toEqual(bits(f(y!)));
});

test('a view of a parameter shows what it showed, however often the parameter changes', () => {
  const weight = new Parameter(numbers([5, 7]));
  const views: { readonly view: Tensor; readonly was: readonly bigint[] }[] = [];
  for (let step = 0; step < 12; step++) {
    const view = weight.t();
    if (step % 3 !== 2) views.push({ view, was: bits(view) });
    const before = view.sum(0).mul(1);
    weight.grad = null;
    weight.square().sum().backward();
    noGrad(() => weight.assign(weight.sub(weight.grad!.mul(0.1))));
    evaluate();
    if (step % 2 === 0) expect(before.shape).toEqual([5]);
    for (const { view, was } of views) {
      expect(bits(view)).toEqual(was);
      expect(bits(view.mul(1))).toEqual(was);
    }
  }
});

test('gradients flow through a view that was read, and its step is planned once', () => {
  const weight = new Parameter(numbers([6, 8]));
  const gradients: bigint[][] = [];
  const step = (reads: boolean): void => {
    weight.grad = null;
    const view = weight.mul(1.5).t();
    if (reads) view.dataSync();
    view.exp().sum(0).square().sum().backward();
    gradients.push(bits(weight.grad!));
  };
  for (let i = 0; i < 4; i++) step(i % 2 === 0);
  for (const other of gradients) expect(other).toEqual(gradients[0]);
  for (let i = 0; i < 60; i++) step(true);
  const before = memoryUsage().planning;
  for (let i = 0; i < 5; i++) step(true);
  const { walked, made } = memoryUsage().planning;
  expect([walked, made]).toEqual([before.walked, before.made]);
});

test('what lies in order is held on its own: rows do not keep the whole', () => {
  const whole = numbers([40, 8]).exp();
  const rows = whole.narrow(0, 3, 5);
  rows.dataSync();
  expect(rows.inputs.length).toBe(0);
  const columns = whole.narrow(1, 3, 5);
  columns.dataSync();
  expect(columns.inputs[0] === whole).toBe(true);
});
