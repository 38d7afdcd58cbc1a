/** @file Differential equations: closed forms, stiff ones, events, and derivatives of all kinds. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  cat,
  ChainruleError,
  grad,
  gradcheck,
  graph,
  hessian,
  jacfwd,
  jacrev,
  Parameter,
  scalar,
  ShapeError,
  stack,
  tensor,
  vmap,
  type Tensor,
} from '@chainrule/autograd';
import { odeint, type OdeOptions } from '@chainrule/optim/solve';

const f64 = (...x: number[]): Tensor => tensor(Float64Array.from(x));
const number = (x: number): Tensor => scalar(x, { dtype: 'float64' });

function expectClose(got: Tensor, wanted: Tensor, bound: number): void {
  expect(got.shape).toEqual(wanted.shape);
  const [a, b] = [got.dataSync(), wanted.dataSync()];
  b.forEach((x, i) =>
    expect(Math.abs((a[i] ?? NaN) - x)).toBeLessThanOrEqual(bound * Math.max(1, Math.abs(x))),
  );
}

const TIGHT = { rtol: 1e-11, atol: 1e-12 };

/** A swinging mass: y = cos(ωt), y' = −ω·sin(ωt). */
const swing =
  (w: Tensor) =>
  (_t: Tensor, y: Tensor): Tensor =>
    stack([y.select(0, 1), y.select(0, 0).mul(w.square()).neg()]);

describe.each(['dopri5', 'rodas'] as const)('%s', (method) => {
  test('follows closed forms, forwards and backwards, with dense output', () => {
    const times = [0, 0.3, 1, 2.5];
    const options: OdeOptions = { method, ...TIGHT };
    const { y, t, steps, dense } = odeint(swing(number(2)), f64(1, 0), times, options);
    const wanted = (at: Tensor): Tensor => at.mul(2).cos();
    expectClose(y.select(1, 0), wanted(t), 1e-8);
    expect(steps).toBeGreaterThan(5);
    for (const at of [0, 0.1, 0.77, 1.9, 2.5]) {
      expect(dense(at).select(0, 0).item()).toBeCloseTo(
        Math.cos(2 * at),
        method === 'dopri5' ? 8 : 7,
      );
    }
    const back = odeint(swing(number(2)), y.select(0, 3), [2.5, 0], options);
    expectClose(back.y.select(0, 1), f64(1, 0), 1e-7);
  });

  test('of an equation that names its time', () => {
    // y' = −2ty, y = exp(−t²)
    const { y } = odeint((t: Tensor, v: Tensor) => v.mul(t).mul(-2), f64(1), [0, 1, 2], {
      method,
      ...TIGHT,
    });
    expectClose(y.reshape([3]), f64(1, Math.exp(-1), Math.exp(-4)), 1e-9);
  });

  test('converges at its order', () => {
    const errorAt = (rtol: number): number =>
      Math.abs(
        odeint(swing(number(1)), f64(1, 0), [0, 10], { method, rtol, atol: rtol })
          .y.at(1, 0)
          .item() - Math.cos(10),
      );
    const [coarse, fine] = [errorAt(1e-5), errorAt(1e-9)];
    expect(fine).toBeLessThan(1e-6);
    expect(coarse / fine).toBeGreaterThan(1e3);
  });

  test.each([true, false])('derivatives of both modes and orders, adjoint %s', (adjoint) => {
    const end = (w: Tensor, y0: Tensor): Tensor =>
      odeint(swing(w), y0, [0, 0.5, 1.2], { method, adjoint, ...TIGHT }).y.select(1, 0);
    const exact = (w: Tensor, y0: Tensor): Tensor => {
      const at = f64(0, 0.5, 1.2);
      return at
        .mul(w)
        .cos()
        .mul(y0.select(0, 0))
        .add(at.mul(w).sin().div(w).mul(y0.select(0, 1)));
    };
    const [w, y0] = [number(2), f64(1, 0.5)];
    for (const argnum of [0, 1]) {
      expectClose(jacrev(end, argnum)(w, y0), jacrev(exact, argnum)(w, y0), 1e-7);
      expectClose(jacfwd(end, argnum)(w, y0), jacfwd(exact, argnum)(w, y0), 1e-7);
    }
    const of = (f: typeof end) => (v: Tensor) => f(v, y0).square().sum();
    expectClose(hessian(of(end))(w), hessian(of(exact))(w), 1e-6);
  });
});

