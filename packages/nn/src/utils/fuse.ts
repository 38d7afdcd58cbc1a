/** @file Batch normalization folded into the layer before it, for inference. */
import {
  ChainruleError,
  checkArgument,
  kinds,
  noGrad,
  Parameter,
  plural,
  rsqrt,
  type Tensor,
} from '@chainrule/autograd';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from '../layers/normalization/batchNorm.js';
import {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
} from '../layers/convolution/convTranspose.js';
import type { Linear } from '../layers/linear/linear.js';
import { Module } from '../module/module.js';

type BatchNorm = BatchNorm1d | BatchNorm2d | BatchNorm3d;
type WithWeight = Module & { weight: Tensor; bias: Tensor | null };

/**
 * A copy of a convolution, or transposed convolution, that computes what `conv` followed by `bn` computes in evaluation mode;
 * it has a bias. Both modules stay unchanged. PyTorch: `nn.utils.fusion.fuse_conv_bn_eval`, which must be told if a
 * convolution is transposed.
 *
 * @throws {ChainruleError} unless both are in evaluation mode, and `bn` has running statistics for as many channels.
 * @example fuseConvBn(model.conv.eval(), model.bn.eval()).forward(x)
 */
export function fuseConvBn<M extends Module>(conv: M, bn: BatchNorm): M {
  const op = 'fuseConvBn';
  const { scale, shift } = check(op, conv, bn);
  const { weight } = conv as Module as WithWeight;
  const transposed = [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d].some(
    (c) => conv instanceof c,
  );
  const kernel = weight.shape.slice(2).map(() => 1);
  const outputs = bn.numFeatures;
  if (!transposed)
    return fused(op, conv, weight.mul(scale.reshape([outputs, 1, ...kernel])), shift);
  const [inputs = 0, each = 0] = weight.shape;
  const groups = outputs / each;
  const ofInput = scale.reshape([groups, 1, each]).expand([groups, inputs / groups, each]);
  return fused(op, conv, weight.mul(ofInput.reshape([inputs, each, ...kernel])), shift);
}

/**
 * As `fuseConvBn`, of a linear layer. PyTorch: `nn.utils.fusion.fuse_linear_bn_eval`.
 * @example fuseLinearBn(new Linear(2, 3).eval(), new BatchNorm1d(3).eval()).weight.shape // [3, 2]
 */
export function fuseLinearBn<M extends Linear>(linear: M, bn: BatchNorm): M {
  const { scale, shift } = check('fuseLinearBn', linear, bn);
  return fused('fuseLinearBn', linear, linear.weight.mul(scale.unsqueeze(1)), shift);
}

const aBatchNorm = kinds.kind<BatchNorm>('be a BatchNorm1d, BatchNorm2d or BatchNorm3d', (x) =>
  [BatchNorm1d, BatchNorm2d, BatchNorm3d].some((c) => x instanceof c),
);

function check(op: string, layer: Module, bn: BatchNorm): { scale: Tensor; shift: Tensor } {
  checkArgument(
    op,
    'the layer',
    layer,
    kinds.kind<Module>('be a module', (x) => x instanceof Module),
  );
  checkArgument(op, 'the normalization', bn, aBatchNorm);
  if (layer.training || bn.training)
    throw new ChainruleError(`${op}: both must be in evaluation mode; call eval() first`);
  const { weight, bias } = layer as WithWeight;
  const { runningMean, runningVar, eps } = bn;
  if (weight === undefined || runningMean === null || runningVar === null) {
    throw new ChainruleError(
      `${op}: expected a layer with a weight and a normalization with running statistics`,
    );
  }
  const outputs = layer as Partial<{ outChannels: number; outFeatures: number }>;
  const count = outputs.outChannels ?? outputs.outFeatures ?? weight.shape[0] ?? 0;
  if (count !== bn.numFeatures) {
    throw new ChainruleError(
      `${op}: the layer gives ${plural(count, 'channel')}, the normalization takes ${bn.numFeatures}`,
    );
  }
  return noGrad(() => {
    const scale =
      bn.weight === null ? rsqrt(runningVar.add(eps)) : rsqrt(runningVar.add(eps)).mul(bn.weight);
    const centred = bias === null ? runningMean.neg() : bias.sub(runningMean);
    const shift = centred.mul(scale);
    return { scale, shift: bn.bias === null ? shift : shift.add(bn.bias) };
  });
}

function fused<M extends Module>(op: string, layer: M, weight: Tensor, bias: Tensor): M {
  const copy = layer.clone();
  const fields = copy as Module as WithWeight;
  const { requiresGrad, dtype } = fields.weight;
  fields.weight = new Parameter(weight.detach().cast(dtype), { requiresGrad });
  fields.bias = new Parameter(bias.detach().cast(dtype), { requiresGrad });
  return copy;
}
