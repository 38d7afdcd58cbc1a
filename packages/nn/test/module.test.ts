/** @file What modules find in themselves, and what can be done with a tree of them. */
import {
  cell,
  FormatError,
  grad,
  noGrad,
  ones,
  Parameter,
  ShapeError,
  tensor,
  type Tensor,
  zeros,
  compile,
  vmap,
} from '@chainrule/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index.js';

it('refuses a plain tensor where a parameter was', () => {
  const assign = (module: object, fields: Record<string, unknown>): unknown =>
    Object.assign(module, fields);
  const message = /^Linear.weight: a plain tensor was assigned where a Parameter belongs/;
  const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
  const linear = model.at(0) as nn.Linear;
  const { weight } = linear;
  assign(linear, { weight: zeros([2, 2]) });
  expect(() => model.parameters()).toThrow(message);
  expect(() => model.stateDict()).toThrow(message);
  assign(linear, { weight });
  expect(model.parameters()).toHaveLength(2);
  assign(linear, { bias: null, weight: new Parameter(zeros([2, 2])) });
  expect(model.parameters()).toHaveLength(1);
  // Of one's own too, once it was seen; other fields hold what they like.
  class Own extends nn.Module {
    scale = new Parameter(ones([2]));
    mask: Tensor = ones([2]);
    forward(x: Tensor): Tensor {
      return x.mul(this.scale).mul(this.mask);
    }
  }
  const own = new Own();
  expect(own.parameters()).toHaveLength(1);
  const inner = nn.functionalCall(own, { scale: zeros([2]) }, ones([2]));
  expect(values(inner)).toEqual([0, 0]);
  assign(own, { scale: ones([2]) });
  expect(() => own.parameters()).toThrow(/^Own.scale: /);
});

it('names what does not fit, in the layer that was called', () => {
  const call = (f: unknown, ...args: readonly unknown[]): (() => unknown) => {
    return () => (f as (...xs: readonly unknown[]) => unknown)(...args);
  };
  const lstm = new nn.LSTM(3, 4);
  const x = zeros([5, 2, 3]);
  // A tensor can be iterated over, and was taken for a list of states.
  expect(call(lstm.forward.bind(lstm), x, zeros([2, 2, 4]))).toThrow(
    /LSTM: the state must be \[h, c\], an array of its parts, got a tensor of shape \[2, 2, 4\]/,
  );
  const bilinear = new nn.Bilinear(2, 3, 4);
  expect(bilinear.forward(zeros([5, 2]), zeros([5, 3])).shape).toEqual([5, 4]);
  for (const [x1, x2] of [
    [zeros([5, 2]), zeros([6, 3])],
    [zeros([5, 3]), zeros([5, 3])],
    [zeros([]), zeros([3])],
  ] as const)
    expect(() => bilinear.forward(x1, x2)).toThrow(
      /^Bilinear: expected x1 \[…, 2\] and x2 \[…, 3\]/,
    );
  expect(call(lstm.multiplyAdds.bind(lstm), [])).toThrow(/multiplyAdds: inputs must be an array/);
  expect(call(lstm.to.bind(lstm), 'float16')).toThrow(
    /one of 'float32', 'float64', 'cpu' or 'webgpu'/,
  );
  // What is an instance of a class is no options object with a wrong name in it.
  expect(call((o: never) => new nn.LSTM(3, 4, o), new nn.ReLU())).toThrow(
    /LSTM: the options must be an object with some of .*, got an object of class ReLU/,
  );
  expect(() => new nn.TripletMarginLoss({ margin: 0 })).toThrow(
    /margin must be a finite number > 0/,
  );
});

it('says that a forward lost its module', () => {
  const linear = new nn.Linear(2, 2);
  expect(() =>
    Reflect.apply(Reflect.get(linear, 'forward') as () => unknown, undefined, []),
  ).toThrow(/forward: it is a method of modules, called on nothing/);
});

class Net extends nn.Module {
  hidden = new nn.Linear(3, 4);
  blocks = [new nn.Linear(4, 4), new nn.Linear(4, 4)];
  heads = new nn.ModuleDict({ forward: new nn.Linear(4, 2), b: new nn.Linear(4, 1) });
  norm = new nn.BatchNorm1d(4);
  scale = new Parameter(ones([4]));
  offset = this.registerBuffer('offset', zeros([4]));
  cache = this.registerBuffer('cache', zeros([2]), { persistent: false });
  notLearned = tensor([1, 2]);