test('many solutions at once, and their gradients', () => {
  const last = (k: Tensor): Tensor =>
    odeint((_t: Tensor, y: Tensor) => y.mul(k).neg(), f64(1), [0, 1], TIGHT).y.at(1, 0);
  const many = f64(0.5, 1, 2);
  expectClose(vmap(last)(many), many.neg().exp(), 1e-9);
  expectClose(vmap(grad(last))(many), many.neg().exp().neg(), 1e-8);
});

test('trees, float32, parameters, and gradients by times', () => {
  const rate = new Parameter(tensor(0.5));
  const y0 = { a: tensor([1, 2]), b: tensor(3) };
  const { y } = odeint(
    (_t: Tensor, s: typeof y0) => ({ a: s.a.mul(rate).neg(), b: s.b.mul(0) }),
    y0,
    [0, 1],
  );
  expect(y.a.shape).toEqual([2, 2]);
  expect(y.b.toArray()).toEqual([3, 3]);
  y.a.sum().backward();
  expect((rate.grad as Tensor).item()).toBeCloseTo(-3 * Math.exp(-0.5), 4);
  const t = f64(0, 1, 2);
  const total = (times: Tensor): Tensor =>
    odeint((_t: Tensor, v: Tensor) => v.mul(-0.3), f64(2), times, TIGHT)
      .y.select(0, 2)
      .sum();
  const slope = -0.3 * 2 * Math.exp(-0.6);
  expectClose(grad(total)(t), f64(-slope, 0, slope), 1e-9);
  expectClose(jacfwd(total)(t), f64(-slope, 0, slope), 1e-9);
  gradcheck(
    (p: Tensor) =>
      odeint((s: Tensor, v: Tensor) => v.mul(p).add(s.sin()), p, [0, 0.4], TIGHT).y.select(0, 1),
    [f64(0.3, -0.2)],
  );
});

test('what is kept for a derivative does not grow with the steps', () => {
  const rate = new Parameter(number(0.5));
  const nodes = (rtol: number): [nodes: number, steps: number] => {
    const { y, steps } = odeint(
      (t: Tensor, v: Tensor) => v.mul(rate).mul(t.sin()),
      f64(1),
      [0, 9],
      { rtol, atol: rtol },
    );
    return [graph(grad([y.sum()], [rate])[0]).nodes.length, steps];
  };
  const [coarse, fine] = [nodes(1e-3), nodes(1e-11)];
  expect(fine[1]).toBeGreaterThan(5 * coarse[1]);
  expect(fine[0]).toBe(coarse[0]);
});

