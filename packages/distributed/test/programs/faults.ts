/** @file Trainings in which one rank does something wrong: `FAULT` says what, `RANK` which rank. */
import { writeFileSync } from 'node:fs';
import { compile, manualSeed, randn, tensor, type Tensor } from '@chainrule/autograd';
import { distributed } from '@chainrule/distributed';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';

const { FAULT = '', RANK = '1' } = process.env;
const rank = Number(
  process.env['CHAINRULE_RANK'] ?? process.env['OMPI_COMM_WORLD_RANK'] ?? process.env['PMI_RANK'],
);
const is = (fault: string): boolean => FAULT === fault && rank === Number(RANK);
const lenient = FAULT === 'ignored';
const world = await distributed({
  ...{ seed: is('seed') ? 6 : 5, checkEvery: 2, timeout: 60 },
  onNonFinite: lenient ? 'ignore' : 'throw',
});
// When the job runs: how long it takes to stop is counted from here, and not how long it took to start.
if (rank === 0) writeFileSync(process.env['BEGUN'] ?? '', String(Date.now()));
if (is('start')) manualSeed(9);
const model = new nn.Sequential(
  new nn.Linear(3, is('shape') ? 9 : 8),
  new nn.BatchNorm1d(is('shape') ? 9 : 8),
  new nn.Linear(is('shape') ? 9 : 8, 4),
);
world.syncBatchNorm(model);
if (FAULT !== 'start') world.broadcast(model);
const inner = new Adam(model.parameters(), {
  lr: is('rate') ? 0.02 : 0.01,
  onNonFinite: lenient ? 'skip' : 'ignore',
});
if (is('step')) {
  // As from a checkpoint of another step.
  const saved = model.stateDict();
  model.eval();
  model
    .forward(randn([4, 3]))
    .sum()
    .backward();
  inner.step();
  model.train();
  model.loadStateDict(saved);
}
const optimizer = world.optimizer(inner);
if (FAULT === 'items') world.shard(Array.from({ length: is('items') ? 9 : 10 }, (_, i) => i));
const run = (x: Tensor, y: Tensor): Tensor => {
  optimizer.zeroGrad();
  const loss = nn.functional.crossEntropy(model.forward(x), y);
  loss.backward();
  optimizer.step();
  return loss;
};
const compiled = compile(run);
// Batch statistics of other ranks are part of a loss: its parts are not asked for here, which one rank alone could not.
const steps = is('data') ? 5 : 8;
for (let k = 0; k < steps; k++) {
  const x = randn([6, 3]).dataSync();
  if ((is('nan') || is('ignored')) && k === 3) x[0] = NaN;
  const labels = Int32Array.from({ length: 6 }, (_, i) => (i + k) % 4);
  if (is('index') && k === 3) labels[2] = 4;
  if (is('throw') && k === 3) throw new Error('no such file: batch 3');
  if (is('exit') && k === 3) process.exit(7);
  if (is('kill') && k === 3) process.kill(process.pid, 'SIGKILL');
  if (is('drift') && k === 3) model.parameters()[0]?.assign(randn([8, 3]));
  if (is('unused') && k === 3) {
    optimizer.zeroGrad();
    model.parameters()[0]?.requiresGrad_(false);
  }
  (k % 2 === 0 ? compiled : run)(tensor(x, { shape: [6, 3] }), tensor(labels));
  if (is('barrier') && k === 3) world.barrier();
}
console.log(`rank ${world.rank} has finished, ${inner.skippedSteps} steps skipped`);
