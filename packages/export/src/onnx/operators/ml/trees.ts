/** @file Operators that evaluate ensembles of trees: the scores of their leaves, as numbers or classes. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { vectorOf } from '../helpers.js';
import { outputs, type Operator, type Result } from '../operator.js';
import { bothOf, classesOf, labelled, postTransformed } from './classes.js';
import { joined } from './descent.js';
import { readEnsemble, readForest } from './forest.js';
import { ml } from './ml.js';

function matrix(call: Call): cr.Tensor {
  const x = call.tensor(0);
  const y = x.ndim === 1 ? x.unsqueeze(0) : x;
  return y.dtype === 'float64' ? y : y.cast('float32');
}

/** The base values, which are added to the scores of every row. */
function baseOf(call: Call): readonly number[] {
  return call.attributeGiven('base_values')
    ? call.floats('base_values')
    : Array.from(call.constant('base_values_as_tensor')?.data ?? []);
}

function based(call: Call, scores: cr.Tensor): cr.Tensor {
  const base = baseOf(call);
  return base.length === 0 ? scores : scores.add(vectorOf(base));
}

function treeRegressor(call: Call): Result {
  const forest = readForest(call, 'target', call.int('n_targets', 1));
  return postTransformed(call, based(call, joined(call, matrix(call), forest)));
}

function treeClassifier(call: Call): Result {
  const classes = classesOf(call, 'classlabels_strings', 'classlabels_int64s');
  const ids = new Set(call.ints('class_ids'));
  const forest = readForest(
    call,
    'class',
    [...ids].reduce((most, id) => Math.max(most, id + 1), classes.length),
  );
  const scores = joined(call, matrix(call), forest);
  if (forest.targets !== 2) {
    const all = based(call, scores);
    return outputs(labelled(call, classes, cr.argmax(all, 1)), postTransformed(call, all));
  }
  // With two classes, the score of the second decides, or that of the first if the leaves have no other.
  const single = ids.size === 1;
  const positive = single && forest.weights.every((w) => w >= 0);
  const base = baseOf(call);
  const bare = !ids.has(1) && base.length < 2;
  const all = scores.add(vectorOf([ids.has(0) ? (base[0] ?? 0) : 0, base[1] ?? 0]));
  const score = cr.narrow(all, 1, ids.has(1) ? 1 : 0, 1);
  const places = score
    .gt(positive ? 0.5 : 0)
    .squeeze(1)
    .cast('int32');
  const labels = labelled(call, classes, places);
  return outputs(labels, bare ? bothOf(call, score, positive) : postTransformed(call, all));
}

const TRANSFORMS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];

const AGGREGATES = ['AVERAGE', 'SUM', 'MIN', 'MAX'];

/** Version 5 has numbers for what older operators name. */
function treeEnsemble(call: Call): Result {
  const forest = readEnsemble(call);
  const how = AGGREGATES[call.int('aggregate_function', 1)] ?? 'none';
  const scores = joined(call, matrix(call), forest, how);
  return postTransformed(call, scores, TRANSFORMS[call.int('post_transform', 0)]);
}

export const TREES: readonly Operator[] = [
  ml('TreeEnsembleRegressor', treeRegressor),
  ml('TreeEnsembleClassifier', treeClassifier),
  ml('TreeEnsemble', treeEnsemble),
];
