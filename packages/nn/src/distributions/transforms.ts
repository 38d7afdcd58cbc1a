/** @file Invertible functions that turn a distribution into another, with the logarithms of their derivatives. */
import {
  atanh,
  broadcastTo,
  checkArgument,
  ChainruleError,
  clamp,
  kinds,
  log1p,
  passes,
  reading,
  scalar,
  sigmoid,
  softmax,
  softplus,
  tanh,
  Tensor,
} from '@chainrule/autograd';
import { sumLast } from './distribution.js';
import { broadcast, type Value } from './parameters.js';

/** An invertible function, for {@link TransformedDistribution}. PyTorch: `distributions.transforms.Transform`. */
export abstract class Transform {
  /** How many of the last dimensions form one argument: 0 for functions of numbers. */
  readonly eventDim: number = 0;
  /** Whether the function is one to one. */
  readonly bijective: boolean = true;

  /** `y = f(x)`. */
  abstract forward(x: Tensor): Tensor;
  /** `x = f⁻¹(y)`. */
  abstract inverse(y: Tensor): Tensor;
  /** `ln |det dy/dx|` at x, with `y = forward(x)`. */
  abstract logAbsDetJacobian(x: Tensor, y: Tensor): Tensor;

  /** 1 if the function rises, −1 if it falls. */
  get sign(): Value {
    throw new ChainruleError(`${this.constructor.name} is neither increasing nor decreasing`);
  }

  /** Whether another transform is known to be the same function. */
  equals(other: Transform): boolean {
    return passes(TRANSFORM, other) && other.constructor === this.constructor;
  }
}

/** Parameters by name. */
const named = kinds.kind<object>(
  'be an object of parameters',
  (x) => kinds.object.test(x) && Object.entries(x).length >= 0,
);

/** Checks the argument of a function of numbers. */
function argument(transform: Transform, name: string, x: unknown): void {
  checkArgument(transform.constructor.name, name, x, kinds.tensor);
}

function softplusAll(x: Tensor): Tensor {
  return softplus(x, { threshold: Infinity });
}

function sameValue(a: Value, b: Value): boolean {
  return a === b;
}

/** `eˣ`. PyTorch: `ExpTransform`. */
export class ExpTransform extends Transform {
  /** `y = f(x)`. */
  override forward(x: Tensor): Tensor {
    argument(this, 'x', x);
    return x.exp();
  }

  /** `x = f⁻¹(y)`. */
  override inverse(y: Tensor): Tensor {
    argument(this, 'y', y);
    return y.log();
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    argument(this, 'x', x);
    return x;
  }

  override get sign(): Value {
    return 1;
  }
}

/** `loc + scale · x`; with `eventDim`, the last dimensions form one argument. PyTorch: `AffineTransform`. */
export class AffineTransform extends Transform {
  /** What is added. */
  readonly loc: Value;
  /** The factor. */
  readonly scale: Value;
  override readonly eventDim: number;

  constructor(
    ...given:
      | [loc: Value, scale: Value, options?: { readonly eventDim?: number }]
      | [parameters: { readonly loc: Value; readonly scale: Value; readonly eventDim?: number }]
  ) {
    super();
    const named = reading('AffineTransform', 'options', () =>
      given.length === 1 ? { ...given[0] } : { loc: given[0], scale: given[1], ...given[2] },
    );
    this.loc = checkArgument('AffineTransform', 'loc', named.loc, kinds.operand) as Value;
    this.scale = checkArgument('AffineTransform', 'scale', named.scale, kinds.operand) as Value;
    this.eventDim = checkArgument('AffineTransform', 'eventDim', named.eventDim ?? 0, kinds.size);
  }

  /** `y = f(x)`. */
  override forward(x: Tensor): Tensor {
    argument(this, 'x', x);
    return x.mul(this.scale as Tensor).add(this.loc as Tensor);
  }

