/** @file Softmax and related operators, and normalizations. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { dimension, dimensions, perChannel, product, range } from '../helpers.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

/** An operator along one dimension; up to version 12 over all dimensions from `axis` on. */
function alongAxis(name: string, f: (x: cr.Tensor, dim: number) => cr.Tensor): Operator {
  return operator(name, (call) => {
    const x = call.tensor(0);
    const axis = call.int('axis', call.version >= 13 ? -1 : 1);
    if (call.version >= 13) return f(x, dimension(call, axis, x.ndim));
    const split = axis < 0 ? axis + x.ndim : axis;
    const rows = x.shape.slice(0, split).reduce((n, d) => n * d, 1);
    return f(x.reshape([rows, x.size / Math.max(rows, 1)]), 1).reshape(x.shape);
  });
}

/** 1 at the first of the largest elements, 0 elsewhere. */
function hardmax(x: cr.Tensor, dim: number): cr.Tensor {
  const n = x.shape[dim] as number;
  const shape = x.shape.map((_, d) => (d === dim ? n : 1));
  const places = cr.arange(n, { dtype: 'int32' }).reshape(shape);
  return cr.argmax(x, dim, { keepdim: true }).eq(places).cast(x.dtype);
}

function batchNormalization(call: Call): Result {
  const [x, weight, bias] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const [mean, variance] = [call.tensor(3), call.tensor(4)];
  const eps = call.float('epsilon', 1e-5);
  // Up to version 8, each feature could have statistics of its own, which training does not update.
  if (!call.flag('spatial', true))
    return x.sub(mean).mul(variance.add(eps).rsqrt()).mul(weight).add(bias);
  // ONNX's momentum is the part of the old statistics that is kept. Old files name outputs that exist only in training.
  const momentum = 1 - call.float('momentum', 0.9);
  const always = call.flag('training_mode');
  if (!always && !call.training) {
    return cr.batchNorm(x, { weight, bias, eps, runningMean: mean, runningVar: variance });
  }
  const cells = mean instanceof cr.Cell && variance instanceof cr.Cell;
  if (!always && cells) {
    return cr.batchNorm(x, {
      weight,
      bias,
      eps,
      momentum,
      training: true,
      runningMean: mean,
      runningVar: variance,
    });
  }
  const dims = range(x.ndim).filter((d) => d !== 1);
  const [batchMean, batchVar] = [x.mean(dims), cr.var(x, dims, { correction: 0 })];
  const y = cr.batchNorm(x, { weight, bias, eps, runningMean: batchMean, runningVar: batchVar });
  const mixed = (kept: cr.Tensor, next: cr.Tensor): cr.Tensor =>
    kept.mul(1 - momentum).add(next.mul(momentum));
  return outputs(y, mixed(mean, batchMean), mixed(variance, batchVar));
}

function layerNormalization(call: Call): Result {
  const x = call.tensor(0);
  const axis = dimension(call, call.int('axis', -1), x.ndim);
  const dims = range(x.ndim).slice(axis);
  const eps = call.float('epsilon', 1e-5);
  const [weight, bias] = [call.maybe(1), call.maybe(2)];
  const shape = x.shape.slice(axis);
  const whole = (t: cr.Tensor | null): cr.Tensor | null =>
    t === null || t.shape.join() === shape.join() ? t : cr.expand(t, shape);
  const y = cr.layerNorm(x, shape, { weight: whole(weight), bias: whole(bias), eps });
  if (!call.wants(1) && !call.wants(2)) return y;
  const mean = x.mean(dims, { keepdim: true });
  const deviation = cr.var(x, dims, { correction: 0, keepdim: true }).add(eps).rsqrt();
  return outputs(y, mean, deviation);
}

/** `x / √(mean(x²) + eps) · weight` over all dimensions from `axis` on. */
function rmsNormalization(call: Call): Result {
  const x = call.tensor(0);
  const axis = dimension(call, call.int('axis', -1), x.ndim);
  const dims = range(x.ndim).slice(axis);
  const scale = x.square().mean(dims, { keepdim: true }).add(call.float('epsilon', 1e-5)).rsqrt();
  return x.mul(scale).mul(call.tensor(1));
}

