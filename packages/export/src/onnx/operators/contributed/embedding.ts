/** @file Normalized sums: embeddings, and skip connections around a layer. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { positionsFrom } from '../neural/rotary.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

const domain = 'com.microsoft';

function lookUp(table: cr.Tensor, ids: cr.Tensor): cr.Tensor {
  const rows = table.indexSelect(0, ids.reshape([-1]));
  return rows.reshape([...ids.shape, table.shape[1] as number]);
}

function embedLayerNormalization(call: Call): Result {
  const ids = call.tensor(0);
  const [batch, length] = ids.shape as [number, number];
  const positions = call.maybe(8) ?? positionsFrom(0, length);
  let sum = lookUp(call.tensor(2), ids).add(lookUp(call.tensor(3), positions));
  if (call.has(1)) sum = sum.add(lookUp(call.tensor(4), call.tensor(1)));
  const y = cr.layerNorm(sum, sum.shape.slice(-1), {
    weight: call.tensor(5),
    bias: call.tensor(6),
    eps: call.float('epsilon', 1e-12),
  });
  const mask = call.maybe(7);
  const lengths = mask?.cast('int32').sum(1) ?? cr.zeros([batch], { dtype: 'int32' });
  return outputs(y, lengths, sum);
}

/** `normalize(x + skip + bias)`, and the sum itself. */
function skipped(normalize: (call: Call, sum: cr.Tensor) => cr.Tensor, bias: number) {
  return (call: Call): Result => {
    const sum = call.tensor(0).add(call.tensor(1));
    const whole = call.has(bias) ? sum.add(call.tensor(bias)) : sum;
    return outputs(normalize(call, whole), undefined, undefined, whole);
  };
}

function layerNormalized(call: Call, sum: cr.Tensor): cr.Tensor {
  return cr.layerNorm(sum, sum.shape.slice(-1), {
    weight: call.tensor(2),
    bias: call.maybe(3),
    eps: call.float('epsilon', 1e-12),
  });
}

function rootMeanSquare(call: Call, sum: cr.Tensor): cr.Tensor {
  const mean = sum.square().mean(-1, { keepdim: true });
  return sum.mul(mean.add(call.float('epsilon', 1e-12)).rsqrt()).mul(call.tensor(2));
}

export const EMBEDDING: readonly Operator[] = [
  operator('EmbedLayerNormalization', embedLayerNormalization, { domain }),
  operator('SkipLayerNormalization', skipped(layerNormalized, 4), { domain }),
  operator('SkipSimplifiedLayerNormalization', skipped(rootMeanSquare, 3), { domain }),
];
