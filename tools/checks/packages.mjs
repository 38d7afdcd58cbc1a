/**
 * @file Packs each package as it would be published, lints the tarball, and loads the built files as ES modules and as
 * CommonJS. Builds nothing: run `npm run build` first.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const shell = process.platform === 'win32';

// Files that an editor shows.
await import('./declarations.mjs');

// pnpm packs, as npm would leave `workspace:^` in place.
const refused = spawnSync('npm', ['pack', '--dry-run'], {
  cwd: join(root, 'packages', 'nn'),
  stdio: 'pipe',
  shell,
});
assert.notEqual(refused.status, 0, 'npm packs a package with workspace: ranges');

// The budget of what `npm test` and `npm run digits` install; tools that few need (the site, a GPU, other libraries) have
// folders of their own.
const most = 200e6;
const store = join(root, 'node_modules', '.pnpm');
const installed = readdirSync(store, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
console.log(`the default install: ${(installed / 1e6).toFixed(0)} MB of ${most / 1e6} MB`);
assert.ok(installed <= most, 'the default install is too large');

// The linters have a folder of their own too.
const linters = join(root, 'tools', 'checks', 'packages');
const bin = (name) => join(linters, 'node_modules', '.bin', name);
if (!existsSync(bin('attw')) || !existsSync(bin('publint'))) {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error'];
  execFileSync('npm', ['install', '--prefix', linters, ...quiet], { stdio: 'inherit', shell });
}

const tarballs = mkdtempSync(join(tmpdir(), 'pack-'));
try {
  for (const name of readdirSync(join(root, 'packages'))) {
    execFileSync('npx', ['-y', packageManager, 'pack', '--pack-destination', tarballs], {
      cwd: join(root, 'packages', name),
      stdio: ['ignore', 'ignore', 'inherit'],
      shell,
    });
  }
  for (const name of readdirSync(tarballs)) {
    const tarball = join(tarballs, name);
    const options = { stdio: ['ignore', 'inherit', 'inherit'], shell };
    console.log(`publint, attw: ${name}`);
    execFileSync(bin('publint'), ['run', '--strict', tarball], options);
    // Sub-paths do not resolve under node10, which does not know "exports".
    if (!name.startsWith('chainrule-')) continue; // a program, which nobody imports
    execFileSync(
      bin('attw'),
      ['--profile', 'node16', '--format', 'ascii', '--quiet', tarball],
      options,
    );
  }
} finally {
  rmSync(tarballs, { recursive: true });
}

// The forms of the prelude equal those that would be compiled at run time.
const { preludes } = await import('../build/prelude.mjs');
for (const { name, bytes } of await preludes()) {
  const file = join(root, 'packages', 'autograd', 'dist', 'prelude', name);
  assert.ok(readFileSync(file).equals(bytes), `${name} is not what would be written`);
}
console.log('the preludes are what would be written');

// If a user loads a package by both import and require, there is only one copy.
const consumer = createRequire(join(root, 'examples', 'package.json'));
for (const name of readdirSync(join(root, 'packages')).filter((n) => n !== 'create-chainrule')) {
  const directory = join(root, 'packages', name);
  const { exports } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  for (const path of Object.keys(exports).filter((key) => key !== './package.json')) {
    const specifier = `@chainrule/${name}${path.slice(1)}`;
    const imported = await import(pathToFileURL(consumer.resolve(specifier)));
    const required = consumer(specifier);
    for (const key of Object.keys(imported)) {
      assert.equal(required[key], imported[key], `${key} of ${specifier} exists twice`);
    }
    // The .cjs files serve older Nodes, Jest and bundlers.
    const commonJs = consumer(join(directory, exports[path].require.default));
    const names = (module) =>
      Object.keys(module)
        .filter((key) => key !== 'default')
        .sort();
    assert.deepEqual(names(commonJs), names(imported), `${specifier} differs in CommonJS`);
    for (const [key, value] of Object.entries(commonJs)) {
      // Class names that users see are printed; names of functions may differ by a number.
      if (path === './internal') continue;
      if (typeof value !== 'function' || !/^class\b/.test(String(value))) continue;
      assert.equal(value.name, imported[key].name, `${key} of ${specifier} has lost its name`);
    }
  }
}

// Entry points of one package share its state, in CommonJS too.
const dist = join(root, 'packages', 'autograd', 'dist');
const { Tensor, tensor } = consumer(join(dist, 'index.cjs'));
const { decodeNpy, encodeNpy } = consumer(join(dist, 'io.cjs'));
assert.equal(Tensor.name, 'Tensor');
assert.ok(decodeNpy(encodeNpy(tensor([1, 2]))) instanceof Tensor, 'io.cjs has its own Tensor');
console.log('ES modules and CommonJS: one copy, same names');

// A replacement module is imported by the main chunk; importing from that chunk would be a cycle.
for (const name of ['noNode.js', 'noNode.cjs']) {
  const text = readFileSync(join(dist, name), 'utf8');
  assert.doesNotMatch(text, /^import .* from|^\} from|= require\(/m, `${name} imports in a circle`);
}

// A bundler that does not know `module-sync` uses one file for both import and require.
const { outputFiles } = buildSync({
  stdin: {
    contents: `import * as a from '@chainrule/autograd'; const { Linear } = require('@chainrule/nn');
      const layer = new Linear(2, 1); layer.forward(a.ones([3, 2])).sum().backward();
      globalThis.gradient = layer.weight.grad.toArray();`,
    resolveDir: join(root, 'examples'),
  },
  bundle: true,
  format: 'iife',
  write: false,
  logLevel: 'error',
});
(0, eval)(outputFiles[0].text);
assert.deepEqual(globalThis.gradient, [[3, 3]], 'a bundle holds two copies');
console.log('one page, one copy');

// Names that users read are spelled out: a minifier renames classes and functions.
const minified = buildSync({
  stdin: {
    contents: `import { matmul, ones, tensor } from '@chainrule/autograd';
      import { Linear, Sequential, ReLU } from '@chainrule/nn'; import { Adam } from '@chainrule/optim';
      const said = (f) => { try { f(); } catch (error) { return String(error); } };
      globalThis.messages = [
        said(() => matmul(ones([2, 3]), ones([2, 3]))),
        said(() => new Linear(2, -1)),
        said(() => new Adam([tensor(1)], { rl: 1 })),
        String(new Sequential(new Linear(2, 1), new ReLU())),
      ];`,
    resolveDir: join(root, 'examples'),
  },
  bundle: true,
  minify: true,
  // The built files, not the sources that "paths" in tsconfig points to.
  tsconfigRaw: '{}',
  format: 'iife',
  write: false,
  logLevel: 'error',
});
(0, eval)(minified.outputFiles[0].text);
const [shapes, argument, option, model] = globalThis.messages;
assert.match(shapes, /^ShapeError: matmul: .*\[2, 3\]/);
assert.match(argument, /^ChainruleError: Linear: outFeatures must be/);
assert.match(option, /Adam/);
assert.match(model, /Sequential\([^]*Linear\(inFeatures=2[^]*ReLU/);
console.log('minified: messages as they were written');

// Methods that a bundle must contain, and methods that it must not.
await import('./bundles.mjs');
