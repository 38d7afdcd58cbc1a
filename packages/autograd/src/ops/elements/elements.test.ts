/** @file Element-wise operations: dtypes, options, errors, second derivatives, and what the table of edges does not contain. */
import { describe, expect, test } from 'vitest';
import {
  backend,
  cat,
  ChainruleError,
  DTypeError,
  grad,
  memoryUsage,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from '../../index.js';
import {
  allClose,
  cast,
  clamp,
  detach,
  equal,
  floorDivide,
  gelu,
  glu,
  hypot,
  isClose,
  ldexp,
  lerp,
  logSigmoid,
  maximum,
  mish,
  mul,
  pow,
  prelu,
  remainder,
  round,
  sigmoid,
  sinc,
  sub,
  where,
} from '../index.js';

const f64 = (xs: readonly number[]): Tensor =>
  tensor(Float64Array.from(xs), { requiresGrad: true });
const i32 = (xs: readonly number[]): Tensor => tensor(Int32Array.from(xs));
const ones = (n: number): Tensor => tensor(new Float64Array(n).fill(1));

/** The derivative of `f` of the given order, element by element. */
function derivative(f: (x: Tensor) => Tensor, xs: readonly number[], order = 1): number[] {
  const x = f64(xs);
  let y = f(x);
  for (let k = 0; k < order; k++) {
    y = grad([y], [x], { gradOutputs: [ones(xs.length)], createGraph: true })[0];
  }
  return Array.from(y.dataSync());
}

describe('integers and booleans', () => {
  test('int32 wraps around, also where doubles would lose digits', () => {
    expect(mul(i32([65537, -2147483648]), i32([65539, -1])).toArray()).toEqual([
      262147, -2147483648,
    ]);
    expect(i32([46341]).square().toArray()).toEqual([-2147479015]);
    expect(pow(i32([3, -2, 7]), 5).toArray()).toEqual([243, -32, 16807]);
    expect(pow(i32([3]), i32([40])).toArray()).toEqual([689956897]); // 3^40 modulo 2^32
    expect(pow(i32([2, 1, -1]), i32([-1, -3, -3])).toArray()).toEqual([0, 1, -1]);
  });

  test('remainder and floorDivide round down, fmod towards zero', () => {
    expect(remainder(i32([-7, 7]), i32([3, -3])).toArray()).toEqual([2, -2]);
    expect(floorDivide(i32([-7, 7]), i32([3, -3])).toArray()).toEqual([-3, -3]);
    expect(
      i32([-7, 7])
        .fmod(i32([3, -3]))
        .toArray(),
    ).toEqual([-1, 1]);
  });

  test('an integer division by zero that can be seen is refused', () => {
    expect(() => floorDivide(i32([1, 2]), i32([1, 0]))).toThrow(
      /floorDivide: integer division by zero at element 1/,
    );
    expect(() => remainder(i32([1]), 0)).toThrow(ChainruleError);
    expect(floorDivide(f64([1, -1]), 0).toArray()).toEqual([Infinity, -Infinity]);
  });

  test('an integer to a negative power is refused, booleans have no difference', () => {
    expect(() => pow(i32([2]), -1)).toThrow(/pow: .*cast/);
    expect(() => sub(tensor([true]), tensor([true]))).toThrow(DTypeError);
    expect(
      tensor([true, false])
        .add(tensor([true, false]))
        .toArray(),
    ).toEqual([true, false]);
    expect(tensor([true]).square().dtype).toBe('int32');
  });

  test('numbers keep the dtype of a tensor unless they are of a higher kind', () => {
    expect(i32([1]).add(1).dtype).toBe('int32');
    expect(i32([1]).add(0.5).dtype).toBe('float32');
    expect(f64([1]).add(0.5).dtype).toBe('float64');
    expect(i32([1]).div(2).toArray()).toEqual([0.5]);
  });

  test('casting saturates, truncates and maps nonzero to true', () => {
    expect(cast(f64([1.9, -1.9, 1e10, -Infinity, NaN]), 'int32').toArray()).toEqual([
      1, -1, 2147483647, -2147483648, 0,
    ]);
    expect(cast(f64([0, -0, NaN, 0.1]), 'bool').toArray()).toEqual([false, false, true, true]);
    expect(() => cast(f64([1]), 'float16' as never)).toThrow(/float16.*float32/);
  });
});

describe('derivatives', () => {
  test('the branch not taken contributes exactly 0', () => {
    expect(derivative((x) => where(x.gt(0), x.log(), 0), [-1, 0, 2])).toEqual([0, 0, 0.5]);
    expect(derivative((x) => where(x.gt(0), x, x.sqrt()), [1, 0])).toEqual([1, Infinity]);
    const x = f64([3]);
    const [g] = grad([where(tensor([true]), 1, x)], [x], {
      gradOutputs: [tensor(Float64Array.of(Infinity))],
    });
    expect(g.toArray()).toEqual([0]);
  });

  test('ties of maximum are split, bounds of clamp pass', () => {
    expect(derivative((x) => maximum(x, f64([1, 1, 1])), [0, 1, 2])).toEqual([0, 0.5, 1]);
    expect(derivative((x) => clamp(x, -1, 1), [-2, -1, 0, 1, 2])).toEqual([0, 1, 1, 1, 0]);
    expect(derivative((x) => clamp(f64([-2, 0, 2]), { min: x }), [-1, -1, -1])).toEqual([1, 0, 0]);
  });

  test('powers by base and by exponent at 0', () => {
    expect(derivative((x) => pow(x, f64([0, 1, 2])), [0, 0, 0])).toEqual([0, 1, 0]);
    expect(derivative((p) => pow(f64([0, 0, 2]), p), [0, 2, 1])).toEqual([0, 0, 2 * Math.LN2]);
    expect(derivative((x) => pow(x, 3), [2], 3)).toEqual([6]);
    expect(derivative((x) => pow(x, 2.5), [4], 2)).toEqual([2.5 * 1.5 * 2]);
  });

  test('sinc is smooth at 0', () => {
    const third = Math.PI ** 2 / 3;
    expect(derivative(sinc, [0, 1e-5, 1])).toEqual([
      0,
      expect.closeTo(-third * 1e-5, 14),
      expect.closeTo(-1, 14),
    ]);
    expect(derivative(sinc, [0], 2)[0]).toBeCloseTo(-third, 14);
    expect(derivative(sinc, [0], 4)[0]).toBeCloseTo(Math.PI ** 4 / 5, 12);
  });

  test('digamma goes on to polygamma of any order', () => {
    // −ψ''(1) = 2 ζ(3), ψ'''(1) = π⁴/15
    expect(derivative((x) => x.lgamma(), [1], 2)[0]).toBeCloseTo(Math.PI ** 2 / 6, 14);
    expect(derivative((x) => x.digamma(), [1], 2)[0]).toBeCloseTo(-2.404113806319188571, 13);
    expect(derivative((x) => x.lgamma(), [1], 4)[0]).toBeCloseTo(Math.PI ** 4 / 15, 12);
  });

  test('casting gives the gradient back in the dtype it came from', () => {
    const x = f64([1, 2]);
    const [g] = grad([cast(x, 'float32').square()], [x], { gradOutputs: [tensor([1, 1])] });
    expect(g.dtype).toBe('float64');
    expect(g.toArray()).toEqual([2, 4]);
  });

  test('detach stops gradients, clone does not', () => {
    expect(derivative((x) => mul(detach(x), x), [3])).toEqual([3]);
    expect(derivative((x) => x.clone().mul(x), [3])).toEqual([6]);
    expect(f64([1]).detach().requiresGrad).toBe(false);
  });
});

describe('avoids overflow and cancellation', () => {
  test('tails', () => {
    expect(logSigmoid(f64([-1000, 50])).dataSync()).toEqual(Float64Array.of(-1000, -Math.exp(-50)));
    expect(sigmoid(f64([-745, 800])).dataSync()).toEqual(Float64Array.of(Math.exp(-745), 1));
    expect(hypot(f64([3e200]), f64([4e200])).item() / 5e200).toBeCloseTo(1, 15);
    expect(hypot(f64([3e-200]), f64([4e-200])).item() / 5e-200).toBeCloseTo(1, 15);
    expect(mish(f64([-50])).item() / (-50 * Math.exp(-50))).toBeCloseTo(1, 14);
    expect(Array.from(mish(f64([Infinity, 1e30])).dataSync())).toEqual([Infinity, 1e30]);
    // x Φ(x) at −10: −10 · 7.619853024160526e−24
    expect(gelu(f64([-10])).item() / -7.619853024160526e-23).toBeCloseTo(1, 13);
  });

  test('a power of two that is not a number by itself scales one that is', () => {
    const [x, e] = [[1, 0.5, 2, 3, 2 ** -1074, 1, 2 ** 1000, 1.5], [1023, 1024, -1074, -1075, 2000, 2000, -2074, -1100]]; // prettier-ignore
    const exact = [2 ** 1023, 2 ** 1023, 2 ** -1073, 2 ** -1073, 2 ** 926, Infinity, 2 ** -1074, 0];
    expect(Array.from(ldexp(f64(x), i32(e)).dataSync())).toEqual(exact);
    // Rounded once: (1.25 + 2⁻⁵²) 2⁻¹⁰⁷³ are 2.5 of the smallest numbers and a little more.
    expect(ldexp(f64([1.25 + 2 ** -52]), i32([-1073])).item()).toBe(3 * 2 ** -1074);
    const single = ldexp(tensor([1, 3, 2 ** -149]), i32([127, -149, 276]));
    expect(Array.from(single.dataSync())).toEqual([2 ** 127, 3 * 2 ** -149, 2 ** 127]);
    const [a, b] = [f64([2 ** -1000]).requiresGrad_(), f64([1500]).requiresGrad_()];
    const [da, db] = grad(ldexp(a, b), [a, b]);
    expect([da?.item(), db?.item()]).toEqual([Infinity, 2 ** 500 * Math.LN2]);
  });

  test('lerp ends exactly where it should', () => {
    expect(lerp(f64([1e30]), f64([1]), 1).toArray()).toEqual([1]);
    expect(lerp(f64([1e30]), f64([1]), tensor(Float64Array.of(1))).toArray()).toEqual([1]);
  });
});

describe('choices and options', () => {
  test('equal and allClose are JavaScript booleans', () => {
    expect(equal(f64([1, 2]), f64([1, 2]))).toBe(true);
    expect(equal(f64([1, 2]), f64([1]))).toBe(false);
    expect(equal(f64([NaN]), f64([NaN]))).toBe(false);
    expect(allClose(f64([1]), f64([1 + 1e-6]))).toBe(true);
    expect(allClose(f64([1]), f64([1.1]))).toBe(false);
    expect(allClose(f64([]), f64([]))).toBe(true);
    expect(isClose(i32([100000]), i32([100001])).toArray()).toEqual([true]);
    expect(isClose(i32([10000]), i32([10001])).toArray()).toEqual([false]);
  });

  test('rounding to decimals', () => {
    expect(round(f64([1234.5678]), { decimals: -2 }).toArray()).toEqual([1200]);
    expect(round(f64([0.125, 0.375]), { decimals: 2 }).toArray()).toEqual([0.12, 0.38]);
  });

  test('glu halves a dimension, prelu learns a slope a channel', () => {
    expect(glu(f64([2, 4, 0, 0])).toArray()).toEqual([1, 2]);
    expect(glu(tensor([[1], [0]]), 0).toArray()).toEqual([[0.5]]);
    expect(() => glu(f64([1, 2, 3]))).toThrow(ShapeError);
    const x = tensor([
      [-1, -1],
      [2, -2],
    ]);
    expect(prelu(x, tensor([0.25, 0.5])).toArray()).toEqual([
      [-0.25, -0.5],
      [2, -1],
    ]);
    expect(() => prelu(x, tensor([1, 2, 3]))).toThrow(/prelu: weight.*2 channels/);
  });

  test('refuses meaningless arguments', () => {
    expect(() => clamp(f64([1]))).toThrow(/clamp: give min, max or both/);
    expect(() => gelu(f64([1]), { approximate: 'sigmoid' as never })).toThrow(/gelu.*'tanh'/);
    expect(() => where(f64([1]), 1, 0)).toThrow(/where: the condition must be boolean/);
    expect(() => f64([0.5]).logit({ eps: 0.7 })).toThrow(/eps/);
    expect(() => i32([1]).silu()).toThrow(DTypeError);
  });
});

test('derivatives that fit in single precision, though a factor of them does not', () => {
  const slope = (f: (x: Tensor) => Tensor, x: number): number => {
    const at = tensor([x], { requiresGrad: true });
    const [slopeAt] = grad([f(at)], [at]);
    return (slopeAt as Tensor).item();
  };
  const near = (got: number, want: number): void => {
    expect(Math.abs(got / want - 1)).toBeLessThan(2 ** -21);
  };
  const [root, power] = [Math.fround(1.88e-26), Math.fround(5.2e-34)];
  near(
    slope((x) => x.rsqrt(), root),
    -0.5 * root ** -1.5,
  );
  const exponent = Math.fround(-0.172);
  near(
    slope((x) => x.pow(exponent), power),
    exponent * power ** (exponent - 1),
  );
  const tiny = Math.fround(1e-37);
  near(
    slope((x) => x.pow(tiny), Math.fround(1e-30)),
    tiny / Math.fround(1e-30),
  );
});

test('counts a large comparison without storing it', () => {
  // 1 GiB of booleans; the interpreter does store them, so fewer there.
  const one = tensor([1]).expand([backend() === 'wasm' ? 2 ** 30 : 2 ** 20]);
  const { reserved } = memoryUsage();
  expect([allClose(one, one), equal(one, one), equal(one, one.mul(2))]).toEqual([
    true,
    true,
    false,
  ]);
  expect(memoryUsage().reserved - reserved).toBeLessThan(2 ** 26);
  const [x, y] = [zeros([70_000]), zeros([70_000]).at(':').add(0)];
  expect(equal(x, y)).toBe(true);
  const other = cat([zeros([69_999]), tensor([NaN])]);
  expect([
    allClose(x, other),
    allClose(other, other),
    allClose(other, other, { equalNan: true }),
  ]).toEqual([false, false, true]);
});