describe('stiff equations', () => {
  interface Reference {
    readonly name: string;
    readonly times: readonly number[];
    readonly y: readonly (readonly number[])[];
  }
  const references = JSON.parse(
    readFileSync(new URL('../fixtures/stiff.json', import.meta.url), 'utf8'),
  ) as readonly Reference[];
  const rates: Record<string, (y: Tensor[]) => Tensor[]> = {
    robertson: ([a, b, c]) => {
      const [x, y, z] = [a, b, c] as [Tensor, Tensor, Tensor];
      const [one, two, three] = [x.mul(0.04), y.mul(z).mul(1e4), y.square().mul(3e7)];
      return [two.sub(one), one.sub(two).sub(three), three];
    },
    vanDerPol: ([a, b]) => {
      const [x, v] = [a, b] as [Tensor, Tensor];
      return [v, x.square().neg().add(1).mul(v).sub(x).mul(1e6)];
    },
  };

  test.each(references)('$name', ({ name, times, y }) => {
    const { y: found, steps } = odeint(
      (_t: Tensor, v: Tensor) => stack((rates[name] as (y: Tensor[]) => Tensor[])(v.unbind())),
      f64(...(y[0] as number[])),
      times,
      { method: 'rodas', rtol: 1e-8, atol: 1e-12 },
    );
    const rows = found.toArray() as number[][];
    y.forEach((row, i) =>
      row.forEach((x, j) => {
        expect(Math.abs((rows[i]?.[j] ?? NaN) - x) / (Math.abs(x) || 1)).toBeLessThan(1e-6);
      }),
    );
    // An explicit method would take millions.
    expect(steps).toBeLessThan(10_000);
  });

  test('have stable gradients by sensitivities', () => {
    // Fast decay to a slow curve: y ≈ cos(t) for every rate and start.
    const end = (k: Tensor): Tensor =>
      odeint((t: Tensor, y: Tensor) => y.sub(t.cos()).mul(k).neg(), f64(2), [0, 1], {
        method: 'rodas',
      }).y.at(1, 0);
    // y(t) = (k²cos t + k sin t)/(k² + 1) beside what has decayed
    const exact = (k: Tensor): Tensor =>
      k
        .square()
        .mul(Math.cos(1))
        .add(k.mul(Math.sin(1)))
        .div(k.square().add(1));
    const k = number(1e5);
    expect(Math.abs(end(k).sub(exact(k)).item())).toBeLessThan(1e-7);
    expect(grad(end)(k).mul(1e10).item()).toBeCloseTo(grad(exact)(k).mul(1e10).item(), 2);
  });
});

describe('events', () => {
  // SciPy's solve_ivp(lambda t, y: [-2 * y[0]], (0, 1), [1], events=…) reports t = 0 for directions 0 and −1, none for 1.
  test('one that is 0 at the first time happens there, if it goes on in its direction', () => {
    const y0 = f64(1).requiresGrad_();
    const level = (_t: Tensor, y: Tensor): Tensor => y.select(0, 0).sub(1);
    const decay = (_t: Tensor, y: Tensor): Tensor => y.mul(-2);
    const { events, y } = odeint(decay, y0, [0, 0.5, 1], {
      events: [0, 1, -1].map((direction) => ({ when: level, direction: direction as 0 | 1 | -1 })),
    });
    const times = events.map((list) => list.map(({ t }) => t.item()));
    expect(times).toEqual([[0], [], [0]]);
    expect(y.select(0, 2).item()).toBeCloseTo(Math.exp(-2), 6);
    const ended = odeint(decay, y0, [0, 0.5, 1], { events: { when: level, terminal: true } });
    expect(ended.t.toArray()).toEqual([0, 0, 0]);
    expect(ended.y.toArray()).toEqual([[1], [1], [1]]);
    // Where y(t) = 1 first, e^(2t) = y0: the time moves by half of what y0 does.
    const [at] = events[0] as (typeof events)[number];
    (at?.t as Tensor).sum().backward();
    expect(y0.grad?.item()).toBeCloseTo(0.5, 6);
  });

  const fall = (g: Tensor, options: OdeOptions = {}) =>
    odeint((_t: Tensor, y: Tensor) => stack([y.select(0, 1), g.neg()]), f64(10, 0), [0, 1, 5], {
      events: { when: (_t, y) => y.select(0, 0), terminal: true, direction: -1 },
      ...TIGHT,
      ...options,
    });

  test('end a solution, and their times have derivatives', () => {
    const g = number(9.81);
    const { y, t, events } = fall(g);
    const wanted = Math.sqrt(20 / 9.81);
    expect(events[0]?.length).toBe(1);
    expect(events[0]?.[0]?.t.item()).toBeCloseTo(wanted, 10);
    expectClose(t, f64(0, 1, wanted), 1e-10);
    expect(y.at(2, 0).item()).toBeCloseTo(0, 9);
    const land = (a: Tensor): Tensor => fall(a).events[0]?.[0]?.t as Tensor;
    expectClose(grad(land)(g), number(-wanted / (2 * 9.81)), 1e-8);
    expectClose(grad((a: Tensor) => fall(a).t.select(0, 2))(g), number(-wanted / (2 * 9.81)), 1e-8);
    expectClose(
      grad((a: Tensor) => fall(a).y.at(2, 1))(g),
      number(-Math.sqrt(20 / 9.81) / 2),
      1e-7,
    );
  });

  test('have second derivatives', () => {
    // y = p₁ e^(−p₀ t) is ½ at t = ln(2 p₁) / p₀.
    const half = (p: Tensor): Tensor =>
      odeint((_t, y) => y.mul(p.at(0)).neg(), p.narrow(0, 1, 1), [0, 20], {
        events: (_t, y) => y.select(0, 0).sub(0.5),
        ...TIGHT,
      }).events[0]?.[0]?.t as Tensor;
    const wanted = (p: Tensor): Tensor => p.at(1).mul(2).log().div(p.at(0));
    const p = f64(1.3, 3);
    expectClose(hessian(half)(p), hessian(wanted)(p), 1e-9);
  });

  test('are noted in order, upwards, downwards or both', () => {
    const level = (_t: Tensor, y: Tensor): Tensor => y.select(0, 0);
    const { events } = odeint(swing(number(1)), f64(1, 0), [0, 8], {
      events: [level, { when: level, direction: 1 }, { when: level, direction: -1 }],
      ...TIGHT,
    });
    const times = events.map((list) => list.map(({ t }) => t.item() / Math.PI));
    const wanted = [[0.5, 1.5, 2.5], [1.5], [0.5, 2.5]];
    wanted.forEach((list, k) => {
      expect(times[k]?.length).toBe(list.length);
      list.forEach((x, i) => expect(times[k]?.[i]).toBeCloseTo(x, 7));
    });
  });
});

