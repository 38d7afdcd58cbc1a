/**
 * @file Long programs in segments: the values stay the same, equal segments are planned once, errors name the right
 * operation.
 */
import { describe, expect, test, vi } from 'vitest';
import { interpreter } from '../../../src/backends/interpreter/interpreter.js';
import { collect } from '../../../src/engine/collect.js';
import { Plan } from '../../../src/engine/plan.js';
import type { Backend, Program } from '../../../src/engine/program.js';
import { describeKernels, makeReady } from '../../../src/engine/segmented.js';
import { isLong, segmentsOf } from '../../../src/engine/segments.js';
import { simplify } from '../../../src/engine/compile/simplify.js';
import { verifyProgram } from '../../../src/engine/compile/verify.js';
import type { TypedArray } from '../../../src/graph/dtype.js';
import {
  cat,
  evaluate,
  grad,
  memoryUsage,
  noGrad,
  Parameter,
  randn,
  tensor,
  zeros,
  type Tensor,
} from '../../../src/index.js';
import { hostValue } from '../../../src/graph/values/hostValue.js';
import { engine } from '../../../src/internal.js';

function programOf(roots: readonly Tensor[]): { program: Program; inputs: TypedArray[] } {
  const graph = collect(roots.map((t) => t.current));
  return {
    program: simplify(new Plan(new Int32Array(0), graph, graph.leaves).program()),
    inputs: graph.leaves.map(
      (leaf) => hostValue(leaf) ?? Float32Array.of(Number(leaf.attrs?.['value'])),
    ),
  };
}

/** A recurrent network of so many steps, with the gradient of its weights. */
function recurrent(steps: number): Tensor[] {
  const [w, u] = [randn([6, 6]).mul(0.3), randn([3, 6])];
  const x = randn([2, 3]);
  evaluate(w, u, x);
  const leaf = w.detach().requiresGrad_();
  let h: Tensor = x.matmul(u);
  for (let k = 0; k < steps; k++) h = h.matmul(leaf).add(x.matmul(u)).tanh().mul(h.sigmoid());
  return [h, ...(grad(h.sum(), [leaf]) as Tensor[])];
}

