/**
 * @file The workloads of the benchmark, written as a user would write them: each returns a function that runs one step or
 * operation.
 */
import {
  borrowGrad,
  cat,
  compile,
  evaluate,
  linalg,
  noGrad,
  Parameter,
  randint,
  randn,
  scalar,
  scan,
  tensor,
  type Tensor,
  unbind,
  zeros,
} from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { mlp, networks } from './networks.js';

void linalg;

/** How a workload runs: without `compile`, or compiled. */
export type Mode = 'eager' | 'compiled';

export interface Workload {
  readonly name: string;
  readonly modes: readonly Mode[];
  /** Sets up the workload, and returns the function that is timed. */
  make(mode: Mode): () => unknown;
}

const both: readonly Mode[] = ['eager', 'compiled'];

/** One training step with Adam, which returns the loss. */
function training(
  model: { forward(x: Tensor): Tensor; parameters(): Iterable<Parameter> },
  x: Tensor,
  y: Tensor,
  criterion: { forward(x: Tensor, y: Tensor): Tensor },
  mode: Mode,
): () => Tensor {
  const optimizer = new Adam([...model.parameters()], { lr: 1e-6 });
  const step = (input: Tensor, target: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(input), target);
    loss.backward();
    optimizer.step();
    return loss;
  };
  const run = mode === 'compiled' ? compile(step) : step;
  evaluate(x, y); // the data is in memory before a loop begins
  return () => run(x, y);
}

/** The same step, with the loss read. */
function reading(step: () => Tensor): () => number {
  return () => step().item();
}

/** Long sequences, batch 8, 16 → 32: a layer, cells in a user's `scan`, and cells in a plain loop. */
function long(kind: 'layer' | 'scan' | 'cells', gated: 'lstm' | 'gru', steps: number): Workload {
  const make = (mode: Mode): (() => unknown) => {
    const head = new nn.Linear(32, 5);
    const layer = gated === 'lstm' ? new nn.LSTM(16, 32) : new nn.GRU(16, 32);
    const cell = gated === 'lstm' ? new nn.LSTMCell(16, 32) : new nn.GRUCell(16, 32);
    type State = Tensor[];
    const next = (x: Tensor, state: State): State =>
      cell instanceof nn.LSTMCell
        ? cell.forward(x, state as [Tensor, Tensor])
        : [cell.forward(x, state[0])];
    const start = (): State =>
      Array.from({ length: gated === 'lstm' ? 2 : 1 }, () => zeros([8, 32]));
    const last = (xs: Tensor): Tensor => {
      if (kind === 'layer') return layer.forward(xs)[0].select(0, -1);
      if (kind === 'scan')
        return scan((s: State, x: Tensor) => [next(x, s), null], start(), xs)[0][0] as Tensor;
      return unbind(xs, 0).reduce((s, x) => next(x, s), start())[0] as Tensor;
    };
    const own = kind === 'layer' ? layer : cell;
    const model = {
      forward: (xs: Tensor) => head.forward(last(xs)),
      parameters: () => [...own.parameters(), ...head.parameters()],
    };
    const [x, y] = [randn([steps, 8, 16]), randint(0, 5, [8])];
    return reading(training(model, x, y, new nn.CrossEntropyLoss(), mode));
  };
  const name = kind === 'layer' ? `${gated}-${steps}` : `${gated}-${kind}-${steps}`;
  return { name: `long/${name}`, modes: ['eager'], make };
}

/** Graphs of a thousand nodes and more per step, built anew each time: one entry per kind. */
function longGraphs(): Workload[] {
  const trained = (
    name: string,
    make: () => { parameters: Parameter[]; x: Tensor; forward: (x: Tensor) => Tensor },
  ): Workload => ({
    name: `long/${name}`,
    modes: ['eager'],
    make: (mode) => {
      const { parameters, x, forward } = make();
      const model = { forward, parameters: () => parameters };
      return reading(training(model, x, x, { forward: (y) => y.square().mean() }, mode));
    },
  });
  return [
    trained('lstm-all-200', () => {
      const layer = new nn.LSTM(16, 32);
      const forward = (x: Tensor): Tensor => layer.forward(x)[0];
      return { parameters: [...layer.parameters()], x: randn([200, 8, 16]), forward };
    }),
    trained('chain-3000', () => {
      const w = new Parameter(randn([64]));
      const forward = (x: Tensor): Tensor => {
        let h: Tensor = w;
        for (let i = 0; i < 1000; i++) h = h.mul(0.999).add(x).tanh();
        return h;
      };
      return { parameters: [w], x: randn([64]), forward };
    }),
    trained('cat-200', () => {
      const layer = new nn.Linear(16, 16);
      const forward = (x: Tensor): Tensor => {
        let rows = x;
        for (let i = 0; i < 200; i++)
          rows = cat([rows, layer.forward(rows.narrow(0, i, 1)).tanh()]);
        return rows;
      };
      return { parameters: [...layer.parameters()], x: randn([1, 16]), forward };
    }),
  ];
}

