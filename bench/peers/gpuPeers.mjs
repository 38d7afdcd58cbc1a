// A training step of jax-js (jit) and of TensorFlow.js on WebGPU, like train/mlp-small with Adam: dispatches, submits, and
// CPU time.
//   npm i webgpu@0.6.2 @jax-js/jax@0.1.25 @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-webgpu@4.22.0
//   node gpuPeers.mjs jaxjs   or   node gpuPeers.mjs tfjs
// Runs on the null device, which only checks its commands; FLAGS='adapter=…' names another of Dawn's.
import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
// Kept for the whole process: when it is garbage-collected, the memory of every device made from it is freed.
globalThis.kept = create((process.env.FLAGS ?? 'backend=null').split(' '));
const navigator = { gpu: globalThis.kept, userAgent: 'node' };
Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });

const count = { dispatches: 0, submits: 0 };
const counted = (prototype, method, name) => {
  const own = prototype[method];
  prototype[method] = function (...args) {
    count[name]++;
    return own.apply(this, args);
  };
};
counted(globalThis.GPUComputePassEncoder.prototype, 'dispatchWorkgroups', 'dispatches');
counted(globalThis.GPUQueue.prototype, 'submit', 'submits');

const BATCH = 64;
const SIZES = [784, 256, 128, 10];
const noise = (n, scale) => Float32Array.from({ length: n }, () => (2 * Math.random() - 1) * scale);
const labels = Array.from({ length: BATCH }, (_, i) => (7 * i) % 10);

/** Each function makes a step that reads its loss. */
const peers = {
  async jaxjs() {
    const jax = await import('@jax-js/jax');
    const { numpy: np, jit, nn, tree, valueAndGrad } = jax;
    await jax.init('webgpu');
    jax.defaultDevice('webgpu');
    const layers = SIZES.slice(1).map((out, i) => [SIZES[i], out]);
    const zeros = () => layers.map(([i, o]) => ({ w: np.zeros([i, o]), b: np.zeros([o]) }));
    let params = layers.map(([i, o]) => ({
      w: np.array(noise(i * o, 1 / Math.sqrt(i))).reshape([i, o]),
      b: np.zeros([o]),
    }));
    let [m, v] = [zeros(), zeros()];
    const x = np.array(noise(BATCH * SIZES[0], 1)).reshape([BATCH, SIZES[0]]);
    const hot = labels.flatMap((k) => Array.from({ length: 10 }, (_, j) => Number(j === k)));
    const y = np.array(Float32Array.from(hot)).reshape([BATCH, 10]);
    const loss = (params, x, y) => {
      let h = x;
      params.forEach(({ w, b }, i) => {
        h = np.matmul(h, w).add(b);
        if (i + 1 < params.length) h = nn.relu(h);
      });
      return nn
        .logSoftmax(h, -1)
        .mul(y)
        .sum()
        .mul(-1 / BATCH);
    };
    const gradient = valueAndGrad(loss);
    const update = jit((params, m, v, x, y, c1, c2) => {
      const [l, g] = gradient(tree.ref(params), x, y);
      const m2 = tree.map((m, g) => m.mul(0.9).add(g.mul(0.1)), m, tree.ref(g));
      const v2 = tree.map((v, g) => v.mul(0.999).add(g.ref.mul(g).mul(0.001)), v, g);
      const next = (p, m, v) =>
        p.sub(
          m
            .mul(c1.ref)
            .div(np.sqrt(v.mul(c2.ref)).add(1e-8))
            .mul(1e-3),
        );
      const p2 = tree.map(next, params, tree.ref(m2), tree.ref(v2));
      c1.dispose();
      c2.dispose();
      return [l, p2, m2, v2];
    });
    let t = 0;
    return async () => {
      t++;
      const [c1, c2] = [1 / (1 - 0.9 ** t), 1 / (1 - 0.999 ** t)].map((c) => np.array(c));
      let l;
      [l, params, m, v] = update(params, m, v, x.ref, y.ref, c1, c2);
      return (await l.data())[0];
    };
  },

  async tfjs() {
    const tf = await import('@tensorflow/tfjs');
    await import('@tensorflow/tfjs-backend-webgpu');
    await tf.setBackend('webgpu');
    await tf.ready();
    const layers = SIZES.slice(1).map((units, i) =>
      tf.layers.dense({
        units,
        activation: i + 2 < SIZES.length ? 'relu' : 'linear',
        inputShape: [SIZES[i]],
      }),
    );
    const model = tf.sequential({ layers });
    const optimizer = tf.train.adam(1e-3);
    const x = tf.tensor2d(noise(BATCH * SIZES[0], 1), [BATCH, SIZES[0]]);
    const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 10);
    const weights = model.trainableWeights.map((w) => w.val);
    return async () => {
      const loss = () => tf.losses.softmaxCrossEntropy(y, model.apply(x));
      const l = optimizer.minimize(loss, true, weights);
      const [value] = await l.data();
      l.dispose();
      return value;
    };
  },
};

const peer = process.argv[2] ?? 'jaxjs';
const step = await peers[peer]();
for (let i = 0; i < 10; i++) await step();
const [before, cpu] = [{ ...count }, process.cpuUsage()];
const STEPS = 100;
for (let i = 0; i < STEPS; i++) await step();
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    workload: 'train/mlp-small',
    peer,
    dispatches: (count.dispatches - before.dispatches) / STEPS,
    submits: (count.submits - before.submits) / STEPS,
    'CPU ms a step': (user + system) / 1000 / STEPS,
  }),
);
process.exit(0);
