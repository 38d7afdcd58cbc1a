// %% [markdown]
// # Several processes learn one network
//
// Data-parallel training: every process (*rank*) has the same network and its own share of MNIST. After each backward pass
// the ranks average their gradients, so all of them take the same step that one process would take on the joint batch.
//
//     npm run distributed -- -n 2                          # starts the other ranks itself
//     mpirun -np 2 npx ts-node examples/distributed.ts     # with Open MPI or MPICH, and koffi
//
// If one rank fails, all of them stop. With `--checkpoints FOLDER` the same command resumes where the last run stopped, with
// any number of ranks.

// %%
import { compile, getRngState, noGrad, setRngState, tensor } from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { hasCheckpoint, loadCheckpoint, saveCheckpoint } from '@chainrule/autograd/io';
import { allReduce, distributed } from '@chainrule/distributed';
import * as nn from '@chainrule/nn';
import { DataLoader } from '@chainrule/nn/data';
import { Adam } from '@chainrule/optim';
import { parseOptions } from './lib/cli.js';
import { batchOf, loadMnist } from './lib/mnist.js';
import { isRendered } from './lib/notebook.js';
import { plotLosses } from './lib/plot.js';
import { commonOptions, expectScore, isShort, percent } from './lib/score.js';

const options = parseOptions('Learns to read digits, in several processes.', {
  ranks: { type: 'integer', default: 2, min: 1, max: 64, short: 'n', help: 'how many processes' },
  epochs: { type: 'integer', default: 2, min: 1, help: 'passes over the training images' },
  batch: { type: 'integer', default: 128, min: 1, help: 'images per step, over all ranks' },
  checkpoints: { type: 'string', default: '', help: 'a folder for checkpoints' },
  ...commonOptions,
});
const { epochs, batch, seed, checkpoints } = options;
const short = isShort(options.short);

// %% [markdown]
// ## The ranks
//
// `mpirun` starts the ranks; without it, this program starts copies of itself. From here on, every line runs on every rank.

// %%
const launched = ['OMPI_COMM_WORLD_SIZE', 'PMI_SIZE'].some((name) => name in process.env);
const ranks = isRendered() ? 1 : options.ranks;
const world = launched
  ? await distributed('mpi', { seed })
  : await distributed('local', { size: ranks, seed });
const say = (text: string): void => {
  if (world.rank === 0) console.log(text);
};
say(`${world.size} ranks, connected by ${world.library}`);

// %% [markdown]
// ## Network and data
//
// `broadcast` gives every rank the parameters of rank 0, and its own random numbers for dropout. `syncBatchNorm` computes the
// statistics over the images of all ranks. `shard` is this rank's share of the image indices.

// %%
const model = new nn.Sequential(
  new nn.Conv2d(1, 16, 3, { stride: 2, padding: 1 }),
  new nn.BatchNorm2d(16),
  new nn.ReLU(),
  new nn.Conv2d(16, 32, 3, { stride: 2, padding: 1 }),
  new nn.BatchNorm2d(32),
  new nn.ReLU(),
  new nn.Flatten(),
  new nn.Dropout(0.2),
  new nn.Linear(32 * 7 * 7, 10),
);
world.syncBatchNorm(model);
world.broadcast(model);
const optimizer = world.optimizer(new Adam(model.parameters(), { lr: 2e-3 }));

const { train, test } = loadMnist();
const used = short ? 6000 : train.count;
const loader = new DataLoader(world.shard(Array.from({ length: used }, (_, i) => i)), {
  batchSize: Math.ceil(batch / world.size),
  shuffle: true,
  seed,
  dropLast: true,
  collate: (positions: number[]) => batchOf(train, positions),
});

let step = 0;
if (checkpoints !== '' && (await hasCheckpoint(checkpoints))) {
  const loaded = await loadCheckpoint(checkpoints, { model, optimizer, loader });
  setRngState(loaded.state['rng']);
  world.broadcast(model); // every rank's own stream of random numbers, from rank 0's
  step = loaded.step;
  say(`resumes after step ${step}`);
}

// %% [markdown]
// ## Learning
//
// The same code as for one process. The exchange of gradients is part of the compiled step. The picture shows the losses on
// the share of rank 0.

// %%
const learn = compile((images: Tensor, labels: Tensor) => {
  const loss = nn.functional.crossEntropy(model.forward(images), labels);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss;
});
const losses: number[] = [];
const start = performance.now();
while (loader.epoch < (short ? 3 : epochs)) {
  for (const { images, labels } of loader) {
    const loss = learn(images, labels);
    losses.push(loss.item());
    step++;
    if (step % 50 === 0) {
      const mean = allReduce(loss.detach(), { op: 'mean' }).item();
      say(`step ${step}: loss ${mean.toFixed(3)}`);
      if (checkpoints !== '' && world.rank === 0)
        await saveCheckpoint(checkpoints, { model, optimizer, loader, step, rng: getRngState() });
    }
  }
}
say(`${((performance.now() - start) / 1000).toFixed(1)} s`);
if (world.rank === 0 && losses.length > 0)
  plotLosses(losses, batch, 'images of all ranks', 'distributed-loss.svg');

// %% [markdown]
// ## The test
//
// Each rank reads its share of the test images; the right answers are added up.

// %%
model.eval();
const shared = world.shard(
  Array.from({ length: test.count }, (_, i) => i),
  { uneven: 'drop' },
);
let right = 0;
for (const { images, labels } of new DataLoader(shared, {
  batchSize: 500,
  collate: (positions: number[]) => batchOf(test, positions),
})) {
  const answers = noGrad(() => model.forward(images).argmax(1));
  right += answers.eq(labels).cast('int32').sum().item();
}
const all = allReduce(tensor([right])).item();
const asked = { atLeast: short ? 0.93 : 0.98, baseline: 0.92, format: percent };
if (world.rank === 0) expectScore('right answers', all / (shared.length * world.size), asked);
world.close();
