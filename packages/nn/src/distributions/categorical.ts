/** @file One of several classes, as a number or as a one-hot vector. */
import { clamp, gather, logsumexp, oneHot, type Shape, type Tensor } from '@chainrule/autograd';
import { broadcast } from '../broadcast.js';
import {
  integerInterval,
  nonnegativeVector,
  oneHotVector,
  realVector,
  type Constraint,
} from './constraint.js';
import { Distribution } from './distribution.js';
import {
  floats,
  oneOf,
  parameterReader,
  to,
  type DistributionOptions,
  type Value,
} from './parameters.js';
import { logitsOf, probsOf } from './probabilities.js';

/** Probabilities `[…, classes]`, which are scaled to sum to 1, or logits: log-probabilities up to a constant. */
export type ProbsOrLogitsVectors =
  | ({ readonly probs: Tensor; readonly logits?: undefined } & DistributionOptions)
  | ({ readonly logits: Tensor; readonly probs?: undefined } & DistributionOptions);

type CategoricalArguments =
  | [parameters: ProbsOrLogitsVectors]
  | [probs: Tensor, options?: DistributionOptions]
  | [probs: undefined, logits: Tensor, options?: DistributionOptions];

const read = parameterReader([], ['probs', 'logits']);

/**
 * One of several classes: int32 class numbers, with probabilities `probs` `[…, classes]`, which are scaled to sum to
 * 1, or with `logits`. PyTorch: `distributions.Categorical`; as there, mean and variance are NaN.
 *
 * @example new Categorical({ logits: tensor([0, 0]) }).entropy() // 0.6931
 */
export class Categorical extends Distribution {
  /** The normalized probabilities or logits, whichever were given. */
  private readonly parameter: Tensor;
  private readonly byLogits: boolean;
  /** The number of classes. */
  readonly numEvents: number;
  override readonly support: Constraint;

  constructor(...given: CategoricalArguments) {
    const { probs, logits, validateArgs } = read('Categorical', given);
    const name = oneOf('Categorical', { probs, logits });
    const byLogits = name === 'logits';
    const value = (byLogits ? logits : probs) as Value;
    const constraint = byLogits ? realVector : nonnegativeVector;
    const made = floats('Categorical', { [name]: value }, { [name]: constraint }, validateArgs);
    const parameter = made[name] as Tensor;
    super(parameter.shape.slice(0, -1), [], validateArgs);
    this.byLogits = byLogits;
    this.parameter = byLogits
      ? parameter.sub(logsumexp(parameter, -1, { keepdim: true }))
      : parameter.div(parameter.sum(-1, { keepdim: true }));
    this.numEvents = parameter.shape.at(-1) as number;
    this.support = integerInterval(0, this.numEvents - 1);
  }

  override get dtype() {
    return this.parameter.dtype;
  }

  /** The probabilities of the classes, which sum to 1 along the last dimension. */
  get probs(): Tensor {
    return this.byLogits ? probsOf(this.parameter, false) : this.parameter;
  }

  /** The log-probabilities. */
  get logits(): Tensor {
    return this.byLogits ? this.parameter : logitsOf(this.parameter, false);
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.filled(NaN);
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.filled(NaN);
  }

  override get mode(): Tensor {
    return this.probs.argmax(-1);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const shape = broadcast('Categorical.logProb', value.shape, this.batchShape);
    const logs = to(this.logits, [...shape, this.numEvents]);
    const index = to(value.cast('int32'), shape).unsqueeze(-1);
    return gather(logs, -1, index).squeeze(-1);
  }

  override entropy(): Tensor {
    const { logits, probs } = this;
    const lowest = logits.dtype === 'float64' ? -Number.MAX_VALUE : -3.4028234663852886e38;
    return clamp(logits, lowest).mul(probs).sum(-1).neg();
  }

  protected override draw(shape: Shape): Tensor {
    // The Gumbel-max trick: the index of the largest log-probability plus Gumbel noise; a probability of 0 is never chosen.
    const logs = this.byLogits ? this.parameter : this.parameter.log();
    const noise = this.uniform([...shape, this.numEvents])
      .log()
      .neg()
      .log()
      .neg();
    return logs.add(noise).argmax(-1);
  }
}

/**
 * As {@link Categorical}, with samples and values as one-hot vectors, `[…, classes]`. PyTorch:
 * `distributions.OneHotCategorical`.
 * @example new OneHotCategorical({ probs: tensor([0.2, 0.8]) }).logProb(tensor([0, 1])) // -0.2231
 */
export class OneHotCategorical extends Distribution {
  private readonly categorical: Categorical;
  override readonly support: Constraint = oneHotVector;

  constructor(...given: CategoricalArguments) {
    const categorical = new Categorical(...(given as [ProbsOrLogitsVectors]));
    const last = given.at(-1) as DistributionOptions | undefined;
    super(categorical.batchShape, [categorical.numEvents], last?.validateArgs);
    this.categorical = categorical;
  }

  override get dtype() {
    return this.categorical.dtype;
  }

  /** The probabilities of the classes, which sum to 1 along the last dimension. */
  get probs(): Tensor {
    return this.categorical.probs;
  }

  /** The log-probabilities, up to a constant. */
  get logits(): Tensor {
    return this.categorical.logits;
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.probs;
  }

  override get mode(): Tensor {
    return this.vectors(this.categorical.mode);
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    const { probs } = this;
    return probs.mul(probs.neg().add(1));
  }

  protected override logProbOf(value: Tensor): Tensor {
    return this.categorical.logProb(value.argmax(-1));
  }

  override entropy(): Tensor {
    return this.categorical.entropy();
  }

  protected override draw(shape: Shape): Tensor {
    const own = this.batchShape.length + 1;
    return this.vectors(this.categorical.sample(shape.slice(0, shape.length - own)));
  }

  private vectors(index: Tensor): Tensor {
    return oneHot(index, this.categorical.numEvents).cast(this.dtype);
  }
}
