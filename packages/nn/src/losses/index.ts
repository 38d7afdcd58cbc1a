/** @file Losses as modules: each keeps the options of its function. PyTorch's names and defaults. */
import type { Cell, Tensor } from '@chainrule/autograd';
import { Module } from '../module/module.js';
import { options as show } from '../module/repr.js';
import * as f from './functions.js';
import * as read from './readers.js';
import { keptOptions, type AnyReader } from '../layers/keptOptions.js';

/** A loss that keeps its options. */
abstract class Loss<O extends object> extends Module {
  /** Reads the options when the loss is made: those that every loss has, unless it says more. */
  protected static readonly reader: AnyReader = read.lossOptions as unknown as AnyReader;

  protected readonly options: O;

  constructor(options?: O) {
    super();
    this.options = keptOptions(new.target, options);
  }

  override extraRepr(): string {
    const plain = Object.entries(this.options).filter(([, value]) => typeof value !== 'object');
    return show(Object.fromEntries(plain));
  }
}

/** A loss with class weights, which are part of its state. */
abstract class WeightedLoss<
  O extends { readonly weight?: Tensor | null | undefined },
> extends Loss<O> {
  /** The weight of each class; null for none. */
  readonly weight: Cell | null;

  constructor(options?: O) {
    super(options);
    this.weight = this.registerBuffer('weight', this.options.weight ?? null);
  }
}

/**
 * The mean of squared differences, `mean (x − y)²`, as a module: `mseLoss` with its options kept. PyTorch:
 * `nn.MSELoss`.
 *
 * @example new nn.MSELoss().forward(tensor([1, 2]), tensor([1, 4])) // 2
 */
export class MSELoss extends Loss<f.LossOptions> {
  protected static override readonly reader: AnyReader = read.lossOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.mseLoss(input, target, this.options);
  }
}

/**
 * The mean of absolute differences, `mean |x − y|`, as a module: `l1Loss` with its options kept. PyTorch:
 * `nn.L1Loss`.
 *
 * @example new nn.L1Loss().forward(tensor([1, 2]), tensor([1, 4])) // 1
 */
export class L1Loss extends Loss<f.LossOptions> {
  protected static override readonly reader: AnyReader = read.lossOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.l1Loss(input, target, this.options);
  }
}

/**
 * Squared near 0 and absolute beyond `beta`, as a module: `smoothL1Loss` with its options kept. PyTorch:
 * `nn.SmoothL1Loss`.
 *
 * @example new nn.SmoothL1Loss({ beta: 1 }).forward(tensor([3]), tensor([0])) // 2.5
 */
export class SmoothL1Loss extends Loss<NonNullable<Parameters<typeof f.smoothL1Loss>[2]>> {
  protected static override readonly reader: AnyReader =
    read.smoothL1Options as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.smoothL1Loss(input, target, this.options);
  }
}

/**
 * Squared near 0 and linear beyond `delta`, as a module: `huberLoss` with its options kept. PyTorch: `nn.HuberLoss`.
 *
 * @example new nn.HuberLoss({ delta: 1 }).forward(tensor([3]), tensor([0])) // 2.5
 */
export class HuberLoss extends Loss<NonNullable<Parameters<typeof f.huberLoss>[2]>> {
  protected static override readonly reader: AnyReader = read.huberOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.huberLoss(input, target, this.options);
  }
}

/**
 * The cross-entropy of logits and class labels, as a module: `crossEntropy` with its options kept. PyTorch: `nn.CrossEntropyLoss`.
 *
 * @example new CrossEntropyLoss({ labelSmoothing: 0.1 }).forward(logits, labels)
 */
