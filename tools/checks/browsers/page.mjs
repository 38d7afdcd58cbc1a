/**
 * @file Runs in each browser with the file that needs no bundler: computes hashes of bits, then runs a model on the GPU if
 * there is one.
 */
import * as cr from '/chainrule.min.js';
import { fuses } from '/fuses.mjs';

const { nn, optim } = cr;
const lines = [];
const say = (what, value) => lines.push(`${what} ${value}`);
/** A hash of the bits of values. */
function hash(t) {
  const { buffer, byteOffset, byteLength } = t.dataSync();
  return new Uint8Array(buffer, byteOffset, byteLength).reduce(
    (h, b) => (Math.imul(h, 31) + b) | 0,
    0,
  );
}

export async function compute() {
  say('backend', cr.backend());
  say('fused products', fuses());
  cr.manualSeed(1);
  const model = new nn.Sequential(
    new nn.Linear(16, 64),
    new nn.LayerNorm(64),
    new nn.GELU(),
    new nn.Dropout(0.1),
    new nn.Linear(64, 4),
  );
  const adam = new optim.Adam(model.parameters(), { lr: 1e-2 });
  const x = cr.rand([128, 16]).sub(0.5);
  const y = x.matmul(cr.rand([16, 4]).sub(0.5)).argmax(1);
  for (let i = 0; i < 30; i++) {
    const rows = i % 3 === 2 ? 90 + i : 128;
    adam.zeroGrad();
    const answer = model.forward(x.narrow(0, 0, rows));
    nn.functional.crossEntropy(answer, y.narrow(0, 0, rows)).backward();
    adam.step();
  }
  model.eval();
  const answer = model.forward(x);
  say('trained', hash(answer));
  const lstm = new nn.LSTM(8, 16, { bidirectional: true });
  lstm
    .forward(cr.rand([12, 3, 8]))[0]
    .square()
    .mean()
    .backward();
  say('recurrent', Array.from(lstm.parameters(), (p) => hash(p.grad)).join(' '));
  const image = new nn.Conv2d(3, 8, 3, { padding: 1 });
  image
    .forward(cr.rand([2, 3, 17, 19]))
    .square()
    .sum()
    .backward();
  say('convolution', hash(image.weight.grad));
  const matrix = cr.rand([9, 9]).cast('float64');
  say('solved', hash(cr.linalg.solve(matrix, cr.ones([9], { dtype: 'float64' }))));
  say('sorted', hash(cr.rand([1000]).sort().values));
  return { lines, gpu: await onGpu(model, x, answer) };
}

/** How far the results of a model on the GPU differ, or why there is no GPU. */
async function onGpu(model, x, answer) {
  try {
    await cr.setDevice('webgpu');
  } catch (error) {
    return error.message;
  }
  const values = await model.to('webgpu').forward(x.to('webgpu')).data();
  const away = Math.max(...answer.dataSync().map((value, i) => Math.abs(value - values[i])));
  return away < 1e-5 ? 'the GPU agrees' : `the GPU is ${away} away`;
}
