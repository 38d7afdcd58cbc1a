/** @file `scan` as one list of kernels: the same bits as the loop written by hand, and the values that each step keeps. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cond,
  explain,
  grad,
  manualSeed,
  noGrad,
  randn,
  scan,
  scalar,
  stack,
  switchCase,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
import { engine } from '../../src/internal.js';

type State = [Tensor, Tensor];
type Weights = readonly [Tensor, Tensor, Tensor];
type Step = (state: State, x: Tensor, weights: Weights) => readonly [State, Tensor];

/** An LSTM cell: `[batch, in]`, weights `[in, 4 hidden]`, `[hidden, 4 hidden]`, `[4 hidden]`. */
const lstm: Step = ([h, c], x, [w, u, b]) => {
  const gates = x.matmul(w).add(h.matmul(u)).add(b).chunk(4, -1);
  const [i, f, g, o] = gates as [Tensor, Tensor, Tensor, Tensor];
  const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
  const out = o.sigmoid().mul(cell.tanh());
  return [[out, cell], out];
};

/** A weight that two products share, once transposed, and states that change places. */
const shared: Step = ([h, c], x, [w, u, b]) => {
  const own = u.narrow(1, 0, u.shape[0] as number);
  const next = x
    .matmul(w.narrow(1, 0, own.shape[0] as number))
    .add(h.matmul(own))
    .sub(c.matmul(own.t()))
    .add(b.narrow(0, 0, own.shape[0] as number))
    .tanh();
  return [[c.mul(0.5), next], h.add(c)];
};

const STEPS: Record<string, Step> = { lstm, shared };

function byHand(
  step: Step,
  state: State,
  xs: Tensor,
  weights: Weights,
  reverse: boolean,
): Tensor[] {
  const n = xs.shape[0] as number;
  const ys: Tensor[] = [];
  let now = state;
  for (let k = 0; k < n; k++) {
    const t = reverse ? n - 1 - k : k;
    const [next, y] = step(now, xs.select(0, t), weights);
    [now, ys[t]] = [next, y];
  }
  return [...now, stack(ys)];
}

function looped(
  step: Step,
  state: State,
  xs: Tensor,
  weights: Weights,
  options: { reverse: boolean; checkpoint?: boolean },
): Tensor[] {
  const [end, ys] = scan((s: State, x: Tensor) => step(s, x, weights), state, xs, options);
  return [...end, ys];
}

interface Drawn {
  readonly state: State;
  readonly xs: Tensor;
  readonly weights: Weights;
}

function draw(steps: number, batch: number, inputs: number, hidden: number): Drawn {
  manualSeed(steps + 10 * batch + 100 * hidden);
  return {
    state: [randn([batch, hidden]), randn([batch, hidden])],
    xs: randn([steps, batch, inputs]),
    weights: [
      randn([inputs, 4 * hidden]).mul(0.3),
      randn([hidden, 4 * hidden]).mul(0.3),
      randn([4 * hidden]),
    ],
  };
}

/** Products that are products: smaller ones are sums in a loop, whose order depends on what else the loop computes. */
const sizes = fc.record({
  name: fc.constantFrom(...Object.keys(STEPS)),
  steps: fc.integer({ min: 2, max: 9 }),
  batch: fc.integer({ min: 2, max: 9 }),
  inputs: fc.integer({ min: 23, max: 34 }),
  hidden: fc.integer({ min: 23, max: 40 }),
  reverse: fc.boolean(),
});

const bits = (ts: readonly Tensor[]): number[][] => ts.map((t) => Array.from(t.dataSync()));

/** The largest difference, relative to the largest element. */
function apart(got: readonly Tensor[], owed: readonly Tensor[]): number {
  return Math.max(
    ...got.map((g, k) => {
      const [x, y] = [g, owed[k] as Tensor].map((t) => Array.from(t.dataSync())) as [
        number[],
        number[],
      ];
      const scale = y.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-30);
      return x.reduce((m, v, i) => Math.max(m, Math.abs(v - (y[i] as number))), 0) / scale;
    }),
  );
}