  /** `x = f⁻¹(y)`. */
  override inverse(y: Tensor): Tensor {
    argument(this, 'y', y);
    return y.sub(this.loc as Tensor).div(this.scale as Tensor);
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    argument(this, 'x', x);
    const { scale } = this;
    const log = (scale instanceof Tensor ? scale : scalar(scale, { dtype: x.dtype })).abs().log();
    return sumLast(
      broadcastTo(log, broadcast('AffineTransform', log.shape, x.shape)),
      this.eventDim,
    );
  }

  override get sign(): Value {
    return this.scale instanceof Tensor ? this.scale.sign() : Math.sign(this.scale);
  }

  override equals(other: Transform): boolean {
    return (
      passes(TRANSFORM, other) &&
      other instanceof AffineTransform &&
      sameValue(this.loc, other.loc) &&
      sameValue(this.scale, other.scale)
    );
  }
}

/** `1 / (1 + e⁻ˣ)`, clamped to (0, 1). PyTorch: `SigmoidTransform`. */
export class SigmoidTransform extends Transform {
  /** `y = f(x)`. */
  override forward(x: Tensor): Tensor {
    argument(this, 'x', x);
    return insideUnit(sigmoid(x));
  }

  /** `x = f⁻¹(y)`. */
  override inverse(y: Tensor): Tensor {
    argument(this, 'y', y);
    const p = insideUnit(y);
    return p.log().sub(log1p(p.neg()));
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    argument(this, 'x', x);
    return softplusAll(x.neg()).add(softplusAll(x)).neg();
  }

  override get sign(): Value {
    return 1;
  }
}

function insideUnit(p: Tensor): Tensor {
  return p.dtype === 'float64'
    ? clamp(p, 2.2250738585072014e-308, 1 - 2 ** -52)
    : clamp(p, 1.1754943508222875e-38, 1 - 2 ** -23);
}

/** The hyperbolic tangent. PyTorch: `TanhTransform`. */
export class TanhTransform extends Transform {
  /** `y = f(x)`. */
  override forward(x: Tensor): Tensor {
    argument(this, 'x', x);
    return tanh(x);
  }

  /** `x = f⁻¹(y)`. */
  override inverse(y: Tensor): Tensor {
    argument(this, 'y', y);
    return atanh(y);
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    argument(this, 'x', x);
    // 1 − tanh² is 4 e^(−2x) / (1 + e^(−2x))².
    return x
      .neg()
      .add(Math.LN2)
      .sub(softplusAll(x.mul(-2)))
      .mul(2);
  }

  override get sign(): Value {
    return 1;
  }
}

/** `ln(1 + eˣ)`. PyTorch: `SoftplusTransform`. */
export class SoftplusTransform extends Transform {
  /** `y = f(x)`. */
  override forward(x: Tensor): Tensor {
    argument(this, 'x', x);
    return softplus(x);
  }

  /** `x = f⁻¹(y)`. */
  override inverse(y: Tensor): Tensor {
    argument(this, 'y', y);
    return y.neg().expm1().neg().log().add(y);
  }

  override logAbsDetJacobian(x: Tensor): Tensor {
    argument(this, 'x', x);
    return softplusAll(x.neg()).neg();
  }

  override get sign(): Value {
    return 1;
  }
}

/** `x^exponent` of positive x. PyTorch: `PowerTransform`. */
export class PowerTransform extends Transform {
  /** The exponent. */
  readonly exponent: Value;

  constructor(exponent: Value | { readonly exponent: Value }) {
    super();
    const e: unknown = passes(named, exponent)
      ? (exponent as { exponent: unknown }).exponent
      : exponent;
    this.exponent = checkArgument('PowerTransform', 'exponent', e, kinds.operand) as Value;
  }

  /** `y = f(x)`. */
  override forward(x: Tensor): Tensor {
    argument(this, 'x', x);
    return x.pow(this.exponent as Tensor);
  }

  /** `x = f⁻¹(y)`. */
  override inverse(y: Tensor): Tensor {
    argument(this, 'y', y);
    const { exponent } = this;
    return y.pow((exponent instanceof Tensor ? exponent.reciprocal() : 1 / exponent) as Tensor);
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    argument(this, 'x', x);
    argument(this, 'y', y);
    return y
      .mul(this.exponent as Tensor)
      .div(x)
      .abs()
      .log();
  }

