/**
 * @file Weights computed from others: parametrizations, their removal, fused batch normalization, norms of many
 * tensors.
 */
import * as A from '@chainrule/autograd';
import { ChainruleError, grad, manualSeed, tensor, type Tensor } from '@chainrule/autograd';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index.js';
import { worst } from './packed.js';

const { registerParametrization, removeParametrizations, isParametrized } = nn.utils.parametrize;

class Symmetric extends nn.Module {
  override forward(w: Tensor): Tensor {
    return w.triu().add(w.triu(1).t());
  }
  rightInverse(w: Tensor): Tensor {
    return w.triu();
  }
}

class Scaled extends nn.Module {
  override forward(w: Tensor): Tensor {
    return w.mul(2);
  }
  rightInverse(w: Tensor): Tensor {
    return w.div(2);
  }
}

/** From a length and a direction. */
class Polar extends nn.Module {
  override forward(g: Tensor, v: Tensor): Tensor {
    return v.mul(g.div(v.norm()));
  }
  rightInverse(w: Tensor): readonly Tensor[] {
    return [w.norm(), w];
  }
}

describe('parametrize', () => {
  it('computes a weight whenever it is read, and is learned through', () => {
    manualSeed(1);
    const layer = registerParametrization(new nn.Linear(3, 3), 'weight', new Symmetric());
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'parametrizations.weight.original']);
    const w = layer.weight.toArray();
    expect(w[0]?.[2]).toBe(w[2]?.[0]);
    const original = layer.parameters()[1] as nn.Parameter;
    layer
      .forward(A.ones([1, 3]))
      .sum()
      .backward();
    // An element above the diagonal counts twice, one below not at all.
    expect(original.grad?.toArray()).toEqual([
      [1, 2, 2],
      [0, 1, 2],
      [0, 0, 1],
    ]);
    expect(isParametrized(layer)).toBe(true);
    expect(isParametrized(layer, 'bias')).toBe(false);
    const copy = layer.clone();
    copy.parameters()[1]?.assign(A.zeros([3, 3]));
    expect(copy.weight.toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(layer.weight.toArray()).toEqual(w);
    const key = 'parametrizations.weight.original';
    const y = nn.functionalCall(layer, { [key]: A.eye(3), bias: A.zeros([3]) }, A.ones([1, 3]));
    expect(y.toArray()).toEqual([[1, 1, 1]]);
  });

  it('keeps the value where there is an inverse, in a row and from several', () => {
    const layer = new nn.Linear(2, 2);
    const before = layer.weight.toArray();
    registerParametrization(layer, 'weight', new Scaled());
    registerParametrization(layer, 'weight', new Scaled());
    expect(layer.weight.toArray()).toEqual(before);
    (layer as unknown as { weight: Tensor }).weight = A.full([2, 2], 4);
    expect(layer.weight.toArray()).toEqual([
      [4, 4],
      [4, 4],
    ]);
    const [, original] = layer.parameters() as [nn.Parameter, nn.Parameter];
    expect(original.toArray()).toEqual([
      [1, 1],
      [1, 1],
    ]);
    const polar = registerParametrization(new nn.Linear(2, 1), 'weight', new Polar());
    expect(Object.keys(polar.stateDict())).toEqual([
      'bias',
      'parametrizations.weight.original0',
      'parametrizations.weight.original1',
    ]);
  });

  it('is removed, with the value or with what was learned', () => {
    const make = (): nn.Linear =>
      registerParametrization(new nn.Linear(2, 2), 'weight', new Scaled());
    const a = make();
    const value = a.weight.toArray();
    removeParametrizations(a, 'weight');
    expect(Object.keys(a.stateDict()).sort()).toEqual(['bias', 'weight']);
    expect(a.weight.toArray()).toEqual(value);
    expect(a.weight).toBeInstanceOf(nn.Parameter);
    const b = make();
    const half = (b.parameters()[1] as Tensor).toArray();
    removeParametrizations(b, 'weight', { leaveParametrized: false });
    expect(b.weight.toArray()).toEqual(half);
    expect(isParametrized(b)).toBe(false);
  });

  it('refuses what does not fit', () => {
    class Wider extends nn.Module {
      override forward(w: Tensor): Tensor {
        return A.cat([w, w]);
      }
    }
    const layer = new nn.Linear(2, 2);
    expect(() => registerParametrization(layer, 'weight', new Wider())).toThrow(
      /Wider turns \[2, 2\] into \[4, 2\]/,
    );
    expect(() => registerParametrization(layer, 'wait', new Scaled())).toThrow(/no parameter/);
    expect(() => removeParametrizations(layer, 'weight')).toThrow(/no parametrization/);
    registerParametrization(layer, 'weight', new Wider(), { unsafe: true });
    expect(layer.weight.shape).toEqual([4, 2]);
    expect(() => ((layer as unknown as { weight: Tensor }).weight = A.zeros([4, 2]))).toThrow(
      /Wider has no rightInverse/,
    );
  });
});