// A library rounds products of other sizes otherwise. It is looked for when the first large product is met.
process.env['CHAINRULE_BLAS'] = 'off';

describe('a scan on kernels', () => {
  test('has the bits of the loop written by hand', () => {
    fc.assert(
      fc.property(sizes, ({ name, steps, batch, inputs, hidden, reverse }) => {
        const { state, xs, weights } = draw(steps, batch, inputs, hidden);
        const step = STEPS[name] as Step;
        expect(bits(looped(step, state, xs, weights, { reverse }))).toEqual(
          bits(byHand(step, state, xs, weights, reverse)),
        );
      }),
      { numRuns: 15 },
    );
  });

  test('has its gradients: to the bit for carries and sequences, within rounding for what is captured', () => {
    const inputs = ({ state, xs, weights }: Drawn): Tensor[] => [...state, xs, ...weights];
    fc.assert(
      fc.property(sizes, fc.boolean(), ({ name, reverse, ...size }, checkpoint) => {
        const drawn = draw(size.steps, size.batch, size.inputs, size.hidden);
        const step = STEPS[name] as Step;
        const weighted = (parts: Tensor[]): Tensor =>
          parts
            .map((p, k) =>
              p
                .mul(p)
                .mul(k + 0.5)
                .sum(),
            )
            .reduce((a, b) => a.add(b));
        const of =
          (f: (s: State, xs: Tensor, w: Weights) => Tensor[]) =>
          (h: Tensor, c: Tensor, xs: Tensor, w: Tensor, u: Tensor, b: Tensor) =>
            weighted(f([h, c], xs, [w, u, b]));
        const places = [0, 1, 2, 3, 4, 5];
        const got = grad(
          of((s, xs, w) => looped(step, s, xs, w, { reverse, checkpoint })),
          places,
        )(...(inputs(drawn) as Parameters<ReturnType<typeof of>>));
        const owed = grad(
          of((s, xs, w) => byHand(step, s, xs, w, reverse)),
          places,
        )(...(inputs(drawn) as Parameters<ReturnType<typeof of>>));
        expect(apart(got, owed)).toBeLessThan(2e-5);
        expect(bits(got.slice(0, 2))).toEqual(bits(owed.slice(0, 2)));
      }),
      { numRuns: 15 },
    );
  });
});

/** The kernels of a run, and how often reference kernels ran. */
const kernels = (x: Tensor): string => explain(x).split('kernels:').at(-1) ?? '';

