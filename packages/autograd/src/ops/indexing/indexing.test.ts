/** @file Indexing against plain nested arrays, and its errors. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arange,
  cat,
  gather,
  grad,
  IndexError,
  indexPut,
  indexSelect,
  maskedSelect,
  nonzero,
  scatter,
  scatterAdd,
  ShapeError,
  stack,
  sum,
  take,
  tensor,
  type Tensor,
} from '../../index.js';

type Nested = number | Nested[];

function numbered(shape: readonly number[]): Tensor {
  return arange(shape.reduce((a, b) => a * b, 1))
    .reshape(shape)
    .cast('float64');
}

/** Python's slice of a list, by its definition: step by step until the bound is reached. */
function pythonSlice<T>(
  list: readonly T[],
  start: number | null,
  stop: number | null,
  step: number,
): T[] {
  const n = list.length;
  const fix = (k: number): number => (k < 0 ? k + n : k);
  const clip = (k: number): number =>
    step > 0 ? Math.min(n, Math.max(0, k)) : Math.min(n - 1, Math.max(-1, k));
  const from = start === null ? (step > 0 ? 0 : n - 1) : clip(fix(start));
  const to = stop === null ? (step > 0 ? n : -1) : clip(fix(stop));
  const out: T[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) out.push(list[i] as T);
  return out;
}

const arbBound = fc.option(fc.integer({ min: -7, max: 7 }), { nil: null });
const arbSlice = fc.record({
  start: arbBound,
  stop: arbBound,
  step: fc.constantFrom(1, 2, 3, -1, -2),
});
const arbIndex = fc.oneof(arbSlice, fc.constant('position' as const), fc.constant('new' as const));

describe('at', () => {
  it('reads slices, positions and new dimensions as Python does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 }),
        fc.array(arbIndex, { maxLength: 4 }),
        fc.nat(),
        (shape, indices, seed) => {
          const named = indices.filter((i) => i !== 'new').length;
          if (named > shape.length) return;
          const x = numbered(shape);
          let d = 0;
          const args: (string | number | null)[] = [];
          const steps: ((list: Nested) => Nested)[] = [];
          for (const index of indices) {
            if (index === 'new') {
              args.push(null);
              steps.push((list) => [list]);
              continue;
            }
            const n = shape[d++] as number;
            if (index === 'position') {
              if (n === 0) return;
              const at = (seed % (2 * n)) - n;
              args.push(at);
              steps.push((list) => (list as Nested[]).at(at) as Nested);
            } else {
              args.push(`${index.start ?? ''}:${index.stop ?? ''}:${index.step}`);
              steps.push((list) =>
                pythonSlice(list as Nested[], index.start, index.stop, index.step),
              );
            }
          }
          // Each index applies to the outermost dimension that earlier ones have left; a slice keeps its own dimension.
          const apply = (list: Nested, k: number): Nested => {
            if (k === indices.length) return list;
            const index = indices[k];
            const next = (steps[k] as (list: Nested) => Nested)(list);
            if (index === 'position') return apply(next, k + 1);
            return (next as Nested[]).map((inner) => apply(inner, k + 1));
          };
          expect(x.at(...args).toArray()).toEqual(apply(x.toArray() as Nested, 0));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('reads index tensors that broadcast, neighbours in place and others at the front', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -2, max: 1 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: -4, max: 3 }),
        (rows, column) => {
          const x = numbered([2, 3, 4]);
          const data = x.toArray() as number[][][];
          const i = tensor(rows, { dtype: 'int32' });
          const j = tensor([column], { dtype: 'int32' });
          expect(x.at(i, ':', j).toArray()).toEqual(
            rows.map((r) => (data.at(r) as number[][]).map((row) => row.at(column))),
          );
          expect(x.at(i, [[0], [2]]).toArray()).toEqual(
            [0, 2].map((k) => rows.map((r) => (data.at(r) as number[][])[k])),
          );
          expect(x.at(':', ':', i).toArray()).toEqual(
            data.map((m) => m.map((row) => rows.map((r) => row.at(r)))),
          );
        },
      ),
    );
  });

  it('reads masks, and index tensors that are not known yet', () => {
    const x = numbered([3, 4]);
    const mask = x.gt(5);
    expect(x.at(mask).toArray()).toEqual([6, 7, 8, 9, 10, 11]);
    expect(x.at([true, false, true], 1).toArray()).toEqual([1, 9]);
    const i = tensor([1, -1], { dtype: 'int32' }).add(0);
    expect(x.at(i, i).toArray()).toEqual([5, 11]);
    expect(x.at(tensor(-1, { dtype: 'int32' }).add(0)).toArray()).toEqual([8, 9, 10, 11]);
  });

  it('adds up the gradients of what is read several times', () => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const [g] = grad([sum(x.at([0, 0, -1]).mul(tensor([1, 10, 100])))], [x]);
    expect(g?.toArray()).toEqual([11, 0, 100]);
  });

  it.each([
    [
      () => numbered([3]).at(3),
      IndexError,
      /at: index 3 is out of range for dimension 0 of size 3.*-3 to 2/,
    ],
    [() => numbered([3]).at(1.5), IndexError, /index 1.5/],
    [() => numbered([3]).at(0, 0), IndexError, /2 indices.*\[3\]/],
    [() => numbered([3]).at('0:3:0'), IndexError, /step of '0:3:0'/],
    [() => numbered([3]).at('a:b'), Error, /cannot read the index 'a:b'/],
    [() => numbered([3]).at('...', '...'), IndexError, /only one '...'/],
    [() => numbered([3]).at([0, 3]), IndexError, /index 3 at position 1/],
    [() => numbered([3]).at(tensor([true, false])), IndexError, /mask of shape \[2\]/],
    [() => numbered([3]).at(tensor([0, 1])), Error, /indices are int32, these are float32/],
  ])('refuses what it cannot read (%#)', (f, type, message) => {
    expect(f).toThrow(type);
    expect(f).toThrow(message);
  });
});

