/** @file `scan` in a training step without `compile`: which graphs, runs and kept values it causes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  evaluate,
  grad,
  hessian,
  manualSeed,
  ones,
  Parameter,
  randn,
  scan,
  setDebug,
  stack,
  tensor,
  whileLoop,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { engine } from '../../src/internal.js';
import { loopOf, type Loop } from '../../src/engine/loop.js';

// A library rounds products of other sizes otherwise.
process.env['CHAINRULE_BLAS'] = 'off';

const step =
  (w: Tensor) =>
  (h: Tensor, x: Tensor): [Tensor, Tensor] => {
    const next = x.add(h.matmul(w)).tanh();
    return [next, next.mul(x.sigmoid())];
  };

function runIn(f: () => void): Loop[] {
  const loops: Loop[] = [];
  engine.onRun = ({ instructions }) => {
    for (const { op, attrs } of instructions)
      if (op?.lowering.kind === 'loop') loops.push(loopOf(attrs ?? {}));
  };
  try {
    f();
  } finally {
    engine.onRun = null;
  }
  return loops;
}

/** The loops that run while `f` does: their names, with a minus where they go from the end. */
function loopsIn(f: () => void): string[] {
  return runIn(f).map(({ name, reverse }) => (reverse ? `-${name}` : name));
}

/** How many results a step of each loop has that runs while `f` does. */
function resultsIn(f: () => void): number[] {
  return runIn(f).map(({ bodies }) => bodies[0]?.outputs.length ?? 0);
}

const gradientOf = (p: Parameter): number[] => Array.from(p.grad?.dataSync() ?? []);

/** How many nodes `f` makes. */
function nodesIn(f: () => void): number {
  const first = zeros([1]).id;
  f();
  return zeros([1]).id - first;
}

describe('a scan in a step of training', () => {
  test('runs once where the loss is read before its backward pass', () => {
    const w = new Parameter(randn([32, 32]).mul(0.1));
    const xs = randn([9, 4, 32]);
    const lossOf = (): Tensor =>
      scan(step(w), zeros([4, 32]), xs)[1]
        .square()
        .sum();
    lossOf().backward();
    const owed = gradientOf(w);
    w.grad = null;
    const loss = lossOf();
    expect(loopsIn(() => loss.item())).toEqual(['scan']);
    expect(loopsIn(() => loss.backward())).toEqual(['-scan']);
    expect(gradientOf(w)).toEqual(owed);
  });

  test('finds its backward pass by the structure of the forward one', () => {
    const w = new Parameter(randn([8, 8]).mul(0.1));
    const b = new Parameter(zeros([4, 8]));
    const train = (steps: number, checkpoint: boolean): number[] => {
      w.grad = b.grad = null;
      const loss = scan(step(w), b, randn([steps, 4, 8]), { checkpoint })[1]
        .square()
        .sum();
      const made = nodesIn(() => loss.backward());
      return [made, gradientOf(w).length, gradientOf(b).length];
    };
    for (const checkpoint of [false, true]) {
      const [first = 0] = train(5, checkpoint);
      const [later = 0, ...sizes] = train(5, checkpoint);
      expect(first).toBeGreaterThan(20);
      expect(later).toBeLessThan(10);
      expect(sizes).toEqual([64, 32]);
    }
  });

  test('is kept in debug mode as it is without', () => {
    const w = new Parameter(randn([8, 8]).mul(0.1));
    const xs = randn([5, 4, 8]);
    const train = (): void => {
      w.grad = null;
      scan(step(w), zeros([4, 8]), xs)[1]
        .square()
        .sum()
        .backward();
    };
    const owed = resultsIn(train);
    expect(owed[0]).toBeGreaterThan(2); // what the way back reads, beside the carry and the result
    setDebug(1);
    try {
      expect(resultsIn(train)).toEqual(owed);
    } finally {
      setDebug(0);
    }
  });

  test('within another is differentiated once for all of its structure', () => {
    const [w, v] = [new Parameter(randn([8, 8]).mul(0.1)), new Parameter(randn([8, 8]).mul(0.1))];
    const train = (steps: number): number =>
      nodesIn(() => {
        w.grad = v.grad = null;
        scan(
          (h: Tensor, x: Tensor): [Tensor, Tensor] => {
            const inner = (c: Tensor, y: Tensor): [Tensor, Tensor] => {
              const next = c.matmul(w).add(y).tanh();
              return [next, next.mul(3)];
            };
            const [end, ys] = scan(inner, h, x);
            const next = end.matmul(v).add(ys.sum(0));
            return [next, next];
          },
          zeros([2, 8]),
          randn([steps, 5, 2, 8]),
        )[1]
          .sum()
          .backward();
      });
    const first = train(6);
    train(6);
    const later = train(6);
    expect(first).toBeGreaterThan(150);
    expect(later).toBeLessThan(60);
    const kept = [gradientOf(w), gradientOf(v)];
    expect(kept.flat().every(Number.isFinite)).toBe(true);
  });

  test('keeps two ways back apart whose forward structure is one', () => {
    const start = randn([2, 8]);
    const gradients = (checkpoint: boolean): number[] => {
      const w = new Parameter(zeros([8, 8]));
      for (let k = 0; k < 3; k++) {
        manualSeed(3);
        w.grad = null;
        scan(step(w), start, randn([40, 2, 8]), { checkpoint })[0]
          .sum()
          .backward();
      }
      return gradientOf(w);
    };
    const [kept, again] = [gradients(false), gradients(true)];
    again.forEach((g, k) => expect(g).toBeCloseTo(kept[k] as number, 4));
  });

  test('gives a sequence that it does not read zeros of its own shape and dtype', () => {
    const end = (c: Tensor, xs: Tensor): Tensor =>
      scan((h: Tensor, _x: Tensor) => [h.mul(2), h], c, xs)[0].sum();
    for (const [size, dtype] of [
      [2, 'float32'],
      [4, 'float32'],
      [4, 'float64'],
      [0, 'float32'],
    ] as const) {
      const [ofCarry, ofSequence] = grad(end, [0, 1])(ones([2]), ones([3, size], { dtype }));
      expect(ofCarry.toArray()).toEqual([8, 8]);
      expect([ofSequence.shape, ofSequence.dtype]).toEqual([[3, size], dtype]);
    }
  });

  test('calls hooks at every pass', () => {
    const w = new Parameter(randn([8, 8]).mul(0.1));
    let calls = 0;
    for (let k = 1; k <= 3; k++) {
      scan(
        (h: Tensor, x: Tensor) => {
          const next = h.matmul(w).add(x);
          next.registerHook((g) => {
            calls++;
            return g;
          });
          return [next, next];
        },
        zeros([2, 8]),
        randn([4, 2, 8]),
      )[0]
        .sum()
        .backward();
      expect(calls).toBe(k);
    }
  });

  test('holds what is read of it only until the next run', () => {
    const w = new Parameter(randn([32, 32]).mul(0.1));
    const losses = Array.from({ length: 3 }, () =>
      scan(step(w), zeros([4, 32]), randn([9, 4, 32]))[1].sum(),
    );
    for (const loss of losses) evaluate(loss);
    expect(loopsIn(() => losses[2]?.backward())).toEqual(['-scan']);
    expect(loopsIn(() => losses[0]?.backward())).toEqual(['scan', '-scan']);
  });
});

