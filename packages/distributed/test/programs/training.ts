/**
 * @file A training of a few steps, of which each rank reports the bits of its parameters, and the losses. Environment variables
 * say how: `MODE=eager`, `NORM` for batch normalization, `DROP` for dropout, `FOLDER` for checkpoints that it goes on
 * from, `KILL=rank:step` for a rank that ends by SIGKILL.
 */
import {
  compile,
  getRngState,
  manualSeed,
  randn,
  setRngState,
  tensor,
  type Tensor,
} from '@chainrule/autograd';
import { hasCheckpoint, loadCheckpoint, saveCheckpoint } from '@chainrule/autograd/io';
import { allReduce, distributed } from '@chainrule/distributed';
import * as nn from '@chainrule/nn';
import { DataLoader, TensorDataset } from '@chainrule/nn/data';
import { Adam, SGD } from '@chainrule/optim';
import { report } from './report.js';

const { MODE = 'compile', STEPS = '6', NORM, DROP, BUCKET = '26214400', FOLDER } = process.env;
const [killed, at] = (process.env['KILL'] ?? '-1:0').split(':').map(Number);
// As if each rank had a machine of its own.
if (process.env['APART'] !== undefined)
  Object.assign(process.env, { OMPI_COMM_WORLD_LOCAL_SIZE: '1', MPI_LOCALNRANKS: '1' });
const copies = process.env['COPIES'];
const world = await distributed(copies === undefined ? undefined : 'local', {
  ...(copies === undefined ? {} : { size: Number(copies) }),
  deterministic: process.env['FREE'] === undefined,
  checkEvery: 2,
  bucketBytes: Number(BUCKET),
});
manualSeed(3);
const [n, batch] = [96, 24];
const x = randn([n, 5]);
const y = x.matmul(randn([5, 2])).sin();
const known = (t: Tensor): Tensor => tensor(t.dataSync(), { shape: t.shape });

class Net extends nn.Module {
  hidden = new nn.Linear(5, 16);
  norm: nn.Module & { forward(x: Tensor): Tensor } =
    NORM === undefined ? new nn.Tanh() : new nn.BatchNorm1d(16);
  drop = new nn.Dropout(DROP === undefined ? 0 : 0.5);
  out = new nn.Linear(16, 2);
  override forward(x: Tensor): Tensor {
    const h = this.norm.forward(this.hidden.forward(x));
    return this.out.forward(this.drop.forward(h.tanh()));
  }
}
const model = world.syncBatchNorm(new Net());
world.broadcast(model);
const optimizer = world.optimizer(
  // A bias before normalization has no gradient but rounding, of which Adam makes steps of full length.
  NORM === undefined
    ? new Adam(model.parameters(), { lr: 0.01 })
    : new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }),
);
const set = world.shard(new TensorDataset(known(x), known(y)));
const loader = new DataLoader(set, { batchSize: batch / world.size });

let done = 0;
if (FOLDER !== undefined && (await hasCheckpoint(FOLDER))) {
  const { step, state } = await loadCheckpoint(FOLDER, { model, optimizer, loader });
  done = step;
  setRngState(state['rng']);
  world.broadcast(model); // and the streams of random numbers
}

const plain = (x: Tensor, y: Tensor): Tensor => {
  optimizer.zeroGrad();
  const loss = model.forward(x).sub(y).square().mean();
  loss.backward();
  optimizer.step();
  return loss;
};
const step = MODE === 'compile' ? compile(plain) : plain;
const losses: number[] = [];
while (done < Number(STEPS)) {
  for (const [x, y] of loader as Iterable<[Tensor, Tensor]>) {
    if (world.rank === killed && done === at) process.kill(process.pid, 'SIGKILL');
    losses.push(allReduce(step(x, y).detach(), { op: 'mean' }).item());
    done++;
    if (FOLDER !== undefined && done % 2 === 0 && world.rank === 0)
      await saveCheckpoint(FOLDER, { model, optimizer, loader, step: done, rng: getRngState() });
    if (done === Number(STEPS)) break;
  }
}
const state = [...model.parameters(), ...model.buffers()].map((p) =>
  Buffer.from(p.dataSync().buffer).toString('hex'),
);
const values = model.parameters().flatMap((p) => Array.from(p.dataSync()));
const draw = randn([1]).item();
report(world.rank, { rank: world.rank, losses, state: state.join(), values, draw });
world.close();
