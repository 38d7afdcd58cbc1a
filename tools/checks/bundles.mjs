/**
 * @file Checks which methods bundlers keep, after a build: methods that most programs need are in every bundle; others only
 * if the program calls the function or imports all methods; otherwise their error says what to import. A development server
 * leaves nothing out.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build as buildByEsbuild } from 'esbuild';
import { build as buildByRollup, createServer } from 'vite';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const packages = fileURLToPath(new URL('../../packages/', import.meta.url));
const dist = join(packages, 'autograd/dist/');
const folder = mkdtempSync(join(tmpdir(), 'bundles-'));

const program = `import { cumsum, grad, scan, tensor } from '@chainrule/autograd';
  const x = tensor([1, 2, 3, 4]);
  const said = (f) => { try { return f(); } catch (error) { return String(error); } };
  globalThis.heard = {
    kept: grad((x) => x.square().sum())(x).toArray(),
    called: [cumsum(x, 0).toArray(), x.cumsum(0).toArray()],
    scanned: scan((h, x) => [h.mul(0.5).add(x), h], tensor(0), x).map((y) => y.toArray()),
    left: said(() => x.prod().item()),
  };`;
const programs = {
  some: program,
  all: `import '@chainrule/autograd/methods';\n${program}`,
};

const bundlers = {
  async esbuild(entry) {
    const { outputFiles } = await buildByEsbuild({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      absWorkingDir: examples,
      alias: aliases,
      tsconfigRaw: '{}',
      external: ['node:*'],
      logLevel: 'error',
    });
    return outputFiles[0].text;
  },
  async rollup(entry) {
    const { output } = await buildByRollup({
      root: folder,
      configFile: false,
      logLevel: 'error',
      resolve: { alias: aliases },
      build: {
        write: false,
        rollupOptions: { input: entry, output: { inlineDynamicImports: true } },
      },
    });
    return output[0].code;
  },
};

// The programs are outside the repository, where no tsconfig points to sources, so the built files are bundled.
const aliases = {
  '@chainrule/autograd/methods': join(dist, 'methods.js'),
  '@chainrule/autograd': join(dist, 'index.module.js'),
  '@chainrule/nn/functional': join(packages, 'nn/dist/functional.js'),
  '@chainrule/nn': join(packages, 'nn/dist/index.module.js'),
};

/** One loss: of a namespace, which Rollup takes apart, and of its file, as esbuild keeps namespaces of other files whole. */
const losses = {
  rollup: `import { functional } from '@chainrule/nn'; globalThis.loss = functional.mseLoss;`,
  esbuild: `import { mseLoss } from '@chainrule/nn/functional'; globalThis.loss = mseLoss;`,
};

try {
  for (const [name, contents] of Object.entries(programs)) {
    const entry = join(folder, `${name}.js`);
    writeFileSync(entry, contents);
    for (const [bundler, bundle] of Object.entries(bundlers)) {
      const file = join(folder, `${name}.${bundler}.mjs`);
      writeFileSync(file, await bundle(entry));
      await import(pathToFileURL(file));
      const { kept, called, scanned, left } = globalThis.heard;
      assert.deepEqual(kept, [2, 4, 6, 8]);
      assert.deepEqual(called, [
        [1, 3, 6, 10],
        [1, 3, 6, 10],
      ]);
      assert.deepEqual(scanned, [6.125, [0, 1, 2.5, 4.25]]);
      if (name === 'all') assert.equal(left, 24);
      else assert.match(left, /prod: .*import \{ prod \}.*autograd\/methods/);
      console.log(`${bundler}, ${name} methods: as documented`);
    }
  }
  for (const [bundler, contents] of Object.entries(losses)) {
    const entry = join(folder, `loss.${bundler}.js`);
    writeFileSync(entry, contents);
    const code = await bundlers[bundler](entry);
    assert.match(code, /mseLoss/);
    assert.doesNotMatch(code, /ctcLoss/);
    console.log(`${bundler}, one loss of nn.functional: without the others`);
  }
  // No entry point for pages may import a module of Node's, not even dynamically: bundlers would look for it.
  const entries = ['autograd', 'autograd/io', 'nn', 'nn/data', 'nn/train', 'nn/metrics', 'optim'];
  await buildByEsbuild({
    stdin: {
      contents: entries.map((entry) => `import '@chainrule/${entry}';`).join('\n'),
      resolveDir: examples,
    },
    bundle: true,
    write: false,
    format: 'esm',
    tsconfigRaw: '{}',
    logLevel: 'error',
  });
  console.log(`esbuild, ${entries.length} entry points for pages: nothing of Node.js`);
  // A development server bundles packages whole.
  const server = await createServer({
    root: examples,
    configFile: false,
    logLevel: 'error',
    cacheDir: join(folder, 'vite'),
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { include: ['@chainrule/autograd'], noDiscovery: true },
  });
  try {
    const { depsOptimizer } = server.environments.client;
    await depsOptimizer.init();
    const { file, processing } = depsOptimizer.metadata.optimized['@chainrule/autograd'];
    await processing;
    await depsOptimizer.scanProcessing;
    const { tensor } = await import(pathToFileURL(file));
    assert.equal(tensor([2, 3]).prod().item(), 6);
    console.log('vite, development server: all methods');
  } finally {
    await server.close();
  }
} finally {
  rmSync(folder, { recursive: true });
}
