/** @file The results of the engine's passes for well-known graphs, printed, so that a change shows as a diff. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lowerBound, planArena, type Interval } from '../../../src/engine/compile/arena.js';
import { collect } from '../../../src/engine/collect.js';
import { Plan } from '../../../src/engine/plan.js';
import { simplify } from '../../../src/engine/compile/simplify.js';
import { verifyArena, verifyProgram } from '../../../src/engine/compile/verify.js';
import {
  arange,
  cell,
  evaluate,
  linear,
  noGrad,
  Parameter,
  softmax,
  tensor,
  type Tensor,
} from '../../../src/index.js';
import { kernelsOf as kernelsOfProgram } from './planning.js';

/** The kernels that would compute `roots`. */
function kernelsOf(...roots: Tensor[]): string {
  const graph = collect(roots.map((t) => t.current));
  return kernelsOfProgram(new Plan(new Int32Array(0), graph, graph.leaves).program());
}

const ones = (...shape: number[]): Tensor =>
  tensor(new Float32Array(shape.reduce((p, n) => p * n, 1)).fill(1), { shape });

test('an input that is handed over twice keeps both of its positions', () => {
  const graph = collect([ones(3).exp().current]);
  const program = new Plan(new Int32Array(0), graph, graph.leaves).program();
  const [input = -1] = program.inputs;
  const twice = simplify({ ...program, inputs: [input, input] });
  verifyProgram('simplify', twice);
  expect(twice.inputs).toEqual([input, input]);
});

describe('fusion', () => {
  test('a softmax is one loop', () => {
    expect(kernelsOf(softmax(ones(64, 10), 1))).toMatchInlineSnapshot(
      `"loop [64] over [10]: max sub exp sum reciprocal mul → %6"`,
    );
  });

  test('a layer norm with its scale and shift is one loop', () => {
    expect(kernelsOf(ones(32, 128).layerNorm([128], ones(128), ones(128)))).toMatchInlineSnapshot(
      `"loop [32] over [128]: sum div sub mul sum div add rsqrt mul mul add → %16"`,
    );
  });

  test('a linear layer with its activation is a product and a loop', () => {
    expect(kernelsOf(ones(64, 20).matmul(ones(30, 20).t()).add(ones(30)).relu()))
      .toMatchInlineSnapshot(`
      "matmul 64×30×20 → %3
      loop [64, 30]: add relu → %6"
    `);
  });

  test('a transposed matrix that many products share is written out once', () => {
    const w = ones(30, 20);
    const products = (count: number): Tensor[] =>
      Array.from({ length: count }, (_, i) => ones(8, 20).add(i).matmul(w.t()));
    expect(kernelsOf(...products(5)).match(/loop \[20, 30\]: copy/g)).toHaveLength(1);
    expect(kernelsOf(...products(3))).not.toContain('copy');
    const weight = arange(600).cast('float32').reshape([30, 20]);
    const batched = [ones(8, 20), ones(7, 20), ones(3, 8, 20), ones(20)].map((x, i) =>
      linear(x.add(i), weight),
    );
    evaluate(...batched);
    expect(batched.map((y) => y.sum().item())).toEqual([
      8 * 179700,
      7 * 2 * 179700,
      24 * 3 * 179700,
      4 * 179700,
    ]);
  });

  test('the update of a parameter by Adam is one loop over the parameter', () => {
    const [p, m, v] = [new Parameter(ones(40, 30)), cell(ones(40, 30)), cell(ones(40, 30))];
    const [g, step] = [ones(40, 30), cell(tensor(1, { dtype: 'float64' }))];
    noGrad(() => {
      step.assign(step.add(1));
      m.assign(m.lerp(g, 0.1));
      v.assign(v.mul(0.999).add(g.square().mul(0.001)));
      const size = step.mul(-0.001).cast('float32');
      p.assign(p.add(m.div(v.sqrt().add(1e-8)).mul(size)));
    });
    expect(kernelsOf(p, m, v, step)).toMatchInlineSnapshot(`
      "loop []: add mul cast → %20 %23
      loop [40, 30]: sub mul add square mul mul add sqrt add div mul add → %6 %13 %25"
    `);
  });

  test('equal expressions are computed once, and views cost nothing', () => {
    const x = ones(8, 9);
    expect(kernelsOf(x.t().exp().mul(x.t().exp()).reshape([9, 8]).add(x.exp().t())))
      .toMatchInlineSnapshot(`
      "loop [9, 8]: exp mul → %3
      loop [8, 9]: exp add → %6"
    `);
  });

  test('a training step: forward and backward pass', () => {
    const [w, b] = [new Parameter(ones(10, 20)), new Parameter(ones(10))];
    const logits = ones(32, 20).matmul(w.t()).add(b);
    const loss = logits.mul(logits).mean();
    loss.backward();
    expect(kernelsOf(ones(32, 20).matmul(w.t()).add(b).square().mean())).toMatchInlineSnapshot(`
      "matmul 32×10×20 → %3
      loop [32, 10]: add square → %6
      loop [] over [320]: sum div → %9"
    `);
  });
});

describe('the memory plan', () => {
  test('keeps values apart, close to the least that is possible', () => {
    const interval = fc.record({
      bytes: fc.integer({ min: 1, max: 4000 }),
      first: fc.nat(40),
      length: fc.nat(6),
    });
    let [used, least] = [0, 0];
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 60 }), (list) => {
        const intervals: Interval[] = list.map(({ bytes, first, length }) => ({
          bytes,
          first,
          last: first + length,
        }));
        const arena = planArena(intervals);
        verifyArena(intervals, arena);
        used += arena.bytes;
        least += lowerBound(intervals);
      }),
    );
    expect(used / least).toBeLessThan(1.2);
  });

  test('of many thousand values, too: short-lived ones, and those of a backward pass', () => {
    const rest = fc.sample(fc.integer({ min: 1, max: 4000 }), 12_000);
    const intervals = rest.map((bytes, i): Interval => {
      const first = i % 6000;
      if (i < 6000) return { bytes, first, last: first + (bytes % 5) };
      return { bytes, first, last: 12_000 - first }; // as what a backward pass reads
    });
    const arena = planArena(intervals);
    verifyArena(intervals, arena);
    expect(arena.bytes / lowerBound(intervals)).toBeLessThan(1.1);
  });
});

describe('the verifier', () => {
  test('finds a program that reads what is not there yet', () => {
    const graph = collect([ones(2).add(ones(2))]);
    const program = new Plan(new Int32Array(0), graph, graph.leaves).program();
    expect(() => verifyProgram('test', program)).not.toThrow();
    const broken = { ...program, instructions: [...program.instructions].reverse() };
    expect(() => verifyProgram('test', broken)).toThrow(/reads/);
  });

  test('finds values that share memory', () => {
    const intervals = [
      { bytes: 64, first: 0, last: 2 },
      { bytes: 64, first: 2, last: 3 },
    ];
    expect(() => verifyArena(intervals, { bytes: 128, offsets: [0, 0] })).toThrow(/share memory/);
    expect(() => verifyArena(intervals, { bytes: 128, offsets: [0, 64] })).not.toThrow();
  });
});
