/**
 * @file Tests the file that needs no bundler in every installed browser (Chromium, Firefox, WebKitGTK) and in this Node.js:
 * engines that agree in fusing products and sums, or not, must give the same bits. Builds nothing: run `npm run build` first.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { oneFile } from '../build/oneFile.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const files = {
  '/chainrule.min.js': oneFile,
  '/page.mjs': join(here, 'browsers', 'page.mjs'),
  '/fuses.mjs': join(here, 'runtimes', 'fuses.mjs'),
};
const START = `<!doctype html><script type="module">
import('/page.mjs').then(({ compute }) => compute()).catch((error) => ({ lines: [String(error)], gpu: '' }))
  .then((found) => fetch('/found', { method: 'POST', body: JSON.stringify(found) }));
</script>`;
/** A page that sends nothing for this long has failed. */
const PATIENCE_MS = 120_000;

const folder = mkdtempSync(join(tmpdir(), 'browsers-'));
writeFileSync(
  join(folder, 'user.js'),
  ['dom.webgpu.enabled', 'gfx.webgpu.ignore-blocklist']
    .map((name) => `user_pref("${name}", true);\n`)
    .join(''),
);
const onScreen = (command) =>
  process.env.DISPLAY === undefined ? ['xvfb-run', '-a', ...command] : command;
const isThere = (program) =>
  existsSync(program) || spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
/** How to start each browser; the first installed name is used. */
const browsers = {
  Chromium: ['chromium', 'google-chrome'].map((name) => [
    name,
    ...['--headless=new', '--no-sandbox', '--enable-unsafe-webgpu', `--user-data-dir=${folder}`],
  ]),
  Firefox: ['firefox', 'firefox-esr'].map((name) => [
    name,
    ...['--headless', '--no-remote', '--profile', folder],
  ]),
  WebKitGTK: [onScreen(['/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'])],
};

/** Starts a browser with an address, and returns the results of the page. */
function inBrowser([program, ...options]) {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      if (request.method === 'POST') {
        let body = '';
        request.on('data', (chunk) => (body += chunk)).on('end', () => end(null, JSON.parse(body)));
        return response.end();
      }
      const file = files[request.url];
      const type = file === undefined ? 'text/html' : 'text/javascript';
      response.writeHead(200, { 'content-type': type });
      response.end(file === undefined ? START : readFileSync(file));
    });
    let child;
    const timer = setTimeout(() => end(new Error(`${program} says nothing`)), PATIENCE_MS);
    const end = (error, found) => {
      clearTimeout(timer);
      try {
        process.kill(-child.pid);
      } catch {
        // The browser has ended.
      }
      server.close();
      server.closeAllConnections();
      if (error === null) resolve(found);
      else reject(error);
    };
    server.listen(0, '127.0.0.1', () => {
      const address = `http://127.0.0.1:${server.address().port}/`;
      child = spawn(program, [...options, address], { stdio: 'ignore', detached: true });
      child.on('error', (error) => end(error));
    });
  });
}

async function inNode() {
  const text = readFileSync(files['/page.mjs'], 'utf8').replace(/'(\/[\w.]+js)'/g, (_, name) =>
    JSON.stringify(pathToFileURL(files[name]).href),
  );
  writeFileSync(join(folder, 'page.mjs'), text);
  return (await import(pathToFileURL(join(folder, 'page.mjs')).href)).compute();
}

process.env.CHAINRULE_BLAS = 'off';
try {
  const places = { 'Node.js': inNode };
  for (const [name, commands] of Object.entries(browsers)) {
    const command = commands.find((words) => isThere(words.at(words[0] === 'xvfb-run' ? 2 : 0)));
    if (command === undefined) console.log(`${name}: not installed`);
    else places[name] = () => inBrowser(command);
  }
  /** The results of the first engine that fuses products and sums, and of the first that does not. */
  const first = new Map();
  for (const [name, compute] of Object.entries(places)) {
    const { lines, gpu } = await compute();
    const fused = lines.includes('fused products true');
    if (!first.has(fused)) first.set(fused, { name, lines });
    const other = first.get(fused);
    assert.deepEqual(lines, other.lines, `${name} and ${other.name} differ`);
    assert.match(lines[0], /^backend wasm/, lines.join('\n'));
    console.log(
      `${name}: ${other.name === name ? 'it runs' : `as on ${other.name}, to the bit`}; ${gpu}`,
    );
    assert.doesNotMatch(gpu, /away/);
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.exit();
