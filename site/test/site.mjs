/**
 * @file What was built, in Chromium: every page loads without an error, links lead somewhere, search finds, nothing is wider
 * than a phone, it works in the dark; the network learns, and the digits are read. Pictures lie in `out/site-pictures`.
 */
import assert from 'node:assert/strict';
import { createReadStream, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = join(root, 'out', 'site');
const pictures = join(root, 'out', 'site-pictures');
mkdirSync(pictures, { recursive: true });

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};
const server = createServer(({ url }, response) => {
  const path = decodeURIComponent(new URL(url, 'http://x').pathname);
  const file = [path, `${path}index.html`, `${path}.html`]
    .map((name) => join(built, name))
    .find((name) => existsSync(name) && statSync(name).isFile());
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  if (file === undefined) return response.writeHead(404).end();
  response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
  createReadStream(file).pipe(response);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-sync',
  ],
});

let failed = 0;
async function check(name, f) {
  const start = performance.now();
  try {
    await f();
    console.log(`ok     ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}: ${error.message}`);
  }
}

/** A page that fails the check on any error in its console. */
async function open(path, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(origin + path);
  await page.waitForLoadState('networkidle');
  return { page, errors, close: () => context.close() };
}

const pages = readdirSync(built, { recursive: true })
  .filter((path) => path.endsWith('.html') && !/^(404|reference|gallery\/)/.test(path))
  .sort();

await check('every page: no error, no dead link, no wider than a phone', async () => {
  const phone = { viewport: { width: 375, height: 720 } };
  const { page, errors, close } = await open('/', phone);
  const wrong = [];
  for (const path of pages) {
    await page.goto(`${origin}/${path}`);
    await page.waitForLoadState('networkidle');
    const { width, links } = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      links: [...document.querySelectorAll('.vp-doc a[href]')].map((a) => a.href),
    }));
    if (width > 375) wrong.push(`${path} is ${width} pixels wide`);
    for (const link of links) {
      const { origin: from, pathname } = new URL(link);
      if (from !== origin || /\/(gallery|reference)\//.test(pathname)) continue;
      const there = ['', 'index.html', '.html'].some((end) =>
        existsSync(join(built, pathname + end)),
      );
      if (!there) wrong.push(`${path} links to ${pathname}`);
    }
  }
  await close();
  assert.deepEqual([...wrong, ...errors], []);
});

await check('the menu fits tablets', async () => {
  for (const width of [768, 960, 1024]) {
    const { page, close } = await open('/learn/neuron.html', { viewport: { width, height: 720 } });
    const right = await page.evaluate(() =>
      Math.max(
        ...[...document.querySelectorAll('.VPNavBar :is(a, button)')].map(
          (part) => part.getBoundingClientRect().right,
        ),
      ),
    );
    assert.ok(right <= width, `the menu reaches ${right} of ${width} pixels`);
    await close();
  }
});

await check('search finds', async () => {
  const { page, close } = await open('/start/');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('chain rule');
  await page.waitForSelector('.VPLocalSearchBox .result', { timeout: 10_000 });
  await close();
});

await check('cells run in the page', async () => {
  const { page, errors, close } = await open('/start/');
  await page.click('[data-test=run-cell] >> nth=0');
  await page.waitForSelector('[data-test=output]');
  assert.equal(await page.textContent('[data-test=output]'), '0.2474\n0.9689');
  assert.deepEqual(errors, []);
  await close();
});

await check('names are found', async () => {
  const { page, errors, close } = await open('/from/pytorch.html');
  await page.fill('[data-test=find-name]', 'Tensor.add_');
  await page.waitForFunction(
    () => document.querySelector('[data-test=found]')?.textContent.startsWith('1 '),
    null,
    { timeout: 5000 },
  );
  assert.match(await page.textContent('.names td:last-child'), /p\.assign\(p\.add\(…\)\)/);
  assert.deepEqual(errors, []);
  await close();
});

await check('the reference tells parameters and errors, and fits a phone', async () => {
  const { page, errors, close } = await open('/reference/autograd/functions/conv1d.html', {
    viewport: { width: 375, height: 720 },
  });
  const text = await page.textContent('.vp-doc');
  for (const said of ['weight', 'options?', 'ShapeError if channels'])
    assert.ok(text.includes(said), `the page of conv1d does not say "${said}"`);
  for (const [path, head] of [
    ['relu', 'relu<X>(x): Tensor'],
    ['round', 'round<X>(x, options?): Tensor'],
  ]) {
    await page.goto(`${origin}/reference/autograd/functions/${path}.html`);
    const told = await page.textContent('.vp-doc blockquote');
    assert.ok(told.startsWith(head), `the page of ${path} begins with ${told}`);
  }
  await page.goto(`${origin}/reference/autograd/classes/Tensor.html`);
  const methods = await page.textContent('.vp-doc');
  assert.ok(/BroadcastingMethod\s*x \+ y\. PyTorch: torch\.add/.test(methods), 'add says nothing');
  await page.goto(`${origin}/reference/autograd/graph/index.html`);
  assert.ok((await page.textContent('.vp-doc')).includes('recordGraph'));
  for (const path of ['autograd/functions/sum', 'autograd/classes/Tensor', 'nn/classes/Linear']) {
    await page.goto(`${origin}/reference/${path}.html`);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 375, `the page of ${path} is ${width} pixels wide`);
  }
  assert.deepEqual(errors, []);
  await close();
});