function op(name: string, inputs: () => Tensor[], f: (...xs: Tensor[]) => Tensor): Workload {
  return {
    name: `op/${name}`,
    modes: both,
    make: (mode) => {
      const xs = inputs();
      evaluate(...xs);
      const run = mode === 'compiled' ? compile(f) : f;
      return () => noGrad(() => evaluate(run(...xs)));
    },
  };
}

const square = (n: number) => () => [randn([n, n]), randn([n, n])];
const thin = (x: readonly number[], y: readonly number[]) => () => [randn(x), randn(y)];
const million = () => [randn([1024, 1024])];

/** A 2-16-16-1 perceptron of scalar nodes on two points, as in micrograd. */
function micrograd(): () => number {
  const value = (): Tensor => tensor(Math.random() * 2 - 1, { requiresGrad: true });
  const sizes = [2, 16, 16, 1];
  const layers = sizes
    .slice(1)
    .map((n, l) =>
      Array.from({ length: n }, () => Array.from({ length: sizes[l] as number }, value)),
    );
  const points = [0, 1].map(() => [0, 1].map(() => tensor(Math.random() * 2 - 1)));
  return () => {
    let loss: Tensor = scalar(0);
    for (const point of points) {
      let h: Tensor[] = point;
      layers.forEach((layer, l) => {
        h = layer.map((weights) => {
          const sum = weights.reduce(
            (s, w, i) => s.add(w.mul(h[i] as Tensor)),
            scalar(0) as Tensor,
          );
          return l < 2 ? sum.relu() : sum;
        });
      });
      loss = loss.add((h[0] as Tensor).sub(1).square());
    }
    loss.backward();
    return loss.item();
  };
}

/** Training steps by name, which return their losses. */
export const trainings: Readonly<Record<string, (mode: Mode) => () => Tensor>> = Object.fromEntries(
  Object.entries(networks).map(([name, make]) => [
    `train/${name}`,
    (mode: Mode) => {
      const { model, x, y, criterion } = make();
      return training(model, x, y, criterion, mode);
    },
  ]),
);

export const workloads: readonly Workload[] = [
  ...Object.entries(trainings).map(([name, make]): Workload => ({
    name,
    modes: both,
    make: (mode) => reading(make(mode)),
  })),
  {
    name: 'infer/mlp-small-b1',
    modes: both,
    make: (mode) => {
      const model = mlp([784, 256, 128, 10], () => new nn.ReLU()).eval();
      const x = randn([1, 784]);
      const f = (input: Tensor): Tensor => noGrad(() => model.forward(input));
      const run = mode === 'compiled' ? compile(f) : f;
      return () => run(x).dataSync();
    },
  },
  op('matmul-64', square(64), (a, b) => a.matmul(b)),
  op('matmul-256', square(256), (a, b) => a.matmul(b)),
  op('matmul-512', square(512), (a, b) => a.matmul(b)),
  op('matmul-1024', square(1024), (a, b) => a.matmul(b)),
  op('matvec-1024', thin([1024, 1024], [1024, 1]), (a, x) => a.matmul(x)),
  op('vecmat-1024', thin([1, 1024], [1024, 1024]), (x, a) => x.matmul(a)),
  op('matvec-100000x64', thin([100_000, 64], [64, 1]), (a, x) => a.matmul(x)),
  op('matvec-grad-100000x64', thin([100_000, 64], [100_000, 1]), (a, g) => a.t().matmul(g)),
  op('matmul-100000x64x2', thin([100_000, 64], [2, 64]), (a, w) => a.matmul(w.t())),
  op('outer-1024', thin([1024, 1], [1, 1024]), (x, y) => x.matmul(y)),
  op('add-1M', million, (a) => a.add(a)),
  op('gelu-1M', million, (a) => a.gelu()),
  op('tanh-1M', million, (a) => a.tanh()),
  op('softmax-1024x1024', million, (a) => a.softmax(1)),
  op(
    'layernorm-1024x1024',
    () => [randn([1024, 1024]), randn([1024]), randn([1024])],
    (a, w, b) => a.layerNorm([1024], w, b),
  ),
  op('sum-rows-1M', million, (a) => a.sum(1)),
  op('sum-cols-1M', million, (a) => a.sum(0)),
  {
    name: 'op/adam-4M',
    modes: both,
    make: (mode) => {
      const params = Array.from({ length: 4 }, () => new Parameter(randn([1000, 1000])));
      for (const p of params) p.grad = randn([1000, 1000]);
      evaluate(...params, ...params.map((p) => borrowGrad(p) as Tensor));
      const optimizer = new Adam(params, { lr: 1e-6 });
      const step = (): void => void optimizer.step();
      return mode === 'compiled' ? compile(step) : step;
    },
  },
  ...([200, 1000] as const).flatMap((steps) =>
    (['lstm', 'gru'] as const).flatMap((gated) => [
      long('layer', gated, steps),
      long('scan', gated, steps),
      long('cells', gated, steps),
    ]),
  ),
  ...longGraphs(),
  { name: 'scalar/mlp-2-16-16-1x2', modes: ['eager'], make: micrograd },
];
