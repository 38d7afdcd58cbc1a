/** @file Layers that compute a matrix product: linear and bilinear; and the identity. */
import {
  checkArgument,
  defineOptions,
  kinds,
  linear,
  ShapeError,
  type Parameter,
  type ShapeIn,
  type Tensor,
  type Unless,
} from '@chainrule/autograd';
import * as autograd from '@chainrule/autograd';
import { options } from '../../module/repr.js';
import { countedOutput } from '../../module/counted.js';
import { Module } from '../../module/module.js';
import type { LastResult, WithLast } from '../../shapes.js';
import { uniformParameter, type ParameterOptions } from '../create.js';

/** Options of `Linear` and `Bilinear`. */
export interface LinearOptions extends ParameterOptions {
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
}

const linearOptions = defineOptions<LinearOptions>({ bias: kinds.flag, dtype: kinds.dtype });

/**
 * `y = x Wᵀ + b`: `[…, in] → […, out]`, with `weight: [out, in]` and `bias: [out]`, both initially uniform on
 * ±1/√in. PyTorch: `nn.Linear`.
 *
 * @throws {ShapeError} if the last dimension of the input is not `inFeatures`.
 * @example new Linear(784, 128).forward(images) // [64, 784] → [64, 128]
 */
export class Linear<
  const In extends number = number,
  const Out extends number = number,
> extends Module {
  static override readonly inputs: readonly string[] = ['x'];

  static override readonly learned: readonly string[] = ['weight', 'bias'];

  /** `[out, in]`. */
  weight: Parameter<[Out, In]>;
  /** `[out]`; null if the layer has no bias. */
  bias: Parameter<[Out]> | null;

  /** The size of the last dimension of the input. */
  readonly inFeatures: In;
  /** The size of the last dimension of the result. */
  readonly outFeatures: Out;

  constructor(inFeatures: In, outFeatures: Out, options?: LinearOptions) {
    super();
    const { bias = true, dtype } = linearOptions('Linear', options);
    this.inFeatures = checkArgument('Linear', 'inFeatures', inFeatures, kinds.size) as In;
    this.outFeatures = checkArgument('Linear', 'outFeatures', outFeatures, kinds.size) as Out;
    const bound = inFeatures > 0 ? 1 / Math.sqrt(inFeatures) : 0;
    this.weight = uniformParameter([outFeatures, inFeatures], bound, dtype);
    this.bias = bias ? uniformParameter([outFeatures], bound, dtype) : null;
  }

  override forward<X extends Tensor>(
    x: X & Unless<LastResult<ShapeIn<X>, In, Out>>,
  ): Tensor<WithLast<ShapeIn<X>, In, Out>> {
    const y: Tensor = linear<Tensor, Tensor>(x, this.weight, this.bias);
    return y as Tensor<WithLast<ShapeIn<X>, In, Out>>;
  }

  override multiplyAdds(_inputs: readonly Tensor[], output: Tensor): number {
    return countedOutput(output).size * this.inFeatures;
  }

  override extraRepr(): string {
    return options({
      inFeatures: this.inFeatures,
      outFeatures: this.outFeatures,
      bias: this.bias !== null,
    });
  }
}

/**
 * `y[k] = x1ᵀ W[k] x2 + b[k]`: `[…, in1], […, in2] → […, out]`, with `weight: [out, in1, in2]`, initially uniform on
 * ±1/√in1. PyTorch: `nn.Bilinear`.
 *
 * @example new Bilinear(8, 4, 16).forward(randn([2, 8]), randn([2, 4])) // [2, 8], [2, 4] → [2, 16]
 */
export class Bilinear extends Module {
  static override readonly inputs: readonly string[] = ['x1', 'x2'];

  static override readonly learned: readonly string[] = ['weight', 'bias'];

  /** `[out, in1, in2]`. */
  weight: Parameter;
  /** `[out]`; null if the layer has no bias. */
  bias: Parameter | null;

  /** The size of the last dimension of the first input. */
  readonly in1Features: number;
  /** The size of the last dimension of the second input. */
  readonly in2Features: number;
  /** The size of the last dimension of the result. */
  readonly outFeatures: number;

  constructor(
    in1Features: number,
    in2Features: number,
    outFeatures: number,
    options?: LinearOptions,
  ) {
    super();
    const { bias = true, dtype } = linearOptions('Bilinear', options);
    this.in1Features = checkArgument('Bilinear', 'in1Features', in1Features, kinds.size);
    this.in2Features = checkArgument('Bilinear', 'in2Features', in2Features, kinds.size);
    this.outFeatures = checkArgument('Bilinear', 'outFeatures', outFeatures, kinds.size);
    const bound = 1 / Math.sqrt(in1Features);
    this.weight = uniformParameter([outFeatures, in1Features, in2Features], bound, dtype);
    this.bias = bias ? uniformParameter([outFeatures], bound, dtype) : null;
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    const given = [x1, x2].map((x) => x.shape);
    const [of1, of2] = given.map((shape) => shape.slice(0, -1).join());
    if (
      given[0]?.at(-1) !== this.in1Features ||
      given[1]?.at(-1) !== this.in2Features ||
      of1 !== of2
    ) {
      const [shape1, shape2] = given.map((shape) => `[${shape.join(', ')}]`);
      throw new ShapeError(
        `Bilinear: expected x1 […, ${this.in1Features}] and x2 […, ${this.in2Features}] with the same sizes before, got ` +
          `${shape1} and ${shape2}`,
      );
    }
    const y = autograd.einsum('...i,kij,...j->...k', x1, this.weight, x2);
    return this.bias === null ? y : y.add(this.bias);
  }

  override multiplyAdds(_inputs: readonly Tensor[], output: Tensor): number {
    return countedOutput(output).size * this.in1Features * this.in2Features;
  }

  override extraRepr(): string {
    const { in1Features, in2Features, outFeatures } = this;
    return options({ in1Features, in2Features, outFeatures, bias: this.bias !== null });
  }
}

/**
 * Returns its input. Arguments of the constructor are ignored. PyTorch: `nn.Identity`.
 * @example new Identity().forward(tensor([1, 2])) // [1, 2]
 */
export class Identity extends Module {
  constructor(..._ignored: unknown[]) {
    super();
  }

  override forward<T>(x: T): T {
    return x;
  }
}
