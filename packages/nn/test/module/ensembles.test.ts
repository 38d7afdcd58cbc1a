/** @file Ensembles: the stacked state of several modules, run by `vmap` through `functionalCall`. */
import { expect, it } from 'vitest';
import { ChainruleError, grad, ones, randn, ShapeError, stack, vmap } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { SGD } from '@chainrule/optim';

type State = Record<string, Tensor>;
const make = (): nn.Sequential =>
  new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Tanh(), new nn.Linear(4, 2));

it('run at once give what each module gives alone, in evaluation and in training', () => {
  for (const training of [false, true]) {
    const nets = [make(), make(), make()].map((net) => net.train(training));
    const [base] = nets as [nn.Sequential];
    const [parameters, buffers] = nn.stackModuleState(nets);
    expect(parameters['0.weight']?.shape).toEqual([3, 4, 3]);
    expect(buffers['1.running_mean']?.shape).toEqual([3, 4]);
    const x = randn([5, 3]);
    const call = (ps: State, bs: State, t: Tensor): Tensor => nn.functionalCall(base, [ps, bs], t);
    const all = vmap(call, [0, 0, null])(parameters, buffers, x);
    const apart = stack(nets.map((net) => net.forward(x)));
    expect(all.shape).toEqual([3, 5, 2]);
    expect(all.sub(apart).abs().max().item()).toBeLessThan(1e-6);
  }
});

it('are trained by an optimizer as each module would be alone, and leave the modules as they are', () => {
  const nets = [new nn.Linear(3, 1), new nn.Linear(3, 1)];
  const [base] = nets as [nn.Linear];
  (nets[0] as nn.Linear).bias?.requiresGrad_(false);
  const before = nets.map((net) => net.weight.clone());
  const [parameters] = nn.stackModuleState(nets);
  expect(parameters['weight']?.requiresGrad).toBe(true);
  expect(parameters['bias']?.requiresGrad).toBe(false);
  const x = randn([6, 3]);
  const loss = (ps: State): Tensor => nn.functionalCall(base, ps, x).square().mean();
  const optimizer = new SGD([parameters['weight'] as nn.Parameter], { lr: 0.1 });
  vmap(loss)(parameters).sum().backward();
  const alone = nets.map((net) => grad(net.forward(x).square().mean(), net.weight)[0]);
  const wanted = stack(nets.map((net, k) => net.weight.sub((alone[k] as Tensor).mul(0.1))));
  optimizer.step();
  const gap = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();
  expect(gap(parameters['weight'] as Tensor, wanted)).toBeLessThan(1e-6);
  nets.forEach((net, k) => expect(gap(net.weight, before[k] as Tensor)).toBe(0));
});

it('refuse modules that differ, and a name given twice', () => {
  const net = new nn.Linear(3, 1);
  const stacked =
    (...nets: nn.Module[]) =>
    (): unknown =>
      nn.stackModuleState(nets);
  expect(stacked()).toThrow('stackModuleState: there are no modules');
  expect(stacked(net, new nn.Linear(2, 1))).toThrow(ShapeError);
  expect(stacked(net, new nn.Linear(2, 1))).toThrow(
    'stackModuleState: module 1 has weight [1, 2], bias [1], module 0 has weight [1, 3], bias [1]',
  );
  expect(stacked(net, new nn.Linear(3, 1, { bias: false }))).toThrow(
    'module 1 has weight [1, 3], module 0 has weight [1, 3], bias [1]',
  );
  expect(stacked(net, new nn.Linear(3, 1).eval())).toThrow(
    'there are a Linear in training and a Linear in evaluation',
  );
  expect(stacked(net, new nn.Tanh())).toThrow(
    'there are a Linear in training and a Tanh in training',
  );
  expect(() => nn.stackModuleState(net as never)).toThrow(ChainruleError);
  const weight = ones([1, 3]);
  expect(() => nn.functionalCall(net, [{ weight }, { weight }], ones([2, 3]))).toThrow(
    'functionalCall: "weight" stands in several of the given objects',
  );
});
