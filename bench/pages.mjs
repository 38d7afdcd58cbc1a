/**
 * @file The effect of training on the frames of a page's main thread: the longest gap between two frames while MNIST's
 * network trains, and the cost of letting frames through, beside a loop that does not. Usage: `npm run bench:pages`, after a
 * build.
 */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));

const page = `
import { fit } from '@chainrule/nn/train';
import { mnistNetworks } from './mnistNetworks.mjs';

const setUp = mnistNetworks(200);
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
window.bench = async (name) => {
  const given = setUp();
  const times = [];
  let going = true;
  const frame = () => { times.push(performance.now()); if (going) requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  await new Promise((done) => setTimeout(done, 100));
  times.length = 0;
  const start = performance.now();
  times.push(start);
  performance.mark('begin:' + name);
  await ways[name](given);
  performance.mark('end:' + name);
  const seconds = (performance.now() - start) / 1000;
  times.push(performance.now());
  going = false;
  // The task that ends the training has to be over when the trace is read.
  await new Promise((done) => setTimeout(done, 50));
  const gaps = times.slice(1).map((t, i) => t - times[i]);
  return { seconds, frames: times.length - 2, gap: Math.max(...gaps) };
};
window.ways = Object.keys(ways);`;

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
/** Opens a page. Its main thread is traced, because wall-clock times include other programs' share of the machine. */
async function openPage() {
  const tab = await browser.newPage();
  tab.on('pageerror', (error) => console.error(error));
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  await tab.waitForFunction('typeof bench === "function"');
  return tab;
}

/**
 * The milliseconds that the main thread itself computed: in total, and the maximum between two frames. A traced `bench` sets
 * one mark at its start and one at its end.
 */
function computed(trace) {
  const { traceEvents } = JSON.parse(trace);
  const marks = traceEvents.filter(
    ({ cat, ph, name }) =>
      cat.includes('user_timing') && /[RIi]/.test(ph) && /^(begin|end):/.test(name),
  );
  const [begin, end] = marks.sort((a, b) => a.ts - b.ts);
  const inside = traceEvents
    .filter(
      ({ ph, pid, tid, ts, dur }) =>
        ph === 'X' && pid === begin.pid && tid === begin.tid && ts + dur > begin.ts && ts < end.ts,
    )
    .sort((a, b) => a.ts - b.ts);
  let [all, sinceFrame, most] = [0, 0, 0];
  for (const { name, tdur = 0 } of inside) {
    if (name === 'FireAnimationFrame') sinceFrame = 0;
    if (name !== 'ThreadControllerImpl::RunTask') continue;
    all += tdur / 1000;
    sinceFrame += tdur / 1000;
    most = Math.max(most, sinceFrame);
  }
  return { all, most };
}

async function measured(tab, name) {
  await browser.startTracing(tab, {
    categories: ['toplevel', 'devtools.timeline', 'blink.user_timing'],
  });
  const run = await tab.evaluate(`bench(${JSON.stringify(name)})`);
  return { ...run, ...computed(await browser.stopTracing()) };
}

try {
  const rounds = Number(process.argv[2] ?? 5);
  const rows = {};
  const tab = await openPage();
  for (let round = 0; round <= rounds; round++)
    for (const name of await tab.evaluate('ways')) {
      const run = await measured(tab, name);
      // The first round compiles the programs.
      if (round > 0) (rows[name] ??= []).push(run);
    }
  const firsts = [];
  for (let round = 0; round < rounds; round++) {
    const fresh = await openPage();
    firsts.push(await measured(fresh, 'fit'));
    await fresh.close();
  }
  rows['fit in a new page'] = firsts;
  const least = (runs, key) => Math.min(...runs.map((run) => run[key]));
  const median = (runs, key) => {
    const sorted = runs.map((run) => run[key]).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  };
  const [plain] = Object.values(rows);
  console.log(
    'MNIST’s network (784-128-10, batches of 64) on the main thread, 3 epochs of 12,800: the least seconds, their cost by the\n' +
      'thread’s own clock, medians of frames, of the longest gap and of what was computed in the longest, by the thread’s clock',
  );
  for (const [name, runs] of Object.entries(rows)) {
    const cost = (least(runs, 'all') / least(plain, 'all') - 1) * 100;
    console.log(
      `${name.padEnd(28)} ${least(runs, 'seconds').toFixed(2)} s (${cost >= 0 ? '+' : ''}${cost.toFixed(0)} %), ` +
        `${median(runs, 'frames')} frames, gap ${median(runs, 'gap').toFixed(0)} ms, computing ${median(runs, 'most').toFixed(0)} (${runs.length} runs)`,
    );
  }
} finally {
  await browser.close();
  server.close();
}
