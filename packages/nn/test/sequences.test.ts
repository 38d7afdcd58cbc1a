/** @file Sequences of different lengths: recurrent layers on packed batches do what they do on each sequence alone. */
import {
  ChainruleError,
  compile,
  manualSeed,
  ShapeError,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
import * as A from '@chainrule/autograd';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index.js';
import { worst } from './packed.js';

const { packPaddedSequence, packSequence, padPackedSequence, padSequence, unpadSequence } =
  nn.utils.rnn;
const float64 = { dtype: 'float64' } as const;

describe('recurrent layers on packed sequences', () => {
  const kinds = ['RNN', 'LSTM', 'GRU'] as const;
  const shapes = [
    { numLayers: 1, bidirectional: false },
    { numLayers: 2, bidirectional: true },
  ];
  const orders = [
    [5, 3, 3, 1],
    [2, 5, 1, 4],
  ];
  const cases = kinds.flatMap((kind) =>
    shapes.flatMap((shape) => orders.map((lengths) => ({ kind, shape, lengths }))),
  );

  it.each(cases)('$kind $shape $lengths', ({ kind, shape, lengths }) => {
    manualSeed(3);
    const layer = new nn[kind](3, 4, { ...shape, ...float64 });
    const x = A.randn([5, 4, 3], float64).requiresGrad_();
    const parts = shape.numLayers * (shape.bidirectional ? 2 : 1);
    const starts = [A.randn([parts, 4, 4], float64), A.randn([parts, 4, 4], float64)].map((s) =>
      s.detach().requiresGrad_(),
    );
    const stateOf = (of: Tensor[]) => (kind === 'LSTM' ? of : of[0]);
    const call = (input: unknown, state: unknown) =>
      (layer as unknown as { forward(a: unknown, b: unknown): [unknown, unknown] }).forward(
        input,
        state,
      );
    const sorted = lengths.every((n, i) => i === 0 || n <= (lengths[i - 1] as number));
    const packed = packPaddedSequence(x, lengths, { enforceSorted: sorted });
    const [y, end] = call(packed, stateOf(starts)) as [typeof packed, Tensor | Tensor[]];
    const { output, lengths: back } = padPackedSequence(y);
    expect([...back.dataSync()]).toEqual(lengths);
    const ends = [end].flat();
    const weigh = (t: Tensor): Tensor => t.mul(t).mul(0.5).sum();
    const loss = [output, ...ends].map(weigh).reduce((a, b) => a.add(b));
    const leaves = [x, ...starts.slice(0, kind === 'LSTM' ? 2 : 1), ...layer.parameters()];
    const gradients = A.grad([loss], leaves) as Tensor[];

    // Each sequence alone, without padding.
    let alone: Tensor | null = null;
    lengths.forEach((n, b) => {
      const [own, state] = call(
        x.narrow(0, 0, n).select(1, b),
        stateOf(starts.map((s) => s.select(1, b))),
      ) as [Tensor, Tensor | Tensor[]];
      expect(worst(output.narrow(0, 0, n).select(1, b).dataSync(), own.dataSync())).toBeLessThan(
        1e-12,
      );
      [state].flat().forEach((s, k) => {
        expect(worst((ends[k] as Tensor).select(1, b).dataSync(), s.dataSync())).toBeLessThan(
          1e-12,
        );
      });
      const part = [own, ...[state].flat()].map(weigh).reduce((p, q) => p.add(q));
      alone = alone === null ? part : alone.add(part);
    });
    (A.grad([alone as unknown as Tensor], leaves) as Tensor[]).forEach((g, k) => {
      expect(worst((gradients[k] as Tensor).dataSync(), g.dataSync())).toBeLessThan(1e-11);
    });
  });

  it('is compiled, and takes lengths as a tensor', () => {
    const gru = new nn.GRU(2, 3);
    const x = A.randn([4, 2, 2]);
    const run = (t: Tensor): Tensor =>
      padPackedSequence(gru.forward(packPaddedSequence(t, tensor([4, 2], { dtype: 'int32' })))[0], {
        batchFirst: true,
      }).output;
    const y = run(x);
    expect(y.shape).toEqual([2, 4, 3]);
    expect(worst(compile(run)(x).dataSync(), y.dataSync())).toBeLessThan(1e-6);
    expect([...y.select(0, 1).narrow(0, 2, 2).dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('refuses packed data of another size', () => {
    const packed = packSequence([A.zeros([3, 5]), A.zeros([1, 5])]);
    expect(() => new nn.LSTM(2, 3).forward(packed)).toThrow(ShapeError);
    expect(() => new nn.LSTM(2, 3).forward(packed)).toThrow(/LSTM.*\[4, 5\]/);
  });
});

describe('packing', () => {
  it('lays steps out as PyTorch does', () => {
    const packed = packSequence([tensor([1, 2, 3]), tensor([4, 5]), tensor([6])]);
    expect([...packed.data.dataSync()]).toEqual([1, 4, 6, 2, 5, 3]);
    expect(packed.batchSizes).toEqual([3, 2, 1]);
    expect(packed.sortedIndices).toBeNull();
    const mixed = packSequence([tensor([6]), tensor([1, 2, 3]), tensor([4, 5])], {
      enforceSorted: false,
    });
    expect([...mixed.data.dataSync()]).toEqual([1, 4, 6, 2, 5, 3]);
    expect(mixed.sortedIndices).toEqual([1, 2, 0]);
    expect(mixed.unsortedIndices).toEqual([2, 0, 1]);
    const { output } = padPackedSequence(mixed, {
      batchFirst: true,
      paddingValue: -1,
      totalLength: 4,
    });
    expect(output.toArray()).toEqual([
      [6, -1, -1, -1],
      [1, 2, 3, -1],
      [4, 5, -1, -1],
    ]);
  });

  it('pads on either side and takes the padding off', () => {
    const parts = [tensor([1, 2, 3]), tensor([4])];
    const left = padSequence(parts, { batchFirst: true, paddingSide: 'left', paddingValue: 9 });
    expect(left.toArray()).toEqual([
      [1, 2, 3],
      [9, 9, 4],
    ]);
    const back = unpadSequence(padSequence(parts), [3, 1]);
    expect(back.map((t) => t.toArray())).toEqual([[1, 2, 3], [4]]);
  });

  it.each([
    [() => packPaddedSequence(A.zeros([3, 2]), [1, 3]), /must not increase.*enforceSorted/],
    [
      () => packPaddedSequence(A.zeros([3, 2]), [4, 1]),
      /length 4 is more than the input's 3 steps/,
    ],
    [() => packPaddedSequence(A.zeros([3, 2]), [3, 0]), /at least 1, got 0/],
    [() => packPaddedSequence(A.zeros([3, 2]), [3]), /1 length for a batch of 2/],
    [() => packPaddedSequence(A.zeros([3, 2]), [3, 1.5]), /lengths must/],
    [() => packPaddedSequence(A.zeros([3]), [3]), /\[time, batch, …\]/],
    [() => packSequence([]), /at least one sequence/],
    [() => padSequence([A.zeros([2, 3]), A.zeros([2, 4])]), /\[2, 3\].*\[2, 4\]/],
    [() => padPackedSequence(packSequence([A.zeros([3])]), { totalLength: 2 }), /totalLength 2/],
    [() => unpadSequence(A.zeros([3, 2]), [4, 1]), /lengths \[4, 1\]/],
    [() => padSequence([A.zeros([2])], { paddingside: 'left' } as never), /paddingSide/],
  ])('refuses impossible arguments: %#', (f, message) => {
    expect(f).toThrow(ChainruleError);
    expect(f).toThrow(message);
  });
});

describe('bags of a table', () => {
  const int32 = { dtype: 'int32' } as const;
  const weight = tensor([[1, 2], [3, -4], [5, 6]], float64); // prettier-ignore
  const ids = tensor([0, 1, 2, 2], int32);
  const { embeddingBag } = nn.functional;

  it('as sums, means and largest elements; bags of padding and none give zeros', () => {
    const at = (mode: 'sum' | 'mean' | 'max'): unknown =>
      embeddingBag(ids, weight, tensor([0, 2, 2], int32), { mode, paddingIdx: -3 }).toArray();
    expect(at('sum')).toEqual([[3, -4], [0, 0], [10, 12]]); // prettier-ignore
    expect(at('mean')).toEqual([[3, -4], [0, 0], [5, 6]]); // prettier-ignore
    expect(at('max')).toEqual([[3, -4], [0, 0], [5, 6]]); // prettier-ignore
    const none = A.zeros([0], int32);
    expect(embeddingBag(none, weight, tensor([0, 0], int32)).toArray()).toEqual([[0, 0], [0, 0]]); // prettier-ignore
  });

  it('with offsets that are not known yet: computed, or arguments of a compiled function', () => {
    const at = (offsets: A.Tensor, includeLastOffset = false): A.Tensor =>
      embeddingBag(ids, weight, offsets, { mode: 'sum', includeLastOffset });
    const compiled = A.compile(at);
    const cases = [[0, 2], [0, 4], [0, 0, 3, 3]]; // prettier-ignore
    for (const starts of cases) {
      const offsets = tensor(starts, int32);
      expect(at(offsets.mul(1)).toArray()).toEqual(at(offsets).toArray());
      expect(compiled(offsets).toArray()).toEqual(at(offsets).toArray());
      const inside = at(offsets).narrow(0, 0, starts.length - 1);
      expect(at(offsets, true).toArray()).toEqual(inside.toArray());
    }
    expect(at(tensor([0, 2, 3], int32), true).toArray()).toEqual([[4, -2], [5, 6]]); // prettier-ignore
    expect(() => at(tensor([0, 3, 2], int32).mul(1)).toArray()).toThrow(
      /the size of a bag must be/,
    );
    expect(() => compiled(tensor([0, 5], int32)).toArray()).toThrow(/the size of a bag must be/);
    expect(() => compiled(tensor([1, 2], int32)).toArray()).toThrow(/-1/);
  });

  it('in memory that grows with the indices, not with the longest bag', () => {
    const n = 60_000;
    const many = A.zeros([n], int32);
    const starts = A.arange(n / 2).cast('int32');
    const sums = embeddingBag(many, weight, starts, { mode: 'sum' });
    expect(sums.sum(0).toArray()).toEqual([n, 2 * n]);
  });

  // PyTorch divides the gradients of other rows than those that occur more than once.
  it('gradients are divided by how often an index occurs, whatever the sizes of the bags', () => {
    const table = A.zeros([4, 1], { ...float64, requiresGrad: true });
    const sums = embeddingBag(ids, table, tensor([0, 3], int32), {
      mode: 'sum',
      scaleGradByFreq: true,
    });
    sums.mul(tensor([[1], [10]])).sum().backward(); // prettier-ignore
    expect(table.grad?.toArray()).toEqual([[1], [1], [5.5], [0]]);
  });

  it('refuse what does not fit', () => {
    const offsets = tensor([0, 2], int32);
    expect(() => embeddingBag(ids, weight)).toThrow(/embeddingBag: expected \[bags, n\]/);
    expect(() => embeddingBag(ids, weight, tensor([1], int32))).toThrow(
      /offsets must be nondecreasing/,
    );
    expect(() => embeddingBag(ids, weight, offsets, { paddingIdx: 3 })).toThrow(/outside of 3/);
    expect(() => embeddingBag(ids, weight, offsets, { perSampleWeights: ids })).toThrow(/'sum'/);
    const perSampleWeights = tensor([1, 2], float64);
    expect(() => embeddingBag(ids, weight, offsets, { mode: 'sum', perSampleWeights })).toThrow(
      /must have the shape of the indices, \[4\]/,
    );
  });
});
