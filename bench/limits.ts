/**
 * @file The cost of a graph that changes at every step: positions, lengths, sizes and long chains. Times are microseconds of
 * CPU time, which other programs change little; each is the median of rounds on one thread.
 *
 *     npx ts-node bench/limits.ts [places chains loops sizes memory]
 *
 * `peers/torchLimitsPeer.py` times the same chains and loops with PyTorch.
 */
import {
  cat,
  manualSeed,
  noGrad,
  Parameter,
  randint,
  randn,
  scalar,
  setNumThreads,
  zeros,
} from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { training } from './dynamicStep.js';

setNumThreads(1);
manualSeed(0);
const { functional: F } = nn;
const wanted = new Set(process.argv.slice(2));
const say = (name: string, text: string): void => console.log(`${name.padEnd(34)} ${text}`);

function time(f: () => unknown): number {
  const start = process.cpuUsage();
  f();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}
const median = (times: readonly number[]): number =>
  [...times].sort((x, y) => x - y)[times.length >> 1] ?? NaN;

/** A step whose slices change their positions each time, beside the same step with fixed positions. */
function places(): void {
  const data = randn([1024, 32]);
  const classes = randint(0, 10, [1024]);
  const steps = randn([50]).sigmoid();
  const perceptron = (): nn.Module[] => [new nn.Linear(32, 64), new nn.Linear(64, 10)];
  const through = ([a, b]: nn.Module[], x: Tensor): Tensor =>
    (b as nn.Linear).forward((a as nn.Linear).forward(x).tanh());
  const onRows = (rows: (x: Tensor, i: number) => Tensor) => () => {
    const model = perceptron();
    return training(model, (i) => F.crossEntropy(through(model, rows(data, i)), rows(classes, i)));
  };
  const programs: Record<string, () => (i: number) => unknown> = {
    'narrow(0, 32 i, 32)': onRows((x, i) => x.narrow(0, 32 * (i % 32), 32)),
    "at('a:b')": onRows((x, i) => x.at(`${32 * (i % 32)}:${32 * (i % 32) + 32}`)),
    'roll(i), the first 32': onRows((x, i) => x.roll(i % 1000, 0).narrow(0, 0, 32)),
    'split(32)[i]': onRows((x, i) => x.split(32)[i % 32] as Tensor),
    'diffusion, alpha.at(t)': () => {
      const model = perceptron();
      const back = new nn.Linear(10, 32);
      return training([...model, back], (i) => {
        const [x, noise] = [data.narrow(0, 0, 32), randn([32, 32])];
        const alpha = steps.at(i % 50);
        const noisy = x.mul(alpha.sqrt()).add(noise.mul(alpha.mul(-1).add(1).sqrt()));
        return F.mseLoss(back.forward(through(model, noisy).tanh()), noise);
      });
    },
    'neural ODE of 10 steps': () => {
      const model = [new nn.Linear(33, 32), new nn.Linear(32, 32)];
      return training(model, (i) => {
        let x: Tensor = data.narrow(0, 0, 16);
        for (let k = 0; k < 10; k++) {
          const t = steps.at((i + k) % 50).expand([16, 1]);
          x = x.add(through(model, cat([x, t], 1)).mul(0.1));
        }
        return x.square().mean();
      });
    },
    'sampler of 20 steps': () => {
      const model = [new nn.Linear(32, 64), new nn.Linear(64, 32)];
      return (i) =>
        noGrad(() => {
          let x: Tensor = data.narrow(0, 0, 16);
          for (let k = 0; k < 20; k++) {
            const alpha = steps.at((i + k) % 50);
            x = x.sub(through(model, x).mul(alpha)).div(alpha.add(1).sqrt());
          }
          return x.sum().item();
        });
    },
  };
  for (const [name, make] of Object.entries(programs)) {
    const [moving, fixed] = [make(), make()];
    for (let i = 0; i < 300; i++) {
      moving(i);
      fixed(0);
    }
    const times = Array.from({ length: 300 }, (_, i) => [
      time(() => moving(i)),
      time(() => fixed(0)),
    ]);
    const [m, f] = [0, 1].map((k) => median(times.map((pair) => pair[k] as number))) as [
      number,
      number,
    ];
    say(
      name,
      `${m.toFixed(0)} at other places, ${f.toFixed(0)} at the same: ${(m / f).toFixed(2)}`,
    );
  }
}

const STEPS: readonly ((x: Tensor, w: Tensor) => Tensor)[] = [
  (x, w) => x.mul(w),
  (x) => x.tanh(),
  (x, w) => x.add(w),
  (x) => x.sin(),
  (x) => x.mul(0.99),
  (x, w) => x.sub(w),
];

/** Chains of operations on vectors of 32, no two of them equal, with their backward pass. */
function chains(): void {
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 12;
  const w = new Parameter(randn([32]));
  const x = randn([32]);
  const run = (length: number, seed: number): void => {
    state = seed;
    w.grad = null;
    let y: Tensor = x;
    for (let k = 0; k < length; k++) y = (STEPS[next() % STEPS.length] as (typeof STEPS)[0])(y, w);
    const loss = y.sum();
    loss.backward();
    loss.item();
  };
  for (const length of [100, 1000, 10_000, 100_000, 1_000_000]) {
    const rounds = length < 10_000 ? 40 : length < 1e5 ? 8 : length < 1e6 ? 3 : 1;
    const before = process.memoryUsage().rss;
    const first = Array.from({ length: rounds }, (_, i) => time(() => run(length, i + length)));
    const bytes = process.memoryUsage().rss - before;
    const again = [1, 2, 3].map(() => time(() => run(length, length)));
    const each = (us: number): string => (us / length).toFixed(2);
    say(
      `chain of ${length}`,
      `${each(first[0] as number)} at once, ${each(median(first))} each new one, ${each(Math.max(...again))} / ${each(Math.min(...again))} again` +
        (length < 1e5 ? '' : `, ${(bytes / length).toFixed(0)} bytes an operation more`),
    );
  }
}