  override forward(x: Tensor): Tensor {
    let y = this.norm.forward(this.hidden.forward(x));
    for (const block of this.blocks) y = block.forward(y).relu();
    return this.heads.get('forward').forward(y.mul(this.scale).add(this.offset));
  }
}

/** What `namedParameters` of the PyTorch model with these fields gives. */
const NAMES = [
  'scale',
  'hidden.weight',
  'hidden.bias',
  'blocks.0.weight',
  'blocks.0.bias',
  'blocks.1.weight',
  'blocks.1.bias',
  'heads.forward.weight',
  'heads.forward.bias',
  'heads.b.weight',
  'heads.b.bias',
  'norm.weight',
  'norm.bias',
];

function values(t: Tensor | undefined): number[] {
  return [...(t?.dataSync() ?? [])];
}

describe('what a module holds', () => {
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

describe('state dictionaries', () => {
  it('go round: what is saved loads into another model, which then answers the same', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (x) => {
          const [a, b] = [new Net().eval(), new Net().eval()];
          b.loadStateDict(a.stateDict());
          const input = tensor(x).reshape([2, 3]);
          expect(values(b.forward(input))).toEqual(values(a.forward(input)));
        },
      ),
      { numRuns: 5 },
    );
  });

  it('are snapshots: later updates do not show', () => {
    const layer = new nn.Linear(2, 1);
    const before = values(layer.weight);
    const state = layer.stateDict();
    for (let i = 0; i < 3; i++) {
      noGrad(() => layer.weight.assign(layer.weight.add(1)));
      values(layer.weight);
    }
    expect(values(state['weight'])).toEqual(before);
  });

  it('name every problem in one error, and load nothing', () => {
    const net = new Net();
    const { 'hidden.bias': _, ...state } = net.stateDict();
    const before = Object.entries(net.stateDict()).map(([k, t]) => [k, values(t)]);
    const bad = {
      ...state,
      'hidden.weight': zeros([4, 2]),
      scale: zeros([4]),
      'more.weight': zeros([1]),
    };
    const load = (): unknown => net.loadStateDict(bad);
    expect(load).toThrow(FormatError);
    expect(load).toThrow(
      /missing: hidden\.bias[^]*unexpected: more\.weight[^]*hidden\.weight has shape \[4, 2\], expected \[4, 3\]/,
    );
    expect(Object.entries(net.stateDict()).map(([k, t]) => [k, values(t)])).toEqual(before);
  });

  it('load in part when that is asked for, but never in another shape', () => {
    const layer = new nn.Linear(2, 1);
    expect(layer.loadStateDict({ bias: tensor([5]), more: zeros([1]) }, { strict: false })).toEqual(
      {
        missingKeys: ['weight'],
        unexpectedKeys: ['more'],
      },
    );
    expect(values(layer.bias ?? undefined)).toEqual([5]);
    expect(() => layer.loadStateDict({ bias: zeros([2]) }, { strict: false })).toThrow('misshapen');
  });

  it('convert dtypes, and take a Map', () => {
    const layer = new nn.Linear(1, 1);
    layer.loadStateDict(
      new Map([
        ['weight', tensor([[2]], { dtype: 'float64' })],
        ['bias', tensor([1], { dtype: 'int32' })],
      ]),
    );
    expect(layer.weight.dtype).toBe('float32');
    expect(values(layer.forward(tensor([[3]])))).toEqual([7]);
  });
});

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

describe('the rest', () => {
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
        /^Sequential: expected modules, got a (class|function); a class is made first/,
      );
    expect(() => new nn.Sequential([new nn.ReLU()] as never)).toThrow(
      /^Sequential: expected modules one by one.* write new Sequential\(\.\.\.modules\)/,
    );
  });

  it('record a module anew when its mode changes', () => {
    const dropout = new nn.Dropout(1);
    const f = compile((x: Tensor) => dropout.forward(x));
    expect(values(f(ones([2])))).toEqual([0, 0]);
    dropout.eval();
    expect(values(f(ones([2])))).toEqual([1, 1]);
    dropout.train();
    expect(values(f(ones([2])))).toEqual([0, 0]);
  });
});
