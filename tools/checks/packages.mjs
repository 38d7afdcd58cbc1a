/**
 * @file Packs each package as it would be published, lints what is in the tarball, and loads the
 * built files as ES modules and as CommonJS. Builds nothing: `npm run build` comes first.
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

// What an editor shows.
await import('./declarations.mjs');

// pnpm packs, as npm would leave `workspace:^` in place.
const refused = spawnSync('npm', ['pack', '--dry-run'], {
  cwd: join(root, 'packages', 'nn'),
  stdio: 'pipe',
  shell,
});
assert.notEqual(refused.status, 0, 'npm packs a package with workspace: ranges');

// What `npm test` and `npm run digits` install: what few need (the site, a GPU, other libraries) has folders of its own.
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
    // Sub-paths resolve nowhere under node10, which knows no "exports".
    if (!name.startsWith('chainrule-')) continue; // a program: nobody imports it
    execFileSync(
      bin('attw'),
      ['--profile', 'node16', '--format', 'ascii', '--quiet', tarball],
      options,
    );
  }
} finally {
  rmSync(tarballs, { recursive: true });
}

// The forms that lie ready are those that would be written at run time.
const { preludes } = await import('../build/prelude.mjs');
for (const { name, bytes } of await preludes()) {
  const file = join(root, 'packages', 'autograd', 'dist', 'prelude', name);
  assert.ok(readFileSync(file).equals(bytes), `${name} is not what would be written`);
}
console.log('the preludes are what would be written');

// Loaded by a user's import and require alike, there is one copy of everything.
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
      // Names of classes are printed, where users see them; those of functions may differ by a number.
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

// What stands in for another file is imported by the chunk of everything: to import from it would be a circle.
for (const name of ['noNode.js', 'noNode.cjs']) {
  const text = readFileSync(join(dist, name), 'utf8');
  assert.doesNotMatch(text, /^import .* from|^\} from|= require\(/m, `${name} imports in a circle`);
}

// A bundler that knows no `module-sync` takes one file for import and require alike.
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

// What users read is written out: a minifier renames classes and functions.
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
  // The built files, not the sources that "paths" leads to.
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

// Methods that a bundle holds, and those that it does not.
await import('./bundles.mjs');