await check('race: all libraries compute the same', async () => {
  const { page, close } = await open('/pages/race.html');
  await page.click('[data-test=race]');
  await page.waitForSelector('[data-test=finished]', { timeout: 240_000 });
  const lanes = await page.$$eval('.lane', (all) =>
    all.map((lane) => ({
      name: lane.dataset.test,
      state: lane.dataset.state,
      loss: Number(/loss ([\d.]+)/.exec(lane.textContent)?.[1]),
    })),
  );
  // WebGL and WebGPU are not on every machine.
  const done = lanes.filter(({ state }) => state === 'done');
  for (const name of ['Chainrule WebAssembly', 'TensorFlow.js WebAssembly', 'jax-js WebAssembly'])
    assert.ok(
      done.some((lane) => lane.name === name),
      `${name} did not finish`,
    );
  for (const { name, loss } of done)
    assert.ok(Math.abs(loss - done[0].loss) < 2e-3, `${name} has a loss of ${loss}`);
  await page.screenshot({ path: join(pictures, 'race.png') });
  await close();
});

for (const colorScheme of ['light', 'dark'])
  await check(`watch it learn, ${colorScheme}`, async () => {
    const { page, errors, close } = await open('/pages/watch.html', {
      colorScheme,
      viewport: { width: 1280, height: 1000 },
    });
    const text = (name) => page.textContent(`[data-test=${name}]`);
    for (let i = 0; i < 3; i++) await page.click('[data-test=step]');
    assert.match(await text('rule'), /=/);
    assert.ok(Number(await text('error')) >= 0);
    await page.check('[data-test=graph]');
    await page.waitForSelector('[data-test=picture] svg');
    await page.screenshot({ path: join(pictures, `watch-${colorScheme}.png`), fullPage: true });
    await page.click('[data-test=step]');
    await page.click('[data-test=plane]', { position: { x: 150, y: 40 } });
    await page.click('[data-test=run]');
    await page.waitForFunction(
      () => Number(document.querySelector('[data-test=mean]')?.textContent.split(' ').at(-1)) < 0.1,
      null,
      { timeout: 60_000 },
    );
    await page.screenshot({ path: join(pictures, `watch-run-${colorScheme}.png`) });
    assert.deepEqual(errors, []);
    await close();
  });

await check('watch it learn, narrow', async () => {
  const { page, close } = await open('/pages/watch.html', {
    viewport: { width: 375, height: 800 },
  });
  for (let i = 0; i < 3; i++) await page.click('[data-test=step]');
  // All of the drawing is seen: nothing is cut off, and nothing has to be scrolled.
  const outside = await page.evaluate(() => {
    const right = document.documentElement.clientWidth;
    return [...document.querySelectorAll('.net circle, .net rect, .net text')]
      .filter((part) => part.getBoundingClientRect().right > right)
      .map((part) => part.textContent);
  });
  assert.deepEqual(outside, []);
  await page.screenshot({ path: join(pictures, 'watch-narrow.png'), fullPage: true });
  await close();
});

await check('draw a digit: learns in the page, reads, saves and loads', async () => {
  const { page, errors, close } = await open('/pages/draw.html', {
    viewport: { width: 1280, height: 1000 },
  });
  await page.click('[data-test=train]');
  await page.waitForSelector('[data-test=trained]', { timeout: 240_000 });
  const said = await page.textContent('[data-test=trained]');
  const [accuracy, seconds] = [/([\d.]+) %/, /after ([\d.]+) s/].map((pattern) =>
    Number(pattern.exec(said)[1]),
  );
  console.log(`       ${accuracy} % after ${seconds} s`);
  assert.ok(accuracy >= 97, `it reads ${accuracy} %`);
  const box = await page.locator('[data-test=pad]').boundingBox();
  await page.mouse.move(box.x + 112, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + 108, box.y + 195, { steps: 12 });
  await page.mouse.up();
  await page.waitForSelector('[data-test=answer]');
  assert.equal(await page.textContent('[data-test=answer]'), '1');
  await page.screenshot({ path: join(pictures, 'draw-light.png'), fullPage: true });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click('[data-test=save]'),
  ]);
  const saved = await download.path();
  const other = await open('/pages/draw.html', {
    colorScheme: 'dark',
    viewport: { width: 375, height: 800 },
  });
  await other.page.setInputFiles('[data-test=load]', saved);
  await other.page.waitForSelector('[data-test=trained]');
  await other.page.screenshot({ path: join(pictures, 'draw-dark.png'), fullPage: true });
  assert.deepEqual([...errors, ...other.errors], []);
  await other.close();
  await close();
});

await browser.close();
server.close();
if (failed > 0) process.exitCode = 1;
