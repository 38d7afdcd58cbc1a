/** @file Products with weights, convolutions and lookups as one operator each. */
import type { GraphNode, Region } from '@chainrule/autograd/graph';
import {
  input,
  isFloat,
  isMaybeNode,
  nodeOr,
  numberOf,
  optionsOf,
  perDim,
  type RegionRule,
} from './regionRule.js';
import { isNode } from '../trees.js';

const LINEAR: RegionRule = {
  accepts: ({ args }) =>
    isNode(args[1]) && args[1].shape.length === 2 && isFloat(args[1]) && isMaybeNode(args[2]),
  write: (e, region) => {
    const [x, weight] = region.args as [GraphNode, GraphNode];
    const bias = nodeOr(optionsOf(region, 2, ['bias'])['bias']);
    const inputs = [e.value(x), e.value(weight), ...(bias === null ? [] : [e.value(bias)])];
    if (x.shape.length === 2) return [e.node('Gemm', inputs, { transB: 1 })];
    const turned = e.once(`turned ${inputs[1]}`, () =>
      e.node('Transpose', [inputs[1] as string], { perm: [1, 0] }),
    );
    const product = e.node('MatMul', [inputs[0] as string, turned]);
    return [bias === null ? product : e.node('Add', [product, inputs[2] as string])];
  },
};

const conv = (rank: number): RegionRule => ({
  accepts: (region) => {
    const { bias } = optionsOf(region, 2, ['bias']);
    return isNode(region.args[1]) && input(region).shape.length === rank + 2 && isMaybeNode(bias);
  },
  write: (e, region) => {
    const [x, weight] = region.args as [GraphNode, GraphNode];
    const { bias, stride, padding, dilation, groups } = optionsOf(region, 2, ['bias']);
    const b = nodeOr(bias);
    const inputs = [e.value(x), e.value(weight), ...(b === null ? [] : [e.value(b)])];
    const dilations = perDim(dilation, rank, 1);
    // PyTorch's "same" puts the odd element at the end.
    const reach = weight.shape.slice(2).map((k, d) => (k - 1) * (dilations[d] as number));
    const low = padding === 'same' ? reach.map((n) => Math.floor(n / 2)) : perDim(padding, rank, 0);
    const high = padding === 'same' ? reach.map((n) => Math.ceil(n / 2)) : low;
    const attributes = {
      kernel_shape: weight.shape.slice(2),
      strides: perDim(stride, rank, 1),
      dilations,
      group: numberOf(groups, 1),
      pads: [...low, ...high],
    };
    return [e.node('Conv', inputs, attributes)];
  },
});

const convTranspose = (rank: number): RegionRule => ({
  accepts: (region) => {
    const { bias } = optionsOf(region, 2, ['bias']);
    return isNode(region.args[1]) && input(region).shape.length === rank + 2 && isMaybeNode(bias);
  },
  write: (e, region) => {
    const [x, weight] = region.args as [GraphNode, GraphNode];
    const { bias, stride, padding, outputPadding, groups, dilation } = optionsOf(region, 2, [
      'bias',
    ]);
    const b = nodeOr(bias);
    const pads = perDim(padding, rank, 0);
    return [
      e.node('ConvTranspose', [e.value(x), e.value(weight), ...(b === null ? [] : [e.value(b)])], {
        kernel_shape: weight.shape.slice(2),
        strides: perDim(stride, rank, 1),
        dilations: perDim(dilation, rank, 1),
        pads: [...pads, ...pads],
        output_padding: perDim(outputPadding, rank, 0),
        group: numberOf(groups, 1),
      }),
    ];
  },
});

const EMBEDDING: RegionRule = {
  accepts: ({ args }) => isNode(args[0]) && isNode(args[1]),
  write: (e, region) => {
    const [indices, weight] = region.args as [GraphNode, GraphNode];
    return [e.node('Gather', [e.value(weight), e.value(indices)], { axis: 0 })];
  },
};

