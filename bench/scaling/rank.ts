/**
 * @file One rank of a measurement: a training step of a perceptron whose batch is divided among the ranks, or reductions of
 * vectors.
 *
 *     npx ts-node bench/scaling/rank.ts step WIDTH BATCH THREADS
 *     npx ts-node bench/scaling/rank.ts reduce SIZE[,SIZE…]
 */
import {
  compile,
  manualSeed,
  randn,
  randint,
  setNumThreads,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
import { allReduce, distributed } from '@chainrule/distributed';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';

const [what = 'step', ...numbers] = process.argv.slice(2);
const threads = Number(numbers[2] ?? 1);
const world = await distributed({ threads, checkEvery: 0 });
if (world.size === 1) setNumThreads(threads);

/** Milliseconds per call, and the parts until all ranks had arrived and while data was exchanged. */
interface Times {
  readonly ms: number;
  readonly waiting: number;
  readonly exchanging: number;
}

/** The fastest of 25 rounds: other programs on the machine make the others slower. */
function quickest(f: () => void): Times {
  const round = (n: number): Times => {
    const [before, start] = [world.usage(), performance.now()];
    for (let i = 0; i < n; i++) f();
    const [after, ms] = [world.usage(), (performance.now() - start) / n];
    return {
      ms,
      waiting: (after.waiting - before.waiting) / n,
      exchanging: (after.exchanging - before.exchanging) / n,
    };
  };
  round(20);
  const guess = Math.min(round(5).ms, round(5).ms);
  // All ranks must make the same number of calls.
  const n = allReduce(tensor([Math.max(1, Math.round(10 / guess))]), { op: 'max' }).item();
  return Array.from({ length: 25 }, () => round(n)).sort((a, b) => a.ms - b.ms)[0] as Times;
}

const results: Record<string, unknown>[] = [];
if (what === 'step') {
  const [width = 256, batch = 128] = numbers.map(Number);
  manualSeed(1);
  const model = new nn.Sequential(
    new nn.Linear(784, width),
    new nn.ReLU(),
    new nn.Linear(width, width),
    new nn.ReLU(),
    new nn.Linear(width, 10),
  );
  world.broadcast(model);
  const optimizer = world.optimizer(new Adam(model.parameters(), { lr: 1e-6 }));
  const step = compile((x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  const own = batch / world.size;
  const x = tensor(randn([own, 784]).dataSync(), { shape: [own, 784] });
  const y = tensor(randint(0, 10, [own]).dataSync());
  results.push({ parameters: model.numParameters(), ...quickest(() => void step(x, y)) });
} else {
  for (const size of (numbers[0] ?? '1024').split(',').map(Number)) {
    const x = tensor(new Float32Array(size).fill(1));
    results.push({ size, ...quickest(() => void allReduce(x)) });
  }
}
if (world.rank === 0) for (const result of results) console.log(JSON.stringify(result));
world.close();