describe('what parametrizations of users return', () => {
  /** A parametrization with a method that does not do what it should. */
  const bad = (methods: Partial<Record<'forward' | 'rightInverse', unknown>>): Symmetric =>
    Object.assign(new (class Mine extends Symmetric {})(), methods);
  const registered = (...parametrizations: nn.Module[]): nn.Linear => {
    const layer = new nn.Linear(2, 2);
    for (const p of parametrizations)
      registerParametrization(layer, 'weight', p as Symmetric, { unsafe: true });
    return layer;
  };

  it('is checked when they are registered', () => {
    expect(() => registered(bad({ forward: () => 3 })).weight).toThrow(
      'parametrize: Mine.forward: the result must be a tensor, got 3',
    );
    expect(() => registered(new Scaled(), bad({ forward: () => [] }))).toThrow(
      'parametrize: Mine.forward: the result must be a tensor, got []',
    );
    expect(() => registered(bad({ rightInverse: () => 'w' }))).toThrow(
      "parametrize: Mine.rightInverse: the result must be a tensor, got 'w'",
    );
    // Only the first may be made of several tensors.
    expect(() => registered(new Scaled(), new Polar())).toThrow(
      'parametrize: Polar.rightInverse: the result must be a tensor, got [a tensor of shape []',
    );
    const { weightNorm } = nn.utils.parametrizations;
    expect(() => weightNorm(weightNorm(new nn.Linear(2, 2)))).toThrow(ChainruleError);
  });

  it('is checked when a value is assigned, which must be one', () => {
    const layer = registered(new Polar());
    const before = layer.weight.toArray();
    expect(() => (layer.weight = null as never)).toThrow(/must be a tensor, got null/);
    expect(() => (layer.weight = 3 as never)).toThrow(/must be a tensor, got 3/);
    const polar = new Polar();
    const other = registered(polar);
    Object.assign(polar, { rightInverse: () => [tensor(1)] });
    expect(() => (other.weight = new A.Parameter(A.ones([2, 2])))).toThrow(
      'parametrize: Polar.rightInverse: the result must be a tensor, got nothing',
    );
    expect(layer.weight.toArray()).toEqual(before);
  });
});

describe('weights that are computed before each call', () => {
  it.each(['weightNorm', 'spectralNorm'] as const)('%s: cannot be assigned', (name) => {
    const layer = nn.utils[name](new nn.Linear(3, 2));
    const x = A.ones([1, 3]);
    for (const value of [new A.Parameter(A.zeros([2, 3])), A.zeros([2, 3]), null]) {
      const before = layer.forward(x).toArray();
      expect(() => (layer.weight = value as never)).toThrow(
        new RegExp(
          `^Linear: "weight" is computed from "weight_.* by ${name} before each call.*remove`,
        ),
      );
      if (name === 'weightNorm') expect(layer.forward(x).toArray()).toEqual(before);
    }
  });

  it.each(['weightNorm', 'spectralNorm'] as const)('%s: are read from a clone at once', (name) => {
    const layer = nn.utils[name](new nn.Linear(3, 2));
    layer.eval();
    layer.forward(A.ones([1, 3]));
    const copy = layer.clone();
    expect(worst(copy.weight.dataSync(), layer.weight.dataSync())).toBeLessThan(1e-6);
    expect(Object.keys(copy)).toEqual(Object.keys(layer));
  });
});

