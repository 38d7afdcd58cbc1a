/** @file Batch normalization with the statistics of all ranks' batches together. */
import { cat, type Cell, noGrad, rsqrt, type Tensor, tensor } from '@chainrule/autograd';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, type Module } from '@chainrule/nn';
import type { Communicator } from './communicator.js';
import { gatherRows } from './operations.js';

type BatchNorm = BatchNorm1d | BatchNorm2d | BatchNorm3d;

/** Makes every batch normalization of a model use the statistics of all ranks. */
export function synchronize(world: Communicator, model: Module, watch: boolean): void {
  const layers = model
    .modules()
    .filter((m): m is BatchNorm =>
      [BatchNorm1d, BatchNorm2d, BatchNorm3d].some((c) => m instanceof c),
    );
  const what = watch ? 'the statistics of a batch normalization' : '';
  for (const layer of layers) {
    layer.normalizer =
      world.size === 1
        ? null
        : (x, momentum) => normalize(x, layer, momentum, (row) => gatherRows(world, row, what));
  }
}

/**
 * Normalizes as the layer does in training, with mean and variance over all ranks, combined from those of each rank and its
 * number of values (Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
 * 1979).
 */
function normalize(
  x: Tensor,
  layer: BatchNorm,
  momentum: number | Tensor,
  gather: (row: Tensor) => Tensor,
): Tensor {
  const dims = x.shape.map((_, d) => d).filter((d) => d !== 1);
  const c = layer.numFeatures;
  const wide = [1, c, ...x.shape.slice(2).map(() => 1)];
  const count = x.size / c;
  const mean = x.mean(dims);
  const spread = x.sub(mean.reshape(wide)).square().mean(dims);
  const counted = tensor([count]).cast(x.dtype);
  // [ranks, 2 c + 1]: mean, variance and number of values of each rank.
  const all = gather(cat([mean, spread, counted]));
  const counts = all.narrow(1, 2 * c, 1);
  const total = counts.sum();
  const shares = counts.div(total);
  const means = all.narrow(1, 0, c);
  const joint = means.mul(shares).sum(0);
  const variance = all.narrow(1, c, c).add(means.sub(joint).square()).mul(shares).sum(0);
  const { runningMean, runningVar, weight, bias, eps } = layer;
  noGrad(() => {
    const unbiased = variance.mul(total.div(total.sub(1)));
    move(runningMean, joint, momentum);
    move(runningVar, unbiased, momentum);
  });
  const scale = rsqrt(variance.add(eps));
  const y = x.sub(joint.reshape(wide)).mul(scale.reshape(wide));
  const stretched = weight === null ? y : y.mul(weight.reshape(wide));
  return bias === null ? stretched : stretched.add(bias.reshape(wide));
}

function move(running: Cell | null, batch: Tensor, momentum: number | Tensor): void {
  running?.assign(running.add(batch.detach().cast(running.dtype).sub(running).mul(momentum)));
}
