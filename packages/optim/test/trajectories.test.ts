/** @file Every optimizer beside PyTorch 2.13, step by step: fixtures/make.py wrote the numbers. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Parameter, tensor, type DType, type Tensor } from '@chainrule/autograd';
import * as optim from '@chainrule/optim';
import { problem } from './problem.js';

interface Trajectory {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly float64: readonly (readonly number[][])[];
  readonly float32: readonly (readonly number[][])[];
}

type AnyOptimizer = new (params: Parameter[], options: object) => optim.Optimizer;

const trajectories = JSON.parse(
  readFileSync(new URL('./fixtures/trajectories.json', import.meta.url), 'utf8'),
) as readonly Trajectory[];

/** Largest difference, relative where the value is above 1. */
function distance(got: Tensor, want: readonly number[]): number {
  const data = got.dataSync();
  expect(data.length).toBe(want.length);
  return Math.max(
    ...want.map((w, i) => Math.abs((data[i] as number) - w) / Math.max(1, Math.abs(w))),
  );
}

// PyTorch iterates Muon in bfloat16 (8 bits), whose directions agree with float's to about two digits.
const tolerance = (name: string, dtype: DType): number =>
  name === 'Muon' ? 2e-2 : dtype === 'float64' ? 1e-12 : name === 'LBFGS' ? 2e-5 : 2e-6;

describe.each(trajectories)('$name $options', ({ name, options, ...wanted }) => {
  test.each(['float64', 'float32'] as const)('%s', (dtype) => {
    const { params, loss } = problem(dtype);
    const used = name === 'Muon' ? params.slice(0, 1) : params;
    const optimizer = new (optim[name as 'Adam'] as unknown as AnyOptimizer)(used, options);
    const closure = (): Tensor => {
      optimizer.zeroGrad();
      const value = loss();
      value.backward();
      return value;
    };
    for (const [step, want] of wanted[dtype].entries()) {
      if (name === 'LBFGS') {
        optimizer.step(closure);
      } else {
        closure();
        optimizer.step();
      }
      want.forEach((values, i) => {
        const d = distance(used[i] as Parameter, values);
        expect(d, `parameter ${i} after step ${step + 1}`).toBeLessThan(tolerance(name, dtype));
      });
    }
  });
});

test('a parameter that joins late counts its own steps', () => {
  const late = new Parameter(tensor(Float64Array.of(1)));
  const early = new Parameter(tensor(Float64Array.of(1)));
  const both = new optim.Adam([early, late], { lr: 0.1 });
  const alone = new Parameter(tensor(Float64Array.of(1)));
  const single = new optim.Adam([alone], { lr: 0.1 });
  for (let step = 0; step < 7; step++) {
    both.zeroGrad();
    early.square().sum().backward();
    if (step >= 3) late.square().sum().backward();
    both.step();
  }
  for (let step = 0; step < 4; step++) {
    single.zeroGrad();
    alone.square().sum().backward();
    single.step();
  }
  expect(late.item()).toBe(alone.item());
  expect(early.item()).not.toBe(late.item());
});

test('a parameter that pauses goes on where it was', () => {
  const [p, q] = [1, 1].map((x) => new Parameter(tensor(Float64Array.of(x)))) as [
    Parameter,
    Parameter,
  ];
  const optimizer = new optim.NAdam([p, q], { lr: 0.1 });
  for (let step = 0; step < 6; step++) {
    optimizer.zeroGrad();
    if (step !== 2) p.square().sum().backward();
    q.square().sum().backward();
    optimizer.step();
  }
  const alone = new Parameter(tensor(Float64Array.of(1)));
  const single = new optim.NAdam([alone], { lr: 0.1 });
  for (let step = 0; step < 5; step++) {
    single.zeroGrad();
    alone.square().sum().backward();
    single.step();
  }
  expect(p.item()).toBe(alone.item());
});
