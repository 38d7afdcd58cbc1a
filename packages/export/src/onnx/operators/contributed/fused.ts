/** @file Operators that ONNX Runtime fuses from two, and operators of ONNX that it also has under its own domain. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { INDEXING } from '../arrays/indexing.js';
import { gemm } from '../arrays/matrices.js';
import { REDUCTIONS } from '../arrays/reductions.js';
import { MAKING } from '../arrays/making.js';
import { PADDING } from '../arrays/padding.js';
import { SHAPES } from '../arrays/shapes.js';
import { QUANTIZATION } from '../elements/quantization.js';
import { range } from '../helpers.js';
import { convolved } from '../neural/convolution.js';
import { activationOf } from '../neural/recurrentActivations.js';
import { RESIZING } from '../neural/resizing.js';
import { operator, type Operator, type Result } from '../operator.js';

const domain = 'com.microsoft';

/** Applies the activation that a node names, with parameters. */
function activated(
  call: Call,
  y: cr.Tensor,
  alphas: readonly number[],
  betas: readonly number[],
): cr.Tensor {
  const name = call.text('activation', '');
  if (name === '') return y;
  if (name === 'Clip') return y.clamp(alphas[0] ?? -Infinity, betas[0] ?? Infinity);
  return activationOf(call, name, [...alphas], [...betas])(y);
}

/** `activation(conv(x, w) + b + z)`. */
function fusedConv(call: Call): Result {
  const y = convolved(call, call.tensor(0), call.tensor(1), call.maybe(2));
  const added = call.has(3) ? y.add(call.tensor(3)) : y;
  const parameters = call.floats('activation_params', []);
  return activated(call, added, parameters.slice(0, 1), parameters.slice(1));
}

function fusedGemm(call: Call): Result {
  const parameter = (name: string): number[] =>
    call.attributeGiven(name) ? [call.float(name)] : [];
  return activated(call, gemm(call), parameter('activation_alpha'), parameter('activation_beta'));
}

/**
 * Transposes the last two dimensions; before that, with `transBatch`, moves the first dimension behind the other batch
 * dimensions.
 */
function turned(call: Call, x: cr.Tensor, side: 'A' | 'B'): cr.Tensor {
  const n = x.ndim;
  const batch = call.flag(`transBatch${side}`);
  const moved = batch ? x.permute([...range(n).slice(1, n - 1), 0, n - 1]) : x;
  return n > 1 && call.flag(`trans${side}`) ? moved.transpose(-1, -2) : moved;
}

function fusedMatMul(call: Call): Result {
  const [a, b] = [turned(call, call.tensor(0), 'A'), turned(call, call.tensor(1), 'B')];
  return cr.matmul(a, b).mul(call.float('alpha', 1));
}

/** Operators with the same inputs and attributes as ONNX's own. */
const SAME = new Set(
  'Pad Range Unique Trilu GatherND GridSample QuantizeLinear DequantizeLinear'.split(' '),
);

export const FUSED: readonly Operator[] = [
  operator('FusedConv', fusedConv, { domain }),
  operator('FusedGemm', fusedGemm, { domain }),
  operator('FusedMatMul', fusedMatMul, { domain }),
  operator('TransposeMatMul', fusedMatMul, { domain }),
  operator('Inverse', (call) => cr.linalg.inv(call.tensor(0)), { domain }),
  operator(
    'ExpandDims',
    (call) => {
      const at = call.number(1);
      return call.tensor(0).unsqueeze(at < 0 ? at + call.shape(0).length + 1 : at);
    },
    { domain, constants: [1] },
  ),
  operator(
    'CDist',
    (call) => {
      const squares = cr.cdist(call.tensor(0), call.tensor(1)).square();
      return call.text('metric', 'sqeuclidean') === 'sqeuclidean' ? squares : squares.sqrt();
    },
    { domain },
  ),
  ...[...SHAPES, ...PADDING, ...MAKING, ...REDUCTIONS, ...INDEXING, ...RESIZING, ...QUANTIZATION]
    .filter(({ name }) => SAME.has(name))
    .map((own) => ({ ...own, domain })),
];
