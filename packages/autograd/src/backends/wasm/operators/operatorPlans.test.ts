/** @file Operator kernels in whole plans: the same bits on any number of threads, and indices out of range. */
import { afterAll, describe, expect, test } from 'vitest';
import { operatorKernel } from '../../../engine/compile/operatorKernel.js';
import type { Instruction, Program } from '../../../engine/program.js';
import { IndexError } from '../../../errors.js';
import { allocate, itemSize, type DType, type TypedArray } from '../../../graph/dtype.js';
import { primitives, type Attrs } from '../../../graph/primitive.js';
import { sizeOf } from '../../../graph/shape.js';
import '../../../ops/index.js';
import { interpreter } from '../../interpreter/interpreter.js';
import { Arrays } from '../run/arrays.js';
import { wasmBackend } from '../backend.js';
import { Forms } from '../run/forms.js';
import { listKernels } from '../run/kernelList.js';
import { WasmMemory } from '../run/memory.js';
import { ThreadPool } from '../threads/pool.js';
import { WasmPlan } from '../run/wasmPlan.js';

/** Writes a program instruction by instruction; inputs of integers are indices in range. */
class Writer {
  readonly instructions: Instruction[] = [];
  readonly values = new Map<number, TypedArray>();

  input(dtype: DType, shape: readonly number[], limit = 1): number {
    const data = allocate(dtype, sizeOf(shape));
    for (let i = 0; i < data.length; i++) {
      data[i] = dtype === 'int32' ? (i * 7919) % limit : Math.sin(i * 0.7) * 2;
    }
    const slot = this.instructions.push({ op: null, attrs: null, inputs: [], shape, dtype }) - 1;
    this.values.set(slot, data);
    return slot;
  }

  add(
    name: string,
    inputs: readonly number[],
    attrs: Attrs,
    shape: readonly number[],
    dtype: DType = 'float32',
  ): number {
    const op = primitives.find((p) => p.name === name)!;
    return this.instructions.push({ op, attrs, inputs, shape, dtype }) - 1;
  }

  program(outputs: readonly number[]): Program {
    return { instructions: this.instructions, inputs: [...this.values.keys()], outputs };
  }
}

function convolutions(): Writer {
  const w = new Writer();
  const attrs = {
    ...{ size: [17, 19], kernel: [3, 3], stride: [1, 2], padLow: [1, 1], padHigh: [1, 1] },
    ...{ dilation: [1, 1], groups: 2 },
  };
  const [x, weight] = [w.input('float32', [9, 6, 17, 19]), w.input('float32', [10, 3, 3, 3])];
  const y = w.add('conv', [x, weight], attrs, [9, 10, 17, 10]);
  w.add('convInput', [y, weight], attrs, [9, 6, 17, 19]);
  w.add('convWeight', [x, y], attrs, [10, 3, 3, 3]);
  const wide = { ...attrs, groups: 1, size: [5, 5], stride: [1, 1] };
  const [p, q] = [w.input('float32', [3, 96, 5, 5]), w.input('float32', [3, 160, 5, 5])];
  w.add('convWeight', [p, q], wide, [160, 96, 3, 3]);
  return w;
}

function windows(): Writer {
  const w = new Writer();
  const starts = [0, 2, 4, 6].map((s) => Math.max(0, s - 1));
  const span = {
    size: [8, 8],
    starts: [starts, starts],
    ends: [
      [2, 4, 6, 8],
      [2, 4, 6, 8],
    ],
  };
  const x = w.input('float32', [80, 5, 8, 8]);
  w.add('windowArgmax', [x], { ...span, step: [1, 1] }, [80, 5, 4, 4], 'int32');
  const y = w.add('windowSum', [x], span, [80, 5, 4, 4]);
  w.add('windowSpread', [y], span, [80, 5, 8, 8]);
  w.add('argmax', [x], { dim: 1, keepdim: false }, [80, 8, 8], 'int32');
  return w;
}