describe('a program of more than 10,000 instructions', () => {
  const roots = recurrent(700);
  const { program, inputs } = programOf(roots);
  const segments = segmentsOf(program);

  test('is cut into segments of a few hundred instructions, few of which differ', () => {
    expect(isLong(program)).toBe(true);
    for (const { program: part, inputs: given, outputs, origins } of segments) {
      verifyProgram('segments', part);
      expect(part.inputs).toHaveLength(given.length);
      expect(part.outputs).toHaveLength(outputs.length);
      expect(origins).toHaveLength(part.instructions.length);
      expect(part.instructions.length - part.inputs.length).toBeLessThanOrEqual(1024);
    }
    const different = new Set(segments.map(({ structure }) => structure.join()));
    expect(segments.length).toBeGreaterThan(20);
    expect(different.size).toBeLessThan(segments.length / 2);
  });

  test('has instructions of one kind, which are small: the same fields in one order, cut or not', () => {
    const all = [...program.instructions, ...segments.flatMap((x) => x.program.instructions)];
    expect(new Set(all.map((x) => Object.keys(x).join())).size).toBe(1);
  });

  test('is cut in one pass: its inputs, which may be as many as its operations, are read once', () => {
    let read = 0;
    const counted = Object.assign(program.inputs.slice(), {
      *[Symbol.iterator]() {
        read++;
        yield* program.inputs;
      },
    });
    expect(segmentsOf({ ...program, inputs: counted })).toEqual(segments);
    expect(read).toBe(1);
  });

  test('has the values that it has as a whole, to the bit, twice over', () => {
    const whole = interpreter.compile(program);
    const none = program.outputs.map(() => null);
    const wanted = whole.run(inputs, none);
    const ready = makeReady(program, interpreter, null);
    for (let k = 0; k < 2; k++) expect(ready.run(inputs, none)).toEqual(wanted);
    const given = wanted.map((value) => value.slice().fill(7) as TypedArray);
    const results = ready.run(inputs, given);
    results.forEach((value, k) => expect(value).toBe(given[k]));
    expect(results).toEqual(wanted);
  });

  test('gives inputs, numbers and one value at two places arrays of their own', () => {
    const [first = 0] = program.outputs;
    const [input = 0] = program.inputs;
    const ready = makeReady({ ...program, outputs: [first, input, first] }, interpreter, null);
    const [a, b, c] = ready.run(inputs, [null, null, null]) as [TypedArray, TypedArray, TypedArray];
    expect(c).toEqual(a);
    expect(c.buffer).not.toBe(a.buffer);
    expect(b).toEqual(inputs[0]);
    expect(b.buffer).not.toBe(inputs[0]?.buffer);
  });

  test('is explained segment by segment', () => {
    const text = describeKernels(program, engine.backend as Backend);
    expect(text).toMatch(/^\d+ segments, of which these differ:\n/);
    expect(text.split('\n\n').length).toBeLessThan(segments.length / 2);
  });

  test('shares what is made of its segments with programs of other lengths, and gives it back', () => {
    const dispose = vi.fn();
    const compile = vi.fn((part: Program) => Object.assign(interpreter.compile(part), { dispose }));
    const backend: Backend = { ...interpreter, compile };
    const ready = makeReady(program, backend, null);
    const made = compile.mock.calls.length;
    expect(made).toBeLessThan(segments.length / 2);
    const other = makeReady(programOf(recurrent(760)).program, backend, null);
    expect(compile.mock.calls.length - made).toBeLessThan(made);
    ready.dispose?.();
    other.dispose?.();
    expect(dispose).toHaveBeenCalledTimes(compile.mock.calls.length);
  });

  test('is planned part by part, when its parts have come often enough', () => {
    const compile = vi.fn((part: Program) => interpreter.compile(part));
    const compileQuickly = (part: Program) => ({
      executable: interpreter.compile(part),
      runs: segments.length + 1, // what comes again within one run comes oftener than anything else
    });
    const none = program.outputs.map(() => null);
    const wanted = interpreter.compile(program).run(inputs, none);
    const ready = makeReady(program, { ...interpreter, compile, compileQuickly }, null, false);
    const different = new Set(segments.map(({ structure }) => structure.join())).size;
    let most = 0;
    for (let k = 0; k < segments.length + different + 2; k++) {
      const before = compile.mock.calls.length;
      expect(ready.run(inputs, none)).toEqual(wanted);
      if (k === 0) expect(compile).not.toHaveBeenCalled();
      most = Math.max(most, compile.mock.calls.length - before);
    }
    expect(most).toBe(Math.ceil(segments.length / 32));
    expect(compile).toHaveBeenCalledTimes(different);
    ready.dispose?.();
  });
});

test('a long step is as exact as a short one, and finds its plan again', () => {
  const step = (): number[] => noGrad(() => recurrentValue(3000).toArray() as number[]);
  const wanted = step();
  const before = engine.plans.misses;
  expect(step()).toEqual(wanted);
  expect(engine.plans.misses).toBe(before);
  let x = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
  for (let k = 0; k < 3000; k++)
    x = x.map((v) => Math.fround(Math.tanh(Math.fround(Math.fround(v * 1.5) + 0.25))));
  wanted.forEach((v, i) => expect(v).toBeCloseTo(x[i] as number, 5));
});

function recurrentValue(steps: number): Tensor {
  let x: Tensor = tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
  for (let k = 0; k < steps; k++) x = x.mul(1.5).add(0.25).tanh();
  return x;
}

test('an error within a segment names its operation, and leaves all as it was', () => {
  const step = (index: number): Tensor => {
    let x: Tensor = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9]).requiresGrad_();
    for (let k = 0; k < 4000; k++) x = x.mul(0.5).add(0.25).tanh();
    const place = tensor([index], { dtype: 'int32' });
    let y: Tensor = cat([x.take(place), x], 0);
    for (let k = 0; k < 100; k++) y = y.mul(0.5).add(0.25);
    return y;
  };
  expect(() => step(12).dataSync()).toThrow(/12/);
  expect(step(3).toArray()).toHaveLength(10);
});

test('a long program of larger values is planned no sooner than a short one', () => {
  const [w, x] = [new Parameter(randn([32, 64]).mul(0.1)), zeros([40, 32])];
  evaluate(x);
  const step = (): number => {
    w.grad = null;
    let h: Tensor = x;
    for (let k = 0; k < 1200; k++) h = h.matmul(w).narrow(1, 0, 32).tanh().add(0.1);
    const loss = h.sum();
    loss.backward();
    return loss.item();
  };
  const first = step();
  const before = memoryUsage().planning.made;
  for (let k = 0; k < 3; k++) expect(step()).toBe(first);
  expect(memoryUsage().planning.made).toBe(before);
});
