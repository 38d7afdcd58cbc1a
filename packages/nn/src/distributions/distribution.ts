/** @file The base of all distributions. */
import {
  checkArgument,
  ChainruleError,
  clamp,
  full,
  guardMethods,
  kinds,
  noGrad,
  rand,
  scalar,
  scope,
  ShapeError,
  Tensor,
  where,
  type DType,
  type Shape,
} from '@chainrule/autograd';
import { broadcast } from '../broadcast.js';
import { constrained, real, type Constraint } from './constraint.js';
import { to, type Value } from './parameters.js';

/**
 * A distribution of numbers, vectors or larger arrays: `eventShape` is the shape of one sample, `batchShape` the
 * shape of the parameters, each entry of which is a distribution. All results are tensors that can be
 * differentiated, compiled and batched by `vmap`, where all examples share their random numbers.
 *
 * Parameters and values are checked: at once if their elements are known, as those of `tensor` and of parameters
 * are, otherwise when they are evaluated. With `{ validateArgs: true }` they are evaluated to be checked; with
 * `false` nothing is checked. PyTorch: `torch.distributions.Distribution`.
 * @example new Normal(0, 1).logProb(tensor([0, 1])) // [-0.9189, -1.4189]
 */
export abstract class Distribution {
  /** The shape of the batch: how many distributions there are. */
  readonly batchShape: Shape;
  /** The shape of one draw. */
  readonly eventShape: Shape;
  /** Whether samples can have gradients: whether there is `rsample`. */
  readonly hasRsample: boolean = false;
  protected readonly validateArgs: boolean | undefined;

  constructor(batchShape: Shape, eventShape: Shape, validateArgs: boolean | undefined) {
    guardMethods(this, Distribution.prototype, 'distribution', isMade);
    this.batchShape = batchShape;
    this.eventShape = eventShape;
    this.validateArgs = validateArgs;
  }

  /** The set that samples lie in. */
  abstract readonly support: Constraint;
  /** The dtype of samples and results. */
  abstract readonly dtype: DType;

  /** The mean, in shape `[…batchShape, …eventShape]`. */
  abstract get mean(): Tensor;
  /** The variance, in shape `[…batchShape, …eventShape]`. */
  abstract get variance(): Tensor;

  /** The most likely value. */
  get mode(): Tensor {
    return this.missing('mode');
  }

  /** The square root of the variance. */
  get stddev(): Tensor {
    return this.variance.sqrt();
  }

  protected abstract logProbOf(value: Tensor): Tensor;

  /**
   * The logarithm of the density, or probability, of a value `[…, …batchShape, …eventShape]`: `[…, …batchShape]`.
   * @throws {ChainruleError} for a value outside of the support. @throws {ShapeError} if shapes do not fit.
   */
  logProb(value: Value): Tensor {
    return this.of('logProb', value, (x) => this.logProbOf(x));
  }

  protected cdfOf(_value: Tensor): Tensor {
    return this.missing('cdf');
  }

  /** The probability of a value of at most this one: 0 below the support, 1 above it. */
  cdf(value: Value): Tensor {
    const { bounds } = this.support;
    if (bounds === undefined) return this.of('cdf', value, (x) => this.cdfOf(x));
    const [low, high] = bounds;
    return this.of(
      'cdf',
      value,
      (x) => {
        const least = x.dtype === 'float32' ? 2 ** -149 : Number.MIN_VALUE;
        const p = this.cdfOf(clamp(x, low === 'positive' ? least : low, high));
        const below = low === 'positive' ? x.le(0) : x.lt(low);
        return where(below, 0, high === Infinity ? p : where(x.gt(high), 1, p));
      },
      real,
    );
  }

  protected icdfOf(_probability: Tensor): Tensor {
    return this.missing('icdf');
  }

  /** The inverse of `cdf`: the value for a probability from 0 to 1. */
  icdf(probability: Value): Tensor {
    const name = `${this.constructor.name}.icdf`;
    const p = this.tensor(name, probability);
    return scope(name, () => this.icdfOf(p));
  }

  /** The entropy, the mean of `−logProb`: `[…batchShape]`. */
  entropy(): Tensor {
    return this.missing('entropy');
  }

  /** `e^entropy`. */
  perplexity(): Tensor {
    return this.entropy().exp();
  }

  /** Samples of shape `[…shape, …batchShape, …eventShape]`, without gradients. */
  sample(shape: Shape = []): Tensor {
    return noGrad(() => this.draw(this.extended('sample', shape))).detach();
  }

  /**
   * Samples as `sample`, differentiable with respect to the parameters.
   * @throws {ChainruleError} if the distribution has no `rsample`: see `hasRsample`.
   */
  rsample(shape: Shape = []): Tensor {
    if (!this.hasRsample) return this.missing('rsample');
    return this.draw(this.extended('rsample', shape));
  }

