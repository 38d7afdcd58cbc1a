/**
 * @file Bundles everything into one file, `packages/nn/dist/chainrule.min.js`, for a `<script type="module">` from a CDN: the
 * names of autograd, and the other packages as `nn`, `optim`, `io`, `data`, `train` and `metrics`. Part of a build.
 */
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The path of the file. */
export const oneFile = `${root}packages/nn/dist/chainrule.min.js`;

const contents = `export * from '@chainrule/autograd';
export * as io from '@chainrule/autograd/io';
export * as nn from '@chainrule/nn';
export * as data from '@chainrule/nn/data';
export * as train from '@chainrule/nn/train';
export * as metrics from '@chainrule/nn/metrics';
export * as optim from '@chainrule/optim';`;

/** Bundles the built packages. */
export async function buildOneFile() {
  await build({
    // Resolved from the examples, which depend on all packages.
    stdin: { contents, resolveDir: `${root}examples` },
    external: ['koffi', 'webgpu', ...builtinModules, 'node:*'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    // The built files, not the sources that "paths" in tsconfig points to.
    tsconfigRaw: '{}',
    outfile: oneFile,
    logLevel: 'error',
  });
}
