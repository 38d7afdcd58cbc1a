/**
 * @file Module hooks (they run on node's hooks thread): TypeScript through ts-node, and workspace packages from their
 * sources, as "paths" in tsconfig.base.json says (from their builds with `CHAINRULE_PACKAGES=built`).
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import tsNode from 'ts-node';

const service = tsNode.register({
  project: fileURLToPath(new URL('../tsconfig.json', import.meta.url)),
  transpileOnly: true,
  require: [],
});
const { ts, config } = service;
const hooks = tsNode.createEsmHooks(service);

const fromSources = process.env.CHAINRULE_PACKAGES !== 'built';

export function resolve(specifier, context, next) {
  if (
    fromSources &&
    specifier.startsWith('@chainrule/') &&
    context.parentURL?.startsWith('file:')
  ) {
    const from = fileURLToPath(context.parentURL);
    const found = ts.resolveModuleName(specifier, from, config.options, ts.sys).resolvedModule;
    if (found) return next(pathToFileURL(found.resolvedFileName).href, context);
  }
  return hooks.resolve(specifier, context, next);
}

export async function load(url, context, next) {
  if (url.endsWith('/export/src/module/plainKernels.ts')) {
    const { plainKernelsText } = await import('./build/plainKernels.mjs');
    return { format: 'module', shortCircuit: true, source: await plainKernelsText() };
  }
  const path = /^(file:.*\.ts)(\?notebook)?$/.exec(url);
  if (path === null) return hooks.load(url, context, next);
  const file = fileURLToPath(path[1]);
  const code = readFileSync(file, 'utf8');
  // esbuild, because TypeScript itself takes seconds for the sources of the packages.
  const { code: source } = transformSync(path[2] === undefined ? code : marked(code), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    sourcefile: file,
    sourcemap: 'inline',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  return { format: 'module', shortCircuit: true, source };
}

/**
 * In a notebook that is rendered, reports which cell runs, on the marker line of the cell, so that line numbers do not
 * change.
 */
function marked(code) {
  let cells = 0;
  return code.replace(/^\/\/ %%/gm, () => `__notebookCell(${cells++}); // %%`);
}
