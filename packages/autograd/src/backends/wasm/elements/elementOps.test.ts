/** @file Every element function against double precision, for bit patterns of the whole range and at the edges. */
import { describe, expect, test, vi } from 'vitest';
import type { LoopKernel } from '../../../engine/compile/kernel.js';
import type { DType, TypedArray } from '../../../graph/dtype.js';
import { allocate } from '../../../graph/dtype.js';
import { supports } from './elementOps.js';
import { elementFunction, runKernels } from '../run/testBench.js';
import { bestVectorWidth } from '../run/vectorWidth.js';

/** `out[i] = op(x[i], y[i] …)`. */
function mapKernel(
  op: string,
  args: readonly DType[],
  dtype: DType,
  out: DType,
  n: number,
): LoopKernel {
  return {
    kind: 'loop',
    outer: [n],
    inner: [],
    inputs: args.map((arg, buffer) => ({ buffer, dtype: arg, offset: 0, strides: [1] })),
    body: [
      ...args.map((arg, input) => ({ kind: 'load', input, dtype: arg }) as const),
      { kind: 'op', op, args: args.map((_, i) => i), dtype },
    ],
    outputs: [{ buffer: args.length, dtype: out, offset: 0, strides: [1], value: args.length }],
  };
}

function map(op: string, dtype: DType, out: DType, ...args: TypedArray[]): TypedArray {
  const n = args[0]?.length ?? 0;
  const dtypes = args.map((array): DType =>
    array instanceof Float32Array
      ? 'float32'
      : array instanceof Float64Array
        ? 'float64'
        : array instanceof Int32Array
          ? 'int32'
          : 'bool',
  );
  // With fused multiply-add wherever this engine has it.
  const { fma } = bestVectorWidth();
  const kernel = mapKernel(op, dtypes, dtype, out, n);
  const results = runKernels([kernel], [...args, allocate(out, n)], { fma });
  return results[args.length] as TypedArray;
}

const EDGES = [
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
  Infinity,
  -Infinity,
  NaN,
  1e-45,
  -1e-45,
  1.1754942e-38,
  1.17549435e-38,
  3.4028235e38,
  -3.4028235e38,
  88.72283,
  88.72284,
  -87.33654,
  -103.97208,
  -103.9721,
  10,
  10.05,
  10.06,
  1e6,
  1000001,
  -1e6,
  1e10,
  1e30,
  0.625,
  0.927734375,
  0.9999999,
  1.0000001,
  Math.PI,
  Math.PI / 2,
  127.99999,
  128,
  -149,
  -150,
  16777216,
  8388607.5,
  4194303.75,
];

/** Floats spread over all bit patterns, and some near 0. */
function bitPatterns(count: number): Float32Array {
  const bits = new Uint32Array(count);
  const floats = new Float32Array(bits.buffer);
  for (let i = 0; i < count; i++) bits[i] = Math.imul(i, 0x9e3779b1) ^ (i >>> 3);
  for (let i = 0; i < count / 4; i++) floats[i] = Math.sin(i * 78.233) * 12;
  floats.set(EDGES, 0);
  return floats;
}

const unit = new DataView(new ArrayBuffer(4));
/** The distance from |x|, rounded to float32, to the next float. */
function ulp(x: number): number {
  unit.setFloat32(0, Math.abs(x));
  const bits = Math.min(unit.getUint32(0), 0x7f7ffffe);
  unit.setUint32(0, bits);
  const low = unit.getFloat32(0);
  unit.setUint32(0, bits + 1);
  return unit.getFloat32(0) - low;
}

function ulpsApart(got: number, want: number): number {
  const rounded = Math.fround(want);
  if (Object.is(got, rounded) || (got !== got && want !== want)) return 0;
  // Just beyond the largest float, the exact value says how far away infinity is.
  if (!Number.isFinite(got) && Math.abs(want) < 3.4028235e38 * (1 - 1e-6)) return Infinity;
  if (!Number.isFinite(want) || got !== got || want !== want) return Infinity;
  if (got === 0 && rounded === 0) return Infinity; // the sign is wrong
  const error = Math.abs((Number.isFinite(got) ? got : Math.sign(got) * 2 ** 128) - want);
  return error / ulp(want);
}

const UNARY: Record<string, number> = {
  neg: 0,
  abs: 0,
  sign: 0,
  square: 0.5,
  sqrt: 0.5,
  rsqrt: 2,
  reciprocal: 0.5,
  exp: 2,
  exp2: 2,
  expm1: 2,
  log: 2,
  log2: 2,
  log10: 2,
  log1p: 2,
  sin: 2,
  cos: 2,
  tan: 2,
  asin: 2,
  acos: 2,
  atan: 2,
  sinh: 2,
  cosh: 2,
  tanh: 3,
  asinh: 2,
  acosh: 2,
  atanh: 2,
  erf: 2,
  erfc: 2,
  normalCdf: 7,
  erfinv: 2,
  lgamma: 2,
  digamma: 2,
  sigmoid: 3,
  softplus: 2,
  floor: 0,
  ceil: 0,
  round: 0,
  trunc: 0,
  relu: 0,
};

