/** @file Distributions of trials with some probability of success: one trial, many, or until the first success. */
import {
  arange,
  bernoulli,
  binomial,
  ChainruleError,
  lgamma,
  log1p,
  logSigmoid,
  peek,
  where,
  type Shape,
  type Tensor,
} from '@chainrule/autograd';
import {
  boolean,
  halfOpenInterval,
  integerInterval,
  nonnegativeInteger,
  real,
  unitInterval,
  type Constraint,
} from './constraint.js';
import { Distribution } from './distribution.js';
import {
  broadcastAll,
  oneOf,
  parameterReader,
  to,
  type DistributionOptions,
  type Value,
} from './parameters.js';
import { ifLarge, logGammaDensity, stirlingRest } from './stirling.js';
import { clampedProbs, logitsOf, probsOf } from './probabilities.js';

/** Probabilities, or log-odds. */
export type ProbsOrLogits =
  | ({ readonly probs: Value; readonly logits?: undefined } & DistributionOptions)
  | ({ readonly logits: Value; readonly probs?: undefined } & DistributionOptions);

type TrialArguments =
  | [parameters: ProbsOrLogits]
  | [probs: Value, options?: DistributionOptions]
  | [probs: undefined, logits: Value, options?: DistributionOptions];

const readTrial = parameterReader([], ['probs', 'logits']);

/** The base of distributions of trials, with given probabilities or log-odds. */
abstract class Trials extends Distribution {
  /** The parameter that was given, and which of the two it is. */
  protected readonly parameter: Tensor;
  protected readonly byLogits: boolean;

  constructor(parameter: Tensor, byLogits: boolean, validateArgs: boolean | undefined) {
    super(parameter.shape, [], validateArgs);
    this.parameter = parameter;
    this.byLogits = byLogits;
  }

  override get dtype() {
    return this.parameter.dtype;
  }

  /** The probability of success. */
  get probs(): Tensor {
    return this.byLogits ? probsOf(this.parameter, true) : this.parameter;
  }

  /** The log-odds, `ln(p / (1 − p))`. */
  get logits(): Tensor {
    return this.byLogits ? this.parameter : logitsOf(this.parameter, true);
  }

  /** The probability of failure, which keeps its digits if that of success is close to 1. */
  protected get failure(): Tensor {
    return this.byLogits ? probsOf(this.parameter.neg(), true) : this.parameter.neg().add(1);
  }

  /** The logarithms of the probabilities of success and failure, each computed from the given parameter. */
  protected get logs(): { readonly success: Tensor; readonly failure: Tensor } {
    const { parameter } = this;
    if (this.byLogits)
      return { success: logSigmoid(parameter), failure: logSigmoid(parameter.neg()) };
    const p = clampedProbs(parameter);
    return { success: p.log(), failure: log1p(p.neg()) };
  }

  /** The entropy of one trial: a sum of two terms with the same sign. */
  protected trialEntropy(): Tensor {
    const { logs, probs, failure } = this;
    return probs.mul(logs.success).add(failure.mul(logs.failure)).neg();
  }
}

function trialOf(
  op: string,
  given: readonly unknown[],
  constraint: Constraint,
): { parameter: Tensor; byLogits: boolean; validateArgs: boolean | undefined } {
  const { probs, logits, validateArgs } = readTrial(op, given);
  const byLogits = oneOf(op, { probs, logits }) === 'logits';
  const p: Record<string, Tensor> = byLogits
    ? broadcastAll(op, { logits: logits as Value }, { logits: real }, validateArgs)
    : broadcastAll(op, { probs: probs as Value }, { probs: constraint }, validateArgs);
  return { parameter: p[byLogits ? 'logits' : 'probs'] as Tensor, byLogits, validateArgs };
}

/**
 * The Bernoulli distribution: 1 with probability `probs`, or with log-odds `logits`, else 0. PyTorch:
 * `distributions.Bernoulli`.
 * @example new Bernoulli({ logits: tensor([0]) }).probs // [0.5]
 */
export class Bernoulli extends Trials {
  override readonly support: Constraint = boolean;

  constructor(...given: TrialArguments) {
    const { parameter, byLogits, validateArgs } = trialOf('Bernoulli', given, unitInterval);
    super(parameter, byLogits, validateArgs);
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.probs;
  }

  /** The most likely value; NaN where both are equally likely. */
  override get mode(): Tensor {
    const { probs } = this;
    return where(probs.eq(0.5), NaN, probs.ge(0.5).cast(this.dtype));
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.probs.mul(this.failure);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { success, failure } = this.logs;
    return value.mul(success).add(value.neg().add(1).mul(failure));
  }

  override entropy(): Tensor {
    return this.trialEntropy();
  }

  protected override draw(shape: Shape): Tensor {
    return bernoulli(to(this.probs.detach(), shape));
  }
}

