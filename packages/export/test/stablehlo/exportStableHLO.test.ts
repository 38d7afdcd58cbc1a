/** @file Programs for XLA: their text, their types, and what is refused. `python.test.ts` compares them with XLA. */
import { readFileSync } from 'node:fs';
import {
  cell,
  manualSeed,
  noGrad,
  ones,
  poisson,
  polygamma,
  randn,
  scalar,
  special,
  tensor,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { decodeSafetensors, encodeSafetensors } from '@chainrule/autograd/io';
import * as nn from '@chainrule/nn';
import { LBFGS, SGD } from '@chainrule/optim';
import { describe, expect, it } from 'vitest';
import { exportStableHLO } from '../../src/index.js';
import { benchmarkCases, loopCase, networkCase, optimizerCases, training } from './cases.js';
import { operationCases } from './operations.js';
import { verify } from './verify.js';

const golden = (name: string): string => new URL(`golden/${name}.mlir`, import.meta.url).pathname;

describe('exportStableHLO', () => {
  it('writes a training step', async () => {
    manualSeed(1);
    const model = new nn.Sequential(new nn.Linear(3, 2), new nn.Tanh(), new nn.Dropout(0.5));
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const { step, args, modules } = training(model, optimizer, new nn.MSELoss(), [
      ones([4, 3]),
      zeros([4, 2]),
    ]);
    const { mlir, map, state } = exportStableHLO(step, args, { modules, names: ['x', 'y'] });
    await expect(mlir).toMatchFileSnapshot(golden('step'));
    verify(mlir);
    expect(map.writtenBy).toMatch(/^chainrule \d+\.\d+\.\d+/);
    expect(map.draws).toBe(4);
    expect(map.inputs.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'state 0.weight',
      'state 0.bias',
      'state optimizer.group0.lr',
      'state optimizer.step',
      'argument x',
      'argument y',
      'offset offset',
      'seed seed',
    ]);
    expect(map.outputs.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'output output',
      'state 0.weight',
      'state 0.bias',
      'state optimizer.step',
    ]);
    expect(Object.keys(decodeSafetensors(state)).sort()).toEqual(
      [
        '0.bias',
        '0.weight',
        'argument.x',
        'argument.y',
        'optimizer.group0.lr',
        'optimizer.step',
        'random',
      ].sort(),
    );
  });

  it('averages gradients and running statistics over replicas', async () => {
    manualSeed(1);
    const model = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2));
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const { step, args, modules } = training(model, optimizer, new nn.MSELoss(), [
      ones([4, 3]),
      zeros([4, 2]),
    ]);
    const { mlir } = exportStableHLO(step, args, { modules, replicas: 2 });
    await expect(mlir).toMatchFileSnapshot(golden('replicas'));
    // Two weights, two biases, and the mean and the variance of the batch.
    expect(verify(mlir).get('stablehlo.all_reduce')).toBe(6);
  });

  it('writes a loop as a loop', async () => {
    const { step, args, modules } = loopCase.make();
    const { mlir } = exportStableHLO(step, args, { modules });
    await expect(mlir).toMatchFileSnapshot(golden('loops'));
    const found = verify(mlir);
    expect(found.get('stablehlo.while')).toBe(3);
    expect(found.get('stablehlo.case')).toBe(2);
  });

  it.each([
    ...optimizerCases,
    ...benchmarkCases.filter(({ name }) => name !== 'lstm'),
    networkCase,
  ])('writes types that fit: $name', ({ make }) => {
    const { step, args, modules } = make();
    for (const replicas of [1, 2]) verify(exportStableHLO(step, args, { modules, replicas }).mlir);
  });

  it('computes in double precision what loses digits in single precision', () => {
    const f = (x: Tensor): Tensor[] => [
      x.lgamma(),
      x.digamma(),
      polygamma(2, x),
      x.erfinv(),
      special.zeta(x, 2),
    ];
    const lines = exportStableHLO(f, [ones([2])]).mlir.split('\n');
    const special64 = lines.filter((line) => /chlo\..*f64/.test(line));
    expect(lines.filter((line) => line.includes('chlo.'))).toEqual(special64);
    expect(special64.length).toBe(5);
  });

  it('writes types that fit: every operation', () => {
    const f = (z: Tensor): unknown =>
      Object.fromEntries(Object.entries(operationCases).map(([name, g]) => [name, g(z)]));
    verify(exportStableHLO(f, [zeros([2, 4])]).mlir);
  });

  it('loads what comes back, all of it or nothing', () => {
    manualSeed(1);
    const model = new nn.Linear(2, 1);
    const count = cell(scalar(0));
    const made = exportStableHLO(
      (x: Tensor) => {
        count.assign(count.add(1));
        return model.forward(x);
      },
      [ones([1, 2])],
      { modules: { '': model, rest: { namedBuffers: () => [['count', count]] } } },
    );
    const file = decodeSafetensors(made.state);
    const changed: Record<string, Tensor> = {
      ...file,
      weight: tensor([[5, 6]]),
      'rest.count': scalar(9),
      random: tensor(Float64Array.of(4, 12)),
    };
    made.load(encodeSafetensors(changed));
    expect(model.weight.toArray()).toEqual([[5, 6]]);
    expect(count.item()).toBe(9);
    const { ['bias']: _bias, ...missing } = changed;
    expect(() => made.load(encodeSafetensors({ ...missing, weight: tensor([[0, 0]]) }))).toThrow(
      /load: there is no bias/,
    );
    expect(() => made.load(encodeSafetensors({ ...changed, weight: tensor([1, 2]) }))).toThrow(
      /load: weight is float32 \[2\], expected float32 \[1, 2\]/,
    );
    expect(model.weight.toArray()).toEqual([[5, 6]]);
  });

  it('refuses what StableHLO does not have, with its name, its module and its line', () => {
    class Net extends nn.Module {
      inner = new nn.Linear(3, 3);
      forward(x: Tensor): Tensor {
        return poisson(this.inner.forward(x).exp());
      }
    }
    class Outer extends nn.Module {
      net = new Net();
      forward(x: Tensor): Tensor {
        return this.net.forward(x);
      }
    }
    const outer = new Outer();
    expect(() => exportStableHLO((x: Tensor) => outer.forward(x), [ones([3, 3])])).toThrow(
      /exportStableHLO: StableHLO has no poissonDraw .*in net.*exportStableHLO\.test\.ts:\d+/,
    );
    expect(() => exportStableHLO((x: Tensor) => x.item(), [ones([1])])).toThrow(
      /that exportStableHLO records/,
    );
    const model = new nn.Linear(2, 1);
    const optimizer = new LBFGS(model.parameters());
    const step = (x: Tensor): unknown =>
      optimizer.step(() => {
        optimizer.zeroGrad();
        const loss = model.forward(x).square().mean();
        loss.backward();
        return loss;
      });
    expect(() => exportStableHLO(step, [ones([4, 2])])).toThrow(/LBFGS/);
    expect(() => exportStableHLO((x: Tensor) => x, [ones([1])], { replica: 2 } as never)).toThrow(
      /replicas/,
    );
    expect(() => exportStableHLO((x: Tensor) => x, [ones([1])], { replicas: 0 })).toThrow(
      /replicas/,
    );
  });

  it('refuses a state that would differ between replicas', () => {
    const most = cell(scalar(0).cast('int32'));
    const step = (x: Tensor): Tensor => {
      most.assign(x.argmax());
      return x;
    };
    const modules = { namedBuffers: () => [['most', most]] } as never;
    expect(() => exportStableHLO(step, [randn([4])], { replicas: 2, modules })).toThrow(
      /most is int32 and would differ between replicas/,
    );
  });

  it('has a runner of at most 100 lines', () => {
    const { runner } = exportStableHLO((x: Tensor) => noGrad(() => x.exp()), [ones([2])]);
    expect(runner.split('\n').length).toBeLessThanOrEqual(100);
    expect(runner).toMatch(/exported by chainrule \d+\.\d+\.\d+/);
  });

  it('has golden files that are programs', () => {
    for (const name of ['step', 'replicas', 'loops']) verify(readFileSync(golden(name), 'utf8'));
  });
});
