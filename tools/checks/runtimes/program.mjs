/** @file The program that each runtime runs: it prints bits, so that a difference in the last digit shows. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as cr from '@chainrule/autograd';
import { loadCheckpoint, saveCheckpoint } from '@chainrule/autograd/io';
import { allReduce, distributed } from '@chainrule/distributed';
import { exportModule, exportOnnx, importOnnx } from '@chainrule/export';
import * as nn from '@chainrule/nn';
import { DataLoader } from '@chainrule/nn/data';
import { Adam } from '@chainrule/optim';
import { fuses } from './fuses.mjs';

const bits = (t) => {
  const { buffer, byteOffset, byteLength } = t.dataSync();
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
};
const world = await distributed('local', { size: 2 });
const say = (what, value) => {
  if (world.rank === 0) console.log(what, value);
};
say('ranks', bits(allReduce(cr.tensor([world.rank + 1, 0.1]))));

say('backend', cr.backend());
say('fused products', fuses());
say(
  'derivative',
  cr
    .grad((x) => x.square())(cr.tensor(3))
    .item(),
);

cr.manualSeed(1);
const model = new nn.Sequential(
  new nn.Linear(16, 64),
  new nn.LayerNorm(64),
  new nn.GELU(),
  new nn.Dropout(0.1),
  new nn.Linear(64, 4),
);
const optimizer = new Adam(model.parameters(), { lr: 1e-2 });
const x = cr.randn([128, 16]);
const y = x.matmul(cr.randn([16, 4])).argmax(1);
const step = cr.compile((input, target) => {
  optimizer.zeroGrad();
  const loss = nn.functional.crossEntropy(model.forward(input), target);
  loss.backward();
  optimizer.step();
  return loss;
});
// Without `compile`, compiled, and with changing sizes.
for (let i = 0; i < 40; i++) {
  const rows = i % 3 === 2 ? 100 + i : 128;
  const [some, labels] = [x.narrow(0, 0, Math.min(rows, 128)), y.narrow(0, 0, Math.min(rows, 128))];
  if (i % 2 === 0) step(some, labels);
  else {
    optimizer.zeroGrad();
    nn.functional.crossEntropy(model.forward(some), labels).backward();
    optimizer.step();
  }
}
model.eval();
const answer = model.forward(x);
say('trained', bits(answer));

const lstm = new nn.LSTM(8, 16, { bidirectional: true });
const [output] = lstm.forward(cr.randn([12, 3, 8]));
output.square().mean().backward();
say('recurrent', [...lstm.parameters()].map((p) => bits(p.grad)).join(' '));

cr.setNumThreads(2);
const [left, right] = [cr.randn([300, 400]), cr.randn([400, 500])];
const threaded = bits(left.matmul(right));
cr.setNumThreads(1);
say('threads', threaded === bits(left.matmul(right)));
const matrix = cr.randn([9, 9]).cast('float64');
say('float64', bits(cr.linalg.solve(matrix, cr.ones([9], { dtype: 'float64' }))));
say('message', String(cr.tensor([1.5, NaN, -0])));

const order = [];
const loader = new DataLoader(
  Array.from({ length: 10 }, (_, i) => i),
  { batchSize: 3, shuffle: true, seed: 7 },
);
for await (const batch of loader) order.push(...batch.toArray());
say('shuffled', order.join(' '));

if (world.rank === 0) {
  const folder = mkdtempSync(join(tmpdir(), 'runtimes-'));
  await saveCheckpoint(join(folder, 'state'), { model, optimizer });
  await loadCheckpoint(join(folder, 'state'), { model, optimizer });
  say('resumed', bits(model.forward(x)) === bits(answer));
  const forward = (input) => model.forward(input);
  say(
    'onnx',
    importOnnx(exportOnnx(forward, [x]))
      .forward(x)
      .allClose(answer),
  );
  writeFileSync(join(folder, 'model.mjs'), exportModule(forward, [x]).js);
  const shipped = await import(pathToFileURL(join(folder, 'model.mjs')).href);
  const { data, shape } = shipped.predict(x.dataSync());
  say('module', cr.tensor(data).reshape(shape).allClose(answer, { rtol: 1e-4, atol: 1e-5 }));
  rmSync(folder, { recursive: true });
}

// A GPU through another implementation of WebGPU than that of Chromium and Node.js. It prints nothing, as few machines have
// one.
if (world.rank === 0 && (await globalThis.navigator?.gpu?.requestAdapter()) != null) {
  const divisors = cr.tensor([3, -3, 7, -7], { dtype: 'int32' });
  const numbers = cr.tensor([-5, 5, -9, -21], { dtype: 'int32' });
  await cr.setDevice('webgpu');
  const [n, d] = [numbers.to('webgpu'), divisors.to('webgpu')];
  for (const f of [cr.remainder, cr.fmod, cr.floorDivide])
    assert.deepEqual(await f(n, d).data(), f(numbers, divisors).dataSync(), f.name);
  const onDevice = await model.to('webgpu').forward(x.to('webgpu')).data();
  const away = Math.max(...answer.dataSync().map((value, i) => Math.abs(value - onDevice[i])));
  assert.ok(away < 1e-5, `webgpu: ${away} away`);
  console.error('webgpu:', cr.deviceInfo('webgpu').description);
}
