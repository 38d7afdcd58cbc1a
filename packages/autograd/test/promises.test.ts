/** @file Guarantees to users: what a run keeps, what stays readable, what stays constant. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  borrowGrad,
  cell,
  evaluate,
  GradError,
  memoryUsage,
  noGrad,
  Parameter,
  ShapeError,
  tensor,
  type Tensor,
} from '../src/index.js';
import { engine } from '../src/internal.js';

/** Counts the matrix products that run while `f` does. */
function products(f: () => void): number {
  let count = 0;
  engine.onRun = ({ instructions }) => {
    count += instructions.filter((i) => i.op?.name === 'matmul').length;
  };
  f();
  engine.onRun = null;
  return count;
}
afterEach(() => {
  engine.onRun = null;
});

const x = tensor([
  [1, 2],
  [3, 4],
]);

/** Two products forward; backward two more for the weights and one for the hidden layer. */
class Net {
  w1 = new Parameter(
    tensor([
      [0.1, -0.2, 0.3],
      [0.4, 0.5, -0.6],
    ]),
  );
  w2 = new Parameter(tensor([[0.2], [-0.3], [0.4]]));
  readonly lr = 0.01;
  forward(input: Tensor): Tensor {
    const h = input.matmul(this.w1);
    return h.mul(h).matmul(this.w2);
  }
  step(): void {
    noGrad(() => {
      for (const p of [this.w1, this.w2]) {
        p.assign(p.sub((p.grad as Tensor).mul(this.lr)));
        p.grad = null;
      }
    });
    evaluate();
  }
}
const FORWARD = 2;
const BACKWARD = 3;

/** Runs a loop until it has settled, and counts the products of one more step. */
function settled(step: () => void): number {
  for (let i = 0; i < 4; i++) step();
  return products(step);
}

describe('the forward pass runs once a step', () => {
  test('backward alone', () => {
    const net = new Net();
    expect(
      settled(() => {
        net.forward(x).sum().backward();
        net.step();
      }),
    ).toBe(FORWARD + BACKWARD);
  });

  test('the loss is read before backward', () => {
    const net = new Net();
    expect(
      settled(() => {
        const loss = net.forward(x).sum();
        loss.item();
        loss.backward();
        net.step();
      }),
    ).toBe(FORWARD + BACKWARD);
  });

  test('predictions are read after the step', () => {
    const net = new Net();
    expect(
      settled(() => {
        const out = net.forward(x);
        out.sum().backward();
        net.step();
        out.add(1).dataSync();
      }),
    ).toBe(FORWARD + BACKWARD);
  });

  test('a value is used in two losses, once detached', () => {
    const [g, d] = [new Net(), new Net()];
    const step = (): void => {
      const fake = g.forward(x);
      const pair = (t: Tensor): Tensor => t.matmul(tensor([[1, 1]]));
      d.forward(pair(fake.detach())).sum().backward();
      d.step();
      d.forward(pair(fake)).sum().backward();
      g.step();
      d.w1.grad = null;
      d.w2.grad = null;
    };
    // Generator once; discriminator and the pairing forward twice.
    const once = settled(step);
    const generator = FORWARD + BACKWARD;
    const discriminator = 2 * (FORWARD + 1) + BACKWARD + (BACKWARD + 1 + 1);
    expect(once).toBe(generator + discriminator);
  });

  test('gradients are accumulated over two batches', () => {
    const net = new Net();
    expect(
      settled(() => {
        net.forward(x).sum().backward();
        net.forward(x).sum().backward();
        net.step();
      }),
    ).toBe(2 * (FORWARD + BACKWARD));
  });

  test('an average of the parameters is kept', () => {
    const net = new Net();
    const average = cell(net.w1.detach());
    expect(
      settled(() => {
        net.forward(x).sum().backward();
        net.step();
        average.assign(noGrad(() => average.mul(0.9).add(net.w1.mul(0.1))));
      }),
    ).toBe(FORWARD + BACKWARD);
  });

  test('a state is carried on for a thousand steps', () => {
    const w = new Parameter(
      tensor([
        [0.9, 0.1],
        [-0.1, 0.9],
      ]),
    );
    let hidden = tensor([[1, 0]]);
    const count = products(() => {
      noGrad(() => {
        for (let i = 0; i < 1000; i++) {
          hidden = hidden.matmul(w);
          hidden.sum().item();
        }
      });
    });
    expect(count).toBeLessThanOrEqual(1003);
  });

  test('validation without gradients', () => {
    const net = new Net();
    expect(settled(() => noGrad(() => net.forward(x).sum().item()))).toBe(FORWARD);
  });
});

