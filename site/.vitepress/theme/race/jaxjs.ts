/** @file The race in jax-js, on the device that is asked for. Its arrays are used up where they are not taken by `.ref`. */
import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { BATCH, batchOf, RATE, SIZES, type Runner, type Task } from './task';

type Array = np.Array;
interface Layer {
  w: Array;
  b: Array;
}

function lossOf(layers: Layer[], x: Array, y: Array): Array {
  let h = x;
  layers.forEach(({ w, b }, l) => {
    h = np.matmul(h, w).add(b);
    if (l < layers.length - 1) h = nn.relu(h);
  });
  return np.mean(np.sum(nn.logSoftmax(h).mul(nn.oneHot(y, 10)), 1)).mul(-1);
}

/** Adam (Kingma & Ba 2014); `c1` and `c2` correct the bias. */
function adam(p: Array, m: Array, v: Array, g: Array, c1: Array, c2: Array): [Array, Array, Array] {
  const m2 = m.mul(0.9).add(g.ref.mul(0.1));
  const v2 = v.mul(0.999).add(g.ref.mul(g).mul(0.001));
  const step = m2.ref
    .mul(c1)
    .div(np.sqrt(v2.ref.mul(c2)).add(1e-8))
    .mul(RATE);
  return [p.sub(step), m2, v2];
}

export async function prepare(task: Task, device: 'wasm' | 'webgpu'): Promise<Runner> {
  if (!(await init(device)).includes(device)) throw new Error(`there is no ${device} here`);
  defaultDevice(device);
  const make = (weights: (l: number) => Array): Layer[] =>
    SIZES.slice(1).map((out, l) => ({ w: weights(l), b: np.zeros([out]) }));
  const shape = (l: number): number[] => [SIZES[l] as number, SIZES[l + 1] as number];
  let layers = make((l) => {
    const [inputs, out] = shape(l) as [number, number];
    return np
      .array(task.weights[l] as Float32Array<ArrayBuffer>, { shape: [out, inputs] })
      .transpose();
  });
  let [m, v] = [make((l) => np.zeros(shape(l))), make((l) => np.zeros(shape(l)))];
  const step = jit(
    (p: Layer[], m: Layer[], v: Layer[], x: Array, y: Array, c1: Array, c2: Array) => {
      const [loss, g] = valueAndGrad(lossOf)(tree.ref(p), x, y);
      const next: [Layer[], Layer[], Layer[]] = [[], [], []];
      p.forEach((layer, l) => {
        const [M, V, G] = [m[l] as Layer, v[l] as Layer, g[l] as Layer];
        const w = adam(layer.w, M.w, V.w, G.w, c1.ref, c2.ref);
        const b = adam(layer.b, M.b, V.b, G.b, c1.ref, c2.ref);
        next.forEach((list, i) => list.push({ w: w[i] as Array, b: b[i] as Array }));
      });
      c1.dispose();
      c2.dispose();
      return [...next, loss] as const;
    },
  );
  let unread: Array | null = null;
  return {
    step(i) {
      const [images, labels] = batchOf(task, i);
      const x = np.array(images.slice(), { shape: [BATCH, 784] });
      const y = np.array(labels.slice(), { shape: [BATCH] });
      const [c1, c2] = [0.9, 0.999].map((beta) =>
        np.array([1 / (1 - beta ** (i + 1))]).reshape([]),
      );
      unread?.dispose();
      let loss: Array;
      [layers, m, v, loss] = step(layers, m, v, x, y, c1 as Array, c2 as Array) as never;
      unread = loss;
      return async () => {
        unread = null;
        return (await loss.data())[0] as number;
      };
    },
  };
}
