/** @file Losses of classes and distributions, as modules. */
import type { Cell, Tensor } from '@chainrule/autograd';
import type { AnyReader } from '../layers/layerOptions.js';
import * as f from './functions.js';
import { Loss, WeightedLoss } from './loss.js';
import * as read from './readers.js';

/**
 * The cross-entropy of logits and class labels, as a module; see `crossEntropy`. PyTorch: `nn.CrossEntropyLoss`.
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
 * The negative log-likelihood of the right class, for log-probabilities, as a module; see `nllLoss`. PyTorch:
 * `nn.NLLLoss`.
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
 * Binary cross-entropy of probabilities, as a module; see `bce`. Prefer {@link BCEWithLogitsLoss}, which is stable.
 * PyTorch: `nn.BCELoss`.
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
 * Binary cross-entropy of logits, as a module; see `bceWithLogits`. PyTorch: `nn.BCEWithLogitsLoss`.
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
 * The Kullback-Leibler divergence of targets from log probabilities, as a module; see `klDiv`. PyTorch: `nn.KLDivLoss`.
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
 * The hinge loss of several classes: the right one ahead by a margin, as a module; see `multiMarginLoss`. PyTorch:
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
 * The hinge loss where several classes are right, as a module; see `multilabelMarginLoss`. PyTorch:
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
 * Binary cross-entropy over several labels per example, as a module; see `multilabelSoftMarginLoss`. PyTorch:
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
 * The logistic loss `mean log(1 + e^(−yx))` of targets −1 and 1, as a module; see `softMarginLoss`. PyTorch:
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
 * Connectionist temporal classification, for sequences without alignment, as a module; see `ctcLoss`. PyTorch:
 * `nn.CTCLoss`.
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
