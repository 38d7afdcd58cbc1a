/** @file Labels of classes, and scores as probabilities. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { known, Strings, type Value } from '../../import/values.js';

export type Labels = readonly string[] | readonly number[];

/** The labels of a classifier: strings or integers. */
export function classesOf(call: Call, texts: string, integers: string): Labels {
  const names = call.texts(texts, []);
  return names.length > 0 ? names : call.ints(integers, []);
}

/** The labels at class indices. For integer labels nothing is computed yet; for strings the indices are read. */
export function labelled(call: Call, classes: Labels, places: cr.Tensor): Value {
  if (classes.length === 0) return places;
  if (typeof classes[0] === 'number')
    return known(classes as number[], [classes.length]).tensor.indexSelect(0, places);
  const names = classes as readonly string[];
  const data = Array.from(places.dataSync(), (i) => names[i] ?? call.refuse(`no class ${i}`));
  return new Strings(data, places.shape);
}

/**
 * The scores of two classes, given that of the second, `[n, 1]`: that of the first is 1 minus it if it is a probability, else
 * its negative. ONNX hardly specifies this; it follows ONNX Runtime.
 */
export function bothOf(call: Call, score: cr.Tensor, probable: boolean): cr.Tensor {
  if (call.text('post_transform', 'NONE') === 'LOGISTIC')
    return cr.cat([score.neg().sigmoid(), score.sigmoid()], 1);
  return cr.cat([probable ? cr.sub(1, score) : score.neg(), score], 1);
}

/** Transforms scores `[n, classes]` as `post_transform` says: a name, or a number in newer operators. */
export function postTransformed(
  call: Call,
  scores: cr.Tensor,
  name = call.text('post_transform', 'NONE'),
): cr.Tensor {
  switch (name) {
    case 'NONE':
      return scores;
    case 'LOGISTIC':
      return scores.sigmoid();
    case 'SOFTMAX':
      return cr.softmax(scores, -1);
    case 'SOFTMAX_ZERO': {
      // A score of 0 stays 0.
      const empty = scores.eq(0);
      const weights = cr.where(empty, 0, scores.sub(scores.amax(-1, { keepdim: true })).exp());
      const total = weights.sum(-1, { keepdim: true });
      return weights.div(cr.where(total.eq(0), 1, total));
    }
    case 'PROBIT':
      return cr.erfinv(scores.mul(2).sub(1)).mul(Math.SQRT2);
    default:
      return call.refuse(`there is no post_transform '${name}'`);
  }
}
