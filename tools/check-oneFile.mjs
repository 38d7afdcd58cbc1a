/**
 * @file The one file, after a build: its size, and in Chromium, under a strict policy and without a bundler, that it trains in a
 * page and in a worker. Left out where no Chromium is.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { oneFile } from './oneFile.mjs';

const BUDGET = 368e3;
const code = readFileSync(oneFile);
const size = gzipSync(code, { level: 9 }).length;
console.log(`one file: ${(size / 1e3).toFixed(1)} kB gzipped of ${BUDGET / 1e3} kB`);
assert.ok(size <= BUDGET, 'the one file is over its budget');

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(executablePath)) {
  console.log('one file: no Chromium, not tried in a page');
  process.exit();
}

const training = `import { manualSeed, randn, tensor, nn, optim, train } from '/chainrule.js';
export async function learn() {
  manualSeed(0);
  const x = randn([64, 3]);
  const y = x.matmul(tensor([[1], [-2], [0.5]]));
  const model = new nn.Linear(3, 1);
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
  await train.fit(model, { data: [[x, y]], optimizer, loss: nn.functional.mseLoss, epochs: 200 });
  return Array.from(model.weight.dataSync(), (w) => Number(w.toFixed(2)));
}`;
const files = {
  '/': '<!doctype html><script type="module" src="/page.js"></script>',
  '/chainrule.js': code,
  '/training.js': training,
  '/page.js': `import { learn } from '/training.js';
    const worker = new Worker('/worker.js', { type: 'module' });
    const heard = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
    window.answers = Promise.all([learn(), heard]);`,
  '/worker.js': `import { learn } from '/training.js'; postMessage(await learn());`,
};
const server = createServer(({ url }, response) => {
  const file = files[url];
  if (file === undefined) return response.writeHead(404).end();
  response.setHeader('Content-Type', url === '/' ? 'text/html' : 'text/javascript');
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
  );
  response.end(file);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
try {
  const page = await browser.newPage();
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction('window.answers !== undefined', null, { timeout: 60_000 });
  const answers = await page.evaluate('window.answers');
  // The icon that browsers ask for is not there.
  const own = errors.filter((text) => !/favicon|404/.test(text));
  assert.deepEqual(own, []);
  assert.deepEqual(answers, [
    [1, -2, 0.5],
    [1, -2, 0.5],
  ]);
  console.log('one file: trains in a page and in a worker, under a strict policy');
} finally {
  await browser.close();
  server.close();
}