  override get sign(): Value {
    return this.exponent instanceof Tensor ? this.exponent.sign() : Math.sign(this.exponent);
  }

  override equals(other: Transform): boolean {
    return (
      passes(TRANSFORM, other) &&
      other instanceof PowerTransform &&
      sameValue(this.exponent, other.exponent)
    );
  }
}

/** `|x|`; its inverse gives the non-negative argument. PyTorch: `AbsTransform`. */
export class AbsTransform extends Transform {
  override readonly bijective = false;

  /** `y = f(x)`. */
  override forward(x: Tensor): Tensor {
    argument(this, 'x', x);
    return x.abs();
  }

  /** `x = f⁻¹(y)`. */
  override inverse(y: Tensor): Tensor {
    argument(this, 'y', y);
    return y;
  }

  override logAbsDetJacobian(): never {
    throw new ChainruleError('AbsTransform has no log-determinant: it is not one to one');
  }
}

/** Softmax along the last dimension; its inverse is the logarithm, up to a constant. PyTorch: `SoftmaxTransform`. */
export class SoftmaxTransform extends Transform {
  override readonly eventDim = 1;
  override readonly bijective = false;

  /** `y = f(x)`. */
  override forward(x: Tensor): Tensor {
    argument(this, 'x', x);
    return softmax(x, -1);
  }

  /** `x = f⁻¹(y)`. */
  override inverse(y: Tensor): Tensor {
    argument(this, 'y', y);
    return y.log();
  }

  override logAbsDetJacobian(): never {
    throw new ChainruleError('SoftmaxTransform has no log-determinant: it is not one to one');
  }
}

/** Several transforms in a row, the first one first. PyTorch: `ComposeTransform`. */
export class ComposeTransform extends Transform {
  /** The transforms, the first one first. */
  readonly parts: readonly Transform[];
  override readonly eventDim: number;
  override readonly bijective: boolean;

  constructor(parts: readonly Transform[] | { readonly parts: readonly Transform[] }) {
    super();
    const list: unknown = passes(named, parts) ? (parts as { parts: unknown }).parts : parts;
    this.parts = checkArgument('ComposeTransform', 'parts', list, kinds.listOf(TRANSFORM));
    this.eventDim = Math.max(0, ...this.parts.map((t) => t.eventDim));
    this.bijective = this.parts.every((t) => t.bijective);
  }

  /** `y = f(x)`. */
  override forward(x: Tensor): Tensor {
    argument(this, 'x', x);
    return this.parts.reduce((y, t) => t.forward(y), x);
  }

  /** `x = f⁻¹(y)`. */
  override inverse(y: Tensor): Tensor {
    argument(this, 'y', y);
    return this.parts.reduceRight((x, t) => t.inverse(x), y);
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    argument(this, 'x', x);
    argument(this, 'y', y);
    if (this.parts.length === 0) return x.mul(0);
    let at = x;
    const terms = this.parts.map((t, i) => {
      const next = i === this.parts.length - 1 ? y : t.forward(at);
      const term = sumLast(t.logAbsDetJacobian(at, next), this.eventDim - t.eventDim);
      at = next;
      return term;
    });
    return terms.reduce((sum, term) => sum.add(term));
  }

  override get sign(): Value {
    return this.parts.reduce<Value>((product, t) => times(product, t.sign), 1);
  }

  override equals(other: Transform): boolean {
    return (
      passes(TRANSFORM, other) &&
      other instanceof ComposeTransform &&
      other.parts.length === this.parts.length &&
      this.parts.every((t, i) => t.equals(other.parts[i] as Transform))
    );
  }
}

export const TRANSFORM = kinds.kind<Transform>('be a transform', (x) => x instanceof Transform);

function times(a: Value, b: Value): Value {
  if (a instanceof Tensor) return a.mul(b as Tensor);
  return b instanceof Tensor ? b.mul(a) : a * b;
}
