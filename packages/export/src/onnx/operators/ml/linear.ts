/** @file Linear models and support vector machines of `ai.onnx.ml`. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { vectorOf } from '../helpers.js';
import { outputs, type Operator, type Result } from '../operator.js';
import { bothOf, classesOf, labelled, postTransformed } from './classes.js';
import { ml } from './ml.js';

function floats(call: Call): cr.Tensor {
  const x = call.tensor(0);
  const matrix = x.ndim === 1 ? x.unsqueeze(0) : x;
  return matrix.cast('float32');
}

function linearScores(call: Call, x: cr.Tensor, rows: number): cr.Tensor {
  const weights = vectorOf(call.floats('coefficients')).reshape([rows, -1]);
  const scores = cr.matmul(x, weights.transpose(0, 1));
  const bias = call.floats('intercepts', []);
  return bias.length === 0 ? scores : scores.add(vectorOf(bias));
}

function linearRegressor(call: Call): Result {
  const y = linearScores(call, floats(call), call.int('targets', 1));
  return postTransformed(call, y);
}

function linearClassifier(call: Call): Result {
  const x = floats(call);
  const classes = classesOf(call, 'classlabels_strings', 'classlabels_ints');
  const rows = call.floats('coefficients').length / (x.shape[1] as number);
  const scores = linearScores(call, x, rows);
  if (rows === 1 && classes.length === 2) {
    // Two classes share one row of coefficients.
    const places = scores.gt(0).squeeze(1).cast('int32');
    return outputs(labelled(call, classes, places), bothOf(call, scores, true));
  }
  const places = cr.argmax(scores, 1);
  return outputs(labelled(call, classes, places), postTransformed(call, scores));
}

/** The kernel between the rows of two matrices. */
function kernel(call: Call, x: cr.Tensor, y: cr.Tensor): cr.Tensor {
  const [gamma = 0, coef = 0, degree = 0] = call.floats('kernel_params', []);
  const type = call.text('kernel_type', 'LINEAR');
  const xy = cr.matmul(x, y.transpose(0, 1));
  if (type === 'LINEAR') return xy;
  if (type === 'POLY') return xy.mul(gamma).add(coef).pow(degree);
  if (type === 'SIGMOID') return xy.mul(gamma).add(coef).tanh();
  if (type !== 'RBF') call.refuse(`there is no kernel '${type}'`);
  const square = (t: cr.Tensor): cr.Tensor => t.square().sum(1);
  const distance = square(x).unsqueeze(1).add(square(y)).sub(xy.mul(2));
  return distance.clamp({ min: 0 }).mul(-gamma).exp();
}

function svmRegressor(call: Call): Result {
  const x = floats(call);
  const [rho = 0] = call.floats('rho', []);
  const count = call.int('n_supports', 0);
  const coefficients = vectorOf(call.floats('coefficients'));
  const width = x.shape[1] as number;
  const y =
    count > 0
      ? cr.matmul(
          kernel(call, x, vectorOf(call.floats('support_vectors')).reshape([count, width])),
          coefficients.reshape([count, 1]),
        )
      : cr.matmul(x, coefficients.reshape([width, 1]));
  const shifted = y.add(rho);
  if (!call.flag('one_class')) return postTransformed(call, shifted);
  return cr.where(shifted.gt(0), 1, -1).cast('float32');
}

