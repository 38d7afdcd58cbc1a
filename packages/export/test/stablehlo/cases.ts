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

const optimizers: Record<string, (params: Parameter[]) => { zeroGrad(): void; step(): unknown }> = {
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

/** Every optimizer but LBFGS, which reads values. */
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

class Recurrent extends nn.Module {
  rnn = new nn.LSTM(32, 64, { batchFirst: true });
  head = new nn.Linear(64, 10);
  forward(x: Tensor): Tensor {
    const [out] = this.rnn.forward(x);
    return this.head.forward(out.select(1, -1));
  }
}

class CausalLM extends nn.Module {
  tok = new nn.Embedding(256, 128);
  pos = new Parameter(randn([64, 128]).mul(0.02));
  body = new nn.TransformerEncoder(
    new nn.TransformerEncoderLayer(128, 4, {
      dimFeedforward: 512,
      dropout: 0,
      activation: 'gelu',
      batchFirst: true,
      normFirst: true,
    }),
    2,
  );
  head = new nn.Linear(128, 256);
  private readonly mask = nn.Transformer.generateSquareSubsequentMask(64);
  forward(x: Tensor): Tensor {
    const h = this.body.forward(this.tok.forward(x).add(this.pos), {
      mask: this.mask,
      isCausal: true,
    });
    return this.head.forward(h).flatten(0, 1);
  }
}

function mlp(sizes: readonly number[], activation: () => nn.Module): nn.Sequential {
  return new nn.Sequential(
    ...sizes.slice(1).flatMap((n, i) => {
      const layer = new nn.Linear(sizes[i] as number, n);
      return i + 2 < sizes.length ? [layer, activation()] : [layer];
    }),
  );
}

const classes = (model: Trainable, x: Tensor, y: Tensor): ReturnType<Case['make']> =>
  training(model, new optim.Adam(model.parameters(), { lr: 1e-4 }), new nn.CrossEntropyLoss(), [
    x,
    y,
  ]);

/** The training steps of the benchmark. */
export const benchmarkCases: readonly Case[] = [
  {
    name: 'mlp-tiny',
    make: () => {
      manualSeed(2);
      const model = mlp([2, 16, 1], () => new nn.Tanh());
      const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
      return training(model, optimizer, new nn.MSELoss(), [randn([4, 2]), rand([4, 1])]);
    },
  },
  {
    name: 'mlp-small',
    make: () => {
      manualSeed(3);
      return classes(
        mlp([784, 256, 128, 10], () => new nn.ReLU()),
        randn([64, 784]),
        randint(0, 10, [64]),
      );
    },
  },
  {
    name: 'cnn',
    make: () => {
      manualSeed(4);
      const model = new nn.Sequential(
        new nn.Conv2d(1, 16, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(16, 32, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(32 * 49, 10),
      );
      return classes(model, randn([64, 1, 28, 28]), randint(0, 10, [64]));
    },
  },
  {
    name: 'lstm',
    make: () => {
      manualSeed(5);
      return classes(new Recurrent(), randn([32, 50, 32]), randint(0, 10, [32]));
    },
  },
  {
    name: 'transformer',
    make: () => {
      manualSeed(6);
      return classes(new CausalLM(), randint(0, 256, [16, 64]), randint(0, 256, [16 * 64]));
    },
  },
];

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
