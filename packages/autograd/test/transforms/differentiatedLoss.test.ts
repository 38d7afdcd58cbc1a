/** @file A loss that was differentiated is a value like any other; only a second backward pass through it is an error. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  compile,
  evaluate,
  grad,
  GradError,
  Parameter,
  stack,
  tensor,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { engine } from '../../src/internal.js';

const weights = (): Parameter => new Parameter(tensor([1, 2, 3]));
const numbers = (x: Tensor | null): number[] => Array.from((x as Tensor).dataSync());

afterEach(() => {
  engine.onRun = null;
});

describe('values computed from a differentiated loss', () => {
  it('has a value: perplexity, running sums, averages', () => {
    const w = weights();
    const losses: Tensor[] = [];
    let total: Tensor = zeros([]);
    for (let step = 0; step < 3; step++) {
      const l = w.square().mean();
      l.backward();
      expect(l.exp().item()).toBeCloseTo(Math.exp(14 / 3), 3);
      total = total.add(l);
      losses.push(l);
    }
    expect(total.item()).toBeCloseTo(14, 4);
    expect(stack(losses).mean().item()).toBeCloseTo(14 / 3, 5);
    expect(total.requiresGrad).toBe(true);
  });

  it('has a value together with what can still be differentiated, also where the loss keeps its gradient', () => {
    const w = weights();
    const l = w.square().sum();
    l.retainGrad();
    l.backward();
    expect(l.grad?.item()).toBe(1);
    const both = w.mul(l).sum();
    evaluate(both, l.neg());
    expect(both.item()).toBe(84);
    // Only what leads through the loss is gone.
    const through = w.mul(l.detach()).sum();
    w.grad = null;
    through.backward();
    expect(numbers(w.grad)).toEqual([14, 14, 14]);
  });

  it('may be a constant of grad', () => {
    const l = weights().square().sum();
    l.backward();
    expect(numbers(grad((x: Tensor) => x.mul(l).sum())(tensor([1, 1])))).toEqual([14, 14]);
  });

  it('may be returned by a compiled step', () => {
    const w = weights();
    const step = compile(() => {
      const l = w.square().mean();
      l.backward();
      return [l.exp(), l.add(1)];
    });
    for (let k = 0; k < 3; k++) {
      w.grad = null;
      const [perplexity, more] = step() as unknown as [Tensor, Tensor];
      expect(perplexity.item()).toBeCloseTo(Math.exp(14 / 3), 3);
      expect(more.item()).toBeCloseTo(17 / 3, 5);
    }
  });
});

describe('a backward pass that reaches a differentiated loss', () => {
  const message = /was freed by an earlier backward\(\)/;

  it('is an error in plain code, that leaves gradients as they were', () => {
    const w = weights();
    const l = w.square().sum();
    l.backward();
    expect(() => w.sum().add(l).backward()).toThrow(message);
    expect(() => l.exp().backward()).toThrow(GradError);
    expect(() => l.backward()).toThrow(GradError);
    expect(numbers(w.grad)).toEqual([2, 4, 6]);
  });

  it('is an error in grad, of tensors and of a function', () => {
    const w = weights();
    const l = w.square().sum();
    l.backward();
    expect(() => grad([w.sum().add(l)], [w])).toThrow(message);
    const f = (x: Tensor): Tensor => {
      const inner = x.square().sum();
      inner.backward();
      return x.sum().add(inner);
    };
    expect(() => grad(f)(tensor([1, 2], { requiresGrad: true }))).toThrow(message);
  });

  it('takes its options in place of the gradient too, as the message says', () => {
    const w = weights();
    const l = w.square().sum();
    l.backward({ retainGraph: true });
    l.backward(undefined, { retainGraph: true });
    l.backward({});
    expect(numbers(w.grad)).toEqual([6, 12, 18]);
    expect(() => l.backward()).toThrow(message);
    const v = w.mul(2);
    v.backward(tensor([1, 0, 1]), { retainGraph: true });
    expect(numbers(w.grad)).toEqual([8, 12, 20]);
    expect(() => v.backward({ retainGraph: true })).toThrow(/has no single derivative/);
    expect(() => l.backward({ retaingraph: true } as never)).toThrow(/retainGraph/);
    expect(() => v.backward('x' as never)).toThrow(
      "backward: gradient must be a tensor, or null, got 'x'",
    );
  });

  it('is an error in compile, and none with retainGraph', () => {
    const w = weights();
    const step = (retainGraph: boolean): (() => Tensor) =>
      compile(() => {
        w.grad = null;
        const l = w.square().sum();
        l.backward(null, { retainGraph });
        w.sum().add(l).backward();
        return l;
      });
    expect(() => step(false)()).toThrow(message);
    expect(w.grad).toBe(null);
    step(true)();
    expect(numbers(w.grad)).toEqual([5, 9, 13]);
  });
});

describe('a step of more than 10,000 nodes', () => {
  it('finds its plans again: nothing is evaluated while backward() gives the gradients', () => {
    const [w, u] = [new Parameter(tensor([0.5, 0.25])), new Parameter(tensor([1, 2]))];
    const step = (): number => {
      let h: Tensor = u;
      for (let k = 0; k < 3000; k++) h = h.mul(w).add(u);
      h.sum().backward();
      return (w.grad as Tensor).dataSync()[0] as number;
    };
    const programs: string[] = [];
    const results: number[] = [];
    engine.onRun = (_program, why) => programs.push(why);
    for (let k = 0; k < 4; k++) {
      w.grad = u.grad = null;
      const { misses } = engine.plans;
      programs.length = 0;
      results.push(step());
      if (k < 2) continue;
      expect(engine.plans.misses).toBe(misses);
      expect(programs).toEqual(['backward']);
    }
    expect(results[0]).toBeCloseTo(4, 5); // d/dw u / (1 − w) = u / (1 − w)²
    expect(new Set(results).size).toBe(1);
  }, 60_000);
});