describe('values', () => {
  test('what was computed from a parameter can be read after one step', () => {
    const net = new Net();
    const before = net.forward(x).toArray();
    const out = net.forward(x);
    net.forward(x).sum().backward();
    net.step();
    expect(out.toArray()).toEqual(before);
    expect(net.forward(x).toArray()).not.toEqual(before);
  });

  test('what was never read is gone after two steps, and says so', () => {
    engine.plans.clear(); // another loop may have asked the same plan to keep it
    const net = new Net();
    for (let i = 0; i < 3; i++) {
      net.forward(x).sum().backward();
      net.step();
    }
    const out = net.forward(x);
    for (let i = 0; i < 3; i++) {
      (i === 0 ? out : net.forward(x)).sum().backward();
      net.step();
    }
    expect(() => out.add(1).item()).toThrow(ShapeError);
    expect(() => out.add(1).dataSync()).toThrow(/updated twice.*before step\(\)/s);
    expect(String(out)).toContain('<pending>');
  });

  test('copies of a parameter that nobody evaluated keep its value', () => {
    const net = new Net();
    const start = net.w1.toArray();
    const copy = net.w1.mul(1);
    const detached = net.w1.detach();
    for (let i = 0; i < 5; i++) {
      net.forward(x).sum().backward();
      net.step();
    }
    expect(copy.toArray()).toEqual(start);
    expect(detached.toArray()).toEqual(start);
  });

  test('a gradient that was read keeps its value', () => {
    const net = new Net();
    const gradients: Tensor[] = [];
    const seen: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      net.forward(x).sum().backward();
      gradients.push(net.w1.grad as Tensor);
      seen.push((net.w1.grad as Tensor).toArray());
      net.step();
    }
    expect(gradients.map((g) => g.toArray())).toEqual(seen);
    expect(new Set(seen.map(String)).size).toBe(5);
  });

  test('a second backward is an error, and the gradients stay', () => {
    const net = new Net();
    const loss = net.forward(x).sum();
    loss.backward();
    const g = (net.w1.grad as Tensor).toArray();
    expect(() => loss.backward()).toThrow(GradError);
    expect(() => loss.mul(2).backward()).toThrow(GradError);
    expect((net.w1.grad as Tensor).toArray()).toEqual(g);
    const again = net.forward(x).sum();
    again.backward(null, { retainGraph: true });
    expect(() => again.backward()).not.toThrow();
  });
});

describe('plans', () => {
  test('a changed number makes no new plan', () => {
    const w = new Parameter(tensor([1, 2, 3]));
    const step = (lr: number): void => {
      w.mul(w).sum().backward();
      noGrad(() => w.assign(w.sub((w.grad as Tensor).mul(lr))));
      w.grad = null;
      evaluate();
    };
    for (let i = 0; i < 3; i++) step(0.1 + i / 7);
    const before = engine.plans.misses;
    for (let i = 0; i < 20; i++) step(0.01 / (i + 1.5));
    expect(engine.plans.misses).toBe(before);
  });
});

