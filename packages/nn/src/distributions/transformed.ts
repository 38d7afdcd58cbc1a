/** @file Distributions of transformed samples, among them the log-normal distribution. */
import type { Tensor } from '@chainrule/autograd';
import { checkArgument, kinds, plural, type Shape, ShapeError } from '@chainrule/autograd';
import { positive, real, type Constraint } from './constraint.js';
import { Distribution, sumLast } from './distribution.js';
import { Independent, partsOf } from './independent.js';
import { Normal } from './normal.js';
import { parameterReader, type DistributionOptions, type Given, type Value } from './parameters.js';
import { ComposeTransform } from './composeTransform.js';
import { Transform, TRANSFORM } from './transform.js';
import { ExpTransform } from './transforms.js';

interface TransformedParameters {
  readonly baseDistribution: Distribution;
  readonly transforms: Transform | readonly Transform[];
}

/**
 * The distribution of `transform(x)`, for samples x of a base distribution; several transforms are applied in order.
 * PyTorch: `distributions.TransformedDistribution`.
 *
 * @throws {ShapeError} if a transform of vectors has a base of numbers without a batch.
 * @example new TransformedDistribution(new Normal(0, 1), [new AffineTransform(1, 2), new ExpTransform()])
 */
export class TransformedDistribution extends Distribution {
  /** The distribution that is transformed. */
  readonly baseDistribution: Distribution;
  /** The transforms, in the order in which they are applied. */
  readonly transforms: readonly Transform[];
  override readonly hasRsample: boolean;
  override readonly support: Constraint = { ...real, must: 'be a real number' };

  constructor(
    ...given:
      | [
          baseDistribution: Distribution,
          transforms: Transform | readonly Transform[],
          options?: DistributionOptions,
        ]
      | [parameters: TransformedParameters & DistributionOptions]
  ) {
    const name = new.target.name;
    const { baseDistribution, transforms, validateArgs } = partsOf<TransformedParameters>(
      name,
      ['baseDistribution', 'transforms'],
      given,
    );
    const base = checkArgument(
      name,
      'baseDistribution',
      baseDistribution,
      kinds.kind<Distribution>('be a distribution', (x) => x instanceof Distribution),
    );
    const list = checkArgument(name, 'transforms', transforms, kinds.oneOrMore(TRANSFORM));
    const parts = list instanceof Transform ? [list] : list;
    const { eventDim } = new ComposeTransform(parts);
    const more = eventDim - base.eventShape.length;
    if (more > base.batchShape.length) {
      throw new ShapeError(
        `${name}: the transforms take events of ${plural(eventDim, 'dimension')}, the base has shape ` +
          `[${[...base.batchShape, ...base.eventShape].join(', ')}]`,
      );
    }
    const inner = more > 0 ? new Independent(base, more) : base;
    super(inner.batchShape, inner.eventShape, validateArgs);
    this.baseDistribution = inner;
    this.transforms = parts;
    this.hasRsample = base.hasRsample;
  }

  override get dtype() {
    return this.baseDistribution.dtype;
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.missing('mean');
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return this.missing('variance');
  }

  protected override logProbOf(value: Tensor): Tensor {
    const rank = this.eventShape.length;
    let y = value;
    let total: Tensor | null = null;
    for (const t of [...this.transforms].reverse()) {
      const x = t.inverse(y);
      const term = sumLast(t.logAbsDetJacobian(x, y), rank - t.eventDim);
      total = total === null ? term : total.add(term);
      y = x;
    }
    const density = this.baseDistribution.logProb(y);
    return total === null ? density : density.sub(total);
  }

  /** A probability p, or 1 − p if an odd number of transforms are decreasing. */
  private turned(p: Tensor): Tensor {
    const { sign } = new ComposeTransform(this.transforms);
    return sign === 1
      ? p
      : p
          .sub(0.5)
          .mul(sign as Tensor)
          .add(0.5);
  }

  protected override cdfOf(value: Tensor): Tensor {
    const x = this.transforms.reduceRight((y, t) => t.inverse(y), value);
    return this.turned(this.baseDistribution.cdf(x));
  }

  protected override icdfOf(p: Tensor): Tensor {
    return this.forward(this.baseDistribution.icdf(this.turned(p)));
  }

  private forward(x: Tensor): Tensor {
    return this.transforms.reduce((y, t) => t.forward(y), x);
  }

  override sample(shape: Shape = []): Tensor {
    return this.forward(this.baseDistribution.sample(shape)).detach();
  }

  protected override draw(shape: Shape): Tensor {
    const own = this.batchShape.length + this.eventShape.length;
    return this.forward(this.baseDistribution.rsample(shape.slice(0, shape.length - own)));
  }
}

const readLogNormal = parameterReader(['loc', 'scale']);

/**
 * The log-normal distribution: of `eˣ`, with x normal of mean `loc` and standard deviation `scale > 0`. PyTorch:
 * `distributions.LogNormal`.
 * @example new LogNormal(0, 1).mean // 1.6487
 */
export class LogNormal extends TransformedDistribution {
  override readonly support: Constraint = positive;

  constructor(
    ...given:
      | [loc: Value, scale: Value, options?: DistributionOptions]
      | [parameters: Given<'loc' | 'scale'>]
  ) {
    const { loc, scale, validateArgs } = readLogNormal('LogNormal', given);
    const options = validateArgs === undefined ? {} : { validateArgs };
    super(new Normal(loc, scale, options), new ExpTransform(), options);
  }

  private get normal(): Normal {
    return this.baseDistribution as Normal;
  }

  /** The mean of the normal variable. */
  get loc(): Tensor {
    return this.normal.loc;
  }

  /** The standard deviation of the normal variable. */
  get scale(): Tensor {
    return this.normal.scale;
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.loc.add(this.scale.square().mul(0.5)).exp();
  }

  override get mode(): Tensor {
    return this.loc.sub(this.scale.square()).exp();
  }

  /** The variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    const square = this.scale.square();
    return square.expm1().mul(this.loc.mul(2).add(square).exp());
  }

  override entropy(): Tensor {
    return this.normal.entropy().add(this.loc);
  }
}