/** One-versus-one classification: each pair of classes votes, and the scores of the pairs are the result. */
function svmClassifier(call: Call): Result {
  const x = floats(call);
  const classes = classesOf(call, 'classlabels_strings', 'classlabels_ints');
  const perClass = call.ints('vectors_per_class', []);
  const rho = call.floats('rho', []);
  const width = x.shape[1] as number;
  const total = perClass.reduce((n, k) => n + k, 0);
  if (total === 0) {
    const rows = call.floats('coefficients').length / width;
    const weights = vectorOf(call.floats('coefficients')).reshape([rows, width]);
    const scores = cr.matmul(x, weights.transpose(0, 1)).add(vectorOf([rho[0] ?? 0]));
    return outputs(labelled(call, classes, cr.argmax(scores, 1)), postTransformed(call, scores));
  }
  const vectors = vectorOf(call.floats('support_vectors')).reshape([total, width]);
  const k = kernel(call, x, vectors);
  const dual = vectorOf(call.floats('coefficients')).reshape([perClass.length - 1, total]);
  const starts = perClass.map((_, i) => perClass.slice(0, i).reduce((n, c) => n + c, 0));
  const part = (row: number, i: number): cr.Tensor => {
    const weights = cr.narrow(dual.select(0, row), 0, starts[i]!, perClass[i]!);
    return cr.matmul(cr.narrow(k, 1, starts[i]!, perClass[i]!), weights.unsqueeze(1));
  };
  const pairs: cr.Tensor[] = [];
  const votes = classes.map((): cr.Tensor[] => []);
  for (let i = 0, p = 0; i < perClass.length; i++) {
    for (let j = i + 1; j < perClass.length; j++, p++) {
      const score = part(j - 1, i)
        .add(part(i, j))
        .add(rho[p] ?? 0);
      pairs.push(score);
      votes[i]?.push(score.gt(0).cast('float32'));
      votes[j]?.push(score.le(0).cast('float32'));
    }
  }
  const scores = cr.cat(pairs, 1);
  const counts = cr.cat(
    votes.map((list) => list.reduce((a, b) => a.add(b))),
    1,
  );
  if (call.floats('prob_a', []).length > 0) {
    const probabilities = pairwiseCoupled(call, scores, perClass.length);
    return outputs(
      labelled(call, classes, cr.argmax(counts, 1)),
      postTransformed(call, probabilities),
    );
  }
  const plain = call.text('post_transform', 'NONE') === 'NONE';
  const shown =
    perClass.length === 2 ? bothOf(call, scores, !plain) : postTransformed(call, scores);
  return outputs(labelled(call, classes, cr.argmax(counts, 1)), shown);
}

/** Probabilities of classes, from those of pairs of classes (Wu, Lin and Weng 2004, as in libsvm). */
function pairwiseCoupled(call: Call, scores: cr.Tensor, k: number): cr.Tensor {
  const [a, b] = [call.floats('prob_a'), call.floats('prob_b')];
  const data = scores.dataSync();
  const pairs = (k * (k - 1)) / 2;
  const rows = data.length / pairs;
  const result = new Float32Array(rows * k);
  for (let row = 0; row < rows; row++) {
    const r = Array.from({ length: k }, () => new Float64Array(k));
    for (let i = 0, p = 0; i < k; i++) {
      for (let j = i + 1; j < k; j++, p++) {
        const z = data[row * pairs + p]! * a[p]! + b[p]!;
        const likely = Math.min(Math.max(1 / (1 + Math.exp(z)), 1e-7), 1 - 1e-7);
        r[i]![j] = likely;
        r[j]![i] = 1 - likely;
      }
    }
    result.set(coupled(r, k), row * k);
  }
  return cr.tensor(result, { shape: [rows, k] });
}

function coupled(r: readonly Float64Array[], k: number): Float64Array {
  const p = new Float64Array(k).fill(1 / k);
  const q = r.map((_, i) => {
    const row = new Float64Array(k);
    for (let j = 0; j < k; j++) {
      if (j === i) for (let m = 0; m < k; m++) row[i]! += m === i ? 0 : r[m]![i]! ** 2;
      else row[j] = -r[j]![i]! * r[i]![j]!;
    }
    return row;
  });
  for (let round = 0; round < Math.max(100, k); round++) {
    const qp = q.map((row) => row.reduce((s, x, j) => s + x * p[j]!, 0));
    let pqp = qp.reduce((s, x, i) => s + x * p[i]!, 0);
    if (Math.max(...qp.map((x) => Math.abs(x - pqp))) < 0.005 / k) break;
    for (let t = 0; t < k; t++) {
      const diff = (pqp - qp[t]!) / q[t]![t]!;
      p[t]! += diff;
      pqp = (pqp + diff * (diff * q[t]![t]! + 2 * qp[t]!)) / (1 + diff) ** 2;
      for (let j = 0; j < k; j++) {
        qp[j] = (qp[j]! + diff * q[t]![j]!) / (1 + diff);
        p[j]! /= 1 + diff;
      }
    }
  }
  return p;
}

export const LINEAR: readonly Operator[] = [
  ml('LinearRegressor', linearRegressor),
  ml('LinearClassifier', linearClassifier),
  ml('SVMRegressor', svmRegressor),
  ml('SVMClassifier', svmClassifier),
];
