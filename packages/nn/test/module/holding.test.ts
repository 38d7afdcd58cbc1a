/** @file The parameters, buffers and modules that modules find in their fields, and operations on a tree of modules. */
import { cell, noGrad, ones, Parameter, tensor, zeros, type Tensor } from '@chainrule/autograd';
import { describe, expect, it } from 'vitest';
import * as nn from '../../src/index.js';
import { NAMES, Net, values } from './net.js';

describe('parameters, buffers and children of a module', () => {
  it('finds parameters, a module’s own before its children’s', () => {
    const net = new Net();
    expect(net.namedParameters().map(([name]) => name)).toEqual(NAMES);
    expect(net.numParameters()).toBe(4 + 16 + 20 + 20 + 10 + 5 + 8);
    expect(net.namedBuffers().map(([name]) => name)).toEqual([
      'offset',
      'cache',
      'norm.running_mean',
      'norm.running_var',
      'norm.num_batches_tracked',
    ]);
    expect(net.namedModules().map(([path]) => path)).toEqual([
      '',
      'hidden',
      'blocks.0',
      'blocks.1',
      'heads',
      'heads.forward',
      'heads.b',
      'norm',
    ]);
  });

  it('leaves buffers that are not persistent out of the state dictionary', () => {
    const keys = Object.keys(new Net().stateDict());
    expect(keys).toContain('offset');
    expect(keys).not.toContain('cache');
  });

  it('sees what was assigned later, and forgets what was removed', () => {
    const net = new Net() as Net & { extra?: nn.Linear };
    net.extra = new nn.Linear(1, 1);
    expect(net.parameters().length).toBe(NAMES.length + 2);
    delete net.extra;
    net.blocks.pop();
    expect(net.parameters().length).toBe(NAMES.length - 2);
  });

  it('counts shared parameters once, and saves them under each name', () => {
    class Tied extends nn.Module {
      a = new nn.Linear(2, 2);
      b = this.a;
      override forward(x: Tensor): Tensor {
        return this.b.forward(this.a.forward(x));
      }
    }
    const tied = new Tied();
    expect(tied.numParameters()).toBe(6);
    expect(Object.keys(tied.stateDict())).toEqual(['a.weight', 'a.bias', 'b.weight', 'b.bias']);
    tied.to('float64');
    expect(tied.a).toBe(tied.b);
    expect(tied.parameters().map((p) => p.dtype)).toEqual(['float64', 'float64']);
  });

  it('keeps a buffer a buffer when a tensor is assigned to it', () => {
    const net = new Net();
    (net as { offset: Tensor }).offset = tensor([1, 2, 3, 4]);
    expect(values(net.stateDict()['offset'])).toEqual([1, 2, 3, 4]);
  });

  it('does not follow a child that holds its parent', () => {
    class Child extends nn.Module {
      parent: nn.Module | null = null;
      w = new Parameter(zeros([1]));
      override forward(): void {}
    }
    class Root extends nn.Module {
      child = new Child();
      override forward(): void {}
    }
    const root = new Root();
    root.child.parent = root;
    expect(Object.keys(root.stateDict())).toEqual(['child.w']);
  });

  it('refuses names that would hide something', () => {
    const net = new Net();
    expect(() => net.registerBuffer('a.b', zeros([1]))).toThrow('without dots');
    expect(() => net.registerBuffer('hidden', zeros([1]))).toThrow('already there');
  });
});

describe('copying, printing and freezing', () => {
  it('freezes in part', () => {
    const net = new Net();
    net.hidden.requiresGrad_(false);
    net
      .forward(ones([2, 3]).add(tensor([[0], [1]])))
      .sum()
      .backward();
    expect(net.hidden.weight.grad).toBeNull();
    expect(net.blocks[0]?.weight.grad).not.toBeNull();
  });

  it('copies with parameters and buffers of its own', () => {
    const net = new Net().eval();
    const copy = net.clone();
    expect(copy).toBeInstanceOf(Net);
    expect(copy.training).toBe(false);
    noGrad(() => copy.scale.assign(zeros([4])));
    expect(values(net.scale)).toEqual([1, 1, 1, 1]);
    expect(Object.keys(copy.stateDict())).toEqual(Object.keys(net.stateDict()));
    expect(copy.namedParameters().map(([name]) => name)).toEqual(NAMES);
  });

  it('prints as PyTorch does', () => {
    expect(String(new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU()))).toBe(
      'Sequential(\n  (0): Linear(inFeatures=2, outFeatures=3, bias=true)\n  (1): ReLU()\n)',
    );
    const list = new nn.ModuleList([
      new nn.ReLU(),
      new nn.ReLU(),
      new nn.Conv2d(1, 2, 3, { padding: 1 }),
    ]);
    expect(String(list)).toBe(
      'ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Conv2d(1, 2, kernelSize=[3, 3], padding=1)\n)',
    );
  });

  it('summarizes layers, shapes, parameters and multiply-adds', () => {
    const net = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(256, 10),
    );
    const table = net.summary([2, 1, 8, 8]).split('\n');
    expect(table[0]).toMatch(/^layer +output shape +parameters +multiply-adds$/);
    expect(table).toContainEqual(
      expect.stringMatching(/^ {2}0: Conv2d +\[2, 4, 8, 8\] +40 +4,608$/),
    );
    expect(table).toContainEqual(expect.stringMatching(/^ {2}3: Linear +\[2, 10\] +2,570 +5,120$/));
    expect(table.at(-2)).toBe('parameters: 2,610, trainable: 2,610');
    expect(table.at(-1)).toBe('multiply-adds: 9,728');
    expect(net.training).toBe(true);
  });

  it('takes cells as buffers without copying them', () => {
    const state = cell(zeros([1]));
    const layer = new nn.Identity();
    expect(layer.registerBuffer('state', state)).toBe(state);
    expect(layer.buffers()[0]).toBe(state);
  });
});
