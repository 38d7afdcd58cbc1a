/** @file Concatenations of many short inputs: one kernel, with the elements of the inputs in order, by a walk and by a plan. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { collect } from '../../../engine/collect.js';
import { lower } from '../../../engine/compile/lower.js';
import { schedule } from '../../../engine/compile/schedule.js';
import { backendInUse } from '../../../engine/engine.js';
import { Plan } from '../../../engine/plan.js';
import type { Executable, Program } from '../../../engine/program.js';
import type { DType, TypedArray } from '../../../graph/dtype.js';
import { cat, grad, ones, stack, tensor, type Tensor } from '../../../index.js';
import { supports } from '../elements/elementOps.js';

/** The elements of the inputs side by side along `dim`, put there one by one. */
function sideBySide(inputs: readonly Tensor[], dim: number): number[] {
  const shape = inputs[0]!.shape;
  const outer = shape.slice(0, dim).reduce((n, x) => n * x, 1);
  const arrays = inputs.map((x) => Array.from(x.dataSync(), Number));
  return Array.from({ length: outer }, (_, r) =>
    arrays.flatMap((a) => a.slice((r * a.length) / outer, ((r + 1) * a.length) / outer)),
  ).flat();
}

function programOf(roots: readonly Tensor[]): { program: Program; inputs: TypedArray[] } {
  const graph = collect(roots);
  const program = new Plan(new Int32Array(0), graph, graph.leaves).program();
  return { program, inputs: graph.leaves.map((leaf) => leaf.dataSync()) };
}

const kernelsOf = (program: Program): string[] =>
  lower(schedule(program, (op, dtype) => supports(op, dtype), { windows: true })).map((step) =>
    step.kind === 'kernel' ? step.kernel.kind : step.kind,
  );

const values = (count: number, seed: number, dtype: DType): number[] =>
  Array.from({ length: count }, (_, i) =>
    dtype === 'bool' ? (i * 7 + seed) % 2 : Math.fround(((i * 37 + seed * 11) % 101) - 50),
  );

describe.runIf(backendInUse().name === 'wasm')('many short inputs', () => {
  test('joins inputs of any shape and dtype, whole or rows of others', () => {
    const dtypes = fc.constantFrom<DType>('float32', 'float64', 'int32', 'bool');
    const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 8, maxLength: 40 });
    const around = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 0, maxLength: 2 });
    fc.assert(
      fc.property(dtypes, lengths, around, fc.nat(2), (dtype, each, others, at) => {
        const dim = Math.min(at, others.length);
        const inputs = each.map((n, seed) => {
          const shape = [...others.slice(0, dim), n, ...others.slice(dim)];
          const size = shape.reduce((p, x) => p * x, 1);
          const whole = tensor(values(3 * size, seed, dtype), { dtype, shape: [3, ...shape] });
          return seed % 3 === 0
            ? whole.select(0, 1)
            : tensor(whole.select(0, 2).dataSync(), { dtype, shape });
        });
        const { program, inputs: given } = programOf([cat(inputs, dim)]);
        expect(kernelsOf(program)).toEqual(['join']);
        const on = (executable: Executable<TypedArray> | undefined): number[] =>
          Array.from(executable!.run(given, [null])[0]!, Number);
        const expected = sideBySide(inputs, dim);
        const backend = backendInUse();
        expect(on(backend.compile(program))).toEqual(expected);
        const quick = backend.compileQuickly?.(program)?.executable;
        if (quick !== undefined) expect(on(quick)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('copies few, long, repeated or transposed inputs one by one', () => {
    const rows = ones([12, 40]);
    const long = Array.from({ length: 9 }, () => ones([2000]));
    const columns = Array.from({ length: 9 }, (_, i) => rows.select(1, i));
    const repeated = Array.from({ length: 9 }, () => ones([1]).expand([3]));
    for (const inputs of [long.slice(0, 7), long, columns, repeated]) {
      const { program } = programOf([cat(inputs)]);
      expect(kernelsOf(program)).not.toContain('join');
    }
  });

  test('keeps the bits of NaN and the sign of zero', () => {
    const bits = Uint32Array.of(0x7fc00001, 0xffc12345, 0x80000000, 0x7f800000);
    const inputs = Array.from({ length: 9 }, () => tensor(new Float32Array(bits.buffer.slice(0))));
    const joined = new Uint32Array(cat(inputs).dataSync('float32').slice().buffer);
    expect(Array.from(joined.subarray(32))).toEqual(Array.from(bits));
  });

  test('gradients of a growing list of rows', () => {
    const f = (w: Tensor): Tensor => {
      const rows: Tensor[] = [w];
      for (let i = 0; i < 12; i++) rows.push(stack(rows).mul(0.5).sum(0));
      return rows.at(-1)!.sum();
    };
    // Each row is half the sum of all before: 1/2, 3/4, 9/8, …
    expect(grad(f)(ones([3])).toArray()).toEqual(Array.from({ length: 3 }, () => 0.5 * 1.5 ** 11));
  });
});
