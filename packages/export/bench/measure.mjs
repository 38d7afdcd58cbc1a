/**
 * @file The digits network (784-128-10, batch 1 and 32) as a module without the framework, beside onnxruntime-web and
 * TensorFlow.js on their WebAssembly and CPU backends: bytes, start time, time per call.
 *
 * Needs a build of the packages. `npm install && npm run bench` in this folder. Each measurement runs in a process of its
 * own, fifteen times, alternating; the medians are shown. Bytes are what a page loads, minified and gzipped, without weights.
 * Start is from the import to the end of the first call, minus the time to import an empty module in a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(here, '.bench-'));
process.on('exit', () => execFileSync('rm', ['-r', folder]));

// The measurements, as files that a new process runs.
const make = `
import { manualSeed, zeros } from '${join(here, '../../autograd/dist/index.js')}';
import * as nn from '${join(here, '../../nn/dist/index.js')}';
import { exportModule, exportOnnx } from '${join(here, '../dist/index.js')}';
import { writeFileSync } from 'node:fs';
manualSeed(1);
const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
const made = exportModule((x) => model.forward(x), [zeros([1, 784])], { modules: model, names: ['pixels'] });
const bare = exportModule((x) => model.forward(x), [zeros([1, 784])], { modules: model, names: ['pixels'], weights: 'file' });
writeFileSync('digits.mjs', made.js);
writeFileSync('bare.mjs', bare.js);
writeFileSync('digits.safetensors', bare.weights);
writeFileSync('digits.onnx', exportOnnx(model, [zeros([1, 784])], { dynamic: { batch: 0 } }));
`;
writeFileSync(join(folder, 'make.mjs'), make);
execFileSync('node', ['make.mjs'], { cwd: folder });

const timed = (load, call) => `
import { readFileSync } from 'node:fs';
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const one = new Float32Array(784).fill(0.5), many = new Float32Array(32 * 784).fill(0.5);
const start = performance.now();
${load}
${call('one', 1)}
const begun = performance.now() - start;
const times = { 1: [], 32: [] };
for (const [x, n] of [[one, 1], [many, 32]]) {
  for (let i = 0; i < 300; i++) {
    const t = performance.now();
    ${call('x', 'n')}
    times[n].push(performance.now() - t);
  }
}
console.log(JSON.stringify({ start: begun, one: median(times[1]), many: median(times[32]) }));
`;
const programs = {
  'chainrule module': timed(
    `const { predict } = await import('./digits.mjs');`,
    (x) => `predict(${x});`,
  ),
  'the same, weights apart': timed(
    `const { load, predict } = await import('./bare.mjs');
load(readFileSync('digits.safetensors'));`,
    (x) => `predict(${x});`,
  ),
  'onnxruntime-web (wasm)': timed(
    `const ort = await import('onnxruntime-web');
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(new Uint8Array(readFileSync('digits.onnx')));
const name = session.inputNames[0];`,
    (x, n) =>
      `await (await session.run({ [name]: new ort.Tensor('float32', ${x}, [${n}, 784]) }))[session.outputNames[0]].getData();`,
  ),
  'TensorFlow.js (cpu)': timed(
    `const tf = await import('@tensorflow/tfjs');
await tf.setBackend('cpu');
const model = tf.sequential({ layers: [tf.layers.dense({ units: 128, activation: 'relu', inputShape: [784] }), tf.layers.dense({ units: 10 })] });`,
    (x, n) => `tf.tidy(() => model.predict(tf.tensor(${x}, [${n}, 784])).dataSync());`,
  ),
};

/** The files that a page would load, minified and gzipped. */
async function bytesOf(code) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: here },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  return gzipSync(outputFiles[0].contents).length;
}
const wasm = readFileSync(
  join(dirname(require.resolve('onnxruntime-web')), 'ort-wasm-simd-threaded.wasm'),
);
const bare = gzipSync(readFileSync(join(folder, 'bare.mjs'))).length;
const bytes = {
  'chainrule module': bare,
  'the same, weights apart': bare,
  'onnxruntime-web (wasm)':
    (await bytesOf(
      `import * as ort from 'onnxruntime-web/wasm'; globalThis.x = ort.InferenceSession.create;`,
    )) + gzipSync(wasm).length,
  'TensorFlow.js (cpu)': await bytesOf(
    `import * as tf from '@tensorflow/tfjs'; globalThis.x = tf.sequential;`,
  ),
};

writeFileSync(join(folder, 'empty.mjs'), '');
writeFileSync(
  join(folder, 'nothing.mjs'),
  `const start = performance.now();
await import('./empty.mjs');
console.log(JSON.stringify({ start: performance.now() - start }));`,
);
const files = { nothing: 'nothing.mjs' };
for (const [k, [name, program]] of Object.entries(programs).entries()) {
  files[name] = `run${k}.mjs`;
  writeFileSync(join(folder, files[name]), program);
}
const runs = Object.fromEntries(Object.keys(files).map((name) => [name, []]));
for (let i = 0; i < 15; i++) {
  for (const [name, file] of Object.entries(files)) {
    const stdio = ['ignore', 'pipe', 'ignore'];
    const output = execFileSync('node', [file], { cwd: folder, encoding: 'utf8', stdio });
    runs[name].push(JSON.parse(output.trim().split('\n').at(-1)));
  }
}
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const of = (name, key) => median(runs[name].map((run) => run[key]));
const table = Object.keys(programs).map((name) => ({
  '': name,
  'kB gz': (bytes[name] / 1024).toFixed(1),
  'start, ms': (of(name, 'start') - of('nothing', 'start')).toFixed(1),
  'call of 1, ms': of(name, 'one').toFixed(3),
  'call of 32, ms': of(name, 'many').toFixed(3),
}));
console.table(table);
