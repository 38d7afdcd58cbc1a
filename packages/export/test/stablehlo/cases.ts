/** @file Training steps that are exported for XLA: every optimizer, the models of the benchmark, loops, random numbers. */
import {
  manualSeed,
  noGrad,
  Parameter,
  rand,
  randint,
  randn,
  scan,
  whileLoop,
  cond,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import * as optim from '@chainrule/optim';
import { networks } from '../../../../bench/networks.js';

/** A step with the arguments it is recorded with, and whose cells have names. */
export interface Case {
  readonly name: string;
  make: () => {
    readonly step: (...args: Tensor[]) => unknown;
    readonly args: Tensor[];
    readonly modules: Record<string, never>;
  };
}

interface Trainable {
  forward(x: Tensor): Tensor;
  parameters(): Parameter[];
  namedParameters(): [string, Parameter][];
}

/** A usual training step. */
export function training(
  model: Trainable,
  optimizer: { zeroGrad(): void; step(): unknown },
  criterion: { forward(x: Tensor, y: Tensor): Tensor },
  args: Tensor[],
): ReturnType<Case['make']> {
  const step = (x: Tensor, y: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  const modules = { '': model, optimizer } as unknown as Record<string, never>;
  return { step: step, args, modules };
}

/** What is small, and has a little of everything. */
function smallNet(): nn.Sequential {
  return new nn.Sequential(
    new nn.Linear(6, 8),
    new nn.LayerNorm(8),
    new nn.GELU(),
    new nn.Linear(8, 3),
  );
}

export type Make = (params: Parameter[]) => optim.Optimizer;

/** Every optimizer but LBFGS, which reads values. */
export const optimizers: Readonly<Record<string, Make>> = {
  SGD: (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
  Adam: (p) => new optim.Adam(p, { lr: 0.01 }),
  AdamW: (p) => new optim.AdamW(p, { lr: 0.01, amsgrad: true }),
  Adamax: (p) => new optim.Adamax(p, { lr: 0.01 }),
  NAdam: (p) => new optim.NAdam(p, { lr: 0.01 }),
  RAdam: (p) => new optim.RAdam(p, { lr: 0.01 }),
  Adagrad: (p) => new optim.Adagrad(p, { lr: 0.05 }),
  Adadelta: (p) => new optim.Adadelta(p, { lr: 1 }),
  RMSprop: (p) => new optim.RMSprop(p, { lr: 0.01, centered: true, momentum: 0.5 }),
  Rprop: (p) => new optim.Rprop(p, { lr: 0.01 }),
  ASGD: (p) => new optim.ASGD(p, { lr: 0.05 }),
  Adafactor: (p) => new optim.Adafactor(p, { lr: 0.01 }),
  Lion: (p) => new optim.Lion(p, { lr: 0.001 }),
  Muon: (p) =>
    new optim.Muon(
      p.filter(({ ndim }) => ndim === 2),
      { lr: 0.01 },
    ),
};

/** A small network with each optimizer. */
export const optimizerCases: readonly Case[] = Object.entries(optimizers).map(([name, make]) => ({
  name,
  make: () => {
    manualSeed(1);
    const model = smallNet();
    return training(model, make(model.parameters()), new nn.CrossEntropyLoss(), [
      randn([16, 6]),
      randint(0, 3, [16]),
    ]);
  },
}));

/** The training steps of the benchmark. */
export const benchmarkCases: readonly Case[] = (
  ['mlp-tiny', 'mlp-small', 'cnn', 'lstm', 'transformer'] as const
).map((name, k) => ({
  name,
  make: () => {
    manualSeed(2 + k);
    const { model, x, y, criterion } = networks[name]();
    const lr = name === 'mlp-tiny' ? 1e-3 : 1e-4;
    return training(model, new optim.Adam(model.parameters(), { lr }), criterion, [x, y]);
  },
}));

class Everything extends nn.Module {
  conv = new nn.Conv2d(2, 4, 3, { stride: 2, padding: 1, dilation: 1, groups: 2 });
  wide = new nn.Conv2d(4, 4, 2, { dilation: 2, padding: 1 });
  norm = new nn.BatchNorm2d(4);
  up = new nn.ConvTranspose2d(4, 2, 3, { stride: 2, groups: 2 });
  drop = new nn.Dropout(0.3);
  pool = new nn.MaxPool2d(3, { stride: 2, padding: 1 });
  mean = new nn.AvgPool2d(2, { padding: 1 });
  out = new nn.Linear(2, 3);
  forward(x: Tensor): Tensor {
    let h = this.norm.forward(this.wide.forward(this.conv.forward(x))).silu();
    h = this.pool.forward(this.drop.forward(this.up.forward(h)));
    h = nn.functional.adaptiveAvgPool2d(this.mean.forward(h), [2, 3]);
    return this.out.forward(h.mean([2, 3]));
  }
}

/** Convolutions of every kind, running statistics, dropout, clipping. */
export const networkCase: Case = {
  name: 'network',
  make: () => {
    manualSeed(7);
    const model = new Everything();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
    const made = training(model, optimizer, new nn.CrossEntropyLoss(), [
      randn([6, 2, 9, 9]),
      randint(0, 3, [6]),
    ]);
    const step = (x: Tensor, y: Tensor): Tensor => {
      optimizer.zeroGrad();
      const loss = nn.functional.crossEntropy(model.forward(x), y);
      loss.backward();
      nn.utils.clipGradNorm(model.parameters(), 0.5);
      optimizer.step();
      return loss;
    };
    return { ...made, step: step };
  },
};

/** Loops forward and back, with random numbers inside; a condition, a branch. */
export const loopCase: Case = {
  name: 'loops',
  make: () => {
    manualSeed(8);
    const w = new Parameter(randn([4, 4]).mul(0.5));
    const optimizer = new optim.SGD([w], { lr: 0.1 });
    const step = (xs: Tensor): Tensor => {
      optimizer.zeroGrad();
      const [h, ys] = scan(
        (carry: Tensor, x: Tensor) => {
          const next = carry
            .matmul(w)
            .add(x)
            .add(rand([3, 4]).mul(0.1))
            .tanh();
          return [next, next.square()];
        },
        zeros([3, 4]),
        xs,
      );
      const grown = noGrad(() =>
        whileLoop(
          (y: Tensor) => y.abs().sum().lt(50),
          (y: Tensor) => y.mul(1.5),
          h.detach(),
        ),
      );
      const chosen = cond(
        ys.sum().gt(5),
        (y: Tensor) => y.mul(w.sum()),
        (y: Tensor) => y.exp(),
        h,
      );
      const loss = ys.mean().add(chosen.mean()).add(grown.mean().mul(1e-3));
      loss.backward();
      optimizer.step();
      return loss;
    };
    const modules = { w: { namedParameters: () => [['w', w]] }, optimizer } as unknown as Record<
      string,
      never
    >;
    return { step: step, args: [randn([5, 3, 4])], modules };
  },
};