function indices(): Writer {
  const w = new Writer();
  const [x, index] = [w.input('float32', [60, 70]), w.input('int32', [500], 60)];
  const taken = w.add('take', [x, index], { dim: 0 }, [500, 70]);
  w.add('indexAdd', [x, index, taken], { dim: 0 }, [60, 70]);
  const each = w.input('int32', [300, 70], 60);
  const picked = w.add('gather', [x, each], { dim: 0 }, [300, 70]);
  w.add('scatterAdd', [x, each, picked], { dim: 0 }, [60, 70]);
  w.add('scatter', [x, each, picked], { dim: 0 }, [60, 70]);
  const flat = w.input('int32', [40_000], 60);
  const row = w.input('float32', [60]);
  const many = w.add('take', [row, flat], { dim: 0 }, [40_000]);
  w.add('indexAdd', [row, flat, many], { dim: 0 }, [60]);
  return w;
}

function scans(): Writer {
  const w = new Writer();
  const x = w.input('float32', [40, 30, 50]);
  w.add('cumsum', [x], { dim: 1, reverse: true }, [40, 30, 50]);
  w.add('cumulativeExtreme', [x], { dim: 0, sign: 1 }, [40, 30, 50], 'int32');
  w.add('linearRecurrence', [x, x], { dim: 2, reverse: false }, [40, 30, 50]);
  return w;
}

function sorting(): Writer {
  const w = new Writer();
  const x = w.input('float32', [7, 40, 90]);
  w.add('argsort', [x], { dim: 2, descending: true }, [7, 40, 90], 'int32');
  w.add('argsort', [x], { dim: 1, descending: false }, [7, 40, 90], 'int32');
  w.add('median', [x], { dims: [1], keepdim: false }, [7, 90]);
  w.add('argsort', [w.input('float64', [3000])], { dim: 0, descending: false }, [3000], 'int32');
  const rows = w.input('float64', [50]);
  w.values.get(rows)!.sort();
  w.add('searchsorted', [rows, w.input('float64', [4000])], { right: true }, [4000], 'int32');
  return w;
}

function random(): Writer {
  const w = new Writer();
  const [seed, offset] = [w.input('float64', []), w.input('float64', [])];
  w.values.get(seed)![0] = 2 ** 40 + 5;
  w.values.get(offset)![0] = 2 ** 32 - 9;
  for (const dtype of ['float32', 'float64'] as const) {
    w.add('uniform', [seed, offset], { shape: [5003], dtype }, [5003], dtype);
    w.add('normal', [seed, offset], { shape: [5003], dtype }, [5003], dtype);
  }
  return w;
}

const shared = new WasmMemory({ shared: true });
const forms = new Forms(shared);
const ended: (() => void)[] = [];
afterAll(() => ended.forEach((end) => end()));

describe.runIf(shared.shared).each([2, 3, 5])('%d threads', (threads) => {
  const pool = new ThreadPool(shared, threads);
  ended.push(() => pool.dispose());

  test.each(Object.entries({ convolutions, windows, indices, scans, sorting, random }))(
    '%s: the same bits as one thread',
    (_, write) => {
      expect(pool.waitUntilReady()).toBe(true);
      const { instructions, values } = write();
      const kernels = instructions.flatMap(({ op, inputs }, slot) =>
        op === null ? [] : [operatorKernel(instructions, slot, inputs)!],
      );
      const compiled = listKernels(kernels, forms, { threads });
      expect(compiled.parallel).toBe(true);
      const addresses = instructions.map(({ shape, dtype }) =>
        shared.allocate(sizeOf(shape) * itemSize[dtype]),
      );
      const view = (slot: number): TypedArray => {
        const { shape, dtype } = instructions[slot]!;
        return shared.view(dtype, addresses[slot]!, sizeOf(shape));
      };
      const bits = (): Buffer =>
        Buffer.concat(
          instructions.map((_x, slot) => {
            const { buffer } = view(slot).slice();
            return Buffer.from(buffer);
          }),
        );
      const clear = (): void =>
        instructions.forEach(({ op }, slot) => {
          if (op === null) view(slot).set(values.get(slot)!);
          else view(slot).fill(55);
        });
      const [plan, alone] = [new WasmPlan(forms, compiled, pool), new WasmPlan(forms, compiled)];
      for (const p of [plan, alone]) p.setBuffers(addresses);
      clear();
      alone.run();
      const want = bits();
      for (let run = 0; run < 4; run++) {
        clear();
        plan.runThreaded();
        expect(bits().equals(want)).toBe(true);
      }
      expect(plan.faulted).toBe(false);
      plan.dispose();
      alone.dispose();
      for (const address of addresses) shared.release(address);
    },
  );
});

const backend = wasmBackend({ threads: 1, arrays: new Arrays(true) });
ended.push(() => backend.dispose());

