/** @file Batch dimensions as part of the event, and mixtures of the distributions of a batch. */
import {
  ChainruleError,
  checkArgument,
  gather,
  kinds,
  logsumexp,
  ShapeError,
  type Shape,
  type Tensor,
  passes,
  defineOptions,
} from '@chainrule/autograd';
import { broadcast } from '../broadcast.js';
import { Categorical } from './categorical.js';
import type { Constraint } from './constraint.js';
import { Distribution, sumLast } from './distribution.js';
import { to, type DistributionOptions } from './parameters.js';

const readOptions = defineOptions<DistributionOptions>({ validateArgs: kinds.flag });

/** The arguments of a constructor that takes distributions, by position or in an object. */
export function partsOf<P extends object>(
  op: string,
  names: readonly (keyof P & string)[],
  given: readonly unknown[],
): P & DistributionOptions {
  const [first] = given;
  const named = kinds.kind<object>(
    'be an object of parameters',
    (x) => kinds.object.test(x) && !(x instanceof Distribution) && (names[0] as string) in x,
  );
  const byName = given.length === 1 && passes(named, first);
  const all = (byName ? { ...first } : {}) as Record<string, unknown>;
  if (!byName) {
    names.forEach((name, i) => (all[name] = given[i]));
    const { validateArgs } = readOptions(
      op,
      given[names.length] as DistributionOptions | undefined,
    );
    if (validateArgs !== undefined) all['validateArgs'] = validateArgs;
  }
  const unknown = Object.keys(all).find((k) => k !== 'validateArgs' && !names.includes(k as never));
  if (unknown !== undefined)
    throw new ChainruleError(
      `${op}: there is no parameter '${unknown}'; it takes ${names.join(', ')}`,
    );
  return all as P & DistributionOptions;
}

const DISTRIBUTION = kinds.kind<Distribution>(
  'be a distribution',
  (x) => x instanceof Distribution,
);

/**
 * Makes the last `reinterpretedBatchNdims` batch dimensions part of the event: log-probabilities are summed over
 * them. PyTorch: `distributions.Independent`.
 *
 * @example new Independent(new Normal(zeros([3]), ones([3])), 1).logProb(zeros([3])) // −2.7568
 */
export class Independent extends Distribution {
  /** The distribution whose batch dimensions become part of the event. */
  readonly baseDistribution: Distribution;
  /** How many of the last batch dimensions belong to the event. */
  readonly reinterpretedBatchNdims: number;
  override readonly hasRsample: boolean;
  override readonly support: Constraint;

  constructor(
    ...given:
      | [
          baseDistribution: Distribution,
          reinterpretedBatchNdims: number,
          options?: DistributionOptions,
        ]
      | [parameters: IndependentParameters & DistributionOptions]
  ) {
    const { baseDistribution, reinterpretedBatchNdims, validateArgs } =
      partsOf<IndependentParameters>(
        'Independent',
        ['baseDistribution', 'reinterpretedBatchNdims'],
        given,
      );
    const base = checkArgument('Independent', 'baseDistribution', baseDistribution, DISTRIBUTION);
    const n = checkArgument(
      'Independent',
      'reinterpretedBatchNdims',
      reinterpretedBatchNdims,
      kinds.wholeBetween(0, base.batchShape.length),
    );
    const cut = base.batchShape.length - n;
    super(
      base.batchShape.slice(0, cut),
      [...base.batchShape.slice(cut), ...base.eventShape],
      validateArgs,
    );
    this.baseDistribution = base;
    this.reinterpretedBatchNdims = n;
    this.hasRsample = base.hasRsample;
    this.support = base.support;
  }

  override get dtype() {
    return this.baseDistribution.dtype;
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.baseDistribution.mean;
  }

  override get mode(): Tensor {
    return this.baseDistribution.mode;
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.baseDistribution.variance;
  }

  override get stddev(): Tensor {
    return this.baseDistribution.stddev;
  }

  protected override logProbOf(value: Tensor): Tensor {
    return sumLast(this.baseDistribution.logProb(value), this.reinterpretedBatchNdims);
  }

  override entropy(): Tensor {
    return sumLast(this.baseDistribution.entropy(), this.reinterpretedBatchNdims);
  }

  protected override expanded(batchShape: Shape): this {
    const reinterpreted = this.eventShape.slice(0, this.reinterpretedBatchNdims);
    return super.expanded(batchShape, {
      baseDistribution: this.baseDistribution.expand([...batchShape, ...reinterpreted]),
    });
  }

  override sample(shape: Shape = []): Tensor {
    return this.baseDistribution.sample(shape);
  }

