/** @file The race in TensorFlow.js, on the backend that is asked for. */
import * as tf from '@tensorflow/tfjs';
import { BATCH, batchOf, RATE, SIZES, type Runner, type Task } from './task';

export async function prepare(task: Task, backend: string): Promise<Runner> {
  if (!(await tf.setBackend(backend))) throw new Error(`there is no ${backend} here`);
  await tf.ready();
  const layers = task.weights.map((w, l) => ({
    w: tf.tidy(() =>
      tf.variable(tf.tensor2d(w, [SIZES[l + 1] as number, SIZES[l] as number]).transpose()),
    ),
    b: tf.variable(tf.zeros([SIZES[l + 1] as number])),
  }));
  const optimizer = tf.train.adam(RATE, 0.9, 0.999, 1e-8);
  return {
    step(i) {
      const [images, labels] = batchOf(task, i);
      const loss = tf.tidy(() => {
        const x = tf.tensor2d(images, [BATCH, 784]);
        const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 10);
        return optimizer.minimize(() => {
          const scores = layers.reduce<tf.Tensor>((h, { w, b }, l) => {
            const next = tf.add(tf.matMul(h as tf.Tensor2D, w), b);
            return l < layers.length - 1 ? tf.relu(next) : next;
          }, x);
          return tf.losses.softmaxCrossEntropy(y, scores);
        }, true);
      });
      return async () => {
        const [value] = await (loss as tf.Scalar).data();
        loss?.dispose();
        return value as number;
      };
    },
  };
}
