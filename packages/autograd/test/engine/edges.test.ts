/** @file Every element-wise primitive at the edges of its domain: compiled kernels against the plain loops of the interpreter. */
import { describe, expect, test } from 'vitest';
import { interpreter } from '../../src/backends/interpreter/interpreter.js';
import { Arrays } from '../../src/backends/wasm/run/arrays.js';
import { wasmBackend } from '../../src/backends/wasm/backend.js';
import { collect } from '../../src/engine/collect.js';
import { Plan } from '../../src/engine/plan.js';
import type { Backend } from '../../src/engine/program.js';
import { allocate, isFloat, type DType, type TypedArray } from '../../src/graph/dtype.js';
import { makeLeaf, type Tensor } from '../../src/graph/tensor.js';
import { primitives } from '../../src/graph/primitive.js';
import { makeElement } from '../../src/ops/build/element.js';
import '../../src/index.js';

const wasm = wasmBackend({ threads: 1, arrays: new Arrays(true) });

const FLOATS = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  -1.5,
  2.5,
  -2.5,
  2,
  -2,
  3,
  -3,
  0.1,
  7.25,
  -7.25,
  1e-3,
  1e-10,
  -1e-10,
  1e-40,
  20.5,
  -20.5,
  88.8,
  -88.8,
  1e5,
  -1e5,
  1e30,
  -1e30,
  3.4e38,
  Infinity,
  -Infinity,
  NaN,
];
const INTEGERS = [
  0,
  1,
  -1,
  2,
  -2,
  3,
  -3,
  7,
  31,
  32,
  -32,
  1000,
  -1000,
  2 ** 31 - 1,
  -(2 ** 31),
  -(2 ** 31) + 1,
];
const SIZE = 12_000;
const DIVISIONS = new Set(['floorDivide', 'fmod', 'remainder']);

/** Enough of the values that a kernel of many lanes runs, in an order in which every pair of values meets. */
function operand(dtype: DType, place: number, divisor = false): Tensor {
  const all = isFloat(dtype) ? FLOATS : dtype === 'int32' ? INTEGERS : [0, 1];
  const values = divisor ? all.filter((x) => x !== 0) : all;
  const at = (i: number): number =>
    values[Math.floor(i / values.length ** place) % values.length] as number;
  const data = allocate(dtype, SIZE);
  for (let i = 0; i < SIZE; i++) data[i] = at(i);
  return makeLeaf(data, [SIZE], dtype);
}

function valuesOn(backend: Backend, root: Tensor): TypedArray {
  const graph = collect([root]);
  const plan = new Plan(new Int32Array(0), graph, graph.leaves);
  const [values] = backend.compile(plan.program()).run(
    graph.leaves.map((t) => t.value as TypedArray),
    [null],
  );
  return values as TypedArray;
}

/** The error relative to the value, or to the smallest normal number; Infinity where only one of them is finite. */
function apart(a: number, b: number, dtype: DType): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  const error = Math.abs(a - b) / Math.max(Math.abs(b), dtype === 'float32' ? 1e-37 : 1e-300);
  return Number.isNaN(error) ? Infinity : error;
}

const LIMIT: Readonly<Record<DType, number>> = { float32: 1e-6, float64: 1e-13, int32: 0, bool: 0 };

/** `assertBetween` refuses what lies outside its bounds, and needs the words to say so. */
const elementwise = primitives.flatMap((op) =>
  op.lowering.kind === 'element' && op.name !== 'assertBetween'
    ? [[op.name, op, op.lowering.scalar] as const]
    : [],
);

describe.each(['float32', 'float64', 'int32', 'bool'] as const)('%s', (dtype) => {
  test.each(elementwise)('%s', (name, op, scalar) => {
    const arity = Math.max(1, scalar.length);
    const inputs =
      name === 'where'
        ? [operand('bool', 0), operand(dtype, 1), operand(dtype, 2)]
        : Array.from({ length: arity }, (_, place) =>
            // Division of integers by zero is refused: see integers.test.ts.
            operand(dtype, place, place === 1 && dtype === 'int32' && DIVISIONS.has(name)),
          );
    const tests = /^(eq|ne|lt|le|gt|ge|is.*|logical.*|signbit)$/.test(name);
    const root = makeElement(op, inputs, tests ? 'bool' : dtype);
    const [expected, actual] = [valuesOn(interpreter, root), valuesOn(wasm, root)];
    let worst = 0;
    let where = 0;
    expected.forEach((e, i) => {
      const error = apart(actual[i] as number, e, root.dtype);
      if (error > worst) [worst, where] = [error, i];
    });
    const arguments_ = inputs.map((x) => (x.value as TypedArray)[where]).join(', ');
    expect(
      worst,
      `${name}(${arguments_}) = ${actual[where]}, the interpreter says ${expected[where]}`,
    ).toBeLessThanOrEqual(LIMIT[root.dtype]);
  });
});