export class CrossEntropyLoss extends WeightedLoss<f.CrossEntropyOptions> {
  protected static override readonly reader: AnyReader =
    read.crossEntropyOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.crossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

/**
 * The negative log probability of the right class, as a module: `nllLoss` with its options kept; inputs are log
 * probabilities. PyTorch: `nn.NLLLoss`.
 *
 * @example new nn.NLLLoss().forward(logits.logSoftmax(-1), labels)
 */
export class NLLLoss extends WeightedLoss<f.NllOptions> {
  protected static override readonly reader: AnyReader = read.nllOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.nllLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/**
 * Binary cross-entropy of probabilities, as a module: `bce` with its options kept. Prefer {@link BCEWithLogitsLoss},
 * which is stable. PyTorch: `nn.BCELoss`.
 *
 * @example new nn.BCELoss().forward(tensor([0.5]), tensor([1])) // 0.6931
 */
export class BCELoss extends WeightedLoss<f.BceOptions> {
  protected static override readonly reader: AnyReader = read.bceOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.bce(input, target, { ...this.options, weight: this.weight });
  }
}

/**
 * Binary cross-entropy of logits, as a module: `bceWithLogits` with its options kept. PyTorch:
 * `nn.BCEWithLogitsLoss`.
 *
 * @example new nn.BCEWithLogitsLoss().forward(tensor([0]), tensor([1])) // 0.6931
 */
export class BCEWithLogitsLoss extends WeightedLoss<f.BceWithLogitsOptions> {
  protected static override readonly reader: AnyReader =
    read.bceWithLogitsOptions as unknown as AnyReader;

  static override readonly stateKeys: Readonly<Record<string, string>> = {
    posWeight: 'pos_weight',
  };
  /** The weight of positive examples; null for none. */
  readonly posWeight: Cell | null;

  constructor(options?: f.BceWithLogitsOptions) {
    super(options);
    this.posWeight = this.registerBuffer('posWeight', this.options.posWeight ?? null);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.bceWithLogits(input, target, {
      ...this.options,
      weight: this.weight,
      posWeight: this.posWeight,
    });
  }
}

/**
 * The Kullback-Leibler divergence of targets from log probabilities, as a module: `klDiv` with its options kept.
 * PyTorch: `nn.KLDivLoss`.
 *
 * @example new nn.KLDivLoss({ reduction: 'batchmean' }).forward(logits.logSoftmax(-1), probabilities)
 */
export class KLDivLoss extends Loss<f.KlDivOptions> {
  protected static override readonly reader: AnyReader = read.klDivOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.klDiv(input, target, this.options);
  }
}

/**
 * Pairs of vectors pulled together (target 1) or apart (−1) by the cosine of their angle, as a module:
 * `cosineEmbeddingLoss`. PyTorch: `nn.CosineEmbeddingLoss`.
 *
 * @example new nn.CosineEmbeddingLoss().forward(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1])) // 1
 */
export class CosineEmbeddingLoss extends Loss<f.MarginOptions> {
  protected static override readonly reader: AnyReader = read.marginOptions as unknown as AnyReader;

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return f.cosineEmbeddingLoss(input1, input2, target, this.options);
  }
}

/**
 * An anchor nearer to a positive than to a negative example by a margin, as a module: `tripletMarginLoss`. PyTorch:
 * `nn.TripletMarginLoss`.
 *
 * @example new nn.TripletMarginLoss({ margin: 0.5 }).forward(anchor, positive, negative)
 */
export class TripletMarginLoss extends Loss<f.TripletMarginOptions> {
  protected static override readonly reader: AnyReader =
    read.tripletMarginOptions as unknown as AnyReader;

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return f.tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

/**
 * The first input ranked above the second (target 1) or below (−1) by a margin, as a module: `marginRankingLoss`.
 * PyTorch: `nn.MarginRankingLoss`.
 *
 * @example new nn.MarginRankingLoss().forward(tensor([1]), tensor([3]), tensor([1])) // 2
 */
export class MarginRankingLoss extends Loss<f.MarginOptions> {
  protected static override readonly reader: AnyReader = read.marginOptions as unknown as AnyReader;

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return f.marginRankingLoss(input1, input2, target, this.options);
  }
}

/**
 * Distances kept small (target 1) or above a margin (−1), as a module: `hingeEmbeddingLoss`. PyTorch:
 * `nn.HingeEmbeddingLoss`.
 *
 * @example new nn.HingeEmbeddingLoss().forward(tensor([0.25]), tensor([-1])) // 0.75
 */
export class HingeEmbeddingLoss extends Loss<f.MarginOptions> {
  protected static override readonly reader: AnyReader = read.marginOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.hingeEmbeddingLoss(input, target, this.options);
  }
}

/**
 * The negative log likelihood of counts, as a module: `poissonNllLoss` with its options kept. PyTorch:
 * `nn.PoissonNLLLoss`.
 *
 * @example new nn.PoissonNLLLoss().forward(tensor([0]), tensor([3])) // 1
 */
