/** @file `scan` over random bodies of slices, masks and constants: the same bits as the loop written by hand. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cat,
  full,
  grad,
  logsumexp,
  scan,
  stack,
  tensor,
  where,
  type Tensor,
} from '@chainrule/autograd';

/** What a body closes over: `[2, 5]` but for the edge, `[2, 1]`. */
interface Outside {
  readonly whole: Tensor;
  readonly edge: Tensor;
  readonly mask: Tensor;
  readonly weights: Tensor;
}

type Operation = (x: Tensor, y: Tensor, by: number, outside: Outside) => Tensor;

/** From `[2, 5]` to `[2, 5]`. What reads constants alone is computed before the first step, or in part. */
const operations: Record<string, Operation> = {
  shift: (x, _, by, { edge }) => cat([edge.expand([2, by]), x.narrow(1, 0, 5 - by)], 1),
  shiftTwice: (x, _, by, { edge }) => cat([edge, x.narrow(1, by - 1, 3), edge.mul(2)], 1),
  stacked: (x, y) => stack([x, y], 0).sum(0),
  stackedWithin: (x, y, _, { whole }) => stack([x, whole, y], 1).amax(1),
  alternatives: (x, y, by, { edge }) =>
    logsumexp(stack([x, cat([edge, y.narrow(1, 0, 4)], 1), x.roll(by, 1)], 0), 0),
  masked: (x, y, _, { mask }) => where(mask, x, y),
  maskedShift: (x, _, by, { mask, edge }) =>
    where(mask, cat([edge.expand([2, by]), x.narrow(1, 0, 5 - by)], 1), -3),
  constants: (x, _, by, { whole, edge }) =>
    cat([edge.exp(), whole.narrow(1, 0, 4).cumsum(1)], 1)
      .mul(x)
      .add(by),
  padded: (x, _, by, { whole }) =>
    x
      .narrow(1, by, 5 - by)
      .pad([0, by])
      .add(whole.flip(1)),
  rows: (x, y, _, { whole }) => cat([x.narrow(0, 1, 1), y.add(whole).narrow(0, 0, 1)], 0),
  product: (x, _, __, { weights }) => x.matmul(weights),
  add: (x, y) => x.add(y),
  multiply: (x, y) => x.mul(y).tanh(),
};

const names = Object.keys(operations);
const place = fc.nat({ max: 20 });
const body = fc.array(
  fc.record({
    name: fc.constantFrom(...names),
    x: place,
    y: place,
    by: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 1, maxLength: 7 },
);
type Body = typeof body extends fc.Arbitrary<infer B> ? B : never;

function step(lines: Body, outside: Outside): (state: Tensor, x: Tensor) => [Tensor, Tensor] {
  return (state, x) => {
    const values = [state, x, outside.whole];
    for (const line of lines) {
      const operand = (at: number): Tensor =>
        values[values.length - 1 - (at % values.length)] as Tensor;
      const operation = operations[line.name] as Operation;
      values.push(operation(operand(line.x), operand(line.y), line.by, outside));
    }
    const last = values.at(-1) as Tensor;
    return [last.tanh(), last];
  };
}

const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + seed) * 2);

/** Constants are computed already, or are not yet, as the program has it. */
function outsideOf(computed: boolean, dtype: 'float32' | 'float64'): Outside {
  const whole = tensor(numbers(10, 1), { dtype }).reshape([2, 5]);
  const edge = full([2, 1], -2, { dtype }).add(0);
  const outside = {
    whole,
    edge: computed ? full([2, 1], -2, { dtype }) : edge,
    mask: whole.gt(0),
    weights: tensor(numbers(25, 2), { dtype }).reshape([5, 5]).div(3),
  };
  if (computed) for (const x of Object.values(outside)) x.dataSync();
  return outside;
}

function byHand(f: ReturnType<typeof step>, start: Tensor, xs: Tensor): Tensor[] {
  const ys: Tensor[] = [];
  let state = start;
  for (let t = 0; t < (xs.shape[0] as number); t++) {
    const [next, y] = f(state, xs.select(0, t));
    state = next;
    ys.push(y);
  }
  return [state, stack(ys)];
}

test('any body gives the bits of the loop written by hand, at first sight and later', () => {
  fc.assert(
    fc.property(body, fc.integer({ min: 1, max: 4 }), fc.boolean(), (lines, length, computed) => {
      const f = step(lines, outsideOf(computed, 'float32'));
      for (const seed of [3, 4, 5]) {
        const start = tensor(numbers(10, seed)).reshape([2, 5]);
        const xs = tensor(numbers(10 * length, seed + 0.5)).reshape([length, 2, 5]);
        const found = scan(f, start, xs).map((y) => y.dataSync());
        expect(found).toEqual(byHand(f, start, xs).map((y) => y.dataSync()));
      }
    }),
    { numRuns: 40 },
  );
});

test('any body has the gradient of the loop written by hand', () => {
  fc.assert(
    fc.property(body, fc.integer({ min: 1, max: 4 }), fc.boolean(), (lines, length, computed) => {
      const f = step(lines, outsideOf(computed, 'float64'));
      for (const seed of [3, 4]) {
        const start = tensor(numbers(10, seed), { dtype: 'float64' }).reshape([2, 5]);
        const xs = tensor(numbers(10 * length, seed + 0.5), { dtype: 'float64' }).reshape([
          length,
          2,
          5,
        ]);
        const loss = (loop: (s: Tensor, x: Tensor) => Tensor[]) => (s: Tensor, x: Tensor) =>
          loop(s, x).reduce((sum, y) => sum.add(y.sin().sum()), tensor(0, { dtype: 'float64' }));
        const [found, truth] = [loss((s, x) => scan(f, s, x)), loss((s, x) => byHand(f, s, x))].map(
          (g) => grad(g, [0, 1])(start, xs).flatMap((y) => [...y.dataSync()]),
        ) as [number[], number[]];
        const scale = Math.max(1, ...truth.map(Math.abs));
        found.forEach((x, i) =>
          expect(Math.abs(x - (truth[i] as number))).toBeLessThan(1e-10 * scale),
        );
      }
    }),
    { numRuns: 20 },
  );
});

test('a result that is the same at each step is found, however long it has been pending', () => {
  const pending = tensor([1, 2]).add(3);
  for (let i = 0; i < 80; i++) tensor([i]).add(1).dataSync();
  const [state, ys] = scan((x: Tensor) => [x.add(1), pending.mul(2)], tensor([0, 0]), null, {
    length: 2,
  });
  expect([...state.dataSync()]).toEqual([2, 2]);
  expect(ys.toArray()).toEqual([
    [8, 10],
    [8, 10],
  ]);
});