const readBinomial = parameterReader([], ['totalCount', 'probs', 'logits']);

/**
 * The binomial distribution: how many of `totalCount` trials succeed, each with probability `probs`, or with
 * log-odds `logits`. PyTorch: `distributions.Binomial`.
 * @example new Binomial(10, { probs: 0.3 }).mean // 3
 */
export class Binomial extends Trials {
  /** The number of trials. */
  readonly totalCount: Tensor;
  override readonly support: Constraint;

  constructor(
    ...given:
      | [totalCount: Value, parameters: ProbsOrLogits]
      | [totalCount: Value, probs: Value | undefined, logits?: Value, options?: DistributionOptions]
      | [parameters: ProbsOrLogits & { readonly totalCount?: Value | undefined }]
  ) {
    const { totalCount = 1, probs, logits, validateArgs } = readBinomial('Binomial', given);
    const byLogits = oneOf('Binomial', { probs, logits }) === 'logits';
    const p = broadcastAll(
      'Binomial',
      { totalCount, parameter: (byLogits ? logits : probs) as Value },
      { totalCount: nonnegativeInteger, parameter: byLogits ? real : PROBS },
      validateArgs,
    );
    super(p.parameter, byLogits, validateArgs);
    this.totalCount = p.totalCount;
    const counts = typeof totalCount === 'number' ? [totalCount] : peek(totalCount);
    this.support = counts === null ? nonnegativeInteger : integerInterval(0, largest(counts));
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.totalCount.mul(this.probs);
  }

  override get mode(): Tensor {
    const most = this.totalCount.add(1).mul(this.probs).floor();
    return most.minimum(this.totalCount);
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.totalCount.mul(this.probs).mul(this.failure);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { logs, totalCount: n } = this;
    const failures = n.sub(value);
    const choices = lgamma(n.add(1))
      .sub(lgamma(value.add(1)))
      .sub(lgamma(failures.add(1)));
    const plain = choices.add(value.mul(logs.success)).add(failures.mul(logs.failure));
    // Two Poisson variables with these means, given their sum.
    const count = (k: Tensor, log: Tensor, probability: Tensor): Tensor => {
      const mean = n.mul(probability);
      const term = k
        .mul(log.add(n.log()))
        .sub(mean)
        .sub(lgamma(k.add(1)));
      return logGammaDensity(k, mean, k, term);
    };
    const near = count(value, logs.success, this.probs)
      .add(count(failures, logs.failure, this.failure))
      .add(
        n
          .mul(2 * Math.PI)
          .log()
          .mul(0.5),
      )
      .add(stirlingRest(n));
    return ifLarge(value.minimum(failures), plain, near);
  }

  /** The entropy. @throws {ChainruleError} unless all counts are known and equal. */
  override entropy(): Tensor {
    const counts = peek(this.totalCount) ?? this.totalCount.dataSync();
    const n = counts[0] as number;
    if (counts.some((c) => c !== n))
      throw new ChainruleError('Binomial.entropy: all counts must be equal');
    const values = arange(n + 1)
      .cast(this.dtype)
      .reshape([n + 1, ...this.batchShape.map(() => 1)]);
    const logs = this.logProbOf(values);
    return logs.exp().mul(logs).sum(0).neg();
  }

  protected override draw(shape: Shape): Tensor {
    return binomial(to(this.totalCount.detach(), shape), to(this.probs.detach(), shape));
  }
}

function largest(counts: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < counts.length; i++) most = Math.max(most, counts[i] as number);
  return most;
}

const PROBS: Constraint = { ...unitInterval, must: 'be a probability in [0, 1]' };

/**
 * The geometric distribution: the number of failures before the first success, with probability `probs` in (0, 1],
 * or with log-odds `logits`. PyTorch: `distributions.Geometric`.
 * @example new Geometric({ probs: 0.25 }).mean // 3
 */
export class Geometric extends Trials {
  override readonly support: Constraint = nonnegativeInteger;

  constructor(...given: TrialArguments) {
    const { parameter, byLogits, validateArgs } = trialOf('Geometric', given, halfOpenInterval);
    super(parameter, byLogits, validateArgs);
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.failure.div(this.probs);
  }

  override get mode(): Tensor {
    return this.probs.mul(0);
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.failure.div(this.probs).div(this.probs);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { probs, logs } = this;
    if (this.byLogits) return value.mul(logs.failure).add(logs.success);
    // If success is certain, the probability of no failures is 1.
    const certain = probs.eq(1).logicalAnd(value.eq(0));
    return value.mul(log1p(where(certain, 0, probs).neg())).add(probs.log());
  }

  override entropy(): Tensor {
    return this.trialEntropy().div(this.probs);
  }

  protected override draw(shape: Shape): Tensor {
    return this.uniform(shape).log().div(log1p(this.probs.neg())).floor();
  }
}
