/** @file Softmax and normalizations as one operator each. */
import type { GraphNode } from '@chainrule/autograd/graph';
import type { Emitter } from '../emitter.js';
import { isFixed, type Size } from '../sizes.js';
import {
  dimension,
  input,
  isFloat,
  isMaybeNode,
  nodeOr,
  numberOf,
  optionsOf,
  unary,
  type RegionRule,
} from './regionRule.js';

const AFFINE = ['weight', 'bias'];

/** A vector with a number per channel of `like`: the given vector, or the number repeated. */
function vector(e: Emitter, given: unknown, like: GraphNode, x: number): string {
  const node = nodeOr(given);
  if (node !== null) return e.value(node);
  const channels = e.shape(like)[1] as Size;
  return isFixed(channels)
    ? filled(e, like, channels[0] as number, x)
    : e.node('Expand', [e.number(x, like.dtype), e.sizes([channels], like)]);
}

function filled(e: Emitter, { dtype }: GraphNode, count: number, x: number): string {
  const Data = dtype === 'float64' ? Float64Array : Float32Array;
  return e.once(`filled ${dtype} ${count} ${x}`, () =>
    e.constant([count], dtype, new Data(count).fill(x)),
  );
}

const along = (op: string): RegionRule =>
  unary(
    op,
    (r) => ({ axis: dimension(r.args[1], input(r).shape.length) }),
    0,
    (r) => input(r).shape.length > 0,
  );

const acceptsAffine: RegionRule['accepts'] = (region) => {
  const { weight, bias } = optionsOf(region, 2, AFFINE);
  return isFloat(input(region)) && isMaybeNode(weight) && isMaybeNode(bias);
};

const LAYER_NORM: RegionRule = {
  accepts: acceptsAffine,
  write: (e, region) => {
    const x = input(region);
    const { weight, bias, eps } = optionsOf(region, 2, AFFINE);
    const shape = region.args[1];
    const count = Array.isArray(shape) ? shape.length : 1;
    const sizes = x.shape.slice(x.shape.length - count);
    // A weight of ones with the shape of the normalized dimensions.
    const ones = (): string => {
      const flat = filled(
        e,
        x,
        sizes.reduce((n, d) => n * d, 1),
        1,
      );
      return count === 1 ? flat : e.node('Reshape', [flat, e.ints(sizes)]);
    };
    const w = nodeOr(weight);
    const inputs = [e.value(x), w === null ? ones() : e.value(w)];
    const b = nodeOr(bias);
    if (b !== null) inputs.push(e.value(b));
    const attributes = { axis: -count, epsilon: { float: numberOf(eps, 1e-5) } };
    return [e.node('LayerNormalization', inputs, attributes)];
  },
};

const STATISTICS = ['runningMean', 'runningVar', ...AFFINE];

const BATCH_NORM: RegionRule = {
  accepts: (region) => {
    const options = optionsOf(region, 1, STATISTICS);
    const { runningMean, runningVar, weight, bias, training = false } = options;
    return (
      isFloat(input(region)) &&
      training === false &&
      nodeOr(runningMean) !== null &&
      nodeOr(runningVar) !== null &&
      isMaybeNode(weight) &&
      isMaybeNode(bias)
    );
  },
  write: (e, region) => {
    const x = input(region);
    const options = optionsOf(region, 1, STATISTICS);
    const inputs = [
      e.value(x),
      vector(e, options['weight'], x, 1),
      vector(e, options['bias'], x, 0),
      e.value(options['runningMean'] as GraphNode),
      e.value(options['runningVar'] as GraphNode),
    ];
    const epsilon = { float: numberOf(options['eps'], 1e-5) };
    return [e.node('BatchNormalization', inputs, { epsilon })];
  },
};

const INSTANCE_NORM: RegionRule = {
  accepts: (region) => {
    const { weight, bias, useInputStats = true } = optionsOf(region, 1, STATISTICS);
    return (
      isFloat(input(region)) &&
      useInputStats === true &&
      input(region).shape.length >= 3 &&
      isMaybeNode(weight) &&
      isMaybeNode(bias)
    );
  },
  write: (e, region) => {
    const x = input(region);
    const { weight, bias, eps } = optionsOf(region, 1, STATISTICS);
    const inputs = [e.value(x), vector(e, weight, x, 1), vector(e, bias, x, 0)];
    return [e.node('InstanceNormalization', inputs, { epsilon: { float: numberOf(eps, 1e-5) } })];
  },
};

/** From version 21 on, with one weight per channel. */
const GROUP_NORM: RegionRule = {
  since: 21,
  accepts: acceptsAffine,
  write: (e, region) => {
    const x = input(region);
    const { weight, bias, eps } = optionsOf(region, 2, AFFINE);
    const inputs = [e.value(x), vector(e, weight, x, 1), vector(e, bias, x, 0)];
    const attributes = {
      num_groups: region.args[1] as number,
      epsilon: { float: numberOf(eps, 1e-5) },
    };
    return [e.node('GroupNormalization', inputs, attributes)];
  },
};

/** The mean over dimensions of any size. */
const MEAN: RegionRule = {
  accepts: (region) => isFloat(input(region)),
  write: (e, region) => {
    const x = input(region);
    const { dim, keepdim = false } = optionsOf(region, 1, ['dim']);
    const rank = x.shape.length;
    const dims =
      dim === undefined || dim === null
        ? x.shape.map((_, d) => d)
        : (Array.isArray(dim) ? (dim as number[]) : [dim as number]).map((d) => dimension(d, rank));
    const keepdims = keepdim === true ? 1 : 0;
    if (dims.length === 0) return [e.node('Identity', [e.value(x)])];
    return [
      e.opset >= 18
        ? e.node('ReduceMean', [e.value(x), e.ints(dims)], { keepdims })
        : e.node('ReduceMean', [e.value(x)], { axes: dims, keepdims }),
    ];
  },
};

export const NORMALIZATIONS: readonly (readonly [string, RegionRule])[] = [
  ['softmax', along('Softmax')],
  ['logSoftmax', along('LogSoftmax')],
  ['layerNorm', LAYER_NORM],
  ['batchNorm', BATCH_NORM],
  ['instanceNorm', INSTANCE_NORM],
  ['groupNorm', GROUP_NORM],
  ['mean', MEAN],
];
