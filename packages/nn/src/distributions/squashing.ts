/** @file Transforms onto an interval, the positive numbers or the simplex: sigmoid, tanh, softplus, softmax. */
import {
  atanh,
  ChainruleError,
  clamp,
  log1p,
  sigmoid,
  softmax,
  softplus,
  tanh,
  type Tensor,
} from '@chainrule/autograd';
import { type Value } from './parameters.js';
import { argument, Transform } from './transform.js';

function softplusAll(x: Tensor): Tensor {
  return softplus(x, { threshold: Infinity });
}

/**
 * `1 / (1 + e⁻ˣ)`, clamped to (0, 1). PyTorch: `SigmoidTransform`.
 * @example new SigmoidTransform().forward(tensor([0, 1])) // [0.5, 0.7311]
 */
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

/**
 * The hyperbolic tangent. PyTorch: `TanhTransform`.
 * @example new TanhTransform().inverse(tensor([0, 0.5])) // [0, 0.5493]
 */
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

/**
 * `ln(1 + eˣ)`. PyTorch: `SoftplusTransform`.
 * @example new SoftplusTransform().forward(tensor([0, 1])) // [0.6931, 1.3133]
 */
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

/**
 * Softmax along the last dimension; its inverse is the logarithm, up to a constant. PyTorch: `SoftmaxTransform`.
 * @example new SoftmaxTransform().forward(tensor([0, 0])) // [0.5, 0.5]
 */
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