describe('second derivatives of a scan', () => {
  test('are found within another loop, where the way back reads nothing of a step', () => {
    const inner = (x: Tensor): Tensor =>
      scan((c: Tensor) => [c.mul(0.5), c], x, null, { length: 2 })[0];
    const f = (x: Tensor): Tensor =>
      whileLoop(
        ({ i }) => i.lt(3),
        ({ i, c }) => ({ i: i.add(1), c: inner(c) }),
        { i: tensor(0), c: x.square() },
        { maxIterations: 3 },
      ).c.sum();
    // Three times two halvings: f = Σ x² / 64.
    const second = 2 / 64;
    expect(hessian(f)(tensor([1, 2])).toArray()).toEqual([
      [second, 0],
      [0, second],
    ]);
  });

  const sizes = fc.record({
    steps: fc.integer({ min: 1, max: 7 }),
    batch: fc.integer({ min: 2, max: 5 }),
    hidden: fc.integer({ min: 24, max: 33 }),
    reverse: fc.boolean(),
  });

  test('are those of the loop written by hand, to the bit for carries', () => {
    fc.assert(
      fc.property(sizes, ({ steps, batch, hidden, reverse }) => {
        manualSeed(steps + 10 * hidden);
        const [h, xs, v] = [
          randn([batch, hidden]),
          randn([steps, batch, hidden]),
          randn([batch, hidden]),
        ] as const;
        const w = randn([hidden, hidden]).mul(0.2);
        const looped = (z: Tensor): Tensor => scan(step(w), z, xs, { reverse })[1];
        const byHand = (z: Tensor): Tensor => {
          const ys: Tensor[] = [];
          let now = z;
          for (let k = 0; k < steps; k++) {
            const t = reverse ? steps - 1 - k : k;
            const [next, y] = step(w)(now, xs.select(0, t));
            [now, ys[t]] = [next, y];
          }
          return stack(ys);
        };
        const second = (f: (z: Tensor) => Tensor): number[] => {
          const first = grad((z: Tensor) => f(z).square().sum());
          return Array.from(grad((z: Tensor) => first(z).mul(v).sum())(h).dataSync());
        };
        expect(second(looped)).toEqual(second(byHand));
      }),
      { numRuns: 12 },
    );
  });
});