describe('odeint errors', () => {
  const square = (_t: Tensor, y: Tensor): Tensor => y.square();

  test('where a solution blows up, and the last good state', () => {
    const explode = (): unknown => odeint(square, f64(1), [0, 2]);
    expect(explode).toThrow(
      /odeint: no step is short enough: the solution may blow up.* at t = (0\.99999|1\.0000)/,
    );
    const { y, steps } = odeint(square, f64(1), [0, 0.5, 2], { strict: false });
    expect(y.at(1, 0).item()).toBeCloseTo(2, 5);
    expect(y.at(2, 0).item()).toBeNaN();
    expect(steps).toBeGreaterThan(5);
  });

  test.each([
    [
      'maxSteps',
      () => odeint(square, f64(0.1), [0, 5], { maxSteps: 3 }),
      /maxSteps \(3\) was reached after 3 steps, at t = /,
    ],
    [
      'times that turn',
      () => odeint(square, f64(1), [0, 1, 0.5]),
      /times must only increase or only decrease; time 2 is 0.5 after 1/,
    ],
    ['one time', () => odeint(square, f64(1), [0]), /two or more finite numbers/],
    [
      'times of another dtype',
      () => odeint(square, f64(1), tensor([0, 1])),
      /times are float32, y0 is float64/,
    ],
    [
      'another size',
      () => odeint((_t: Tensor, y: Tensor) => cat([y, y]), f64(1), [0, 1]),
      ShapeError,
    ],
    [
      'a right side that is not finite',
      () => odeint((_t: Tensor, y: Tensor) => y.log(), f64(-1), [0, 1]),
      /the right-hand side is not finite after 0 steps, at t = 0/,
    ],
    [
      'a negative tolerance',
      () => odeint(square, f64(1), [0, 1], { rtol: -1 }),
      /rtol must be a finite number > 0/,
    ],
    [
      'an event that is none',
      () => odeint(square, f64(1), [0, 1], { events: [3 as never] }),
      /event 0 must be a function/,
    ],
    [
      'a time outside',
      () => odeint(square, f64(0.1), [0, 1]).dense(2),
      /dense\(2\) is outside the times of the solution, 0 to 1/,
    ],
    [
      'reading values',
      () => odeint((t: Tensor, y: Tensor) => (t.item() > 1 ? y : y.neg()), f64(1), [0, 1]),
      /values cannot be read/,
    ],
  ])('%s', (_what, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(ChainruleError);
  });
});