describe('the steps of a scan', () => {
  test('are one entry of the program, whose body is planned once for all lengths', () => {
    const { state, weights } = draw(1, 4, 8, 8);
    for (const w of [...weights, ...state]) w.dataSync();
    const loss = (n: number): number[] => {
      const xs = randn([n, 4, 8]);
      const f = (u: Tensor): Tensor =>
        (
          looped(lstm, state, xs, [weights[0], u, weights[2]], { reverse: false })[2] as Tensor
        ).sum();
      return Array.from(grad(f)(weights[1]).dataSync());
    };
    loss(3);
    const seen = engine.plans.size;
    loss(4);
    loss(50);
    // Each new length is one plan, that of what lies around the loop.
    expect(engine.plans.size).toBe(seen + 2);
  });

  test('hold no product of the sequence alone, and no sum of products', () => {
    const { state, xs, weights } = draw(6, 8, 16, 32);
    for (const w of [...weights, ...state, xs]) w.dataSync();
    const f = (u: Tensor): Tensor =>
      (looped(lstm, state, xs, [weights[0], u, weights[2]], { reverse: false })[2] as Tensor).sum();
    const text = kernels(grad(f)(weights[1]));
    const [around, ...bodies] = text.split('a body:');
    expect(around).toContain('matmul 48×128×16'); // of all steps at once
    expect(around).toContain('matmul 32×128×48'); // the gradient of what multiplies the state
    expect(around).toContain('scan of 6 steps');
    expect(bodies.map((body) => body.match(/matmul [^ ]*/g))).toEqual([
      ['matmul 8×128×32'],
      ['matmul 8×32×128'],
    ]);
    expect(text).not.toContain('reference');
  });

  test('are computed again in a checkpoint, which keeps the carries alone', () => {
    const { state, xs, weights } = draw(6, 8, 16, 32);
    for (const w of [...weights, ...state, xs]) w.dataSync();
    const f = (u: Tensor): Tensor =>
      (
        looped(lstm, state, xs, [weights[0], u, weights[2]], {
          reverse: false,
          checkpoint: true,
        })[2] as Tensor
      ).sum();
    const bodies = kernels(grad(f)(weights[1])).split('a body:').slice(1);
    expect(bodies[1]?.match(/matmul [^ ]*/g)?.length).toBe(4); // two of the step again, two of its way back
  });

  test('may be none, one or very many', () => {
    const w = tensor(0.999, { dtype: 'float64' });
    const f = (n: number) => (z: Tensor) =>
      scan((h: Tensor) => [h.mul(z), null], scalar(1, { dtype: 'float64' }), null, {
        length: n,
      })[0];
    expect(f(0)(w).item()).toBe(1);
    expect(grad(f(0))(w).item()).toBe(0);
    expect(f(1)(w).item()).toBe(0.999);
    const n = 100_000;
    expect(f(n)(w).item() / 0.999 ** n).toBeCloseTo(1, 8);
    expect(grad(f(n))(w).item() / (n * 0.999 ** (n - 1))).toBeCloseTo(1, 8);
  });

  test('draw the random numbers of the loop written by hand, kept or computed again', () => {
    const xs = randn([5, 16, 32]);
    const step = (h: Tensor, x: Tensor): [Tensor, Tensor] => {
      const noise = randn([16, 32]);
      const next = h.mul(noise.sigmoid()).add(x).tanh();
      return [next, next];
    };
    const loss = (run: (h: Tensor) => Tensor) => (h: Tensor) => run(h).square().sum();
    const start = randn([16, 32]);
    const seeded = (run: (h: Tensor) => Tensor): number[] => {
      manualSeed(7);
      return Array.from(grad(loss(run))(start).dataSync());
    };
    const owed = seeded((h) => {
      let now = h;
      const ys = Array.from({ length: 5 }, (_, t) => {
        [now] = step(now, xs.select(0, t));
        return now;
      });
      return stack(ys);
    });
    for (const checkpoint of [false, true])
      expect(seeded((h) => scan(step, h, xs, { checkpoint })[1])).toEqual(owed);
  });

  test('may hold a scan themselves', () => {
    const w = randn([32, 32]).mul(0.1);
    const xs = randn([3, 4, 8, 32]);
    const inner = (h: Tensor, x: Tensor): [Tensor, Tensor] => {
      const next = h.matmul(w).add(x).tanh();
      return [next, next];
    };
    const nested = (h: Tensor): Tensor =>
      scan((s: Tensor, group: Tensor) => scan(inner, s, group) as [Tensor, Tensor], h, xs)[1];
    const flat = (h: Tensor): Tensor => scan(inner, h, xs.reshape([12, 8, 32]))[1];
    const h = randn([8, 32]);
    expect(bits([nested(h)])).toEqual(bits([flat(h).reshape([3, 4, 8, 32])]));
    const [got, owed] = [nested, flat].map((f) => grad((z: Tensor) => f(z).square().sum())(h));
    expect(apart([got as Tensor], [owed as Tensor])).toBeLessThan(1e-5);
  });

  test('leave inference as small as it is: nothing is kept that nobody reads', () => {
    const { state, xs, weights } = draw(6, 8, 16, 32);
    const run = (): number[][] => bits(looped(lstm, state, xs, weights, { reverse: false }));
    expect(noGrad(run)).toEqual(run());
  });
});

test('branches of the same bodies choose by their own rule', () => {
  const yes = (x: Tensor): Tensor => x.mul(2);
  const no = (x: Tensor): Tensor => x.add(1);
  const x = tensor([3, 4]);
  const index = tensor(-1, { dtype: 'int32' });
  expect(cond(index, yes, no, x).toArray()).toEqual([6, 8]);
  expect(switchCase(index, [no, yes], x).toArray()).toEqual([4, 5]);
});
