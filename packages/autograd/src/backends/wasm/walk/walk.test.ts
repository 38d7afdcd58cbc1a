/** @file A program that is walked gives the same bits as its plan. */
import { describe, expect, test, vi } from 'vitest';
import { collect } from '../../../engine/collect.js';
import { backendInUse, engine, planningCounts } from '../../../engine/engine.js';
import { Plan } from '../../../engine/plan.js';
import type { Executable } from '../../../engine/program.js';
import type { TypedArray } from '../../../graph/dtype.js';
import { OperationLoop } from './operationLoop.js';
import {
  arange,
  cat,
  compile,
  conv2d,
  cumsum,
  evaluate,
  linalg,
  manualSeed,
  maxPool2d,
  noGrad,
  Parameter,
  pureCallback,
  randn,
  sort,
  tensor,
  where,
  zeros,
  type Tensor,
} from '../../../index.js';

const numbers = (n: number, seed = 1): Tensor =>
  tensor(Array.from({ length: n }, (_, i) => Math.sin(seed * 7 + i * 1.3) * 3));

const x = numbers(24 * 35).reshape([24, 35]);
const images = numbers(2 * 3 * 9 * 8).reshape([2, 3, 9, 8]);
const positions = tensor([3, 0, 7, 7, 2], { dtype: 'int32' });
const double = tensor(
  Array.from({ length: 300 }, (_, i) => Math.cos(i)),
  { dtype: 'float64', shape: [20, 15] },
);

evaluate(x, images, positions, double);

const computations: Readonly<Record<string, () => Tensor>> = {
  'element functions of matrices, rows, columns and numbers': () =>
    x
      .mul(x.narrow(0, 3, 1))
      .add(x.narrow(1, 2, 1))
      .sub(0.3)
      .tanh()
      .div(2.5)
      .exp(),
  'transposes, steps and flips': () => x.t().flip([0]).add(x.t().mul(2)).at('::2', '1:').sigmoid(),
  'dimensions side by side, and repeated': () =>
    cat([x, x.neg(), x.narrow(0, 1, 4)], 0)
      .reshape([13, 4, 35])
      .add(x.at(0))
      .relu(),
  'many dimensions that no strides join': () =>
    numbers(2 ** 9)
      .reshape([2, 2, 2, 2, 2, 2, 2, 2, 2])
      .permute([8, 6, 4, 2, 0, 1, 3, 5, 7])
      .exp(),
  'the largest, the smallest, and where': () =>
    x
      .max(1, { keepdim: true })
      .values.sub(x.min(0).values)
      .add(x.argmax(1, { keepdim: true })),
  'padding and slices of it': () => x.pad([1, 2, 3, 0], { value: 0.5 }).narrow(0, 2, 20).abs(),
  'whole numbers and masks': () =>
    where(x.gt(0), x.round().cast('int32').remainder(5), arange(35).cast('int32')).mul(3),
  'double precision': () =>
    double
      .exp()
      .sub(double.t().reshape([20, 15]))
      .floor(),
  'what a table holds at places': () => x.indexSelect(0, positions).mul(2).t(),
  'the same kernels of their own kind over other buffers, after other shapes, and over one buffer twice':
    () => {
      const [y, z] = [x.mul(2), x.sub(1)];
      const places = positions.add(1);
      const chosen = (table: Tensor, at: Tensor): Tensor => table.indexSelect(0, at);
      const ends = [x, y, z].map((t) => chosen(t, positions).add(chosen(t, places)).cumsum(1));
      const five = tensor([3, 0, 4, 4, 2], { dtype: 'int32' });
      const same = chosen(positions, five).mul(chosen(five, five).add(1));
      const largest = [y, y.t(), z, z.t()].map((t) => t.argmax(1).sum());
      return cat([...ends, same.reshape([5, 1]).mul(1), cat([...ends, z], 0).narrow(0, 0, 5)], 1)
        .add(chosen(z, places).sum())
        .add(largest.reduce((sum, n) => sum.add(n)));
    },
  'values set at places': () =>
    zeros([8, 35]).indexAdd(0, tensor([1, 5], { dtype: 'int32' }), x.narrow(0, 4, 2)),
  'products of matrices, also of transposes and of many': () =>
    x
      .t()
      .matmul(x)
      .matmul(x.narrow(0, 0, 10).t())
      .add(x.reshape([4, 6, 35]).matmul(x.t()).at(0).narrow(1, 0, 10).at(0)),
  'convolutions and pools': () =>
    maxPool2d(conv2d(images, numbers(5 * 3 * 9).reshape([5, 3, 3, 3]), null, { padding: 1 }), 2),
  order: () => sort(x, 1, { descending: true }).values.add(1),
  'a transpose copied for a kernel, and its place used again': () => {
    const y = x.mul(2);
    const z = cumsum(y.t(), 1).add(1);
    evaluate(y, z);
    return z;
  },
  'sums so far': () => cumsum(x, 1).mul(0.5),
  'random numbers': () => (
    manualSeed(5),
    randn([30, 20])
      .mul(x.at(0).narrow(0, 0, 20))
      .add(randn([20]))
  ),
  'what only its reference computes': () =>
    linalg
      .inv(x.narrow(1, 0, 24).add(10))
      .mul(2)
      .t(),
  'nothing at all': () => cat([x.narrow(0, 0, 0).exp(), x.add(1)], 0),
  'one value twice, and an input': () => {
    const y = x.mul(3).add(1);
    evaluate(y, y, x, y.reshape([35, 24]), y.t());
    return cat([y.t(), y.reshape([35, 24])], 1);
  },
  'sums of rows, columns, and all': () =>
    x
      .sum(1, { keepdim: true })
      .add(x.sum(0))
      .add(x.sum())
      .add(x.reshape([2, 12, 35]).sum([0, 2]).at(3)),
  'long sums': () =>
    numbers(50 * 700)
      .reshape([50, 700])
      .sum(1)
      .exp()
      .add(numbers(35_000).mul(2).mean()),
  'means of transposes': () =>
    x
      .t()
      .mean(0)
      .add(x.reshape([4, 6, 35]).mean([0, 2]).sum()),
  softmax: () => x.softmax(1).add(x.t().softmax(1).t()),
  variances: () => x.var(0).add(x.std(1, { keepdim: true })),
  'sums of whole numbers and masks': () => x.gt(0.5).sum(1).add(x.cast('int32').sum(1)),
};

