/** @file Integers: the same rules for division by zero, for numbers that do not fit, and for wrap-around, on every path. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpreter } from '../../src/backends/interpreter/interpreter.js';
import { Arrays } from '../../src/backends/wasm/run/arrays.js';
import { wasmBackend } from '../../src/backends/wasm/backend.js';
import { collect } from '../../src/engine/collect.js';
import { Plan } from '../../src/engine/plan.js';
import { hostValue } from '../../src/graph/values/hostValue.js';
import type { HostBackend } from '../../src/engine/program.js';
import {
  arange,
  ChainruleError,
  compile,
  DTypeError,
  floorDivide,
  fmod,
  full,
  fullLike,
  grad,
  IndexError,
  linspace,
  remainder,
  tensor,
  type Tensor,
  vmap,
  zeros,
} from '../../src/index.js';

const int = (data: readonly number[]): Tensor => tensor(Int32Array.from(data));
const wasm = wasmBackend({ threads: 1, arrays: new Arrays(true) });
const threaded = wasmBackend({ threads: 2, arrays: new Arrays(true) });
const BACKENDS: readonly (readonly [string, HostBackend])[] = [
  ['the interpreter', interpreter],
  ['WebAssembly', wasm],
  ['two threads', threaded],
];
const DIVISIONS = { floorDivide, remainder, fmod } as const;

function valueOn(backend: HostBackend, root: Tensor): number[] {
  const graph = collect([root]);
  const program = new Plan(new Int32Array(0), graph, graph.leaves).program();
  const leaves = graph.leaves.map(
    (t) => hostValue(t) ?? Int32Array.of((t.attrs as unknown as { value: number }).value),
  );
  return Array.from(backend.compile(program).run(leaves, [null])[0] ?? []);
}

/** A divisor that nobody knows before it is computed. */
const computed = (divisor: readonly number[]): Tensor => int(divisor.map((x) => x + 1)).sub(1);

describe.each(Object.entries(DIVISIONS))('%s by a computed zero', (name, divide) => {
  const at = (k: number): RegExp =>
    new RegExp(`${name}: integer division by zero at element ${k} of the divisor`);

  test.each(BACKENDS)('throws on %s wherever the zero is, and only for a zero', (_, backend) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 70 }),
        (divisor) => {
          // Fused with what comes before and after it, a reduction too.
          const y = computed(divisor);
          const x = int(divisor.map((_d, i) => 7 * i - 20)).mul(2);
          const root = divide(x, y).add(1).sum();
          const zero = divisor.indexOf(0);
          if (zero >= 0) expect(() => valueOn(backend, root)).toThrow(at(zero));
          else {
            const truth = divisor.map((d, i) => {
              const a = 14 * i - 40;
              const floor = Math.floor(a / d);
              return { floorDivide: floor, remainder: a - d * floor, fmod: a % d }[name] ?? NaN;
            });
            expect(valueOn(backend, root)).toEqual([truth.reduce((sum, q) => sum + q + 1, 0)]);
          }
        },
      ),
    );
  });

  test('throws when read, compiled, compiled a second time, batched and behind a slice', () => {
    const x = int([7, 8, 9]);
    expect(() => divide(x, computed([1, 0, 2])).toArray()).toThrow(at(1));
    const compiled = compile((d: Tensor) => divide(x, d));
    expect(compiled(int([1, 2, 3])).toArray()).toHaveLength(3);
    expect(() => compiled(int([1, 2, 0])).toArray()).toThrow(at(2));
    expect(compiled(int([1, 1, 1])).toArray()).toHaveLength(3);
    const batched = vmap((d: Tensor) => divide(x, d));
    const rows = tensor(Int32Array.of(1, 2, 3, 4, 0, 6), { shape: [2, 3] });
    expect(() => batched(rows).toArray()).toThrow(at(4));
    expect(() =>
      divide(x, computed([0, 1, 1]))
        .narrow(0, 1, 2)
        .toArray(),
    ).toThrow(at(0));
    expect(() => divide(int([1]), int([3]).sub(3).sum()).toArray()).toThrow(/by zero/);
  });

  test('throws at the call for what is known, and not for nothing or for floats', () => {
    expect(() => divide(int([1, 2]), int([1, 0]))).toThrow(at(1));
    expect(() => divide(int([1, 2]), 0)).toThrow(ChainruleError);
    expect(divide(zeros([0], { dtype: 'int32' }), 0).toArray()).toEqual([]);
    expect(divide(tensor([0, 0]), computed([0, 0]).cast('float32')).toArray()).toEqual([NaN, NaN]);
  });

  test('changes nothing when it throws', () => {
    const w = tensor([1, 2, 3], { requiresGrad: true });
    const scale = divide(int([6, 6, 6]), computed([1, 0, 2])).cast('float32');
    expect(() => {
      w.mul(scale).sum().backward();
    }).toThrow(at(1));
    expect(w.grad).toBeNull();
    expect(grad((v: Tensor) => v.square().sum())(w).toArray()).toEqual([2, 4, 6]);
  });
});

