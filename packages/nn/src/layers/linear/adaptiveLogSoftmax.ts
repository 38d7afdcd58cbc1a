/** @file A softmax over a very large number of classes, most of which are rare. */
import {
  cat,
  ChainruleError,
  guardMethods,
  checkArgument,
  defineOptions,
  display,
  gather,
  kinds,
  logSoftmax,
  ShapeError,
  type Tensor,
  where,
} from '@chainrule/autograd';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';
import { ModuleList, Sequential } from '../containers.js';
import type { ParameterOptions } from '../create.js';
import { Linear } from './linear.js';

/** Options of `AdaptiveLogSoftmaxWithLoss`. */
export interface AdaptiveLogSoftmaxOptions extends ParameterOptions {
  /** The factor by which the number of features falls from cluster to cluster. Default 4. */
  readonly divValue?: number | undefined;
  /** Whether the head has a bias. Default false. */
  readonly headBias?: boolean | undefined;
}

const readOptions = defineOptions<AdaptiveLogSoftmaxOptions>({
  divValue: kinds.positive,
  headBias: kinds.flag,
  dtype: kinds.dtype,
});

/** The result of `AdaptiveLogSoftmaxWithLoss.forward`. */
export interface AdaptiveLogSoftmaxResult {
  /** The log-probability of each target: `[batch]`. */
  readonly output: Tensor;
  /** The mean negative log-likelihood. */
  readonly loss: Tensor;
}

/**
 * An approximate log-softmax over `nClasses` classes, sorted by decreasing frequency (Grave et al. 2017,
 * arXiv:1609.04309). The head scores the first `cutoffs[0]` classes, and each cluster: the classes between two cutoffs,
 * which a smaller layer scores. Parameters are named as in PyTorch: `head.weight`, `tail.0.0.weight`, `tail.0.1.weight`
 * … PyTorch: `nn.AdaptiveLogSoftmaxWithLoss`, which computes only the clusters in use; here all are computed, so that
 * nothing depends on values.
 *
 * @throws {ChainruleError} unless the cutoffs increase, between 1 and nClasses − 1.
 * @example new AdaptiveLogSoftmaxWithLoss(64, 10000, [100, 1000]).forward(x, target).loss.backward()
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  /** @internal */
  static override readonly inputs: readonly string[] = ['input', 'target'];
  /** The layer that scores the frequent classes and the clusters. */
  readonly head: Linear;
  /** The layers that score the classes of each cluster. */
  readonly tail: ModuleList<Sequential>;
  /** The size of the last dimension of the input. */
  readonly inFeatures: number;
  /** The number of classes. */
  readonly nClasses: number;
  /** The cutoffs, followed by `nClasses`. */
  readonly cutoffs: readonly number[];
  /** The factor by which the number of features falls from cluster to cluster. */
  readonly divValue: number;

  constructor(
    inFeatures: number,
    nClasses: number,
    cutoffs: readonly number[],
    options?: AdaptiveLogSoftmaxOptions,
  ) {
    super();
    guardMethods(this, AdaptiveLogSoftmaxWithLoss.prototype, 'module', (x) => x instanceof Module, [
      'logProb',
      'predict',
    ]);
    const name = 'AdaptiveLogSoftmaxWithLoss';
    const { divValue = 4, headBias = false, dtype } = readOptions(name, options);
    this.inFeatures = checkArgument(name, 'inFeatures', inFeatures, kinds.count);
    this.nClasses = checkArgument(name, 'nClasses', nClasses, kinds.count);
    checkArgument(name, 'cutoffs', cutoffs, kinds.listOf(kinds.count));
    if (
      cutoffs.length === 0 ||
      cutoffs.some((c, i) => c >= nClasses || c <= (cutoffs[i - 1] ?? 0))
    ) {
      throw new ChainruleError(
        `${name}: cutoffs must be increasing whole numbers from 1 to ${nClasses - 1}, ` +
          `got ${display(cutoffs)}`,
      );
    }
    this.cutoffs = [...cutoffs, nClasses];
    this.divValue = divValue;
    const own = dtype === undefined ? {} : { dtype };
    this.head = new Linear(inFeatures, this.shortlist + cutoffs.length, { bias: headBias, ...own });
    this.tail = new ModuleList(
      cutoffs.map((from, i) => {
        const hidden = Math.floor(inFeatures / divValue ** (i + 1));
        const members = (this.cutoffs[i + 1] as number) - from;
        return new Sequential(
          new Linear(inFeatures, hidden, { bias: false, ...own }),
          new Linear(hidden, members, { bias: false, ...own }),
        );
      }),
    );
  }

  /** The number of classes with a score in the head. */
  private get shortlist(): number {
    return this.cutoffs[0] as number;
  }

  /**
   * `input [batch, features]` with int32 `target [batch]`, or `[features]` with `[]`.
   * @throws {IndexError} for a class out of range, when evaluated at the latest.
   */
  override forward(input: Tensor, target: Tensor): AdaptiveLogSoftmaxResult {
    const batched = target.ndim === 1;
    if (
      target.ndim > 1 ||
      input.ndim !== target.ndim + 1 ||
      (batched && input.shape[0] !== target.shape[0])
    ) {
      throw new ShapeError(
        `AdaptiveLogSoftmaxWithLoss: expected [batch, ${this.inFeatures}] with a target [batch], or ` +
          `[${this.inFeatures}] with [], got [${input.shape.join(', ')}] and [${target.shape.join(', ')}]`,
      );
    }
    const x = batched ? input : input.unsqueeze(0);
    const labels = (batched ? target : target.unsqueeze(0)).unsqueeze(1);
    const head = logSoftmax(this.head.forward(x), 1);
    const chosen = (logs: Tensor, index: Tensor, inside: Tensor): Tensor =>
      gather(logs, 1, where(inside, index, 0), 'AdaptiveLogSoftmaxWithLoss: target');
    // An invalid class is left as it is, and is then out of range for the head.
    const inHead = labels.lt(this.shortlist).logicalOr(labels.ge(this.nClasses));
    // A class of the shortlist is chosen in the head; for others, the head chooses the cluster, and its tail the class.
    let output = chosen(head, labels, inHead);
    [...this.tail].forEach((network, i) => {
      const [from, to] = [this.cutoffs[i] as number, this.cutoffs[i + 1] as number];
      const inside = labels.ge(from).logicalAnd(labels.lt(to));
      const member = chosen(logSoftmax(network.forward(x), 1), labels.sub(from), inside);
      const cluster = head.narrow(1, this.shortlist + i, 1);
      output = where(inside, member.add(cluster), output);
    });
    const flat = output.squeeze(1);
    return { output: batched ? flat : flat.squeeze(0), loss: flat.neg().mean() };
  }

  /** The log-probabilities of all classes: `[batch, features] → [batch, nClasses]`. */
  logProb(input: Tensor): Tensor {
    const head = logSoftmax(this.head.forward(input), 1);
    const tails = [...this.tail].map((network, i) =>
      logSoftmax(network.forward(input), 1).add(head.narrow(1, this.shortlist + i, 1)),
    );
    return cat([head.narrow(1, 0, this.shortlist), ...tails], 1);
  }

  /** The most likely class of each sample: `[batch, features] → [batch]`, int32. */
  predict(input: Tensor): Tensor {
    return this.logProb(input).argmax(1);
  }

  override extraRepr(): string {
    return show({ cutoffs: this.cutoffs, divValue: this.divValue });
  }
}