  /**
   * The same distribution for a batch that this one's broadcasts to: `sample(s)` has shape `[…s, …batchShape,
   * …eventShape]`, each entry of the batch is drawn independently, and `logProb` is this one's, broadcast. Parameters
   * are repeated without a copy; their gradients go to those of this distribution. PyTorch: `Distribution.expand`,
   * whose sizes may be −1; here each is given.
   * @throws {ShapeError} if this batch does not broadcast to that shape.
   * @example new Normal(0, tensor([1, 2])).expand([3, 2]).batchShape // [3, 2]
   */
  expand(batchShape: Shape): this {
    const name = `${this.constructor.name}.expand`;
    checkArgument(name, 'batchShape', batchShape, kinds.listOf(kinds.size));
    const own = this.batchShape;
    const missing = batchShape.length - own.length;
    if (missing < 0 || own.some((n, d) => n !== 1 && n !== batchShape[missing + d])) {
      throw new ShapeError(
        `${name}: a batch of shape [${own.join(', ')}] does not expand to [${batchShape.join(', ')}]`,
      );
    }
    return this.expanded([...batchShape]);
  }

  /**
   * A copy for a larger batch. Of its fields, tensors begin with the batch's shape and distributions have the same batch; others
   * are given by the class that has them.
   */
  protected expanded(batchShape: Shape, given: Readonly<Record<string, unknown>> = {}): this {
    const lead = this.batchShape.length;
    const expandedField = (field: unknown): unknown => {
      if (field instanceof Distribution) return field.expand(batchShape);
      if (!isTensor(field)) return field;
      return to(field, [...batchShape, ...field.shape.slice(lead)]);
    };
    const fields = Object.entries(this)
      .filter(([name]) => !(name in given))
      .map(([name, field]) => [name, expandedField(field)] as const);
    const copy = Object.create(Object.getPrototypeOf(this) as object) as this;
    return Object.assign(copy, Object.fromEntries(fields), given, { batchShape });
  }

  /** Samples of the full shape. */
  protected abstract draw(shape: Shape): Tensor;

  /** The shape of samples: `[…shape, …batchShape, …eventShape]`. */
  protected extended(op: string, shape: Shape): Shape {
    checkArgument(`${this.constructor.name}.${op}`, 'shape', shape, kinds.listOf(kinds.size));
    return [...shape, ...this.batchShape, ...this.eventShape];
  }

  /** A number for each distribution of the batch. */
  protected filled(value: number): Tensor {
    return full([...this.batchShape, ...this.eventShape], value, { dtype: this.dtype });
  }

  /** Uniform numbers in (0, 1). */
  protected uniform(shape: Shape): Tensor {
    const { dtype } = this;
    const u = rand(shape, { dtype });
    return where(u.eq(0), dtype === 'float64' ? 2 ** -54 : 2 ** -25, u);
  }

  protected missing(what: string): never {
    throw new ChainruleError(`${this.constructor.name} has no ${what} in closed form`);
  }

  private tensor(op: string, value: Value): Tensor {
    checkArgument(op, 'the value', value, kinds.operand);
    return value instanceof Tensor ? value : scalar(Number(value), { dtype: this.dtype });
  }

  /** `f` of a value in `support`, checked. */
  private of(what: string, value: Value, f: (x: Tensor) => Tensor, support = this.support): Tensor {
    const name = `${this.constructor.name}.${what}`;
    const x = this.tensor(name, value);
    const event = this.eventShape;
    const own = x.shape.slice(x.ndim - event.length);
    if (x.ndim < event.length || own.some((n, d) => n !== 1 && n !== event[d])) {
      throw new ShapeError(
        `${name}: a value must end in [${event.join(', ')}], got shape [${x.shape.join(', ')}]`,
      );
    }
    broadcast(name, x.shape.slice(0, x.ndim - event.length), this.batchShape);
    const { validateArgs } = this;
    const sound =
      validateArgs === false || support.eventDim > x.ndim
        ? x
        : constrained(name, 'the value', x, support, validateArgs === true);
    return scope(name, () => f(sound));
  }

  /** The name and the parameters as text. */
  toString(): string {
    return `${this.constructor.name}(batchShape=[${this.batchShape.join(', ')}], eventShape=[${this.eventShape.join(', ')}])`;
  }
}

/** Whether `x` is a constructed distribution, and not only an object with its prototype. */
function isMade(x: unknown): boolean {
  return x instanceof Distribution && (x.batchShape as Shape | undefined) !== undefined;
}

function isTensor(x: unknown): x is Tensor {
  return x instanceof Tensor;
}

/** The sum over the last `n` dimensions. */
export function sumLast(x: Tensor, n: number): Tensor {
  if (n === 0) return x;
  return x.sum(Array.from({ length: n }, (_, k) => x.ndim - n + k));
}
