/** @file Functions that assign cells, differentiated: as if what they assign were a value that is passed on. */
import { describe, expect, test } from 'vitest';
import {
  cell,
  checkpoint,
  compile,
  cond,
  grad,
  hessian,
  jacrev,
  jvp,
  ones,
  Parameter,
  scan,
  tensor,
  vmap,
  whileLoop,
  type Cell,
  type Tensor,
} from '@chainrule/autograd';

const START = [2, 3];
const STEPS = 3;
const x = tensor([0.5, -0.7], { dtype: 'float64' });
const state = (): Cell => cell(tensor(START, { dtype: 'float64' }));

/** One step, and what the state is after it. What is assigned is a value alone: no gradient flows through it. */
const next = (h: Tensor, s: Tensor): Tensor => s.mul(0.5).add(h.detach());
const step = (h: Tensor, s: Tensor): Tensor => h.mul(s).sin().add(h);

const plain = (h: Tensor): Tensor => {
  let s: Tensor = tensor(START, { dtype: 'float64' });
  for (let k = 0; k < STEPS; k++) {
    s = next(h, s);
    h = step(h, s);
  }
  return h.sum();
};

const assigning =
  (s: Cell) =>
  (h: Tensor): Tensor => {
    s.assign(next(h, s));
    return step(h, s);
  };

const loops: Record<string, (f: (h: Tensor) => Tensor, h: Tensor) => Tensor> = {
  'by hand': (f, h) => {
    for (let k = 0; k < STEPS; k++) h = f(h);
    return h;
  },
  'in scan': (f, h) => scan((c: Tensor) => [f(c), null], h, null, { length: STEPS })[0],
  'in a scan that keeps carries alone': (f, h) =>
    scan((c: Tensor) => [f(c), null], h, null, { length: STEPS, checkpoint: true })[0],
  'in whileLoop': (f, h) =>
    whileLoop(
      ({ k }) => k.lt(STEPS),
      ({ k, c }) => ({ k: k.add(1), c: f(c) }),
      { k: tensor(0), c: h },
      { maxIterations: STEPS },
    ).c,
};

type Loss = (h: Tensor) => Tensor;
const modes: Record<string, (f: Loss) => Tensor> = {
  value: (f) => f(x),
  grad: (f) => grad(f)(x),
  backward: (f) => {
    const leaf = tensor(x.dataSync(), { requiresGrad: true });
    f(leaf).backward();
    return leaf.grad as Tensor;
  },
  jvp: (f) => jvp(f, [x], [ones([2], { dtype: 'float64' })])[1],
  hessian: (f) => hessian(f)(x),
  'jacrev of grad': (f) => jacrev(grad(f))(x),
  'a checkpoint': (f) => grad((h: Tensor) => checkpoint(f, h))(x),
  'compiled grad': (f) => compile(grad(f))(x),
  'grad of compiled': (f) => grad(compile(f))(x),
  'hessian of compiled': (f) => hessian(compile(f))(x),
  'compiled grad of a checkpoint': (f) => compile(grad((h: Tensor) => checkpoint(f, h)))(x),
};

describe.each(Object.keys(loops))('a cell that is assigned %s', (name) => {
  const loop = loops[name] as (f: (h: Tensor) => Tensor, h: Tensor) => Tensor;

  test.each(Object.keys(modes))('is a value like any other to %s', (kind) => {
    const run = modes[kind] as (f: Loss) => Tensor;
    const s = state();
    const got = run((h) => loop(assigning(s), h).sum());
    const owed = run(plain).dataSync();
    got.dataSync().forEach((y, k) => expect(y).toBeCloseTo(owed[k] as number, 10));
  });

  test('is one that the function makes itself, too', () => {
    const got = grad((h: Tensor) => loop(assigning(state()), h).sum())(x);
    const owed = grad(plain)(x).dataSync();
    got.dataSync().forEach((y, k) => expect(y).toBeCloseTo(owed[k] as number, 10));
  });
});

