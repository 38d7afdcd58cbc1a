/** @file Compiled steps equal plain ones, and see what changes between them. */
import { expect, test } from 'vitest';
import { compile } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as optim from '@chainrule/optim';
import { problem, type Problem } from './problem.js';

type Change = (optimizer: optim.AdamW, step: number) => void;

function run(change: Change, compiled: boolean): number[] {
  const p: Problem = problem();
  const optimizer = new optim.AdamW(p.params, { lr: 0.05 });
  const once = (): Tensor => {
    optimizer.zeroGrad();
    const loss = p.loss();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const step = compiled ? compile(once) : once;
  const losses: number[] = [];
  for (let i = 0; i < 8; i++) {
    losses.push(step().item());
    change(optimizer, i);
  }
  return [...losses, ...p.params.flatMap((x) => Array.from(x.dataSync()))];
}

const group = (optimizer: optim.AdamW): optim.ParamGroup<optim.AdamGroup> =>
  optimizer.paramGroups[0] as optim.ParamGroup<optim.AdamGroup>;

const changes: Record<string, Change> = {
  nothing: () => undefined,
  'the learning rate': (o) => void (group(o).lr *= 0.7),
  betas: (o, i) => void (group(o).betas = [0.5 + 0.05 * i, 0.99]),
  'weight decay, to 0 and back': (o, i) => void (group(o).weightDecay = i % 2),
  'a flag': (o, i) => void (group(o).maximize = i > 3),
  'a loaded state': (o, i) => {
    if (i === 3) o.loadStateDict(o.stateDict());
  },
};

// Compiled, forward and backward pass and update are one program, which adds sums up in another order.
test.each(Object.keys(changes))('a compiled step follows when this changes: %s', (what) => {
  const change = changes[what] as Change;
  const [compiled, plain] = [run(change, true), run(change, false)];
  const distance = plain.map((x, i) => Math.abs(x - (compiled[i] as number)) / Math.abs(x));
  expect(Math.max(...distance)).toBeLessThan(1e-12);
});

test('the changes do change the outcome', () => {
  const outcomes = Object.values(changes).map((change) => run(change, false).join());
  // A state that is loaded where it was saved changes nothing, and is the only one.
  expect(new Set(outcomes).size).toBe(outcomes.length - 1);
});