describe('a number that int32 cannot hold', () => {
  const beyond = [2 ** 31, -(2 ** 31) - 1, 1e300, NaN, Infinity, -Infinity];
  const x = int([1, 2]);
  const entries: Readonly<Record<string, (n: number) => Tensor>> = {
    'tensor of an array': (n) => tensor([[0], [n]], { dtype: 'int32' }),
    'tensor of a number': (n) => tensor(n, { dtype: 'int32' }),
    'tensor of doubles': (n) => tensor(Float64Array.of(0, n), { dtype: 'int32' }),
    full: (n) => full([2], n, { dtype: 'int32' }),
    'full without dimensions': (n) => full([], n, { dtype: 'int32' }),
    fullLike: (n) => fullLike(x, n),
    maskedFill: (n) => x.maskedFill(tensor([true, false]), n),
    scatter: (n) => x.scatter(0, [0], n),
    indexPut: (n) => x.indexPut([[0]], n),
    pad: (n) => x.pad([1, 1], { value: n }),
  };

  test.each(Object.entries(entries))('is refused by %s', (_, make) => {
    for (const n of beyond) expect(() => make(n), String(n)).toThrow(DTypeError);
    for (const n of beyond) expect(() => make(n), String(n)).toThrow(/does not fit int32/);
    for (const n of [2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 0.5, -0.5])
      expect(Array.from(make(n).dataSync())).toContain(Math.trunc(n) + 0);
  });

  test('is named with its place', () => {
    expect(() => tensor([[1], [2 ** 31]], { dtype: 'int32' })).toThrow(
      /tensor: 2147483648 at \[1, 0\] does not fit int32/,
    );
    expect(() => tensor(Uint32Array.of(1, 2 ** 32 - 1))).toThrow(/4294967295 at \[1\]/);
    expect(tensor(Uint32Array.of(7)).dtype).toBe('int32');
    expect(() => arange(0, 2 ** 32, 2 ** 31, { dtype: 'int32' })).toThrow(DTypeError);
    expect(() => linspace(0, 2 ** 31, 3, { dtype: 'int32' })).toThrow(DTypeError);
  });

  test('is not an index', () => {
    expect(() => x.gather(0, [2 ** 32])).toThrow(IndexError);
    expect(() => x.take([2 ** 32])).toThrow(IndexError);
  });

  test.each(BACKENDS)('cast truncates, saturates and makes NaN 0 on %s', (_, backend) => {
    const cases = [...beyond, 1.9, -1.9, 2 ** 31 - 0.5, -(2 ** 31) - 0.5, -0];
    const owed = cases.map((n) =>
      Number.isNaN(n) ? 0 : Math.trunc(Math.min(2147483647, Math.max(-2147483648, n))) + 0,
    );
    for (const dtype of ['float64', 'float32'] as const) {
      const given = tensor(cases, { dtype });
      const single = given.dataSync();
      const truth =
        dtype === 'float64'
          ? owed
          : Array.from(single, (n) =>
              Number.isNaN(n) ? 0 : Math.trunc(Math.min(2147483647, Math.max(-2147483648, n))) + 0,
            );
      expect(valueOn(backend, given.cast('int32'))).toEqual(truth);
    }
  });
});

test.each(BACKENDS)('sums and products wrap around on %s', (_, backend) => {
  const whole = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const wrap = (n: bigint): number => Number(BigInt.asIntN(32, n));
  fc.assert(
    fc.property(fc.array(whole, { minLength: 4, maxLength: 24 }), (data) => {
      const x = int(data);
      const big = data.map(BigInt);
      const sum = big.reduce((a, b) => a + b, 0n);
      const prod = big.reduce((a, b) => a * b, 1n);
      const squares = big.reduce((a, b) => a + b * b, 0n);
      const square = int(data.slice(0, 4)).reshape([2, 2]);
      const [a = 0n, b = 0n, c = 0n, d = 0n] = big;
      const expected: readonly (readonly [Tensor, readonly bigint[]])[] = [
        [x.sum(), [sum]],
        [x.prod(), [prod]],
        [x.dot(x), [squares]],
        [x.square(), big.map((n) => n * n)],
        [x.add(x), big.map((n) => n + n)],
        [x.neg(), big.map((n) => -n)],
        [x.abs(), big.map((n) => (n < 0n ? -n : n))],
        [x.pow(3), big.map((n) => n ** 3n)],
        [x.cumsum(0), big.map((_n, i) => big.slice(0, i + 1).reduce((p, q) => p + q, 0n))],
        [x.cumprod(0), big.map((_n, i) => big.slice(0, i + 1).reduce((p, q) => p * q, 1n))],
        [square.matmul(square), [a * a + b * c, a * b + b * d, c * a + d * c, c * b + d * d]],
        [
          zeros([1], { dtype: 'int32' }).indexAdd(
            0,
            data.map(() => 0),
            x,
          ),
          [sum],
        ],
      ];
      for (const [root, truth] of expected) expect(valueOn(backend, root)).toEqual(truth.map(wrap));
    }),
    { numRuns: 60 },
  );
});
