/** @file Normalization of each channel, over the batch or over each example, with running statistics. */
import { byPosition, defineOptions } from '../../../arguments/index.js';
import * as kinds from '../../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../../errors.js';
import { Cell } from '../../../graph/cells/cell.js';
import { range, show, sizeOf, type Shape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { add, mul, rsqrt, sub } from '../../elements/arithmetic.js';
import { reshapeNode } from '../../build/broadcast.js';
import { detach } from '../../build/detach.js';
import { composite } from '../../build/define.js';
import { castNode } from '../../build/element.js';
import {
  affine,
  affineOptions,
  channelled,
  meanOver,
  momentsOf,
  standardize,
  vectorOf,
  type AffineOptions,
  type Maybe,
} from './moments.js';

/** Running statistics of each channel, `[c]`; they, the weight and the bias may also be given by position. */
export interface RunningOptions extends AffineOptions {
  /** The running mean, `[channels]`; in training mode it is updated in place. */
  readonly runningMean?: Maybe;
  /** The running variance, `[channels]`; in training mode it is updated in place. */
  readonly runningVar?: Maybe;
}

const RUNNING = ['runningMean', 'runningVar', 'weight', 'bias'] as const;

/** Options of `batchNorm`. */
export interface BatchNormOptions extends RunningOptions {
  /**
   * Whether to normalize by the batch and update the running statistics, rather than to normalize by them. Default
   * false.
   */
  readonly training?: boolean;
  /** The weight of the batch in the running statistics. Default 0.1. */
  readonly momentum?: number | Tensor;
}

const runningKinds = {
  ...affineOptions.table,
  runningMean: kinds.orNull(kinds.tensor),
  runningVar: kinds.orNull(kinds.tensor),
  momentum: kinds.either(kinds.finite, kinds.tensor),
};
const batchNormOptions = byPosition(
  defineOptions<BatchNormOptions>(
    { ...runningKinds, training: kinds.flag },
    ({ runningMean, runningVar, weight, bias, training, momentum, eps }) => ({
      runningMean,
      runningVar,
      weight,
      bias,
      training,
      momentum,
      eps,
    }),
  ),
  ...RUNNING,
);
const instanceNormOptions = byPosition(
  defineOptions<InstanceNormOptions>({ ...runningKinds, useInputStats: kinds.flag }),
  ...RUNNING,
);

type BatchNorm<O> = (
  x: Tensor,
  runningMean?: Maybe | O,
  runningVar?: Maybe | O,
  weight?: Maybe | O,
  bias?: Maybe | O,
  options?: O,
) => Tensor;

/**
 * Normalizes each channel of `x [n, c, …]` over all other dimensions; weight, bias and statistics are `[c]`; `eps`
 * is 1e-5.
 *
 * With `training`, running statistics that are cells become `(1 − momentum) · running + momentum · batch`, with the
 * unbiased variance; other tensors stay as they are. PyTorch: `nn.functional.batch_norm`.
 *
 * @throws {ShapeError} if a shape does not fit, or if there is only one value for each channel in training mode.
 * @example batchNorm(tensor([[3], [5]]), tensor([1]), tensor([4])) // [[1], [2]]
 */
export const batchNorm: BatchNorm<BatchNormOptions> = composite(
  'batchNorm',
  (input, a, b, c1, d, e): Tensor => {
    const {
      runningMean,
      runningVar,
      weight,
      bias,
      training = false,
      momentum = 0.1,
      eps = 1e-5,
    } = batchNormOptions('batchNorm', a, b, c1, d, e);
    const x = channelled('batchNorm', input);
    const c = x.sizes[1] as number;
    const inner = x.sizes.slice(2).map(() => 1);
    const dims = range(x.ndim).filter((d) => d !== 1);
    const [mean, variance] = [runningMean, runningVar].map((t) =>
      vectorOf('batchNorm', 'running statistics', t, c),
    );
    let y: Tensor;
    if (training) {
      const count = c === 0 ? 0 : x.size / c;
      if (count === 1) {
        throw new ShapeError(
          `batchNorm: training needs more than one value for each channel, x is ${show(x.sizes)}`,
        );
      }
      const moments = momentsOf(x, dims);
      y = standardize(moments, eps);
      // An empty batch has no mean: the statistics stay unchanged.
      if (count > 0) {
        update(runningMean, reshapeNode(moments.mean, [c]), momentum);
        update(runningVar, mul(reshapeNode(moments.variance, [c]), count / (count - 1)), momentum);
      }
    } else {
      y = byRunning('batchNorm', x, mean, variance, [c, ...inner], eps);
    }
    return affine('batchNorm', y, weight, bias, [c], [c, ...inner]);
  },
);

/** Options of `instanceNorm`. */
export interface InstanceNormOptions extends RunningOptions {
  /** Whether to normalize by the statistics of each example, rather than by the running statistics. Default true. */
  readonly useInputStats?: boolean;
  /** The weight of new statistics in the running ones. Default 0.1. */
  readonly momentum?: number | Tensor;
}

/**
 * Normalizes each channel of each example of `x [n, c, …]`. Running statistics that are cells are updated with the
 * mean over the examples. Options as for `batchNorm`. PyTorch: `nn.functional.instance_norm`.
 * @example instanceNorm(tensor([[[1, 3]]])) // [[[-1.0000, 1.0000]]]
 */
export const instanceNorm: BatchNorm<InstanceNormOptions> = composite(
  'instanceNorm',
  (input, a, b, c1, d, e): Tensor => {
    const {
      runningMean,
      runningVar,
      weight,
      bias,
      useInputStats = true,
      momentum = 0.1,
      eps = 1e-5,
    } = instanceNormOptions('instanceNorm', a, b, c1, d, e);
    const x = channelled('instanceNorm', input);
    const [n, c] = x.sizes as readonly [number, number];
    const inner = x.sizes.slice(2).map(() => 1);
    const [mean, variance] = [runningMean, runningVar].map((t) =>
      vectorOf('instanceNorm', 'running statistics', t, c),
    );
    let y: Tensor;
    if (useInputStats) {
      const count = sizeOf(x.sizes.slice(2));
      if (count === 1) {
        throw new ShapeError(
          `instanceNorm: needs more than one value for each channel of each example, x is ${show(x.sizes)}`,
        );
      }
      const moments = momentsOf(x, range(x.ndim).slice(2));
      y = standardize(moments, eps);
      if (x.size > 0) {
        update(runningMean, meanOver(reshapeNode(moments.mean, [n, c]), [0], false), momentum);
        const unbiased = mul(reshapeNode(moments.variance, [n, c]), count / (count - 1));
        update(runningVar, meanOver(unbiased, [0], false), momentum);
      }
    } else {
      y = byRunning('instanceNorm', x, mean, variance, [c, ...inner], eps);
    }
    return affine('instanceNorm', y, weight, bias, [c], [c, ...inner]);
  },
);

/** Normalizes by running statistics, which must be given. */
function byRunning(
  op: string,
  x: Tensor,
  mean: Maybe,
  variance: Maybe,
  shape: Shape,
  eps: number,
): Tensor {
  if (mean === undefined || mean === null || variance === undefined || variance === null) {
    throw new ChainruleError(
      `${op}: needs runningMean and runningVar when it does not normalize by the batch`,
    );
  }
  const scale = rsqrt(add(reshapeNode(variance, shape), eps));
  return mul(sub(x, reshapeNode(mean, shape)), scale);
}

/** Moves a running statistic towards that of the batch, if it is a cell. */
function update(running: Maybe, batch: Tensor, momentum: number | Tensor): void {
  if (!(running instanceof Cell)) return;
  const next = add(
    running.current,
    mul(sub(castNode(detach(batch), running.dtype), running.current), momentum),
  );
  running.assign(castNode(next, running.dtype));
}