describe('float32 functions of one argument, in units in the last place', () => {
  const x = bitPatterns(60_000);
  test.each(Object.entries(UNARY))('%s within %d', (op, limit) => {
    const got = map(op, 'float32', 'float32', x);
    const reference = elementFunction(op, 'float32');
    let worst = 0;
    let where = 0;
    for (let i = 0; i < x.length; i++) {
      const apart = ulpsApart(got[i] as number, reference(x[i] as number, 0, 0));
      if (apart > worst) {
        worst = apart;
        where = i;
      }
    }
    expect(
      worst,
      `${op}(${x[where]}) = ${got[where]}, not ${reference(x[where] as number, 0, 0)}`,
    ).toBeLessThanOrEqual(limit + 0.001);
  });
});

const BINARY: Record<string, number> = {
  add: 0.5,
  sub: 0.5,
  mul: 0.5,
  strongMul: 0.5,
  strongProduct: 0.5,
  div: 0.5,
  pow: 2,
  remainder: 2,
  fmod: 0.5,
  floorDivide: 0.5,
  maximum: 0,
  minimum: 0,
  atan2: 1,
  hypot: 1,
};

describe('float32 functions of two arguments', () => {
  const a = bitPatterns(40_000);
  const b = bitPatterns(40_000);
  for (let i = 0; i < b.length; i++) {
    // Pairs of edges first, then pairs of similar size, which have unsurprising results.
    if (i < 2500) {
      a[i] = EDGES[i % 50] ?? 1;
      b[i] = EDGES[Math.floor(i / 50)] ?? 1;
    } else {
      a[i] = Math.exp(Math.sin(i * 3.7) * 8) * (i % 7 === 0 ? -1 : 1);
      b[i] = Math.sin(i * 1.3) * (i % 3 === 0 ? 0.5 : 9);
    }
  }
  test.each(Object.entries(BINARY))('%s within %d', (op, limit) => {
    const got = map(op, 'float32', 'float32', a, b);
    const reference = elementFunction(op, 'float32');
    for (let i = 0; i < a.length; i++) {
      const want = reference(a[i] as number, b[i] as number, 0);
      const apart = ulpsApart(got[i] as number, want);
      if (!(apart <= limit + 0.001))
        expect.fail(`${op}(${a[i]}, ${b[i]}) = ${got[i]}, not ${want}: ${apart} ulp`);
    }
  });
});

describe('float64', () => {
  const x = Float64Array.from(bitPatterns(20_000));
  for (let i = 100; i < 400; i++) x[i] = (i - 250) * 3 + 0.1;
  x.set(
    [
      5e-324, -5e-324, 2.2e-308, 1e-310, 709.78, 709.79, -745.13, -745.14, -708.5, 1e300,
      1.7976931348623157e308,
    ],
    60,
  );
  const tolerance: Record<string, number> = {
    exp: 4e-16,
    log: 4e-16,
    sigmoid: 6e-16,
    rsqrt: 4e-16,
  };
  test.each(Object.keys(UNARY))('%s', (op) => {
    const got = map(op, 'float64', 'float64', x);
    const reference = elementFunction(op, 'float64');
    for (let i = 0; i < x.length; i++) {
      const want = reference(x[i] as number, 0, 0);
      if (Object.is(got[i], want)) continue;
      const error = Math.abs((got[i] as number) - want);
      const close = error <= Math.abs(want) * (tolerance[op] ?? 0) + 5e-324;
      if (!close) expect.fail(`${op}(${x[i]}) = ${got[i]}, not ${want}`);
    }
  });
  test.each(Object.keys(BINARY))('%s', (op) => {
    const y = x.slice().reverse();
    const got = map(op, 'float64', 'float64', x, y);
    const reference = elementFunction(op, 'float64');
    for (let i = 0; i < x.length; i++)
      expect(got[i]).toBe(reference(x[i] as number, y[i] as number, 0));
  });
});