describe('gather and scatter', () => {
  const index = tensor(
    [
      [0, 2],
      [1, 1],
    ],
    { dtype: 'int32' },
  );

  it('name the index out of range, at the call or when they run', () => {
    const wrong = tensor([0, 5], { dtype: 'int32' });
    expect(() => gather(numbered([3]), 0, wrong)).toThrow(
      /gather: index 5 at position 1.*size 3.*0 to 2/,
    );
    expect(() => indexSelect(numbered([3]), 0, [-1])).toThrow(IndexError);
    expect(() => take(numbered([3]), [3])).toThrow(/take: index 3 at position 0.*-3 to 2/);
    const later = wrong.add(0);
    const y = gather(numbered([3]), 0, later);
    expect(() => y.dataSync()).toThrow(IndexError);
    expect(() => numbered([3, 3]).at(later, later).dataSync()).toThrow(IndexError);
    expect(() => scatterAdd(numbered([3]), 0, later, tensor([1, 2])).dataSync()).toThrow(
      /index 5 at position 1/,
    );
  });

  it('refuse an index of the wrong shape', () => {
    expect(() => gather(numbered([3]), 0, index)).toThrow(ShapeError);
    expect(() => scatter(numbered([2, 3]), 1, index, tensor([[1, 2]]))).toThrow(
      /source of shape \[1, 2\] is smaller/,
    );
  });

  it('scatter keeps the last of several, and only that one has a gradient', () => {
    const src = tensor([1, 2, 3], { requiresGrad: true });
    const y = scatter(numbered([2]).cast('float32'), 0, [0, 0, 1], src);
    expect(y.toArray()).toEqual([2, 3]);
    expect(grad([sum(y)], [src])[0]?.toArray()).toEqual([0, 1, 1]);
  });

  it('scatterAdd is the transpose of gather', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 6 }),
        (places) => {
          const i = tensor(places, { dtype: 'int32' });
          const ct = arange(places.length).cast('float64').add(1);
          const x = tensor(new Float64Array(4), { requiresGrad: true });
          const [g] = grad([gather(x, 0, i)], [x], { gradOutputs: [ct] });
          const expected = [0, 0, 0, 0];
          places.forEach((place, k) => (expected[place] = (expected[place] as number) + k + 1));
          expect(g?.toArray()).toEqual(expected);
        },
      ),
    );
  });

  it('indexPut writes where at reads', () => {
    const x = numbered([3, 4]);
    const i = tensor([0, 2], { dtype: 'int32' });
    expect(indexPut(x, [i], -1).at(i).toArray()).toEqual([
      [-1, -1, -1, -1],
      [-1, -1, -1, -1],
    ]);
    expect(
      indexPut(x, [x.gt(3)], 0)
        .sum()
        .item(),
    ).toBe(6);
    expect(() => indexPut(x, [i, i, i], 0)).toThrow(/3 indices.*\[3, 4\]/);
  });

  it('select by values', () => {
    const x = tensor([
      [0, 3],
      [5, 0],
    ]);
    expect(nonzero(x).toArray()).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(maskedSelect(x, x.gt(0)).toArray()).toEqual([3, 5]);
    expect(stack([x, x]).at(':', x.ne(0)).toArray()).toEqual([
      [3, 5],
      [3, 5],
    ]);
    expect(cat([x, x]).at(-1).toArray()).toEqual([5, 0]);
  });
});