/** The values of a computation's runs, until it has been planned for good. */
function runsUntilPlanned(f: () => Tensor): { values: Tensor[]; walked: number } {
  engine.plans.clear();
  const before = planningCounts();
  const values: Tensor[] = [];
  do {
    values.push(f());
    evaluate(values.at(-1) as Tensor);
  } while (planningCounts().made === before.made);
  return { values, walked: planningCounts().walked - before.walked };
}

/** The roots of a graph for which a walk and a plan give different bits. */
function differing(roots: readonly Tensor[]): number[] {
  const graph = collect(roots);
  const program = new Plan(new Int32Array(0), graph, graph.leaves).program();
  const on = (executable: Executable<TypedArray>): TypedArray[] =>
    executable.run(
      graph.leaves.map((t) => t.dataSync()),
      graph.roots.map(() => null),
    );
  const backend = backendInUse();
  const planned = on(backend.compile(program));
  const walked = on(backend.compileQuickly?.(program)?.executable as Executable<TypedArray>);
  return walked.flatMap((value, i) => {
    const same = value.every((x, j) => Object.is(x, planned[i]![j]));
    return same ? [] : [i];
  });
}

describe.runIf(backendInUse().name === 'wasm')('walked programs', () => {
  for (const [name, f] of Object.entries(computations)) {
    test(name, () => {
      const { values, walked } = runsUntilPlanned(f);
      expect(walked).toBeGreaterThan(0);
      expect(walked).toBeLessThan(values.length);
      const [first, ...later] = values.map((value) => value.dataSync());
      expect(later.length).toBeGreaterThan(2);
      for (const value of later) expect(value).toEqual(first);
    });
  }

  test('thin products of all sizes, layouts and batches have the bits of their plans', () => {
    const sizes = [1, 2, 3, 5, 8, 31, 63, 64, 65, 130, 255, 256, 257, 300];
    const pick = (i: number): number => sizes[(i * 7919) % sizes.length]!;
    const roots: Tensor[] = [];
    for (let i = 0; i < 160; i++) {
      const thin = [1, 2, 3][i % 3]!;
      const [long, k] = [pick(i), pick(i * 31 + 5)];
      const [m, n] = i % 2 === 0 ? [thin, long] : [long, thin];
      const batch = i % 5 === 0 ? [2] : i % 5 === 1 ? [3, 4] : [];
      const a = numbers(
        batch.reduce((s, x) => s * x, m * k),
        i,
      );
      const b = numbers(
        batch.reduce((s, x) => s * x, n * k),
        i + 1,
      );
      const of = (x: Tensor, r: number, c: number, turned: boolean): Tensor =>
        turned ? x.reshape([...batch, c, r]).transpose(-1, -2) : x.reshape([...batch, r, c]);
      roots.push(of(a, m, k, i % 4 > 1).matmul(of(b, k, n, i % 8 > 3)));
    }
    expect(differing(roots)).toEqual([]);
  });

  test('empty products and sums are 0, whatever memory held before', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const empty = (shape: number[]): Tensor => tensor([], { dtype, shape });
      for (const [m, n] of [
        [5, 10],
        [1, 7],
        [6, 1],
        [1, 1],
      ] as const) {
        const product = empty([m, 0]).matmul(empty([0, n]));
        const sum = empty([m, 0, n]).sum(1);
        const batch = empty([2, m, 0]).matmul(empty([2, 0, n]));
        for (const t of [product, sum, batch]) {
          const used = numbers(4000).cast(dtype).abs().add(1);
          evaluate(used.sqrt().mul(used)); // leaves numbers where the next run computes
          expect(Array.from(t.dataSync()), `${dtype} ${m} ${n}`).toEqual(new Array(t.size).fill(0));
        }
      }
    }
  });

  test('reductions of few and of many rows, along either dimension, have the bits of their plans', () => {
    const roots: Tensor[] = [];
    [3, 500, 513, 900, 2047, 2048, 5000, 20_000].forEach((rows, i) =>
      [2, 5, 16, 33, 64, 70, 200].forEach((length, k) => {
        if (rows * length > 200_000) return;
        const x = numbers(rows * length, i + k).reshape([rows, length]);
        const y = (i + k) % 2 === 0 ? x : x.cast('float64');
        roots.push(
          y.sum(1),
          y.amax(1),
          y.prod(1),
          y.mean(0),
          y.t().sum(0),
          y.narrow(1, 1, length - 1).sum(1),
        );
      }),
    );
    expect(differing(roots)).toEqual([]);
  });

  test('a reduction of many rows shares its form across sizes', () => {
    const write = vi.spyOn(OperationLoop.prototype, 'write');
    for (const n of [600, 601, 900])
      numbers(n * 40, n)
        .reshape([n, 40])
        .softmax(1)
        .dataSync();
    const folds = write.mock.results.filter((_, i) => write.mock.calls[i]?.[0].fold != null);
    write.mockRestore();
    expect(folds.map(({ value }): unknown => value)).toEqual(Array<boolean>(6).fill(true));
  });

  test('an outer product shares its form across sizes', () => {
    const write = vi.spyOn(OperationLoop.prototype, 'write');
    const roots: Tensor[] = [];
    for (const [m, n] of [
      [8, 16],
      [1, 9],
      [300, 1],
      [1, 1],
    ] as const) {
      const [column, row] = [numbers(m, n).reshape([m, 1]), numbers(n, m).reshape([1, n])];
      const batch = numbers(3 * m, n).reshape([3, m, 1]);
      roots.push(column.matmul(row), batch.matmul(row), batch.mul(-0).matmul(row.abs()));
    }
    const different = differing(roots);
    const products = write.mock.results.filter((_, i) => write.mock.calls[i]?.[0].product);
    write.mockRestore();
    expect(different).toEqual([]);
    expect(products.map(({ value }): unknown => value)).toEqual(Array<boolean>(12).fill(true));
  });

  test('products of all sizes, layouts and batches have the bits of their plans', () => {
    const sizes = [4, 5, 7, 8, 9, 16, 23, 33, 64, 70, 260];
    const roots: Tensor[] = [];
    for (let i = 0; i < 90; i++) {
      const [m, n, k] = [0, 1, 2].map(
        (j) => sizes[(i * 7919 + j * 31 + i * j) % sizes.length]!,
      ) as [...[number, number, number]];
      const batch = i % 4 === 0 ? [2, 3] : i % 4 === 1 ? [3] : [];
      const shared = i % 8 === 0 ? [1, 3] : i % 8 === 1 ? [] : batch;
      const of = (lead: number[], r: number, c: number, how: number): Tensor => {
        const t = numbers([...lead, r, c].reduce((s, x) => s * x, 1) * (how === 2 ? 2 : 1), i + r);
        if (how === 0) return t.reshape([...lead, r, c]);
        if (how === 1) return t.reshape([...lead, c, r]).transpose(-1, -2);
        return t.reshape([...lead, r, 2 * c]).at('...', `:${c}`);
      };
      const product = of(batch, m, k, i % 3).matmul(of(shared, k, n, (i >> 2) % 3));
      roots.push(
        i % 11 === 0 && n < 100
          ? product.cast('float64').matmul(
              double
                .flatten()
                .narrow(0, 0, 2 * n)
                .reshape([n, 2]),
            )
          : product,
      );
    }
    expect(differing(roots)).toEqual([]);
  });

  test('small batched products have the bits of their plans', () => {
    const roots: Tensor[] = [];
    for (let i = 0; i < 256; i++) {
      const [m, n, k, b] = [i & 3, (i >> 2) & 3, (i >> 4) & 3, (i >> 6) & 3].map((x) => x + 2) as [
        ...[number, number, number, number],
      ];
      const batch = i % 3 === 0 ? [b, 2] : [b];
      const size = i % 3 === 0 ? 2 * b : b;
      const x = numbers(size * m * k, i).reshape([...batch, m, k]);
      const y = numbers(size * k * n, i + 1).reshape([...batch, n, k]);
      roots.push(x.matmul(y.transpose(-1, -2)), x.transpose(-1, -2).transpose(-1, -2).sum(0));
    }
    expect(differing(roots)).toEqual([]);
  });

  test('reductions of all sizes, layouts and dimensions have the bits of their plans', () => {
    const sizes = [1, 2, 3, 4, 5, 8, 12, 31, 63, 64, 65, 96, 130];
    const dims = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]];
    const orders = [
      [0, 1, 2],
      [2, 0, 1],
      [1, 0, 2],
      [0, 2, 1],
    ];
    const roots: Tensor[] = [];
    for (let i = 0; i < 280; i++) {
      const shape = [0, 1, 2].map((j) => sizes[(i * 53 + j * 17 + i * i * j) % sizes.length]!);
      if (shape[0]! * shape[1]! * shape[2]! > 16_000) shape[i % 3] = 2;
      let t = numbers(shape[0]! * shape[1]! * shape[2]!, i).reshape(shape);
      t = t.permute(orders[i % 4]!);
      if (i % 5 === 0) t = t.flip([i % 3]);
      if (i % 7 === 0) t = t.narrow(i % 3, 0, 1).expand(t.shape.map((n) => n));
      if (i % 9 === 0) t = t.mul(10).cast('int32');
      const over = dims[(i * 3) % 7]!;
      roots.push(i % 6 === 0 ? t.amax(over) : t.sum(over, { keepdim: i % 2 === 0 }));
    }
    roots.push(double.sum(0), double.sum(1), double.sum(), double.t().sum(0), double.prod(1));
    expect(differing(roots)).toEqual([]);
  });

  test('sums over strided outer dimensions and over flipped ones', () => {
    const t = numbers(2 * 12 * 96).reshape([2, 12, 96]);
    const far = t.permute([2, 0, 1]).sum(2);
    const flipped = numbers(64).reshape([4, 4, 4]).flip([1]).sum([0, 1]);
    const data = t.dataSync();
    const expected = Array.from({ length: 12 }, (_, i) => data[i * 96]!).reduce((s, v) => s + v);
    for (const compute of [compile(() => far.add(0)), () => far]) {
      expect(compute().dataSync()[0]).toBeCloseTo(expected, 4);
    }
    expect(flipped.dataSync()).toEqual(compile(() => flipped.add(0))().dataSync());
  });

  test('an index out of range throws the error of its operation and changes nothing', () => {
    engine.plans.clear();
    const table = new Parameter(x);
    const wrong = positions.mul(9).add(x.max().mul(0).cast('int32'));
    const before = table.dataSync();
    noGrad(() => table.assign(table.mul(table.indexSelect(0, wrong).exp().narrow(0, 0, 1))));
    expect(() => evaluate()).toThrow(/index 27 at position 0 is out of range/);
    expect(table.dataSync()).toEqual(before);
    expect(x.mul(7).add(1).exp().dataSync()[3]).toBeGreaterThan(0);
  });

  test('results of a walk are copied out of WebAssembly memory', () => {
    engine.plans.clear();
    const backend = backendInUse();
    const y = x.exp();
    const { nodes, leaves, roots, structure } = collect([y]);
    const plan = new Plan(structure.copy(), { nodes, roots }, leaves);
    const input = backend.allocate('float32', x.size) as TypedArray;
    input.set(x.dataSync());
    const given = new Float32Array(x.size);
    const [result] = (plan.compile(backend) as Executable<TypedArray>).run([input], [given]);
    expect(result).toBe(given);
    expect(given).toEqual(y.dataSync());
  });

  test('a walk may run within another', () => {
    const inner = (t: Tensor): Tensor => t.mul(3).exp().add(t.max());
    const f = (): Tensor =>
      pureCallback((t) => inner(t), x, x.mul(0.1))
        .add(x)
        .tanh();
    const [first, ...later] = runsUntilPlanned(f).values.map((value) => value.dataSync());
    for (const value of later) expect(value).toEqual(first);
  });
});
