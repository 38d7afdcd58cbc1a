/**
 * @file Builds one file, without the framework, for a page that recognizes digits and learns its visitor's handwriting.
 *
 * `npx ts-node examples/withoutFramework/build.ts` trains for a few seconds on drawings of digits that it generates, and
 * writes `out/digits.js` beside `page.html`; serve the folder with any web server.
 */
import { mkdirSync, writeFileSync, copyFileSync } from 'node:fs';
import { compile, manualSeed, tensor, zeros, type Tensor } from '@chainrule/autograd';
import { exportModule } from '@chainrule/export';
import * as nn from '@chainrule/nn';
import { Adam, SGD } from '@chainrule/optim';

/** The seven strokes of a digit on a display, and which of them each digit has. */
const STROKES = [
  'abcdef',
  'bc',
  'abged',
  'abgcd',
  'fgbc',
  'afgcd',
  'afgedc',
  'abc',
  'abcdefg',
  'abcdfg',
];
const LINES: Record<string, [number, number, number, number]> = {
  a: [8, 5, 19, 5],
  b: [19, 5, 19, 14],
  c: [19, 14, 19, 23],
  d: [8, 23, 19, 23],
  e: [8, 14, 8, 23],
  f: [8, 5, 8, 14],
  g: [8, 14, 19, 14],
};

/** A digit drawn by a shaky hand. */
function draw(digit: number, pixels: Float32Array): void {
  const shake = (): number => (Math.random() - 0.5) * 4;
  const [dx, dy, scale] = [shake(), shake(), 0.85 + 0.3 * Math.random()];
  for (const stroke of STROKES[digit] ?? '') {
    const [x0, y0, x1, y1] = (LINES[stroke] ?? [0, 0, 0, 0]).map(
      (v) => (v - 14) * scale + 14 + shake() / 3,
    );
    for (let t = 0; t <= 1; t += 0.04) {
      const [x, y] = [
        (x0 ?? 0) + ((x1 ?? 0) - (x0 ?? 0)) * t + dx,
        (y0 ?? 0) + ((y1 ?? 0) - (y0 ?? 0)) * t + dy,
      ];
      for (let i = -1; i <= 1; i++) {
        for (let j = -1; j <= 1; j++) {
          const [u, v] = [Math.round(x) + i, Math.round(y) + j];
          if (u >= 0 && u < 28 && v >= 0 && v < 28) pixels[v * 28 + u] = 1;
        }
      }
    }
  }
}

manualSeed(1);
const features = new nn.Sequential(new nn.Linear(784, 64), new nn.ReLU());
const head = new nn.Linear(64, 10);
const model = new nn.Sequential(features, head);
const loss = (y: Tensor, labels: Tensor): Tensor => nn.functional.crossEntropy(y, labels);

const optimizer = new Adam(model.parameters(), { lr: 2e-3 });
const step = compile((x: Tensor, y: Tensor) => {
  optimizer.zeroGrad();
  const value = loss(model.forward(x), y);
  value.backward();
  optimizer.step();
  return value;
});
for (let i = 0; i < 400; i++) {
  const pixels = new Float32Array(64 * 784);
  const labels = Int32Array.from({ length: 64 }, () => Math.floor(Math.random() * 10));
  labels.forEach((digit, k) => draw(digit, pixels.subarray(k * 784, (k + 1) * 784)));
  const value = step(tensor(pixels, { shape: [64, 784] }), tensor(labels));
  if (i % 100 === 99) console.log(`step ${i + 1}: loss ${value.item().toFixed(3)}`);
}

// The page trains only the last layer.
features.requiresGrad_(false);
const page = new SGD(head.parameters(), { lr: 0.05 });
const { js, types } = exportModule(
  (x: Tensor) => nn.functional.softmax(model.forward(x), 1),
  [zeros([1, 784])],
  {
    modules: { '': model, optimizer: page },
    names: ['pixels', 'label'],
    batch: 16,
    train: {
      loss: (y: Tensor, label: Tensor) => nn.functional.nllLoss(y.log(), label),
      optimizer: page,
      targets: [zeros([1]).cast('int32')],
    },
  },
);
const out = new URL('out/', import.meta.url);
mkdirSync(out, { recursive: true });
writeFileSync(new URL('digits.js', out), js);
writeFileSync(new URL('digits.d.ts', out), types);
copyFileSync(new URL('page.html', import.meta.url), new URL('index.html', out));
console.log(`out/digits.js: ${(js.length / 1024).toFixed(0)} kB, weights among them`);