test('a parameter that a step of a loop assigns has gradients for what it was made from', () => {
  const p = new Parameter(tensor(START, { dtype: 'float64' }));
  const f = (h: Tensor): Tensor => scan(assigned, h, null, { length: STEPS })[0].sum();
  const assigned = (h: Tensor): [Tensor, null] => {
    p.assign(p.detach().mul(0.5));
    return [h.mul(p).sin(), null];
  };
  const got = grad(f)(x).toArray() as number[];
  // With s = 1, 1/2, 1/4 of the start: the derivative of sin(sin(sin(x s₁) s₂) s₃).
  const owed = START.map((start, k) => {
    let [h, slope] = [x.toArray()[k] as number, 1];
    for (let s = start / 2, n = 0; n < STEPS; s /= 2, n++) {
      slope *= s * Math.cos(h * s);
      h = Math.sin(h * s);
    }
    return slope;
  });
  got.forEach((y, k) => expect(y).toBeCloseTo(owed[k] as number, 10));
});

describe('a compiled function that moves a cell on', () => {
  const moving = (s: Cell): Loss =>
    compile((h: Tensor) => {
      s.assign(s.add(1));
      return h.mul(s).sin().sum();
    });
  const slope = (s: number): number => s * Math.cos(0.5 * s);
  const leaf = (): Tensor => tensor([0.5], { dtype: 'float64', requiresGrad: true });

  test('is differentiated at what the cell was in each call', () => {
    const f = moving(cell(tensor([0], { dtype: 'float64' })));
    for (let s = 1; s <= 6; s++) {
      const h = leaf();
      f(h).backward();
      expect(h.grad?.item()).toBeCloseTo(slope(s), 12);
    }
  });

  test('however many calls there are before the first backward pass', () => {
    const f = moving(cell(tensor([0], { dtype: 'float64' })));
    const calls = [1, 2, 3, 4, 5].map((s) => {
      const h = leaf();
      return { s, h, loss: f(h) };
    });
    for (const { s, h, loss } of calls.reverse()) {
      loss.backward();
      expect(h.grad?.item()).toBeCloseTo(slope(s), 12);
    }
  });
});

describe('cells made of what a recorded body was given', () => {
  const rows = tensor([[1, 2], [3, 4]]); // prettier-ignore
  const doubled = (row: Tensor): Tensor => {
    const c = cell(row);
    c.assign(c.mul(2));
    return c.sum();
  };
  const over = (f: (row: Tensor) => Tensor): Tensor =>
    scan((k: Tensor, row: Tensor) => [k, f(row)], tensor(0), rows)[1];
  const bodies: Record<string, [(f: (row: Tensor) => Tensor) => Tensor, number[]]> = {
    vmap: [(f) => vmap(f)(rows), [6, 14]],
    scan: [over, [6, 14]],
    'scan in compile': [(f) => compile(() => over(f))(), [6, 14]],
    'vmap in compile': [(f) => compile((x: Tensor) => vmap(f)(x))(rows), [6, 14]],
    'vmap in scan': [
      (f) => over((row) => vmap((x: Tensor) => f(x.unsqueeze(0)))(row).sum()),
      [6, 14],
    ],
    cond: [(f) => cond(tensor(true), f, (row: Tensor) => row.sum(), rows).unsqueeze(0), [20]],
  };

  test.each(Object.entries(bodies))('are variables of it: %s', (_name, [run, wanted]) => {
    expect(run(doubled).toArray()).toEqual(wanted);
    const kept: Cell[] = [];
    const throws = (row: Tensor): Tensor => {
      kept.push(cell(row.mul(2)));
      throw new Error('mine');
    };
    expect(() => run(throws)).toThrow('mine');
    const w = tensor([1, 2], { requiresGrad: true });
    w.square().sum().backward(); // computes whatever is pending
    expect(w.grad?.toArray()).toEqual([2, 4]);
    kept[0]?.assign(kept[0].add(1));
    expect(ones([2]).sum().item()).toBe(2);
    w.square().sum().backward();
    expect(w.grad?.toArray()).toEqual([4, 8]);
  });

  test('are not changed in a body within theirs', () => {
    const f = (row: Tensor): Tensor => {
      const c = cell(row);
      return vmap((x: Tensor) => c.assign(c.add(x)).sum())(row);
    };
    expect(() => vmap(f)(rows)).toThrow('assign: a cell cannot be assigned inside vmap');
  });
});