test('operands that are reshaped have the shape of the reshape, not of their buffer', () => {
  const w = new Writer();
  const [x, index] = [w.input('float32', [4, 3, 5, 5]), w.input('int32', [4, 3, 2, 10], 25)];
  const flat = w.add('reshape', [x], { shape: [4, 3, 25] }, [4, 3, 25]);
  const chosen = w.add('reshape', [index], { shape: [4, 3, 20] }, [4, 3, 20], 'int32');
  const out = w.add('gather', [flat, chosen], { dim: 2 }, [4, 3, 20]);
  const program = w.program([w.add('add', [out, out], {}, [4, 3, 20])]);
  const values = [...w.values.values()];
  const [got, want] = [backend, interpreter].map((b) => b.compile(program).run(values, [null])[0]);
  expect(got).toEqual(want);
});

test('a table that is one number is not stored', () => {
  const w = new Writer();
  const [index, rows] = [w.input('int32', [30], 20), w.input('float32', [30, 40])];
  const fill = (value: number): number =>
    w.add('expand', [w.add('constant', [], { value }, [])], { shape: [20, 40] }, [20, 40]);
  const sums = w.add('indexAdd', [fill(0), index, rows], { dim: 0 }, [20, 40]);
  const each = w.input('int32', [20, 7], 40);
  const few = w.input('float32', [20, 7]);
  const set = w.add('scatter', [fill(2.5), each, few], { dim: 1 }, [20, 40]);
  const added = w.add('scatterAdd', [fill(-1), each, few], { dim: 1 }, [20, 40]);
  const program = w.program([
    w.add('add', [sums, w.add('add', [set, added], {}, [20, 40])], {}, [20, 40]),
  ]);
  const values = [...w.values.values()];
  for (const x of values) x.forEach((v, i) => (x[i] = Math.round(v * 16) / 16));
  const [got, want] = [backend, interpreter].map((b) => b.compile(program).run(values, [null])[0]);
  expect(got).toEqual(want);
});

describe('an index out of range', () => {
  const writers: Record<string, (w: Writer) => number> = {
    take: (w) =>
      w.add(
        'take',
        [w.input('float32', [40, 30]), w.input('int32', [50], 40)],
        { dim: 0 },
        [50, 30],
      ),
    gather: (w) =>
      w.add(
        'gather',
        [w.input('float32', [50, 30]), w.input('int32', [50, 1], 30)],
        { dim: 1 },
        [50, 1],
      ),
    indexAdd: (w) =>
      w.add(
        'indexAdd',
        [w.input('float32', [40, 30]), w.input('int32', [50], 40), w.input('float32', [50, 30])],
        { dim: 0 },
        [40, 30],
      ),
    oneHot: (w) => w.add('oneHot', [w.input('int32', [50], 40)], { count: 40 }, [50, 40], 'int32'),
  };

  test.each(Object.entries(writers))(
    '%s throws what the reference throws, each time',
    (_, write) => {
      const w = new Writer();
      const out = write(w);
      const { shape, dtype } = w.instructions[out]!;
      const program = w.program([w.add('add', [out, out], {}, shape, dtype)]);
      const [compiled, reference] = [backend.compile(program), interpreter.compile(program)];
      const values = [...w.values.values()];
      // Sixteenths add up exactly in any precision.
      for (const x of values) x.forEach((v, i) => (x[i] = Math.round(v * 16) / 16));
      const index = values.find((x) => x instanceof Int32Array)!;
      const thrown = (run: () => unknown): Error => {
        try {
          run();
        } catch (error) {
          return error as Error;
        }
        throw new Error('nothing was thrown');
      };
      const outputs = values.map(() => null).slice(0, 1);
      const fine = compiled.run(values, outputs)[0];
      expect(fine).toEqual(reference.run(values, outputs)[0]);
      for (const bad of [-1, 40, 2 ** 31 - 1]) {
        const before = index[17]!;
        index[17] = bad;
        const [got, want] = [compiled, reference].map((x) => thrown(() => x.run(values, outputs)));
        expect(got).toBeInstanceOf(IndexError);
        expect(got!.message).toBe(want!.message);
        expect(compiled.at).toBe(reference.at);
        index[17] = before;
        expect(compiled.run(values, outputs)[0]).toEqual(fine);
      }
    },
  );
});