  protected override draw(shape: Shape): Tensor {
    const own = this.batchShape.length + this.eventShape.length;
    return this.baseDistribution.rsample(shape.slice(0, shape.length - own));
  }
}

interface IndependentParameters {
  readonly baseDistribution: Distribution;
  readonly reinterpretedBatchNdims: number;
}

interface MixtureParameters {
  readonly mixtureDistribution: Categorical;
  readonly componentDistribution: Distribution;
}

/**
 * A mixture of the distributions along the last dimension of a batch, with probabilities from a `Categorical`.
 * PyTorch: `distributions.MixtureSameFamily`.
 *
 * @throws {ShapeError} unless there are as many components as classes.
 * @example new MixtureSameFamily(new Categorical({ probs: ones([2]) }), new Normal(tensor([-1, 3]), 1)).mean // 1
 */
export class MixtureSameFamily extends Distribution {
  /** The probabilities of the components. */
  readonly mixtureDistribution: Categorical;
  /** The components, along the last dimension of the batch. */
  readonly componentDistribution: Distribution;
  override readonly support: Constraint;

  constructor(
    ...given:
      | [
          mixtureDistribution: Categorical,
          componentDistribution: Distribution,
          options?: DistributionOptions,
        ]
      | [parameters: MixtureParameters & DistributionOptions]
  ) {
    const name = 'MixtureSameFamily';
    const p = partsOf<MixtureParameters>(
      name,
      ['mixtureDistribution', 'componentDistribution'],
      given,
    );
    const components = checkArgument(
      name,
      'componentDistribution',
      p.componentDistribution,
      DISTRIBUTION,
    );
    const mixture = checkArgument(
      name,
      'mixtureDistribution',
      p.mixtureDistribution,
      kinds.kind<Categorical>('be a Categorical', (x) => x instanceof Categorical),
    );
    const count = components.batchShape.at(-1);
    if (count !== mixture.numEvents) {
      throw new ShapeError(
        `${name}: the mixture chooses among ${mixture.numEvents} components, the component distribution has ` +
          (count === undefined ? 'no batch' : `${count} in the last dimension of its batch`),
      );
    }
    const batch = components.batchShape.slice(0, -1);
    broadcast(name, mixture.batchShape, batch);
    super(batch, components.eventShape, p.validateArgs);
    this.mixtureDistribution = mixture;
    this.componentDistribution = components;
    this.support = components.support;
  }

  override get dtype() {
    return this.componentDistribution.dtype;
  }

  /** The dimension of the components in their results. */
  private get dim(): number {
    return -1 - this.eventShape.length;
  }

  /** The probabilities of the components, broadcast over the event. */
  private get weights(): Tensor {
    const { probs } = this.mixtureDistribution;
    return probs.reshape([...probs.shape, ...this.eventShape.map(() => 1)]);
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.weights.mul(this.componentDistribution.mean).sum(this.dim);
  }

  /** The mean of the components' variances plus the variance of their means. */
  override get variance(): Tensor {
    const { mean, variance } = this.componentDistribution;
    const betweenComponents = mean.sub(this.mean.unsqueeze(this.dim)).square();
    return this.weights.mul(variance.add(betweenComponents)).sum(this.dim);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const componentLogProb = this.componentDistribution.logProb(value.unsqueeze(this.dim));
    return logsumexp(componentLogProb.add(this.mixtureDistribution.logits), -1);
  }

  protected override cdfOf(value: Tensor): Tensor {
    const componentCdf = this.componentDistribution.cdf(value.unsqueeze(this.dim));
    return componentCdf.mul(this.mixtureDistribution.probs).sum(-1);
  }

  protected override expanded(batchShape: Shape): this {
    const count = this.mixtureDistribution.numEvents;
    return super.expanded(batchShape, {
      componentDistribution: this.componentDistribution.expand([...batchShape, count]),
    });
  }

  protected override draw(shape: Shape): Tensor {
    const { batchShape, eventShape } = this;
    const own = shape.slice(0, shape.length - batchShape.length - eventShape.length);
    const components = this.componentDistribution.sample(own);
    const lead = [...own, ...batchShape];
    // A mixture without a batch dimension chooses a component for each element of the batch.
    const { batchShape: mixtureBatchShape } = this.mixtureDistribution;
    const chosen = this.mixtureDistribution
      .sample(lead.slice(0, lead.length - mixtureBatchShape.length))
      .reshape([...lead, 1, ...eventShape.map(() => 1)]);
    const index = to(chosen, [...lead, 1, ...eventShape]);
    return gather(components, lead.length, index).squeeze(lead.length);
  }
}
