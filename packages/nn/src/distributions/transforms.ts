/** @file Transforms by arithmetic: exponentials, affine maps, powers, magnitudes. */
import {
  broadcastTo,
  checkArgument,
  ChainruleError,
  kinds,
  passes,
  reading,
  scalar,
  Tensor,
} from '@chainrule/autograd';
import { broadcast } from '../broadcast.js';
import { sumLast } from './distribution.js';
import { type Value } from './parameters.js';
import { argument, named, Transform, TRANSFORM } from './transform.js';

function sameValue(a: Value, b: Value): boolean {
  return a === b;
}

/**
 * `eˣ`. PyTorch: `ExpTransform`.
 * @example new ExpTransform().inverse(tensor([1, Math.E])) // [0, 1]
 */
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

/**
 * `loc + scale · x`; with `eventDim`, the last dimensions form one argument. PyTorch: `AffineTransform`.
 * @example new AffineTransform(1, 2).forward(tensor([0, 3])) // [1, 7]
 */
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

/**
 * `x^exponent` of positive x. PyTorch: `PowerTransform`.
 * @example new PowerTransform(2).forward(tensor([1, 3])) // [1, 9]
 */
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

/**
 * `|x|`; its inverse gives the non-negative argument. PyTorch: `AbsTransform`.
 * @example new AbsTransform().forward(tensor([-1, 3])) // [1, 3]
 */
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
