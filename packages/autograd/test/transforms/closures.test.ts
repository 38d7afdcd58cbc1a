/** @file The basis of solvers: closure conversion, and calls outside of the graph. */
import { describe, expect, test } from 'vitest';
import {
  add,
  ChainruleError,
  closureConvert,
  compile,
  customGrad,
  grad,
  GradError,
  hessian,
  jvp,
  mul,
  noGrad,
  Parameter,
  pureCallback,
  scalar,
  tensor,
  vmap,
  type Tensor,
} from '@chainrule/autograd';

const f64 = (...x: number[]): Tensor => tensor(Float64Array.from(x));

describe('closureConvert', () => {
  test('finds parameters and what depends on an argument that is differentiated, no constants', () => {
    const w = new Parameter(f64(2, 3));
    const data = f64(5, 7);
    const outer = grad((a: Tensor) => {
      const b = a.mul(2);
      const [f, captured] = closureConvert(
        (x: Tensor) => x.mul(w).add(b).mul(data).add(1),
        f64(0, 0),
      );
      expect(captured.length).toBe(2);
      return f([f64(1, 1)], captured).sum();
    });
    expect(outer(f64(1, 1)).toArray()).toEqual([10, 14]);
    const [f, captured] = closureConvert((x: Tensor) => x.mul(w), f64(0, 0));
    f([f64(1, 10)], captured)
      .sum()
      .backward();
    expect(w.grad?.toArray()).toEqual([1, 10]);
    expect(f([f64(1, 10)], [f64(4, 4)]).toArray()).toEqual([4, 40]);
  });

  test('takes trees and gives trees, and nests', () => {
    const w = new Parameter(f64(3));
    const tree = { a: f64(0), rest: [f64(0, 0)] as [Tensor] };
    const [f, captured] = closureConvert((t: typeof tree) => {
      const [g, own] = closureConvert((x: Tensor) => x.mul(w), t.a);
      return { sum: add(g([t.a], own), t.rest[0]) };
    }, tree);
    expect(captured.length).toBe(1);
    expect(f([{ a: f64(2), rest: [f64(1, 2)] }], captured).sum.toArray()).toEqual([7, 8]);
  });

  test('refuses what happens once only', () => {
    const w = new Parameter(f64(3));
    expect(() => closureConvert((x: Tensor) => x.mul(x.item()), f64(1))).toThrow(
      /closureConvert: values cannot be read/,
    );
    expect(() => closureConvert((x: Tensor) => w.assign(x), f64(1))).toThrow(
      /cannot be assigned inside closureConvert/,
    );
    expect(() => closureConvert((x: Tensor) => x.backward(), f64(1))).toThrow(/grad\(f\)/);
  });
});

describe('pureCallback', () => {
  /** The cube root, as no operation computes it. */
  const counts = { calls: 0 };
  const root = (x: Tensor): Tensor => pureCallback(counted, x, x);
  const counted = (x: Tensor): Tensor => {
    counts.calls++;
    return tensor(Float64Array.from(x.dataSync(), Math.cbrt), { shape: x.shape });
  };
  const cbrt = customGrad({
    name: 'cbrt',
    forward: (ctx, x: Tensor) => {
      const y = root(x);
      ctx.save(y);
      return y;
    },
    backward: (ctx, g) => g.div(mul(3, (ctx.saved[0] as Tensor).square())),
  });

  test('is called once for the same tensors, and once for each example', () => {
    const x = f64(8, 27, 64);
    counts.calls = 0;
    expect(cbrt(x).toArray()).toEqual([2, 3, 4]);
    expect(counts.calls).toBe(1);
    expect(vmap(cbrt)(x).toArray()).toEqual([2, 3, 4]);
    expect(counts.calls).toBe(4);
    const nested = vmap(vmap(cbrt))(x.reshape([3, 1]));
    expect(nested.toArray()).toEqual([[2], [3], [4]]);
    expect(counts.calls).toBe(7);
    expect(vmap(cbrt)(f64()).shape).toEqual([0]);
  });

  test('composes with every transform around customGrad', () => {
    const x = f64(8);
    const wanted = [1 / 12, -2 / 9 / 32];
    expect(grad((t: Tensor) => cbrt(t).sum())(x).item()).toBeCloseTo(wanted[0] ?? NaN, 15);
    expect(jvp(cbrt, [x], [f64(1)])[1].item()).toBeCloseTo(wanted[0] ?? NaN, 15);
    expect(hessian((t: Tensor) => cbrt(t).sum())(x).item()).toBeCloseTo(wanted[1] ?? NaN, 15);
    const each = vmap(grad((t: Tensor) => cbrt(t)))(f64(8, 8));
    expect(each.toArray()).toEqual([1 / 12, 1 / 12]);
    const shared = scalar(8, { dtype: 'float64' });
    expect(vmap((t: Tensor) => t.mul(cbrt(shared)))(f64(1, 2)).toArray()).toEqual([2, 4]);
  });

  test('refuses to be differentiated alone, to be compiled, and results that are not as promised', () => {
    const x = f64(8);
    expect(() => grad((t: Tensor) => root(t).sum())(x)).toThrow(GradError);
    expect(() => compile(root)(x)).toThrow(/pureCallback: values cannot be read/);
    const wrong = (like: unknown) => () => pureCallback((t: Tensor) => t as unknown, like, x);
    expect(wrong(f64(1, 2))).toThrow('pureCallback: result 0 has shape [1], but like has [2]');
    expect(wrong(tensor([1]))).toThrow('pureCallback: result 0 is float64, but like is float32');
    expect(wrong([x])).toThrow(ChainruleError);
    expect(noGrad(() => root(x)).item()).toBe(2);
  });
});
