/** @file The von Mises distribution, of angles. */
import { remainder, special, vonMises, type Shape, type Tensor } from '@chainrule/autograd';
import { positive, real, type Constraint } from './constraint.js';
import { Distribution } from './distribution.js';
import {
  broadcastReader,
  to,
  type DistributionOptions,
  type Given,
  type Value,
} from './parameters.js';

const read = broadcastReader({ loc: real, concentration: positive });

/**
 * The von Mises distribution, the normal distribution of angles: density `e^(κ cos(x − loc)) / (2π I₀(κ))`, with κ >
 * 0 the `concentration`. Samples lie in [−π, π). `variance` is the circular one, `1 − I₁(κ) / I₀(κ)`. PyTorch:
 * `distributions.VonMises`, whose Bessel functions have seven digits.
 *
 * @throws {ChainruleError} for a concentration that is not positive.
 * @example new VonMises(0, 1).logProb(0) // −1.0738
 */
export class VonMises extends Distribution {
  /** The mean angle. */
  readonly loc: Tensor;
  /** The concentration κ > 0: the larger, the narrower. */
  readonly concentration: Tensor;
  override readonly support: Constraint = real;

  constructor(
    ...given:
      | [loc: Value, concentration: Value, options?: DistributionOptions]
      | [parameters: Given<'loc' | 'concentration'>]
  ) {
    const { loc, concentration, validateArgs } = read('VonMises', given);
    super(loc.shape, [], validateArgs);
    this.loc = loc;
    this.concentration = concentration;
  }

  override get dtype() {
    return this.loc.dtype;
  }

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  override get mean(): Tensor {
    return this.loc;
  }

  override get mode(): Tensor {
    return this.loc;
  }

  /** The circular variance, in shape `[…batchShape, …eventShape]`. */
  override get variance(): Tensor {
    return special.i1e(this.concentration).div(special.i0e(this.concentration)).neg().add(1);
  }

  protected override logProbOf(value: Tensor): Tensor {
    const { concentration: k, loc } = this;
    // κ cos(x) − ln I₀(κ), with e^κ factored out of I₀, so that nothing overflows and no large terms cancel.
    const half = value.sub(loc).mul(0.5).sin().square();
    return k
      .mul(half)
      .mul(-2)
      .sub(special.i0e(k).log())
      .sub(Math.log(2 * Math.PI));
  }

  protected override draw(shape: Shape): Tensor {
    const angle = vonMises(to(this.concentration.detach(), shape)).add(this.loc.detach());
    return remainder(angle.add(Math.PI), 2 * Math.PI).sub(Math.PI);
  }
}
