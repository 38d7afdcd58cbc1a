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

/** See `mseLoss`. PyTorch: `nn.MSELoss`. */
export class MSELoss extends Loss<f.LossOptions> {
  protected static override readonly reader: AnyReader = read.lossOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.mseLoss(input, target, this.options);
  }
}

/** See `l1Loss`. PyTorch: `nn.L1Loss`. */
export class L1Loss extends Loss<f.LossOptions> {
  protected static override readonly reader: AnyReader = read.lossOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.l1Loss(input, target, this.options);
  }
}

/** See `smoothL1Loss`. PyTorch: `nn.SmoothL1Loss`. */
export class SmoothL1Loss extends Loss<NonNullable<Parameters<typeof f.smoothL1Loss>[2]>> {
  protected static override readonly reader: AnyReader =
    read.smoothL1Options as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.smoothL1Loss(input, target, this.options);
  }
}

/** See `huberLoss`. PyTorch: `nn.HuberLoss`. */
export class HuberLoss extends Loss<NonNullable<Parameters<typeof f.huberLoss>[2]>> {
  protected static override readonly reader: AnyReader = read.huberOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.huberLoss(input, target, this.options);
  }
}

/**
 * See `crossEntropy`. PyTorch: `nn.CrossEntropyLoss`.
 * @example new CrossEntropyLoss({ labelSmoothing: 0.1 }).forward(logits, labels)
 */
export class CrossEntropyLoss extends WeightedLoss<f.CrossEntropyOptions> {
  protected static override readonly reader: AnyReader =
    read.crossEntropyOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.crossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

/** See `nllLoss`. PyTorch: `nn.NLLLoss`. */
export class NLLLoss extends WeightedLoss<f.NllOptions> {
  protected static override readonly reader: AnyReader = read.nllOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.nllLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** See `bce`. PyTorch: `nn.BCELoss`. */
export class BCELoss extends WeightedLoss<f.BceOptions> {
  protected static override readonly reader: AnyReader = read.bceOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.bce(input, target, { ...this.options, weight: this.weight });
  }
}

/** See `bceWithLogits`. PyTorch: `nn.BCEWithLogitsLoss`. */
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

/** See `klDiv`. PyTorch: `nn.KLDivLoss`. */
export class KLDivLoss extends Loss<f.KlDivOptions> {
  protected static override readonly reader: AnyReader = read.klDivOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.klDiv(input, target, this.options);
  }
}

/** See `cosineEmbeddingLoss`. PyTorch: `nn.CosineEmbeddingLoss`. */
export class CosineEmbeddingLoss extends Loss<f.MarginOptions> {
  protected static override readonly reader: AnyReader = read.marginOptions as unknown as AnyReader;

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return f.cosineEmbeddingLoss(input1, input2, target, this.options);
  }
}

/** See `tripletMarginLoss`. PyTorch: `nn.TripletMarginLoss`. */
export class TripletMarginLoss extends Loss<f.TripletMarginOptions> {
  protected static override readonly reader: AnyReader =
    read.tripletMarginOptions as unknown as AnyReader;

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return f.tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

/** See `marginRankingLoss`. PyTorch: `nn.MarginRankingLoss`. */
export class MarginRankingLoss extends Loss<f.MarginOptions> {
  protected static override readonly reader: AnyReader = read.marginOptions as unknown as AnyReader;

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return f.marginRankingLoss(input1, input2, target, this.options);
  }
}

/** See `hingeEmbeddingLoss`. PyTorch: `nn.HingeEmbeddingLoss`. */
export class HingeEmbeddingLoss extends Loss<f.MarginOptions> {
  protected static override readonly reader: AnyReader = read.marginOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.hingeEmbeddingLoss(input, target, this.options);
  }
}

/** See `poissonNllLoss`. PyTorch: `nn.PoissonNLLLoss`. */
export class PoissonNLLLoss extends Loss<NonNullable<Parameters<typeof f.poissonNllLoss>[2]>> {
  protected static override readonly reader: AnyReader =
    read.poissonNllOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.poissonNllLoss(input, target, this.options);
  }
}

/** See `gaussianNllLoss`. PyTorch: `nn.GaussianNLLLoss`. */
export class GaussianNLLLoss extends Loss<NonNullable<Parameters<typeof f.gaussianNllLoss>[3]>> {
  protected static override readonly reader: AnyReader =
    read.gaussianNllOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    return f.gaussianNllLoss(input, target, variance, this.options);
  }
}

/** See `tripletMarginWithDistanceLoss`. PyTorch: `nn.TripletMarginWithDistanceLoss`. */
export class TripletMarginWithDistanceLoss extends Loss<f.TripletDistanceOptions> {
  protected static override readonly reader: AnyReader =
    read.tripletDistanceOptions as unknown as AnyReader;

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return f.tripletMarginWithDistanceLoss(anchor, positive, negative, this.options);
  }
}

/** See `multiMarginLoss`. PyTorch: `nn.MultiMarginLoss`. */
export class MultiMarginLoss extends WeightedLoss<f.MultiMarginOptions> {
  protected static override readonly reader: AnyReader =
    read.multiMarginOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.multiMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** See `multilabelMarginLoss`. PyTorch: `nn.MultiLabelMarginLoss`. */
export class MultiLabelMarginLoss extends Loss<f.LossOptions> {
  override forward(input: Tensor, target: Tensor): Tensor {
    return f.multilabelMarginLoss(input, target, this.options);
  }
}

/** See `multilabelSoftMarginLoss`. PyTorch: `nn.MultiLabelSoftMarginLoss`. */
export class MultiLabelSoftMarginLoss extends WeightedLoss<f.MultilabelSoftMarginOptions> {
  protected static override readonly reader: AnyReader =
    read.multilabelSoftMarginOptions as unknown as AnyReader;

  override forward(input: Tensor, target: Tensor): Tensor {
    return f.multilabelSoftMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** See `softMarginLoss`. PyTorch: `nn.SoftMarginLoss`. */
export class SoftMarginLoss extends Loss<f.LossOptions> {
  override forward(input: Tensor, target: Tensor): Tensor {
    return f.softMarginLoss(input, target, this.options);
  }
}

/** See `ctcLoss`. PyTorch: `nn.CTCLoss`. */
export class CTCLoss extends Loss<f.CtcOptions> {
  protected static override readonly reader: AnyReader = read.ctcOptions as unknown as AnyReader;

  override forward(
    ...args: [logProbs: Tensor, targets: Tensor, inputLengths: Lengths, targetLengths: Lengths]
  ): Tensor {
    return f.ctcLoss(...args, this.options);
  }
}

type Lengths = Tensor | number | readonly number[];