describe('int32 and bool', () => {
  const x = Int32Array.from({ length: 3001 }, (_, i) => Math.imul(i, 0x9e3779b1) >> (i % 32));
  const y = Int32Array.from(
    { length: 3001 },
    (_, i) => Math.imul(i + 7, 0x85ebca6b) >> ((i * 7) % 32),
  );
  x.set([0, 1, -1, 2147483647, -2147483648, -2147483648, 5, -5], 0);
  y.set([0, 0, 1, -1, -1, 3, 0, 0], 0);
  const check = (op: string, dtype: DType, out: DType, ...args: TypedArray[]): void => {
    const got = map(op, dtype, out, ...args);
    const reference = elementFunction(op, dtype);
    for (let i = 0; i < got.length; i++) {
      const [a = 0, b = 0, c = 0] = args.map((array) => array[i] as number);
      // floorDivide and remainder of −2³¹ by −1 exceed int32.
      if (a === -2147483648 && b === -1 && dtype === 'int32') continue;
      const want = reference(a, b, c);
      if (!Object.is((got[i] as number) + 0, want + 0))
        expect.fail(`${op}(${a}, ${b}) = ${got[i]}, not ${want}`);
    }
  };
  test.each(['neg', 'sign', 'square', 'relu', 'floor'])('%s of int32', (op) =>
    check(op, 'int32', 'int32', x),
  );
  test('abs of int32', () => check('abs', 'int32', 'int32', x.subarray(8)));
  test.each([
    'add',
    'sub',
    'mul',
    'strongMul',
    'strongProduct',
    'remainder',
    'fmod',
    'floorDivide',
    'maximum',
    'minimum',
  ])('%s of int32', (op) => check(op, 'int32', 'int32', x, y));
  const p = Uint8Array.from(x, (v) => v & 1);
  const q = Uint8Array.from(y, (v) => v & 1);
  const fx = Float32Array.from(bitPatterns(3001));
  const fy = Float32Array.from(fx, (v, i) => (i % 3 === 0 ? v : -v));
  const comparisons = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];
  test.each(comparisons)('%s of every dtype', (op) => {
    check(op, 'bool', 'bool', x, y);
    check(op, 'bool', 'bool', p, q);
    check(op, 'bool', 'bool', fx, fy);
    check(op, 'bool', 'bool', Float64Array.from(fx), Float64Array.from(fy));
  });
  test.each(['logicalAnd', 'logicalOr', 'logicalXor'])('%s', (op) => {
    check(op, 'bool', 'bool', p, q);
    check(op, 'bool', 'bool', fx, fy);
  });
  test.each(['mul', 'maximum', 'minimum'])('%s of bool', (op) => check(op, 'bool', 'bool', p, q));
  test.each(['isNan', 'isInf', 'isFinite', 'logicalNot'])('%s', (op) => {
    check(op, 'bool', 'bool', fx);
    check(op, 'bool', 'bool', Float64Array.from(fx));
  });
  test('where takes each branch whole', () => {
    check('where', 'float32', 'float32', p, fx, fy);
    check('where', 'float64', 'float64', p, Float64Array.from(fx), Float64Array.from(fy));
    check('where', 'int32', 'int32', p, x, y);
  });
  test.each(['float32', 'float64', 'int32', 'bool'] as const)('cast to %s', (to) => {
    for (const from of [fx, Float64Array.from(fx), x, p]) {
      const got = map('cast', to, to, from);
      const want = allocate(to, got.length);
      for (let i = 0; i < got.length; i++)
        want[i] = elementFunction('cast', to)(from[i] as number, 0, 0);
      expect(got).toEqual(want);
    }
  });
});

test('supports is false where there is no formula', () => {
  expect(supports('exp', 'int32')).toBe(false);
  expect(supports('add', 'bool')).toBe(false);
  expect(supports('nonsense', 'float32')).toBe(false);
  expect(supports('lgamma', 'float32')).toBe(true);
  expect(supports('lgamma', 'float64')).toBe(true);
});

test('calls a JavaScript function once for a value equal in all lanes', () => {
  const called = vi.spyOn(Math, 'hypot');
  const n = 9;
  const number = { buffer: 0, dtype: 'float64', offset: 0, strides: [0] } as const;
  const kernel: LoopKernel = {
    kind: 'loop',
    outer: [n],
    inner: [],
    inputs: [number, { ...number, buffer: 1, strides: [1] }],
    body: [
      { kind: 'load', input: 0, dtype: 'float64' },
      { kind: 'op', op: 'hypot', args: [0, 0], dtype: 'float64' },
      { kind: 'load', input: 1, dtype: 'float64' },
      { kind: 'op', op: 'add', args: [1, 2], dtype: 'float64' },
    ],
    outputs: [{ buffer: 2, dtype: 'float64', offset: 0, strides: [1], value: 3 }],
  };
  const ones = new Float64Array(n).fill(1);
  const [, , out] = runKernels([kernel], [Float64Array.of(3), ones, new Float64Array(n)]);
  const calls = called.mock.calls.length;
  called.mockRestore();
  expect(out).toEqual(new Float64Array(n).fill(Math.hypot(3, 3) + 1));
  expect(calls).toBe(1);
});