function loops(): void {
  const inputs = (n: number): Tensor => randn([8, n, 16]);
  for (const n of [200, 1000]) {
    for (const [name, Layer] of [
      ['LSTM', nn.LSTM],
      ['GRU', nn.GRU],
    ] as const) {
      const layer = new Layer(16, 32, { batchFirst: true });
      const x = inputs(n);
      measure(`${name} of ${n}`, () => {
        for (const p of layer.parameters()) p.grad = null;
        const loss = layer.forward(x)[0].square().mean();
        loss.backward();
        return loss.item();
      });
    }
    const lstm = new nn.LSTMCell(16, 32);
    const gru = new nn.GRUCell(16, 32);
    const x = inputs(n);
    const overCells = (cell: nn.Module, last: (x: Tensor) => Tensor): number => {
      for (const p of cell.parameters()) p.grad = null;
      const loss = last(x).square().mean();
      loss.backward();
      return loss.item();
    };
    measure(`LSTMCell, ${n} times`, () =>
      overCells(lstm, (xs) => {
        let [h, c]: [Tensor, Tensor] = [zeros([8, 32]), zeros([8, 32])];
        for (const step of xs.unbind(1)) [h, c] = lstm.forward(step, [h, c]);
        return h;
      }),
    );
    measure(`GRUCell, ${n} times`, () =>
      overCells(gru, (xs) => {
        let h: Tensor = zeros([8, 32]);
        for (const step of xs.unbind(1)) h = gru.forward(step, h);
        return h;
      }),
    );
  }
}

function measure(name: string, step: () => unknown): void {
  const first = time(step);
  for (let i = 0; i < 20; i++) step();
  const times = Array.from({ length: 15 }, () => time(step));
  say(
    name,
    `${(first / 1e3).toFixed(1)} ms at first, then ${(median(times) / 1e3).toFixed(2)}, least ${(Math.min(...times) / 1e3).toFixed(2)}`,
  );
}

/** New sizes of a known structure, after warm-up. */
function sizes(): void {
  const [a, b] = [new nn.Linear(32, 64), new nn.Linear(64, 10)];
  const [q, head] = [new nn.MultiheadAttention(32, 4, { batchFirst: true }), new nn.Linear(32, 5)];
  const [rnn, last] = [new nn.LSTM(16, 32, { batchFirst: true }), new nn.Linear(32, 5)];
  let [n, m] = [1, 1];
  const programs: Record<string, (i: number) => number> = {
    perceptron: training([a, b], () => {
      const y = b.forward(a.forward(randn([n, m, 32])).relu());
      return F.crossEntropy(y.reshape([-1, 10]), randint(0, 10, [n * m]));
    }),
    attention: training([q, head], () => {
      const x = randn([n, m, 32]);
      const [y] = q.forward(x, x, x, { needWeights: false });
      return F.crossEntropy(head.forward(y.mean(1)), randint(0, 5, [n]));
    }),
    LSTM: training([rnn, last], () => {
      const [y] = rnn.forward(randn([n, m, 16]));
      return F.crossEntropy(last.forward(y.select(1, -1)), randint(0, 5, [n]));
    }),
  };
  const all = Array.from({ length: 12 * 70 }, (_, k) => [2 + (k % 12), 2 + Math.floor(k / 12)]);
  all.sort(
    ([x = 0, y = 0], [u = 0, v = 0]) =>
      ((x * 7919 + y * 104729) % 997) - ((u * 7919 + v * 104729) % 997),
  );
  for (const [name, step] of Object.entries(programs)) {
    const on = (list: readonly number[][]): number =>
      median(
        list.map(([x = 1, y = 1]) => {
          [n, m] = [x, y];
          return time(() => step(0));
        }),
      );
    on(all.slice(0, -100));
    const fresh = on(all.slice(-100));
    const seen = [1, 2, 3].map(() => on(all.slice(-100)));
    say(`${name}, a new size`, `${fresh.toFixed(0)}, met before ${Math.min(...seen).toFixed(0)}`);
  }
}

/** Shapes that are new at every step. */
function memory(): void {
  const w = new Parameter(scalar(0.5));
  const step = (i: number): void => {
    w.grad = null;
    const x = randn([1 + (i % 100), 1 + Math.floor(i / 100)]);
    const loss = x.mul(w).tanh().sub(x.mean(0)).square().mean();
    loss.backward();
    loss.item();
  };
  let base = 0;
  for (let i = 0; i < 10_000; i++) {
    step(i);
    if (i === 499) base = process.memoryUsage().rss;
  }
  say(
    '10,000 shapes',
    `${((process.memoryUsage().rss - base) / 1e6).toFixed(0)} MB more than after 500`,
  );
}

const all = { places, chains, loops, sizes, memory };
for (const [name, f] of Object.entries(all)) if (wanted.size === 0 || wanted.has(name)) f();
