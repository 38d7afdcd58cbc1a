/** @file Replayed steps, alone or in a compiled function, equal newly built ones, and notice changes between them. */
import { describe, expect, test } from 'vitest';
import { compile, Parameter, profile, tensor } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as optim from '@chainrule/optim';
import { problem, type Problem } from './problem.js';

type Change = (optimizer: optim.AdamW, step: number) => void;

type Mode = 'built' | 'replayed' | 'compiled';

/** A step that is watched builds its graph anew each time; `step()` alone replays it. */
function run(change: Change, mode: Mode): number[] {
  const p: Problem = problem();
  const onNonFinite = mode === 'built' ? 'skip' : 'ignore';
  const optimizer = new optim.AdamW(p.params, { lr: 0.05, onNonFinite });
  const once = (): Tensor => {
    optimizer.zeroGrad();
    const loss = p.loss();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const step = mode === 'compiled' ? compile(once) : once;
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
describe.each(['replayed', 'compiled'] as const)('a %s step', (mode) => {
  test.each(Object.keys(changes))('follows when this changes: %s', (what) => {
    const change = changes[what] as Change;
    const [got, built] = [run(change, mode), run(change, 'built')];
    const distance = built.map((x, i) => Math.abs(x - (got[i] as number)) / Math.abs(x));
    expect(Math.max(...distance)).toBeLessThan(1e-12);
  });
});

test('each change affects the result', () => {
  const outcomes = Object.values(changes).map((change) => run(change, 'built').join());
  // A state that is loaded where it was saved changes nothing, and is the only one.
  expect(new Set(outcomes).size).toBe(outcomes.length - 1);
});

test('equal optimizers share the plan of their steps, and a step that has been made makes none', () => {
  const train = (steps: number): void => {
    const p = problem();
    const optimizer = new optim.AdamW(p.params, { lr: 0.05 });
    for (let i = 0; i < steps; i++) {
      optimizer.zeroGrad();
      p.loss().backward();
      optimizer.step();
    }
  };
  train(3);
  expect(profile(() => train(5)).misses).toBe(0);
});

test('a parameter that has a gradient at some steps only keeps its own count', () => {
  const run = (onNonFinite: 'skip' | 'ignore'): number[] => {
    const [a, b] = [new Parameter(tensor([1, 2])), new Parameter(tensor([3, 4]))];
    const optimizer = new optim.Adam([a, b], { lr: 0.1, onNonFinite });
    for (let i = 0; i < 12; i++) {
      optimizer.zeroGrad();
      (i % 3 === 0 ? a.mul(a).sum() : a.mul(a).sum().add(b.mul(b).sum())).backward();
      optimizer.step();
    }
    return [...a.dataSync(), ...b.dataSync()];
  };
  const [replayed, built] = [run('ignore'), run('skip')];
  replayed.forEach((x, i) => expect(x).toBeCloseTo(built[i] as number, 6));
});
