/**
 * @file What training on a page's main thread does to its frames: the longest gap between two while the network of MNIST
 * trains, and what giving them costs beside a loop that gives none. Usage: `npm run bench:pages`, after a build.
 */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));

const page = `
import { compile, manualSeed, randint, randn } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { DataLoader, TensorDataset } from '@chainrule/nn/data';
import { fit } from '@chainrule/nn/train';
import { Adam } from '@chainrule/optim';

manualSeed(1);
const COUNT = 12_800;
const images = randn([COUNT, 784]), labels = randint(0, 10, [COUNT]);

function setUp() {
  const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
  const optimizer = new Adam(model.parameters());
  const data = new DataLoader(new TensorDataset(images, labels), { batchSize: 64, shuffle: true, seed: 1 });
  const loss = nn.functional.crossEntropy;
  const step = compile((x, y) => {
    optimizer.zeroGrad();
    const value = loss(model.forward(x), y);
    value.backward();
    optimizer.step();
    return value;
  });
  return { model, data, optimizer, loss, step };
}
const EPOCHS = 3;
const ways = {
  'a loop that gives no frame': ({ data, step }) => {
    for (let e = 0; e < EPOCHS; e++) for (const [x, y] of data) step(x, y).item();
  },
  'for await over a DataLoader': async ({ data, step }) => {
    for (let e = 0; e < EPOCHS; e++) for await (const [x, y] of data) step(x, y).item();
  },
  fit: ({ model, data, optimizer, loss }) => fit(model, { data, optimizer, loss, epochs: EPOCHS }),
};
window.bench = async (rounds) => {
  const rows = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(ways)) {
      const given = setUp();
      const times = [];
      let going = true;
      const frame = (time) => { times.push(performance.now()); if (going) requestAnimationFrame(frame); };
      requestAnimationFrame(frame);
      await new Promise((done) => setTimeout(done, 100));
      times.length = 0;
      const start = performance.now();
      times.push(start);
      await run(given);
      const seconds = (performance.now() - start) / 1000;
      times.push(performance.now());
      going = false;
      const gaps = times.slice(1).map((t, i) => t - times[i]);
      // The first round makes the programs.
      if (round > 0) (rows[name] ??= []).push({ seconds, frames: times.length - 2, gap: Math.max(...gaps) });
    }
  }
  return rows;
};`;

const { outputFiles } = await build({
  stdin: { contents: page, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
  tsconfigRaw: '{}',
  absWorkingDir: root,
  logLevel: 'error',
});
const server = createServer(({ url }, response) => {
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  if (url === '/page.js') {
    response.setHeader('Content-Type', 'text/javascript');
    return response.end(outputFiles[0].contents);
  }
  response.setHeader('Content-Type', 'text/html');
  response.end('<!doctype html><p>Training</p><script type="module" src="/page.js"></script>');
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
try {
  const tab = await browser.newPage();
  tab.on('pageerror', (error) => console.error(error));
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  await tab.waitForFunction('typeof bench === "function"');
  const rows = await tab.evaluate(`bench(${process.argv[2] ?? 5})`);
  const least = (runs, key) => Math.min(...runs.map((run) => run[key]));
  const median = (runs, key) => {
    const sorted = runs.map((run) => run[key]).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  };
  const [plain] = Object.values(rows);
  console.log('MNIST’s network (784-128-10, batches of 64) on the main thread, 3 epochs of 12,800');
  for (const [name, runs] of Object.entries(rows)) {
    const cost = (least(runs, 'seconds') / least(plain, 'seconds') - 1) * 100;
    console.log(
      `${name.padEnd(28)} ${least(runs, 'seconds').toFixed(2)} s (${cost >= 0 ? '+' : ''}${cost.toFixed(0)} %), ` +
        `${median(runs, 'frames')} frames, longest gap ${median(runs, 'gap').toFixed(0)} ms (median of ${runs.length} runs)`,
    );
  }
} finally {
  await browser.close();
  server.close();
}