export class PoissonNLLLoss extends Loss<NonNullable<Parameters<typeof f.poissonNllLoss>[2]>> {
  protected static override readonly reader: AnyReader =
    read.poissonNllOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.poissonNllLoss(input, target, this.options);
  }
}

/**
 * The negative log likelihood of normal distributions with given variances, as a module: `gaussianNllLoss`. PyTorch:
 * `nn.GaussianNLLLoss`.
 *
 * @example new nn.GaussianNLLLoss().forward(mean, target, variance)
 */
export class GaussianNLLLoss extends Loss<NonNullable<Parameters<typeof f.gaussianNllLoss>[3]>> {
  protected static override readonly reader: AnyReader =
    read.gaussianNllOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    return f.gaussianNllLoss(input, target, variance, this.options);
  }
}

/**
 * {@link TripletMarginLoss} with a distance of one's own, as a module: `tripletMarginWithDistanceLoss`. PyTorch:
 * `nn.TripletMarginWithDistanceLoss`.
 *
 * @example new nn.TripletMarginWithDistanceLoss({ margin: 0.2 }).forward(anchor, positive, negative)
 */
export class TripletMarginWithDistanceLoss extends Loss<f.TripletDistanceOptions> {
  protected static override readonly reader: AnyReader =
    read.tripletDistanceOptions as unknown as AnyReader;

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return f.tripletMarginWithDistanceLoss(anchor, positive, negative, this.options);
  }
}

/**
 * The hinge loss of several classes: the right one ahead by a margin, as a module: `multiMarginLoss`. PyTorch:
 * `nn.MultiMarginLoss`.
 *
 * @example new nn.MultiMarginLoss().forward(scores, labels)
 */
export class MultiMarginLoss extends WeightedLoss<f.MultiMarginOptions> {
  protected static override readonly reader: AnyReader =
    read.multiMarginOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.multiMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/**
 * The hinge loss where several classes are right, as a module: `multilabelMarginLoss`. PyTorch:
 * `nn.MultiLabelMarginLoss`.
 *
 * @example new nn.MultiLabelMarginLoss().forward(scores, labels)
 */
export class MultiLabelMarginLoss extends Loss<f.LossOptions> {
  override forward(input: Tensor, target: Tensor): Tensor {
    return f.multilabelMarginLoss(input, target, this.options);
  }
}

/**
 * Binary cross-entropy over several labels an example, as a module: `multilabelSoftMarginLoss`. PyTorch:
 * `nn.MultiLabelSoftMarginLoss`.
 *
 * @example new nn.MultiLabelSoftMarginLoss().forward(tensor([[0, 0]]), tensor([[1, 0]])) // 0.6931
 */
export class MultiLabelSoftMarginLoss extends WeightedLoss<f.MultilabelSoftMarginOptions> {
  protected static override readonly reader: AnyReader =
    read.multilabelSoftMarginOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.multilabelSoftMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/**
 * The logistic loss `mean log(1 + e^(−yx))` of targets −1 and 1, as a module: `softMarginLoss`. PyTorch:
 * `nn.SoftMarginLoss`.
 *
 * @example new nn.SoftMarginLoss().forward(tensor([0]), tensor([1])) // 0.6931
 */
export class SoftMarginLoss extends Loss<f.LossOptions> {
  override forward(input: Tensor, target: Tensor): Tensor {
    return f.softMarginLoss(input, target, this.options);
  }
}

/**
 * Connectionist temporal classification, for sequences without alignment, as a module: `ctcLoss` with its options
 * kept. PyTorch: `nn.CTCLoss`.
 *
 * @example new nn.CTCLoss({ blank: 0 }).forward(logProbs, targets, inputLengths, targetLengths)
 */
export class CTCLoss extends Loss<f.CtcOptions> {
  protected static override readonly reader: AnyReader = read.ctcOptions as unknown as AnyReader;

  override forward(
    ...args: [logProbs: Tensor, targets: Tensor, inputLengths: Lengths, targetLengths: Lengths]
  ): Tensor {
    return f.ctcLoss(...args, this.options);
  }
}

type Lengths = Tensor | number | readonly number[];
