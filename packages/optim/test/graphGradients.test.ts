/** @file Steps whose gradients have graphs of their own, alone and together with others: each uses its own gradient. */
import { expect, test } from 'vitest';
import { compile, grad, Parameter, tensor, type Tensor } from '@chainrule/autograd';
import { SGD, type Optimizer } from '../src/index.js';

/** Six steps of the loss Σ(w·x)², with another x at each. */
function steps(
  give: (w: Parameter, loss: (w: Tensor) => Tensor, step: number) => void,
  update: (optimizer: Optimizer) => () => void = (optimizer) => () => {
    optimizer.step();
  },
): unknown {
  const w = new Parameter(tensor([1, 2]));
  const optimizer = new SGD([w], { lr: 0.1, momentum: 0.5 });
  const step = update(optimizer);
  for (let i = 0; i < 6; i++) {
    optimizer.zeroGrad();
    const x = tensor([1 + i / 10, 1]);
    give(w, (v) => v.mul(x).square().sum(), i);
    step();
  }
  return w.toArray();
}

const plain = steps((w, loss) => {
  loss(w).backward();
});

test.each<[string, Parameters<typeof steps>[0]]>([
  [
    'backward with createGraph',
    (w, loss) => {
      loss(w).backward(undefined, { createGraph: true });
    },
  ],
  [
    'some with createGraph',
    (w, loss, i) => {
      loss(w).backward(undefined, { createGraph: i % 2 === 1 });
    },
  ],
  [
    'assigned, of a function of the parameter',
    (w, loss) => {
      w.grad = grad(loss)(w);
    },
  ],
  [
    'assigned after a plain one',
    (w, loss, i) => {
      if (i % 3 === 0) loss(w).backward();
      else [w.grad = null] = grad(loss(w), [w], { createGraph: true });
    },
  ],
  [
    'in two parts, one of them a graph',
    (w, loss) => {
      loss(w).mul(0.5).backward(undefined, { createGraph: true });
      loss(w).mul(0.5).backward();
    },
  ],
])('%s', (_, give) => {
  expect(steps(give)).toEqual(plain);
  const compiled = steps(give, (optimizer) =>
    compile(() => {
      optimizer.step();
    }),
  );
  expect(compiled).toEqual(plain);
});

test('the gradient of a pass with createGraph can be differentiated, and no longer after a plain one', () => {
  const w = new Parameter(tensor([1, 2]));
  w.pow(3).sum().backward(undefined, { createGraph: true });
  expect(grad((w.grad as Tensor).sum(), [w], {})[0]?.toArray()).toEqual([6, 12]);
  new SGD([w], { lr: 0 }).zeroGrad();
  w.pow(3).sum().backward();
  expect(w.grad?.requiresGrad).toBe(false);
});
