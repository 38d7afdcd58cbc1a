/** @file Calls of modules: hooks, modes, and calls within transforms. */
import {
  grad,
  ones,
  Parameter,
  ShapeError,
  tensor,
  zeros,
  compile,
  vmap,
  type Tensor,
} from '@chainrule/autograd';
import { describe, expect, it } from 'vitest';
import * as nn from '../../src/index.js';
import { Net, values } from './net.js';

describe('calling', () => {
  it('runs hooks around forward, also of children, until they are removed', () => {
    const net = new nn.Sequential(new nn.Identity(), new nn.Identity());
    const seen: string[] = [];
    const remove = [
      net.registerForwardPreHook(
        (m, [x]) => (seen.push(`before ${m.constructor.name}`), (x as Tensor).add(1)),
      ),
      net
        .at(0)
        .registerForwardHook(
          (_, [x], y) => (seen.push('child'), expect(y).toBe(x), (y as Tensor).mul(2)),
        ),
      net.registerForwardHook((_m, _args, y) => (seen.push('after'), [y])),
    ];
    expect(values((net.forward(tensor([1])) as unknown as Tensor[])[0])).toEqual([4]);
    expect(seen).toEqual(['before Sequential', 'child', 'after']);
    remove.forEach((f) => f());
    expect(values(net.forward(tensor([1])))).toEqual([1]);
  });

  it('calls super.forward without its hooks', () => {
    let calls = 0;
    class Double extends nn.Module {
      override forward(x: Tensor): Tensor {
        return x.mul(2);
      }
    }
    class Twice extends Double {
      override forward(x: Tensor): Tensor {
        return super.forward(super.forward(x));
      }
    }
    const layer = new Twice();
    layer.registerForwardHook(() => void calls++);
    expect(values(layer.forward(tensor([3])))).toEqual([12]);
    expect(calls).toBe(1);
  });

  it('names the path of the module in errors', () => {
    const net = new Net();
    expect(() => net.forward(zeros([2, 5]))).toThrow(ShapeError);
    expect(() => net.forward(zeros([2, 5]))).toThrow(/\(in hidden, a Linear\)$/);
    const outer = new nn.Sequential(new nn.Identity(), new nn.Sequential(new nn.Linear(2, 2)));
    expect(() => outer.forward(zeros([2, 3]))).toThrow(/\(in 1\.0, a Linear\)$/);
  });

  it('says that a class has no forward', () => {
    // @ts-expect-error the compiler says so too
    class Parts extends nn.Module<[Tensor], Tensor> {
      linear = new nn.Linear(2, 2);
    }
    expect(new Parts().parameters()).toHaveLength(2);
    expect(() => new Parts().forward(ones([2]))).toThrow(/^Parts has no forward/);
  });

  it('is deterministic in evaluation mode, and drops in training mode', () => {
    const net = new nn.Sequential(new nn.Linear(20, 20), new nn.Dropout(0.5));
    const x = ones([4, 20]);
    expect(values(net.forward(x))).not.toEqual(values(net.forward(x)));
    net.eval();
    expect(values(net.forward(x))).toEqual(values(net.forward(x)));
    expect(net.at(1).training).toBe(false);
  });

  it('runs with other parameters, differentiably', () => {
    const layer = new nn.Linear(2, 1);
    const w = tensor([[3, 4]]);
    const loss = (weight: Tensor): Tensor =>
      nn.functionalCall(layer, { weight, bias: zeros([1]) }, tensor([[1, 2]])).sum();
    expect(loss(w).item()).toBe(11);
    const gradient: unknown = grad(loss)(w);
    expect(values(gradient as Tensor)).toEqual([1, 2]);
    expect(layer.weight).toBeInstanceOf(Parameter);
    expect(() => nn.functionalCall(layer, { wieght: w }, tensor([[1, 2]]))).toThrow(
      'has no parameter or buffer "wieght"; it has weight, bias',
    );
  });

  it('runs with other parameters where its forward is compiled, differentiably', () => {
    const layer = new nn.Linear(2, 1);
    const compiled = compile((x: Tensor) => nn.Linear.prototype.forward.call(layer, x));
    layer.forward = compiled as typeof layer.forward;
    const x = tensor([[1, 2]]);
    const own = layer.forward(x);
    own.sum().backward();
    expect(values(layer.weight.grad as Tensor)).toEqual([1, 2]);
    const loss = (weight: Tensor): Tensor =>
      nn.functionalCall(layer, { weight, bias: zeros([1]) }, x).sum();
    const w = tensor([[3, 4]]);
    expect(loss(w).item()).toBe(11);
    const gradient: unknown = grad(loss)(w);
    expect(values(gradient as Tensor)).toEqual([1, 2]);
    expect(values(layer.forward(x))).toEqual(values(own));
  });

  it('leaves running statistics alone in a functional call', () => {
    const norm = new nn.BatchNorm1d(1);
    nn.functionalCall(norm, { weight: tensor([2]) }, tensor([[1], [3]]))
      .sum()
      .item();
    expect(values(norm.runningMean ?? undefined)).toEqual([0]);
    expect(norm.numBatchesTracked?.item()).toBe(0);
  });
});

describe('transforms', () => {
  it('give the gradient of each sample by itself, through a module', () => {
    const net = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 1));
    const parameters = Object.fromEntries(net.namedParameters());
    const loss = (ps: Record<string, Tensor>, x: Tensor): Tensor =>
      nn.functionalCall(net, ps, x.unsqueeze(0)).square().sum();
    const x = tensor([
      [1, 2, 3],
      [-1, 0, 2],
    ]);
    const perSample = vmap(grad(loss), [null, 0])(parameters, x);
    const sum = net.forward(x).square().sum();
    sum.backward();
    for (const [name, p] of net.namedParameters()) {
      const each = values(perSample[name]?.sum(0));
      const all = values(p.grad ?? undefined);
      expect(each.length).toBe(all.length);
      each.forEach((g, i) => expect(g).toBeCloseTo(all[i] as number, 4));
    }
  });

  it('may contain themselves, in a circle', () => {
    class Part extends nn.Module {
      other: Part | null = null;
      linear = new nn.Linear(2, 2);
      override forward(x: Tensor): Tensor {
        return this.linear.forward(x);
      }
    }
    const a = new Part();
    a.other = new Part();
    a.other.other = a;
    expect(String(a)).toMatch(/^Part\(\n {2}\(other\): Part\(\n {4}\(other\): Part\(…\)/);
    const seen: nn.Module[] = [];
    a.apply((module) => seen.push(module));
    expect(seen).toEqual([a.other.linear, a.other, a.linear, a]);
    expect(Object.keys(a.stateDict())).toHaveLength(4);
  });

  it('in a sequence are modules: no classes and no functions', () => {
    for (const wrong of [nn.ReLU, (x: Tensor): Tensor => x])
      expect(() => new nn.Sequential(wrong as never)).toThrow(
        /^Sequential: expected modules, got a (class|function); pass an instance/,
      );
    expect(() => new nn.Sequential([new nn.ReLU()] as never)).toThrow(
      /^Sequential: expected modules one by one.* write new Sequential\(\.\.\.modules\)/,
    );
  });

  it('record a module again when its mode changes', () => {
    const dropout = new nn.Dropout(1);
    const f = compile((x: Tensor) => dropout.forward(x));
    expect(values(f(ones([2])))).toEqual([0, 0]);
    dropout.eval();
    expect(values(f(ones([2])))).toEqual([1, 1]);
    dropout.train();
    expect(values(f(ones([2])))).toEqual([0, 0]);
  });
});
