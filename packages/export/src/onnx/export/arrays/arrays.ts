/** @file Operations on whole arrays that ONNX has, or that can be composed of its operators. */
import type { OperationName } from '@chainrule/autograd/graph';
import { conv, convInput, convWeight, matmul } from './convolutions.js';
import {
  cumprod,
  cumsum,
  cumulativeExtreme,
  linearRecurrence,
  logcumsumexp,
} from './cumulative.js';
import { CODE } from '../encoded.js';
import { sincSlope } from './families.js';
import { fft, irfft } from './fourier.js';
import { indexAdd, iota, oneHot, scatter } from './indexing.js';
import { expand, pad, slice } from './movement.js';
import { argsort, median, middle, mode, nanMiddle, searchsorted } from './ordering.js';
import { place, reduction, rowDistances, rowPulls } from './reductions.js';
import type { Rule } from './rule.js';
import { shapeFor } from '../shapes.js';
import { fold, unfold, windowArgmax, windowSum, windowSums } from './spans.js';

/** The operations on arrays that ONNX has or can compose. */
export const ARRAYS: { readonly [K in OperationName]?: Rule<K> } = {
  cast: (e, { inputs, attributes: { dtype } }) => e.node('Cast', inputs, { to: CODE[dtype] }),
  reshape: (e, { node, inputs }) => e.node('Reshape', [inputs[0] as string, shapeFor(e, node)]),
  expand,
  permute: (e, { inputs, attributes: { dims } }) => e.node('Transpose', inputs, { perm: dims }),
  slice,
  pad,
  concat: (e, { inputs, attributes: { dim } }) => e.node('Concat', inputs, { axis: dim }),
  iota,
  sum: reduction('ReduceSum'),
  prod: reduction('ReduceProd'),
  max: reduction('ReduceMax'),
  min: reduction('ReduceMin'),
  argmax: place('ArgMax'),
  argmin: place('ArgMin'),
  matmul,
  conv,
  convInput,
  convWeight,
  windowSum,
  windowSpread: (e, op) => windowSums(e, op, true),
  windowArgmax,
  unfold,
  fold,
  gather: (e, { inputs, attributes: { dim } }) => e.node('GatherElements', inputs, { axis: dim }),
  take: (e, { inputs, attributes: { dim } }) => e.node('Gather', inputs, { axis: dim }),
  scatter: scatter('none'),
  scatterAdd: scatter('add'),
  scatterProd: scatter('mul'),
  scatterExtreme: (e, { inputs, attributes: { dim, sign } }) =>
    e.node('ScatterElements', inputs, { axis: dim, reduction: sign > 0 ? 'max' : 'min' }),
  indexAdd,
  oneHot,
  cumsum,
  cumprod,
  logcumsumexp,
  linearRecurrence,
  cumulativeExtreme,
  rowDistances,
  rowPulls,
  argsort,
  argmedian: middle,
  argnanmedian: nanMiddle,
  argmode: mode,
  median,
  searchsorted,
  sincSlope,
  fft,
  irfft,
  det: (e, { inputs }) => e.node('Det', inputs),
  assertBetween: (e, { inputs }) => e.node('Identity', [inputs[0] as string]),
  recompute: (e, { inputs }) => e.node('Identity', [inputs[0] as string]),
};