describe('weights taken apart and put together', () => {
  it('removeWeightNorm and removeSpectralNorm leave the present value', () => {
    const layer = nn.utils.weightNorm(new nn.Linear(3, 2));
    const x = A.randn([2, 3]);
    const y = layer.forward(x);
    nn.utils.removeWeightNorm(layer);
    expect(Object.keys(layer.stateDict()).sort()).toEqual(['bias', 'weight']);
    expect(worst(layer.forward(x).dataSync(), y.dataSync())).toBeLessThan(1e-6);
    expect(layer.weight).toBeInstanceOf(nn.Parameter);
    const conv = nn.utils.spectralNorm(new nn.Conv1d(2, 3, 2)).eval();
    const z = conv.forward(A.ones([1, 2, 4]));
    nn.utils.removeSpectralNorm(conv);
    expect(Object.keys(conv.stateDict()).sort()).toEqual(['bias', 'weight']);
    expect(worst(conv.forward(A.ones([1, 2, 4])).dataSync(), z.dataSync())).toBeLessThan(1e-6);
    expect(() => nn.utils.removeWeightNorm(layer)).toThrow(/not a weight that weightNorm computes/);
  });

  it.each([
    ['Conv2d', () => new nn.Conv2d(2, 4, 2, { groups: 2, bias: false, dtype: 'float64' }), 4],
    ['ConvTranspose2d', () => new nn.ConvTranspose2d(2, 4, 2, { groups: 2, dtype: 'float64' }), 4],
  ] as const)('%s with its batch normalization is one layer', (_, make, channels) => {
    manualSeed(5);
    const conv = make().eval();
    const bn = new nn.BatchNorm2d(channels, { dtype: 'float64' });
    bn.forward(A.randn([5, channels, 3, 3], { dtype: 'float64' }).mul(3).add(1));
    nn.init.normal(bn.weight as nn.Parameter);
    bn.eval();
    const x = A.randn([2, 2, 4, 4], { dtype: 'float64' });
    const fused = nn.utils.fuseConvBn(conv as nn.Conv2d, bn);
    const expected = bn.forward(conv.forward(x));
    expect(worst(fused.forward(x).dataSync(), expected.dataSync())).toBeLessThan(1e-12);
    expect(fused.bias).toBeInstanceOf(nn.Parameter);
    expect(() => nn.utils.fuseConvBn(conv.train() as nn.Conv2d, bn)).toThrow(/evaluation mode/);
  });

  it('a linear layer likewise', () => {
    const [linear, bn] = [new nn.Linear(3, 4), new nn.BatchNorm1d(4)];
    bn.forward(A.randn([8, 4]));
    linear.eval();
    bn.eval();
    const x = A.randn([2, 3]);
    const fused = nn.utils.fuseLinearBn(linear, bn);
    expect(
      worst(fused.forward(x).dataSync(), bn.forward(linear.forward(x)).dataSync()),
    ).toBeLessThan(1e-5);
  });

  it('getTotalNorm is the norm of all elements', () => {
    const ts = [tensor([3, 0]), tensor([[4]])];
    expect(nn.utils.getTotalNorm(ts).item()).toBe(5);
    expect(nn.utils.getTotalNorm(ts, { normType: Infinity }).item()).toBe(4);
    expect(nn.utils.getTotalNorm([]).item()).toBe(0);
    expect(() => nn.utils.getTotalNorm([tensor([NaN])], { errorIfNonfinite: true })).toThrow(
      ChainruleError,
    );
    const p = new nn.Parameter(tensor([1, 1]));
    p.grad = tensor([3, 4]);
    nn.utils.clipGradsWithNorm([p], 1, nn.utils.getTotalNorm([p.grad]));
    expect(worst(p.grad.dataSync(), [0.6, 0.8])).toBeLessThan(1e-6);
  });
});

describe('parameters held in lists and by name', () => {
  it('register, and are learned', () => {
    class Net extends nn.Module {
      list = new nn.ParameterList([A.ones([2]), new nn.Parameter(A.ones([2]))]);
      named = new nn.ParameterDict({ forward: A.ones([2]), 'b-c': A.ones([1]) });
      override forward(x: Tensor): Tensor {
        const sum = [...this.list].reduce<Tensor>((y, p) => y.mul(p), x);
        return sum.add(this.named.get('forward')).sum();
      }
    }
    const net = new Net();
    expect(Object.keys(net.stateDict())).toEqual([
      'list.0',
      'list.1',
      'named.forward',
      'named.b-c',
    ]);
    const [a] = grad([net.forward(tensor([2, 3]))], [net.list.at(-1)]);
    expect(a?.toArray()).toEqual([2, 3]);
    expect(net.list.length).toBe(2);
    expect([...net.named]).toEqual(['forward', 'b-c']);
    expect(() => net.named.get('x')).toThrow(/it has forward, b-c/);
    expect(() => net.list.at(2)).toThrow(/no parameter 2; it has 2/);
    expect(() => net.list.append(3 as never)).toThrow(ChainruleError);
    const copy = net.clone();
    copy.list.at(0).assign(A.zeros([2]));
    expect(net.list.at(0).toArray()).toEqual([1, 1]);
  });
});
