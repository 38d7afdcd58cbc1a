/** @file A compiled function does what the function does, call after call. */
import { describe, expect, test } from 'vitest';
import {
  cell,
  ChainruleError,
  compile,
  evaluate,
  manualSeed,
  noGrad,
  Parameter,
  rand,
  tensor,
  type Cell,
  type Tensor,
} from '../../../src/index.js';

const x = tensor([
  [1, 2],
  [3, 4],
  [5, 7],
]);
const y = tensor([[1], [0], [2]]);

class Model {
  readonly w = new Parameter(tensor([[0.3], [-0.2]]));
  readonly b = new Parameter(tensor([0.1]));
  readonly lr = cell(tensor(0.01));
  private momentum: Cell[] | null = null;

  loss(input: Tensor, target: Tensor): Tensor {
    const e = input.matmul(this.w).add(this.b).sub(target);
    return e.mul(e).sum();
  }
  /** Momentum whose state is made at the first step, as optimizers do. */
  step(): void {
    const params = [this.w, this.b];
    noGrad(() => {
      this.momentum ??= params.map((p) => cell(p.mul(0)));
      params.forEach((p, i) => {
        const m = (this.momentum as Cell[])[i] as Cell;
        m.assign(m.mul(0.9).add(p.grad as Tensor));
        p.assign(p.sub(m.mul(this.lr)));
      });
    });
    evaluate();
  }
  train(input: Tensor, target: Tensor): Tensor {
    this.w.grad = null;
    this.b.grad = null;
    const loss = this.loss(input, target);
    loss.backward();
    this.step();
    return loss;
  }
}

describe('compile', () => {
  test('a training step follows the uncompiled one, with state made on the way and a changing rate', () => {
    const [a, b] = [new Model(), new Model()];
    const step = compile((input: Tensor, target: Tensor) => b.train(input, target));
    for (let i = 0; i < 12; i++) {
      if (i === 6) for (const model of [a, b]) model.lr.assign(0.003);
      const expected = a.train(x, y).item();
      expect(step(x, y).item()).toBe(expected);
      expect(b.w.toArray()).toEqual(a.w.toArray());
      expect((b.w.grad as Tensor).toArray()).toEqual((a.w.grad as Tensor).toArray());
    }
    b.train(x, y); // and goes on uncompiled
    a.train(x, y);
    expect(b.b.toArray()).toEqual(a.b.toArray());
  });

  test('gradients accumulate where they are not cleared', () => {
    const w = new Parameter(tensor([1, 2]));
    const add = compile((k: number) => w.mul(k).sum().backward());
    add(2);
    expect((w.grad as Tensor).toArray()).toEqual([2, 2]);
    add(3);
    expect((w.grad as Tensor).toArray()).toEqual([5, 5]);
    add(1);
    expect((w.grad as Tensor).toArray()).toEqual([6, 6]);
    w.grad = null;
    add(4);
    expect(w.grad).not.toBe(null);
    expect(String((w as { grad: Tensor | null }).grad?.toArray())).toBe('4,4');
  });

  test('other shapes, dtypes and numbers of arguments are recorded again; numbers are inputs', () => {
    let recorded = 0;
    const f = compile((t: Tensor, k: number, options: { twice: boolean }) => {
      recorded++;
      const r = t.mul(k).add(1);
      return { r, s: options.twice ? r.add(r) : r };
    });
    expect(f(tensor([1, 2]), 3, { twice: false }).r.toArray()).toEqual([4, 7]);
    expect(f(tensor([2, 2]), 0.5, { twice: false }).s.toArray()).toEqual([2, 2]);
    expect(recorded).toBe(1);
    expect(f(tensor([[1]]), 3, { twice: false }).r.toArray()).toEqual([[4]]);
    expect(f(tensor([1], { dtype: 'float64' }), 0.1, { twice: true }).s.dtype).toBe('float64');
    expect(recorded).toBe(3);
  });

  test('random numbers go on, and follow the seed', () => {
    const f = compile(() => rand([4]));
    manualSeed(3);
    const eager = [rand([4]).toArray(), rand([4]).toArray()];
    manualSeed(3);
    expect([f().toArray(), f().toArray()]).toEqual(eager);
    manualSeed(3);
    expect(f().toArray()).toEqual(eager[0]);
  });

  test('reading a value is an error that changes nothing', () => {
    const w = new Parameter(tensor([1, 2]));
    const f = compile((t: Tensor) => {
      w.assign(noGrad(() => w.mul(2)));
      return t.add(1).sum().item() > 0 ? t : w;
    });
    expect(() => f(tensor([1, 2]))).toThrow(ChainruleError);
    expect(w.toArray()).toEqual([1, 2]);
    expect(compile((t: Tensor) => t.add(w))(tensor([1, 1])).toArray()).toEqual([2, 3]);
  });

  test('results keep their values, and so does a gradient that was read', () => {
    const w = new Parameter(tensor([1, 2]));
    const f = compile(() => {
      w.grad = null;
      const loss = w.mul(w).sum();
      loss.backward();
      noGrad(() => w.assign(w.sub((w.grad as Tensor).mul(0.1))));
      evaluate();
      return { loss, w: w.mul(1) };
    });
    const first = f();
    const g = w.grad as Tensor;
    const copy = w.detach();
    const seen = [first.loss.item(), first.w.toArray(), g.toArray(), w.toArray()];
    for (let i = 0; i < 4; i++) f();
    expect([first.loss.item(), first.w.toArray(), g.toArray(), copy.toArray()]).toEqual(seen);
    expect(w.toArray()).not.toEqual(seen[3]);
  });

  test('a parameter that is returned is its value then', () => {
    const w = new Parameter(tensor([1, 2]));
    const f = compile(() => {
      noGrad(() => w.assign(w.add(1)));
      return { w, twice: w.mul(2), again: w };
    });
    const results = [f(), f(), f(), f()];
    expect(results.map((r) => (r.w as Tensor).toArray())).toEqual([
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 6],
    ]);
    expect(results.map((r) => r.twice.toArray())[0]).toEqual([4, 6]);
    expect((results[0]!.again as Tensor).toArray()).toEqual([2, 3]);
    expect(w.toArray()).toEqual([5, 6]);
  });

  test('a frozen parameter, or another grad mode, is another recording', () => {
    const w = new Parameter(tensor([1, 2]));
    const f = compile(() => {
      const y = w.mul(3).sum();
      if (w.requiresGrad) y.backward();
      return y;
    });
    f();
    expect((w.grad as Tensor).toArray()).toEqual([3, 3]);
    w.grad = null;
    w.requiresGrad_(false);
    f();
    expect(w.grad).toBe(null);
  });

  test('the plan of a recording is not that of a backward pass over the same graph', () => {
    const w = new Parameter(tensor([3]));
    const total = (): Tensor => w.sum();
    for (let i = 0; i < 3; i++) total().backward(); // from the second on there is a gradient to add to
    const value = compile(total);
    expect(value().item()).toBe(3);
    total().backward();
    expect(value().item()).toBe(3);
    expect((w.grad as Tensor).item()).toBe(4);
  });
});
