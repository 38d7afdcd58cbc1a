/** @file Random graphs give the same values on every backend. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findBlas } from '../../src/backends/blas/blas.js';
import { interpreter } from '../../src/backends/interpreter/interpreter.js';
import { Arrays } from '../../src/backends/wasm/run/arrays.js';
import { wasmBackend } from '../../src/backends/wasm/backend.js';
import { WasmExecutable } from '../../src/backends/wasm/run/executable.js';
import { Walk } from '../../src/backends/wasm/walk/walk.js';
import { WalkTools } from '../../src/backends/wasm/walk/walkTools.js';
import { collect } from '../../src/engine/collect.js';
import { Plan } from '../../src/engine/plan.js';
import { hostValue } from '../../src/graph/values/hostValue.js';
import type { Executable, HostBackend, Program } from '../../src/engine/program.js';
import type { TypedArray } from '../../src/graph/dtype.js';
import { tensor, type Tensor } from '../../src/index.js';
import { expandNode, reshapeNode, sumOver } from '../../src/ops/build/broadcast.js';
import { matmulOf } from '../../src/ops/linalg/products/matmul.js';
import { concatNode, padNode, permuteNode, sliceNode } from '../../src/ops/shape/movement.js';

const arrays = new Arrays(true);
const wasm = wasmBackend({ threads: 1, arrays });
const tools = new WalkTools(arrays, () => null);
/** Growing this memory detaches every view of it. No BLAS library can be handed such memory: products may round differently. */
const unshared = wasmBackend({ threads: 2, arrays: new Arrays(false) });
const sameProducts = typeof findBlas() === 'string';

/** A source of choices: fast-check shrinks the list. */
class Choices {
  private at = 0;
  private readonly ints: readonly number[];
  constructor(ints: readonly number[]) {
    this.ints = ints;
  }
  below(n: number): number {
    return n <= 1 ? 0 : (this.ints[this.at++ % this.ints.length] ?? 0) % n;
  }
  pick<T>(xs: readonly T[]): T {
    return xs[this.below(xs.length)] as T;
  }
}

function leaf(c: Choices, shape: readonly number[]): Tensor {
  const size = shape.reduce((p, n) => p * n, 1);
  const data = Float32Array.from(
    { length: size },
    (_, i) => (((i * 37 + c.below(97)) % 23) - 11) / 5,
  );
  return tensor(data, { shape });
}

function grow(c: Choices, pool: Tensor[]): Tensor {
  const x = c.pick(pool);
  const n = x.ndim;
  switch (c.below(13)) {
    case 0:
      return x.mul(0.7).add(0.3);
    case 1:
      return x.mul(c.pick(pool.filter((y) => y.shape.join() === x.shape.join())));
    case 2:
      return n === 0 ? x.neg() : sumOver([x], { dims: [c.below(n)], keepdim: c.below(2) === 0 });
    case 3: {
      // Back over the dimension that was summed: the shape of a softmax.
      if (n === 0) return x;
      const d = c.below(n);
      return x.sub(expandNode(sumOver([x], { dims: [d], keepdim: true }), x.shape).mul(0.125));
    }
    case 4:
      return n < 2
        ? x.neg()
        : permuteNode(
            x,
            [...x.shape.keys()].sort((a, b) => ((a * 7 + 3) % n) - ((b * 7 + 3) % n) || a - b),
          );
    case 5:
      return reshapeNode(x, [x.size]);
    case 6: {
      if (n === 0) return x;
      const d = c.below(n);
      const size = x.shape.map((m, k) => (k === d ? Math.ceil(m / 2) : m));
      return c.below(2) === 0
        ? sliceNode(
            x,
            x.shape.map(() => 0),
            size,
            x.shape.map((m, k) => (k === d && m > 1 ? 2 : 1)),
          )
        : sliceNode(
            x,
            x.shape.map((m, k) => (k === d ? m - 1 : 0)),
            size,
            x.shape.map((_, k) => (k === d ? -1 : 1)),
          );
    }
    case 7: {
      if (n === 0) return x;
      const d = c.below(n);
      const shape = x.shape.map((m, k) => (k === d ? 2 * m + 1 : m));
      return padNode(
        x,
        shape,
        {
          start: x.shape.map((_, k) => (k === d ? 1 : 0)),
          step: x.shape.map((_, k) => (k === d ? 2 : 1)),
        },
        0.5,
      );
    }
    case 8: {
      const same = pool.filter((y) => y.shape.join() === x.shape.join());
      return n === 0 ? x.add(1) : concatNode([x, c.pick(same), x], c.below(n));
    }
    case 9: {
      if (n < 2) return x.add(0.25);
      const m = x.shape[n - 1] as number;
      return matmulOf([x, leaf(c, [m, 3])], { transA: false, transB: false });
    }
    case 10: {
      if (n < 2) return x.mul(-1);
      return matmulOf([x, x], { transA: false, transB: true }).mul(0.1);
    }
    case 11:
      return expandNode(reshapeNode(x, [1, ...x.shape]), [2, ...x.shape]);
    default:
      return x.div(x.mul(x).add(1));
  }
}

