/** @file Classification losses. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { operator, outputs, type Operator, type Result } from '../operator.js';

/** `−weight · log p` of the right classes, `logs [n, c, …]` and `target [n, …]`, reduced. */
function likelihood(call: Call, logs: cr.Tensor): cr.Tensor {
  const target = call.tensor(1).cast('int32');
  const weights = call.maybe(2);
  const ignored = call.attributeGiven('ignore_index') ? target.eq(call.int('ignore_index')) : null;
  const safe = ignored === null ? target : cr.where(ignored, 0, target);
  const chosen = logs.gather(1, safe.unsqueeze(1)).squeeze(1).neg();
  let weight =
    weights === null
      ? cr.onesLike(chosen)
      : weights.indexSelect(0, safe.reshape([-1])).reshape(safe.shape);
  if (ignored !== null) weight = cr.where(ignored, 0, weight);
  const losses = chosen.mul(weight);
  const reduction = call.text('reduction', 'mean');
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? losses.sum() : losses.sum().div(weight.sum());
}

function softmaxCrossEntropy(call: Call): Result {
  const logs = cr.logSoftmax(call.tensor(0), 1);
  return outputs(likelihood(call, logs), logs);
}

export const LOSSES: readonly Operator[] = [
  operator('NegativeLogLikelihoodLoss', (call) => likelihood(call, call.tensor(0)), {
    constants: [2],
  }),
  operator('SoftmaxCrossEntropyLoss', softmaxCrossEntropy, { constants: [2] }),
];