/** Version 18 has one weight per group, version 21 one per channel. */
function groupNormalization(call: Call): Result {
  const x = call.tensor(0);
  const groups = call.int('num_groups');
  const channels = x.shape[1] as number;
  const spread = (t: cr.Tensor): cr.Tensor =>
    t.size === channels ? t : cr.repeatInterleave(t, channels / groups, { dim: 0 });
  const [weight, bias] = [spread(call.tensor(1)), spread(call.tensor(2))];
  return cr.groupNorm(x, groups, { weight, bias, eps: call.float('epsilon', 1e-5) });
}

function lpNormalization(call: Call): Result {
  const x = call.tensor(0);
  const dim = dimension(call, call.int('axis', -1), x.ndim);
  const norm = cr.norm(x, dim, { p: call.int('p', 2), keepdim: true });
  return cr.where(norm.eq(0), 0, x.div(cr.where(norm.eq(0), 1, norm)));
}

function localResponse(call: Call): Result {
  return cr.localResponseNorm(call.tensor(0), call.int('size'), {
    alpha: call.float('alpha', 1e-4),
    beta: call.float('beta', 0.75),
    k: call.float('bias', 1),
  });
}

function meanVariance(call: Call): Result {
  const x = call.tensor(0);
  // Up to version 8, one flag joined the channels, and another left out the variance.
  const fallback = call.flag('across_channels') ? range(x.ndim) : [0, 2, 3];
  const dims = dimensions(call, call.ints('axes', fallback), x.ndim);
  const centred = x.sub(x.mean(dims, { keepdim: true }));
  if (!call.flag('normalize_variance', true)) return centred;
  return centred.div(centred.square().mean(dims, { keepdim: true }).sqrt().add(1e-9));
}

function dropout(call: Call): Result {
  const x = call.tensor(0);
  const p = call.attributeGiven('ratio') ? call.float('ratio') : call.has(1) ? call.number(1) : 0.5;
  // Newer versions have an input that enables dropout; a module in training mode always drops.
  const drops = call.training || (call.has(2) && call.number(2) !== 0);
  const all = (): cr.Tensor => cr.full(x.shape, true, { dtype: 'bool' });
  if (!drops || p === 0) return call.wants(1) ? outputs(x, all()) : x;
  if (!call.wants(1)) return cr.dropout(x, p);
  const mask = cr.rand(x.shape).ge(p);
  return outputs(cr.where(mask, x.div(1 - p), 0), mask);
}

export const NORMALIZATION: readonly Operator[] = [
  alongAxis('Softmax', (x, dim) => cr.softmax(x, dim)),
  alongAxis('LogSoftmax', (x, dim) => cr.logSoftmax(x, dim)),
  alongAxis('Hardmax', hardmax),
  operator('BatchNormalization', batchNormalization, { constants: [3, 4], statistics: [3, 4] }),
  operator('InstanceNormalization', (call) => {
    const [x, weight, bias] = [call.tensor(0), call.tensor(1), call.tensor(2)];
    // A channel of one element is its own mean; `instanceNorm` would refuse it in training.
    const single = product(x.shape.slice(2)) === 1;
    const y = single ? x.sub(x) : cr.instanceNorm(x, { eps: call.float('epsilon', 1e-5) });
    return y.mul(perChannel(weight, x.ndim)).add(perChannel(bias, x.ndim));
  }),
  operator('LayerNormalization', layerNormalization),
  operator('GroupNormalization', groupNormalization),
  operator('RMSNormalization', rmsNormalization),
  operator('SimplifiedLayerNormalization', rmsNormalization),
  operator('LpNormalization', lpNormalization),
  operator('LRN', localResponse),
  operator('MeanVarianceNormalization', meanVariance),
  operator('Dropout', dropout, { constants: [1, 2] }),
];