const valuesOn = (backend: HostBackend, roots: readonly Tensor[]): readonly TypedArray[] =>
  valuesBy((program) => backend.compile(program), roots);

function valuesBy(
  ready: (program: Program) => Executable<TypedArray>,
  roots: readonly Tensor[],
): readonly TypedArray[] {
  const graph = collect(roots, { byPosition: true });
  const plan = new Plan(new Int32Array(0), graph, graph.leaves);
  return ready(plan.program()).run(
    graph.leaves.map(
      (t) => hostValue(t) ?? Float32Array.of((t.attrs as unknown as { value: number }).value),
    ),
    graph.roots.map(() => null),
  );
}

function programOf(roots: readonly Tensor[]): Program {
  const graph = collect(roots, { byPosition: true });
  return new Plan(new Int32Array(0), graph, graph.leaves).program();
}

function expectClose(actual: readonly TypedArray[], expected: readonly TypedArray[]): void {
  actual.forEach((array, k) => {
    const want = expected[k] as TypedArray;
    expect(array.length).toBe(want.length);
    for (let i = 0; i < array.length; i++) {
      const scale = Math.max(1, Math.abs(want[i]!));
      if (!(Math.abs(array[i]! - want[i]!) <= 2e-4 * scale)) {
        expect({ output: k, i, value: array[i] }).toEqual({ output: k, i, value: want[i] });
      }
    }
  });
}

describe('WebAssembly and the interpreter', () => {
  test('agree on random graphs', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 20, maxLength: 60 }), (ints) => {
        const c = new Choices(ints);
        const pool = [leaf(c, [4, 5]), leaf(c, [3, 4, 6]), leaf(c, [17]), leaf(c, [1, 33])];
        for (let i = 0; i < 12; i++) {
          const y = grow(c, pool);
          if (y.size < 5000) pool.push(y);
        }
        const roots = [...new Set(pool.slice(-3))].filter((t) => t.value === null);
        if (roots.length === 0) return;
        const expected = valuesOn(interpreter, roots);
        const actual = valuesOn(wasm, roots);
        const moving = valuesOn(unshared, roots);
        const product = collect(roots).nodes.some(({ op }) => op?.name === 'matmul');
        if (sameProducts || !product) expect(moving).toEqual(actual);
        expectClose(actual, expected);
        expectClose(moving, expected);
        const walked = valuesBy(
          (program) =>
            new WasmExecutable(program, new Walk(program, tools).run(program), arrays, null),
          roots,
        );
        expectClose(walked, expected);
        const adds = collect(roots).nodes.some(({ op }) => op?.lowering.kind === 'fold');
        if (!adds && wasm.compileQuickly?.(programOf(roots))) expect(walked).toEqual(actual);
      }),
      { numRuns: 300 },
    );
  });

  test('agree while memory grows and its views are detached', () => {
    const moving = wasmBackend({ threads: 1, arrays: new Arrays(false) });
    const runs = [10, 100, 300, 1000, 1500].map((n) => {
      const x = tensor(
        Float32Array.from({ length: 40 * n }, (_, i) => Math.sin(i)),
        { shape: [40, n] },
      );
      const graph = collect([
        x.matmul(x.transpose(0, 1)).add(1).exp(),
        x.sort(1).values.mul(2),
        x.sum(),
      ]);
      const program = new Plan(new Int32Array(0), graph, graph.leaves).program();
      const values = graph.leaves.map(
        (t) => hostValue(t) ?? Float32Array.of((t.attrs as unknown as { value: number }).value),
      );
      const on = (backend: HostBackend): (() => TypedArray[]) => {
        const executable = backend.compile(program);
        return () =>
          executable.run(
            values,
            graph.roots.map(() => null),
          );
      };
      return { wasm: on(moving), truth: on(interpreter)() };
    });
    // Each plan again after larger ones have moved the memory.
    for (const { wasm, truth } of [...runs, ...runs]) {
      wasm().forEach((array, k) => {
        const want = truth[k] as TypedArray;
        array.forEach((x, i) => {
          if (!(Math.abs(x - want[i]!) <= 1e-3 * Math.max(1, Math.abs(want[i]!))))
            expect({ k, i, x }).toEqual({ k, i, x: want[i] });
        });
      });
    }
  });
});