/**
 * Attention. Before version 23, or without heads, it is written in parts, with a causal mask that is made when the file runs.
 */
const ATTENTION: RegionRule = {
  accepts: (region) => {
    const { attnMask, dropoutP, enableGqa } = optionsOf(region, 3, ['attnMask']);
    const [q, k, v] = region.args;
    const known = isNode(q) && isNode(k) && isNode(v) && isMaybeNode(attnMask);
    return known && isFloat(q) && (dropoutP ?? 0) === 0 && enableGqa !== true && !blinds(region);
  },
  write: (e, region) => {
    const [q, k, v] = region.args as [GraphNode, GraphNode, GraphNode];
    const { attnMask, isCausal, scale } = optionsOf(region, 3, ['attnMask']);
    const { dtype } = q;
    const rank = k.shape.length;
    if (e.opset >= 23 && [q, k, v].every((x) => x.shape.length === 4)) {
      const inputs = [q, k, v, ...(nodeOr(attnMask) === null ? [] : [attnMask as GraphNode])];
      return [
        e.node(
          'Attention',
          inputs.map((x) => e.value(x)),
          {
            is_causal: isCausal === true ? 1 : 0,
            scale: { float: numberOf(scale, 1 / Math.sqrt(q.shape[3] as number)) },
          },
        ),
      ];
    }
    const perm = k.shape.map((_, d) => d);
    [perm[rank - 1], perm[rank - 2]] = [rank - 2, rank - 1];
    const factor = numberOf(scale, 1 / Math.sqrt(q.shape.at(-1) as number));
    const scaled = e.node('Mul', [e.value(q), e.number(factor, dtype)]);
    // Like a transposed matrix product, the two operators are fused into one that onnxruntime lacks in double precision.
    let scores =
      dtype === 'float64'
        ? e.node('Einsum', [scaled, e.value(k)], { equation: '...ij,...kj->...ik' })
        : e.node('MatMul', [scaled, e.node('Transpose', [e.value(k)], { perm })]);
    const mask = nodeOr(attnMask);
    const lowest = e.number(-Infinity, dtype);
    if (mask !== null) scores = e.node('Add', [scores, e.value(mask)]);
    if (isCausal === true) {
      const count = (node: GraphNode): string => {
        const size = e.size(e.shape(node)[node.shape.length - 2] as readonly number[]) as string;
        const scalar = e.node('Cast', [e.node('Squeeze', [size])], { to: 6 });
        return e.node('Range', [e.number(0, 'int32'), scalar, e.number(1, 'int32')]);
      };
      const rows = e.node('Unsqueeze', [count(q), e.ints([1])]);
      scores = e.node('Where', [e.node('LessOrEqual', [count(k), rows]), scores, lowest]);
    }
    return [e.node('MatMul', [e.node('Softmax', [scores], { axis: -1 }), e.value(v)])];
  },
};

/** Whether a query could be masked completely, which gives 0 here and NaN in ONNX: possible only with a boolean mask. */
function blinds(region: Region): boolean {
  const mask = nodeOr(optionsOf(region, 3, ['attnMask'])['attnMask']);
  return mask !== null && mask.dtype === 'bool';
}

const PIXEL_SHUFFLE: RegionRule = {
  accepts: (region) => input(region).shape.length === 4 && isFloat(input(region)),
  write: (e, region) => [
    e.node('DepthToSpace', [e.value(input(region))], {
      blocksize: region.args[1] as number,
      mode: 'CRD',
    }),
  ],
};

export const PRODUCTS: readonly (readonly [string, RegionRule])[] = [
  ['linear', LINEAR],
  ['conv1d', conv(1)],
  ['conv2d', conv(2)],
  ['conv3d', conv(3)],
  ['convTranspose1d', convTranspose(1)],
  ['convTranspose2d', convTranspose(2)],
  ['convTranspose3d', convTranspose(3)],
  ['embedding', EMBEDDING],
  ['scaledDotProductAttention', ATTENTION],
  ['pixelShuffle', PIXEL_SHUFFLE],
];
