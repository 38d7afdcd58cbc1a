/** @file Classes by their labels, and scores as probabilities. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { known, Strings, type Value } from '../../import/values.js';

export type Labels = readonly string[] | readonly number[];

/** The labels of a classifier, which are texts or integers. */
export function classesOf(call: Call, texts: string, integers: string): Labels {
  const names = call.texts(texts, []);
  return names.length > 0 ? names : call.ints(integers, []);
}

/** The label at each place: of integers without looking, of texts by reading the places. */
export function labelled(call: Call, classes: Labels, places: cr.Tensor): Value {
  if (classes.length === 0) return places;
  if (typeof classes[0] === 'number')
    return known(classes as number[], [classes.length]).tensor.indexSelect(0, places);
  const names = classes as readonly string[];
  const data = Array.from(places.dataSync(), (i) => names[i] ?? call.refuse(`no class ${i}`));
  return new Strings(data, places.shape);
}

/**
 * The scores of two classes from that of the second, `[n, 1]`: what is left to 1 if it is a probability, else its opposite.
 * ONNX says little of this; it is as ONNX Runtime does it.
 */
export function bothOf(call: Call, score: cr.Tensor, probable: boolean): cr.Tensor {
  if (call.text('post_transform', 'NONE') === 'LOGISTIC')
    return cr.cat([score.neg().sigmoid(), score.sigmoid()], 1);
  return cr.cat([probable ? cr.sub(1, score) : score.neg(), score], 1);
}

/** Scores `[n, classes]` as the attribute `post_transform` says, a name or, in newer operators, a number. */
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
      // What is 0 stays so.
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