describe('errors', () => {
  test('a run that fails changes no cell and no gradient', () => {
    const w = new Parameter(tensor([1, 2, 3]));
    const count = cell(tensor(0));
    w.sum().backward();
    const g = (w.grad as Tensor).toArray();
    const bad = w.indexSelect(0, tensor([0, 1], { dtype: 'int32' }).add(2)); // 3 is out of range, known only when it runs
    count.assign(count.add(1));
    expect(() => bad.sum().backward()).toThrow(/index 3 at position 1/);
    expect((w.grad as Tensor).toArray()).toEqual(g);
    expect(count.item()).toBe(0);
    expect(w.toArray()).toEqual([1, 2, 3]);
    w.mul(2).sum().backward();
    expect((w.grad as Tensor).toArray()).toEqual([3, 3, 3]);
  });
});

describe('constant memory', () => {
  test('a hundred thousand synchronous steps', () => {
    const w = new Parameter(tensor([0.5, -0.5]));
    const heap = (): number => {
      (globalThis as { gc?: () => void }).gc?.();
      return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    };
    const run = (n: number): void => {
      for (let i = 0; i < n; i++) {
        w.grad = null;
        w.mul(w).sum().backward();
        noGrad(() => w.assign(w.sub((w.grad as Tensor).mul(0.001))));
        evaluate();
      }
    };
    run(2_000);
    const before = heap();
    run(100_000);
    expect(heap() - before).toBeLessThan(40e6);
  }, 60_000);

  test('a sum that nobody reads holds on to few of its terms', () => {
    let total = tensor(0);
    for (let i = 0; i < 100_000; i++) total = total.add(1);
    let nodes = 0;
    const seen = new Set<Tensor>();
    const stack: Tensor[] = [total];
    for (let t = stack.pop(); t !== undefined; t = stack.pop()) {
      if (seen.has(t)) continue;
      seen.add(t);
      nodes++;
      stack.push(...t.inputs);
    }
    expect(nodes).toBeLessThan(21_000);
    expect(total.item()).toBe(100_000);
  });

  test('a scalar graph of 100,000 nodes is built, differentiated and evaluated', () => {
    const x = tensor(1, { dtype: 'float64', requiresGrad: true });
    let y: Tensor = x;
    for (let i = 0; i < 50_000; i++) y = y.mul(0.99999).add(0.00001);
    y.backward();
    expect(y.item()).toBeCloseTo(1, 4);
    expect((x.grad as Tensor).item()).toBeCloseTo(0.99999 ** 50_000, 4);
  });
});

describe('cells in turn', () => {
  test('large parameters that are updated in place are read as they are now', () => {
    const w = new Parameter(tensor(new Float32Array(10_000).fill(1)));
    for (let i = 1; i <= 12; i++) {
      w.grad = null;
      w.mul(w).sum().backward();
      noGrad(() => w.assign(w.sub((w.grad as Tensor).mul(0.25)))); // halves it
      evaluate();
      expect(w.dataSync()[9_999]).toBe(0.5 ** i);
    }
  });

  test('a run that fails does not fail those after it', () => {
    const w = new Parameter(tensor([1, 2, 3]));
    const bad = w.indexSelect(0, tensor([1], { dtype: 'int32' }).add(2));
    expect(() => bad.sum().backward()).toThrow(/out of range/);
    const v = new Parameter(tensor([1, 2]));
    v.sum().backward();
    expect((v.grad as Tensor).toArray()).toEqual([1, 1]);
    expect(w.grad).toBe(null);
  });
});

test('a gradient that is assigned again at every step uses the arrays of the last one', () => {
  const w = new Parameter(tensor(new Float32Array(5_000).fill(1)));
  const step = (): void => {
    w.grad = null;
    w.mul(w).sum().backward();
    const g = borrowGrad(w) as Tensor;
    w.grad = noGrad(() => g.mul(g.square().sum().rsqrt()));
    noGrad(() => w.assign(w.sub((borrowGrad(w) as Tensor).mul(0.1))));
    evaluate();
  };
  for (let i = 0; i < 10; i++) step();
  const before = memoryUsage().cells;
  for (let i = 0; i < 50; i++) step();
  expect(memoryUsage().cells).toBe(before);
  expect((w.grad as Tensor).square().sum().item()).toBeCloseTo(1, 4);
});
