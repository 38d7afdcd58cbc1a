/**
 * @file Checks the one-file bundle, after a build: its size, and in Chromium, under a strict content security policy and
 * without a bundler, that it trains in a page, in a worker, and in an isolated page with threads, whose code is loaded later.
 * Skipped if there is no Chromium.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { oneFile } from '../build/oneFile.mjs';

const BUDGET = 438_500;
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
  '/isolated': '<!doctype html><script type="module" src="/threads.js"></script>',
  '/threads.js': `import { manualSeed, randn, setNumThreads } from '/chainrule.js';
    setNumThreads(2);
    manualSeed(0);
    const [a, b] = [randn([384, 384]), randn([384, 384])];
    window.sum = () => a.matmul(b).sum().item();`,
  '/worker.js': `import { learn } from '/training.js'; postMessage(await learn());`,
};
const server = createServer(({ url }, response) => {
  const file = files[url];
  if (file === undefined) return response.writeHead(404).end();
  response.setHeader('Content-Type', url.endsWith('.js') ? 'text/javascript' : 'text/html');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  const workers = url === '/isolated' ? 'blob:' : "'self'";
  response.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src ${workers}`,
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
  // Browsers ask for an icon that does not exist.
  const own = errors.filter((text) => !/favicon|404/.test(text));
  assert.deepEqual(own, []);
  assert.deepEqual(answers, [
    [1, -2, 0.5],
    [1, -2, 0.5],
  ]);
  const isolated = await browser.newPage();
  isolated.on('pageerror', (error) => errors.push(String(error)));
  await isolated.goto(`http://127.0.0.1:${server.address().port}/isolated`);
  await isolated.waitForFunction('window.sum !== undefined', null, { timeout: 60_000 });
  const alone = await isolated.evaluate('sum()');
  const deadline = Date.now() + 30_000;
  while (isolated.workers().length === 0 && Date.now() < deadline) await isolated.evaluate('sum()');
  assert.equal(isolated.workers().length, 1, 'no thread was started');
  for (let i = 0; i < 20; i++) assert.equal(await isolated.evaluate('sum()'), alone);
  assert.deepEqual(
    errors.filter((text) => !/favicon|404/.test(text)),
    [],
  );
  console.log(
    'one file: trains in a page and in a worker, under a strict policy; threads come late, with the same bits',
  );
} finally {
  await browser.close();
  server.close();
}
